/* Copies each name into a text of its own first, by a cursor that never leaves
 * the message. */
#include "dns_record.h"

#include <stdbool.h>
#include <strings.h>

enum { NAME = 1024 };       /* longer than any name that could be asked for */

struct cursor {
    const uint8_t *message;
    size_t size;
    size_t at;
    bool bad;
};

static unsigned take(struct cursor *cursor)
{
    if (cursor->bad || cursor->at >= cursor->size) {
        cursor->bad = true;
        return 0;
    }
    return cursor->message[cursor->at++];
}

static unsigned take_u16(struct cursor *cursor)
{
    unsigned high = take(cursor);

    return high << 8 | take(cursor);
}

/* Takes a name; what does not fit into the text makes it a name that is none. */
static void take_name(struct cursor *cursor, char text[NAME])
{
    struct cursor part = *cursor;   /* moves along pointers */
    size_t start = cursor->at;      /* of these labels: pointers lead before it */
    bool moved = false;
    size_t used = 0;
    unsigned length;

    while (!part.bad) {
        length = take(&part);
        if (length >= 192) {
            size_t target = (length & 63) << 8 | take(&part);

            if (!moved) {
                cursor->at = part.at;
                cursor->bad = part.bad;
            }
            moved = true;
            part.bad = part.bad || target >= start;
            part.at = start = target;
            continue;
        }
        if (length == 0)
            break;
        part.bad = part.bad || length > 63;
        if (used > 0 && used < NAME - 1)
            text[used++] = '.';
        for (; length > 0; length--) {
            char c = (char)take(&part);

            /* A dot or NUL in a label is no part of a host's name. */
            if (used < NAME - 1)
                text[used++] = c == '.' || c == '\0' ? ' ' : c;
        }
    }
    text[used] = '\0';
    if (!moved)
        cursor->at = part.at;
    cursor->bad = cursor->bad || part.bad;
}

int dns_find(const uint8_t *message, size_t size, const char *host, unsigned type,
             struct dns_record *record)
{
    struct cursor cursor = {message, size, 2, false};
    unsigned flags = take_u16(&cursor);
    unsigned questions = take_u16(&cursor);
    unsigned answers = take_u16(&cursor);
    char name[NAME];

    take_u16(&cursor);
    take_u16(&cursor);
    if (cursor.bad || (flags & 0x8000) == 0)
        return DNS_BAD;
    if (flags & 15)
        return DNS_NONE;
    for (; questions > 0 && !cursor.bad; questions--) {
        take_name(&cursor, name);
        take_u16(&cursor);
        take_u16(&cursor);
    }
    for (; answers > 0 && !cursor.bad; answers--) {
        unsigned its_type, its_class, length;
        uint32_t ttl;

        take_name(&cursor, name);
        its_type = take_u16(&cursor);
        its_class = take_u16(&cursor);
        ttl = (uint32_t)take_u16(&cursor) << 16;
        ttl |= take_u16(&cursor);
        length = take_u16(&cursor);
        if (cursor.bad || length > size - cursor.at)
            return DNS_BAD;
        if (its_type == type && its_class == 1 && strcasecmp(name, host) == 0) {
            *record = (struct dns_record){ttl, message + cursor.at, length};
            return DNS_FOUND;
        }
        cursor.at += length;
    }
    return cursor.bad ? DNS_BAD : DNS_NONE;
}
