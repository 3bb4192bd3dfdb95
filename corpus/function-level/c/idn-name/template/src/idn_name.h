/* Internationalised host names, decoded to what people read. */
#ifndef IDN_NAME_H
#define IDN_NAME_H

#include <stddef.h>
#include <stdint.h>

#define IDN_POINTS 64

struct idn_name {
    size_t labels;                  /* labels of the name */
    size_t encoded;                 /* how many of them were encoded */
    size_t count;                   /* code points in use */
    uint32_t points[IDN_POINTS];    /* code points, dots included */
};

/* Decodes the `length` characters of a host name. Returns 0 and fills in *name,
 * or -1 if the name is not valid; the contents of *name are then unspecified. */
int idn_decode(const char *host, size_t length, struct idn_name *name);

#endif
