#include "dns_record.h"

#include <string.h>
#include <strings.h>

#define GET16(p) ((unsigned)((p)[0] << 8 | (p)[1]))

static const uint8_t *skip_name(const uint8_t *p)
{
    while (*p != 0) {
        if (*p >= 0xc0)
            return p + 2;
        if (*p > 63)
            return NULL;
        p += *p + 1;
    }
    return p + 1;
}

/* Returns 1 if the name at p is host, 0 if not, -1 if it is malformed. */
static int match_name(const uint8_t *message, const uint8_t *p, const char *host)
{
    const uint8_t *start = p;
    int matches = 1;

    while (*p != 0) {
        size_t length = *p;

        if (length >= 0xc0) {
            const uint8_t *target = message + (GET16(p) & 0x3fff);

            if (target >= start)
                return -1;
            p = start = target;
            continue;
        }
        if (length > 63)
            return -1;
        if (matches && strncasecmp((const char *)p + 1, host, length) == 0 &&
            strlen(host) >= length && (host[length] == '.' || host[length] == '\0')) {
            host += length;
            if (*host == '.' && p[length + 1] != 0)
                host++;
        } else {
            matches = 0;
        }
        p += length + 1;
    }
    return matches && *host == '\0';
}

int dns_find(const uint8_t *message, size_t size, const char *host, unsigned type,
             struct dns_record *record)
{
    const uint8_t *p = message + 12;
    const uint8_t *end = message + size;
    unsigned questions, answers;

    if (size < 12 || !(message[2] & 0x80))
        return DNS_BAD;
    if (message[3] & 0x0f)
        return DNS_NONE;

    questions = GET16(message + 4);
    answers = GET16(message + 6);

    while (questions-- > 0) {
        p = skip_name(p);
        if (p == NULL)
            return DNS_BAD;
        p += 4;
        if (p > end)
            return DNS_BAD;
    }

    while (answers-- > 0) {
        int match = match_name(message, p, host);
        unsigned length;

        p = skip_name(p);
        if (match < 0 || p == NULL || p > end)
            return DNS_BAD;
        length = GET16(p + 8);
        if (match && GET16(p) == type && GET16(p + 2) == 1) {
            record->ttl = (uint32_t)GET16(p + 4) << 16 | GET16(p + 6);
            record->data = p + 10;
            record->length = length;
            return DNS_FOUND;
        }
        p += 10 + length;
    }
    return DNS_NONE;
}
