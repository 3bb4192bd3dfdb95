#include "pax_header.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int parse_number(const char *value, size_t length, int fraction,
                        bool *has, uint64_t *number)
{
    long long parsed;
    char *end;

    *has = false;
    *number = 0;
    if (length == 0)
        return 0;
    if (!isdigit((unsigned char)*value))
        return -1;

    errno = 0;
    parsed = strtoll(value, &end, 10);
    if (errno != 0)
        return -1;
    if (fraction && *end == '.') {
        end++;
        while (isdigit((unsigned char)*end))
            end++;
    }
    *has = true;
    *number = (uint64_t)parsed;
    return end == value + length ? 0 : -1;
}

int pax_read(const char *records, size_t size, struct pax_header *header)
{
    const char *p = records;
    const char *end = records + size;
    int count = 0;

    memset(header, 0, sizeof(*header));

    while (p < end) {
        char *space;
        const char *keyword, *equals, *value;
        size_t length, keyword_length, value_length;

        if (!isdigit((unsigned char)*p))
            return -1;
        length = strtoul(p, &space, 10);
        if (*space != ' ')
            return -1;

        keyword = space + 1;
        equals = strchr(keyword, '=');
        if (equals == NULL || equals == keyword)
            return -1;
        keyword_length = equals - keyword;
        value = equals + 1;
        value_length = p + length - 1 - value;
        if (p[length - 1] != '\n')
            return -1;

        if (keyword_length == 4 && memcmp(keyword, "path", 4) == 0) {
            header->path.bytes = value_length ? value : NULL;
            header->path.length = value_length;
        } else if (keyword_length == 8 && memcmp(keyword, "linkpath", 8) == 0) {
            header->linkpath.bytes = value_length ? value : NULL;
            header->linkpath.length = value_length;
        } else if (keyword_length == 4 && memcmp(keyword, "size", 4) == 0) {
            if (parse_number(value, value_length, 0, &header->has_size,
                             &header->size) < 0)
                return -1;
        } else if (keyword_length == 5 && memcmp(keyword, "mtime", 5) == 0) {
            if (parse_number(value, value_length, 1, &header->has_mtime,
                             &header->mtime) < 0)
                return -1;
        }

        count++;
        p += length;
    }
    return count;
}
