#include "uri_path.h"

#include <stdbool.h>
#include <string.h>

/* The result so far: always "/", or segments that each begin with a slash. */
struct output {
    char *path;
    size_t length;
    size_t size;
};

static bool put(struct output *output, char c)
{
    if (output->length + 1 >= output->size)
        return false;
    output->path[output->length++] = c;
    return true;
}

static int hex(char c)
{
    static const char digits[] = "0123456789abcdef0123456789ABCDEF";
    const char *found = c != '\0' ? strchr(digits, c) : NULL;

    return found != NULL ? (int)(found - digits) % 16 : -1;
}

/* Reads a byte of the path; 0 at its end, -1 if it is malformed. */
static int next_byte(const char **next, const char *end)
{
    char c;
    int high, low;

    if (*next == end || **next == '?' || **next == '#')
        return 0;
    c = *(*next)++;
    if (c != '%')
        return c == '\0' ? -1 : (unsigned char)c;
    if (end - *next < 2)
        return -1;
    high = hex((*next)[0]);
    low = hex((*next)[1]);
    *next += 2;
    if (high < 0 || low < 0 || (high == 0 && low == 0))
        return -1;
    return high * 16 + low;
}

/* Ends the segment that the output's last slash begins. */
static bool end_segment(struct output *output)
{
    size_t start = output->length;
    size_t length;

    while (start > 0 && output->path[start - 1] != '/')
        start--;
    length = output->length - start;
    if (length == 1 && output->path[start] == '.') {
        output->length = start;
    } else if (length == 2 && memcmp(output->path + start, "..", 2) == 0) {
        if (start < 2)
            return false;
        for (start--; output->path[start - 1] != '/'; start--)
            ;
        output->length = start;
    }
    return true;
}

int uri_path(const char *target, size_t length, char *path, size_t size)
{
    struct output output = {path, 0, size};
    const char *next = target;
    const char *end = target + length;
    int byte;

    if (length == 0 || *target != '/')
        return -1;
    while ((byte = next_byte(&next, end)) > 0) {
        if (byte == '/') {
            if (output.length > 0 && !end_segment(&output))
                return -1;
            if (output.length > 0 && path[output.length - 1] == '/')
                continue;
        }
        if (!put(&output, (char)byte))
            return -1;
    }
    if (byte < 0 || !end_segment(&output))
        return -1;
    path[output.length] = '\0';
    return (int)output.length;
}
