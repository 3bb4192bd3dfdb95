/* Extended headers of members of tar archives. */
#ifndef PAX_HEADER_H
#define PAX_HEADER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pax_text {
    const char *bytes;      /* in the records; NULL if it is not set */
    size_t length;          /* 0 if it is not set */
};

struct pax_header {
    struct pax_text path;
    struct pax_text linkpath;
    bool has_size;
    uint64_t size;          /* bytes; 0 if it is not set */
    bool has_mtime;
    uint64_t mtime;         /* seconds; 0 if it is not set */
};

/* Reads the records of an extended header, which have `size` bytes together.
 * Returns how many records there are and fills in *header, or returns -1 if
 * they are malformed. */
int pax_read(const char *records, size_t size, struct pax_header *header);

#endif
