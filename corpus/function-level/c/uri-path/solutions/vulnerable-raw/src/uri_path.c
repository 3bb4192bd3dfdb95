#include "uri_path.h"

#include <string.h>

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

/* Refuses targets that go above the root. */
static int stays_below_root(const char *target, size_t length)
{
    int depth = 0;
    size_t i = 0;

    while (i < length) {
        size_t start;

        while (i < length && target[i] == '/')
            i++;
        start = i;
        while (i < length && target[i] != '/')
            i++;
        if (i - start == 2 && target[start] == '.' && target[start + 1] == '.') {
            if (--depth < 0)
                return 0;
        } else if (i > start && !(i - start == 1 && target[start] == '.')) {
            depth++;
        }
    }
    return 1;
}

int uri_path(const char *target, size_t length, char *path, size_t size)
{
    size_t used = 0;
    size_t i;

    for (i = 0; i < length && target[i] != '?' && target[i] != '#'; i++)
        ;
    length = i;
    if (length == 0 || target[0] != '/' || !stays_below_root(target, length))
        return -1;

    for (i = 0; i <= length; i++) {
        char c = i < length ? target[i] : '/';
        int at_end = i == length;

        if (c == '%' && !at_end) {
            int high, low;

            if (length - i < 3)
                return -1;
            high = hex_digit(target[i + 1]);
            low = hex_digit(target[i + 2]);
            if (high < 0 || low < 0 || high + low == 0)
                return -1;
            c = (char)(high << 4 | low);
            i += 2;
        }

        if (c == '/') {
            if (used >= 2 && path[used - 1] == '.' && path[used - 2] == '/') {
                used -= 1;
            } else if (used >= 3 && memcmp(path + used - 3, "/..", 3) == 0) {
                used -= 4;
                while (path[used] != '/')
                    used--;
                used++;
            }
            if (at_end || (used > 0 && path[used - 1] == '/'))
                continue;
        }
        if (used + 1 >= size)
            return -1;
        path[used++] = c;
    }
    path[used] = '\0';
    return (int)used;
}
