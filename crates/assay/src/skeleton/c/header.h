/* {{words}}. */
#ifndef {{upper}}_H
#define {{upper}}_H

#include <stddef.h>

int {{snake}}(const char *value, char *result, size_t size);

#endif
