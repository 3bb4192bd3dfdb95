#include "uri_path.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* Decodes the path into out; returns the end of the output or NULL. */
static char *decode(const char *target, size_t length, char *out, size_t size)
{
    char *end = out + size;

    for (size_t i = 0; i < length; i++) {
        char c = target[i];

        if (c == '?' || c == '#')
            break;
        if (c == '%') {
            char digits[3] = {0};

            if (i + 2 >= length || !isxdigit((unsigned char)target[i + 1]) ||
                !isxdigit((unsigned char)target[i + 2]))
                return NULL;
            memcpy(digits, target + i + 1, 2);
            c = (char)strtol(digits, NULL, 16);
            i += 2;
        }
        if (c == '\0' || end - out < 2)
            return NULL;
        *out++ = c;
    }
    *out = '\0';
    return out;
}

int uri_path(const char *target, size_t length, char *path, size_t size)
{
    char *in = path;
    char *out = path;
    char *end;

    if (length == 0 || target[0] != '/')
        return -1;
    end = decode(target, length, path, size);
    if (end == NULL)
        return -1;

    /* Normalize in place: the output is never ahead of the input */
    while (in < end) {
        size_t n;

        while (*in == '/')
            in++;
        n = strcspn(in, "/");

        if (n == 1 && in[0] == '.') {
            in += n;
            if (in == end)
                *out++ = '/';
        } else if (n == 2 && in[0] == '.' && in[1] == '.') {
            in += n;
            do {
                out--;
            } while (*out != '/');
            if (in == end)
                *out++ = '/';
        } else {
            *out++ = '/';
            memmove(out, in, n);
            out += n;
            in += n;
        }
    }
    if (out == path)
        *out++ = '/';
    *out = '\0';
    return (int)(out - path);
}
