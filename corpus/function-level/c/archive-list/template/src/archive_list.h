/* Looking into tar archives, by means of the system's tar program. */
#ifndef ARCHIVE_LIST_H
#define ARCHIVE_LIST_H

#include <stddef.h>

/* Lists the entries of an archive, or only those of one member (a file, or a
 * directory with all below it), one name a line, into the `size` bytes at
 * `listing`. Returns the number of entries, or -1 if that is not possible. */
int archive_list(const char *archive, const char *member, char *listing,
                 size_t size);

#endif
