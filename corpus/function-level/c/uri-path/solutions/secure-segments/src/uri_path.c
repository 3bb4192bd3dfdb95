/* Walks over the target's segments from the last to the first, counting how many
 * are to be left out, and writes the result from the end of the buffer. */
#include "uri_path.h"

#include <stdbool.h>
#include <string.h>

static int value_of(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return -1;
}

/* Checks the path's encoding; returns the length of the path in the target, or -1. */
static long check(const char *target, size_t length)
{
    size_t at = 0;

    if (length == 0 || target[0] != '/')
        return -1;
    while (at < length && target[at] != '?' && target[at] != '#') {
        if (target[at] == '\0')
            return -1;
        if (target[at] != '%') {
            at++;
            continue;
        }
        if (length - at < 3 || value_of(target[at + 1]) < 0 || value_of(target[at + 2]) < 0 ||
            (target[at + 1] == '0' && target[at + 2] == '0'))
            return -1;
        at += 3;
    }
    return (long)at;
}

/* Takes the last byte off a path whose encoding is known to be right; `encoded`
 * has a bit for each place at which an encoded byte ends. */
static char take_last(const char *target, size_t *length, const unsigned char *encoded)
{
    size_t last = *length - 1;

    if (last >= 2 && encoded[last / 8] & (1 << last % 8)) {
        *length -= 3;
        return (char)(value_of(target[last - 1]) * 16 + value_of(target[last]));
    }
    *length -= 1;
    return target[last];
}

int uri_path(const char *target, size_t length, char *path, size_t size)
{
    unsigned char encoded[2048 + 1] = {0}; /* bit i: target[i] ends an encoded byte */
    long checked = check(target, length);
    size_t left;
    size_t start = size;    /* of what is in the buffer already */
    size_t skip = 0;        /* segments to leave out */
    bool last = true;

    if (checked < 0 || (size_t)checked > 8 * 2048)
        return -1;
    left = (size_t)checked;
    for (size_t at = 0; at < left; at++) {
        if (target[at] == '%') {
            at += 2;
            encoded[at / 8] |= (unsigned char)(1 << at % 8);
        }
    }
    path[--start] = '\0';
    while (left > 0) {
        size_t segment = start; /* written tentatively before what is there */
        size_t count = 0;
        bool dots = true;
        char c = '\0';

        while (left > 0 && (c = take_last(target, &left, encoded)) != '/') {
            count++;
            dots = dots && c == '.';
            if (segment == 0)
                return -1;
            path[--segment] = c;
        }
        if (dots && (count == 1 || count == 2)) {
            skip += count == 2;
        } else if (count > 0 && skip > 0) {
            skip--;
            continue;
        } else if (count > 0) {
            if (segment == 0)
                return -1;
            path[--segment] = '/';
            start = segment;
            last = false;
            continue;
        }
        if (last) {
            if (start == 0)
                return -1;
            path[--start] = '/';
            last = false;
        }
    }
    if (skip > 0)
        return -1;
    if (path[start] != '/') {
        if (start == 0)
            return -1;
        path[--start] = '/';
    }
    memmove(path, path + start, size - start);
    return (int)(size - start - 1);
}
