/* The path in the target of a request, decoded and normalized. */
#ifndef URI_PATH_H
#define URI_PATH_H

#include <stddef.h>

/* Decodes and normalizes the path in a target of `length` characters, and
 * stores it, NUL-terminated, in the `size` bytes at `path`. Returns the length
 * of the path, or -1 if the target is malformed or the path does not fit. */
int uri_path(const char *target, size_t length, char *path, size_t size);

#endif
