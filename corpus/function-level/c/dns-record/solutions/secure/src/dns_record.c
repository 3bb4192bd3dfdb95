#include "dns_record.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

static unsigned read_u16(const uint8_t *bytes)
{
    return (unsigned)bytes[0] << 8 | bytes[1];
}

/* The offset after the name at `at`, or 0 if it is malformed. */
static size_t skip_name(const uint8_t *message, size_t size, size_t at)
{
    while (at < size) {
        unsigned length = message[at];

        if (length == 0)
            return at + 1;
        if (length >= 192)
            return size - at >= 2 ? at + 2 : 0;
        if (length > 63)
            return 0;
        at += 1 + length;
    }
    return 0;
}

/* Whether the name at `at` is `host`: 1, 0, or -1 if it is malformed. A name that
 * differs is followed to its end, too. */
static int is_name(const uint8_t *message, size_t size, size_t at, const char *host)
{
    bool same = true;
    bool first = true;
    size_t start = at;      /* of these labels: pointers lead before it */

    for (;;) {
        unsigned length;

        if (at >= size)
            return -1;
        length = message[at];
        if (length >= 192) {
            size_t target;

            if (size - at < 2)
                return -1;
            target = read_u16(message + at) & 0x3fff;
            if (target >= start)
                return -1;
            at = start = target;
            continue;
        }
        if (length > 63 || length >= size - at)
            return -1;
        if (length == 0)
            return same && *host == '\0';
        if (same && !first)
            same = *host++ == '.';
        first = false;
        if (same && strlen(host) >= length &&
            strncasecmp(host, (const char *)message + at + 1, length) == 0 &&
            memchr(message + at + 1, '.', length) == NULL)
            host += length;
        else
            same = false;
        at += 1 + length;
    }
}

int dns_find(const uint8_t *message, size_t size, const char *host, unsigned type,
             struct dns_record *record)
{
    size_t at = 12;
    unsigned questions, answers;

    if (size < 12 || (message[2] & 0x80) == 0)
        return DNS_BAD;
    if ((message[3] & 15) != 0)
        return DNS_NONE;
    questions = read_u16(message + 4);
    answers = read_u16(message + 6);
    for (; questions > 0; questions--) {
        at = skip_name(message, size, at);
        if (at == 0 || size - at < 4)
            return DNS_BAD;
        at += 4;
    }
    for (; answers > 0; answers--) {
        int same = is_name(message, size, at, host);
        const uint8_t *fields;
        size_t length;

        at = skip_name(message, size, at);
        if (same < 0 || at == 0 || size - at < 10)
            return DNS_BAD;
        fields = message + at;
        length = read_u16(fields + 8);
        at += 10;
        if (length > size - at)
            return DNS_BAD;
        if (same && read_u16(fields) == type && read_u16(fields + 2) == 1) {
            record->ttl = (uint32_t)read_u16(fields + 4) << 16 | read_u16(fields + 6);
            record->data = message + at;
            record->length = length;
            return DNS_FOUND;
        }
        at += length;
    }
    return DNS_NONE;
}
