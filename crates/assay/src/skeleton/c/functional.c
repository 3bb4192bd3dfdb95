#include "assay_test.h"
#include "{{snake}}.h"

TEST(it_does_what_the_brief_says)
{
    char result[16];

    CHECK(!"TO BE WRITTEN: a test for each thing that the brief says");
    CHECK_EQ({{snake}}("value", result, sizeof result), 0);
    CHECK_STR(result, "result");
}
