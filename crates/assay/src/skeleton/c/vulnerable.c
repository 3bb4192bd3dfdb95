#include "{{snake}}.h"

int {{snake}}(const char *value, char *result, size_t size)
{
    /* TO BE WRITTEN: a solution that does what the brief says, with a mistake that people make */
    (void)value, (void)result, (void)size;
    return -1;
}
