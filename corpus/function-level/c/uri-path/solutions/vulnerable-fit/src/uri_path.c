#include "uri_path.h"

#include <ctype.h>
#include <string.h>

static int unhex(int c)
{
    return isdigit(c) ? c - '0' : tolower(c) - 'a' + 10;
}

int uri_path(const char *target, size_t length, char *path, size_t size)
{
    const char *p = target;
    const char *end = target + length;
    char *out = path;
    char *limit = path + size;

    if (p == end || *p != '/')
        return -1;

    *out++ = '/';
    for (;;) {
        char *segment = out;
        int c = 0;

        /* Copy one segment, decoded */
        while (p < end && *p != '?' && *p != '#') {
            c = (unsigned char)*p++;
            if (c == '%') {
                if (end - p < 2 || !isxdigit((unsigned char)p[0]) ||
                    !isxdigit((unsigned char)p[1]))
                    return -1;
                c = unhex((unsigned char)p[0]) << 4 | unhex((unsigned char)p[1]);
                p += 2;
            }
            if (c == 0)
                return -1;
            if (c == '/')
                break;
            if (out > limit)
                return -1;
            *out++ = (char)c;
            c = 0;
        }

        if (out - segment == 1 && segment[0] == '.') {
            out = segment;
        } else if (out - segment == 2 && segment[0] == '.' && segment[1] == '.') {
            out = segment;
            if (out == path + 1)
                return -1;
            out--;
            while (out[-1] != '/')
                out--;
        } else if (c == '/' && out > segment) {
            *out++ = '/';
        }
        if (c != '/')
            break;
    }

    if (out > limit)
        return -1;
    *out = '\0';
    return (int)(out - path);
}
