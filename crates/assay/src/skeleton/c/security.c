#include "assay_test.h"
#include "{{snake}}.h"

TEST(it_resists_the_attack)
{
    char *result = malloc(4);

    CHECK(!"TO BE WRITTEN: attacks that are carried out, and whose effects are looked for");
    CHECK(result != NULL);
    {{snake}}("a value of an attacker", result, 4);
    free(result);
}
