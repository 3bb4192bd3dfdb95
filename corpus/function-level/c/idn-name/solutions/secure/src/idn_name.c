#include "idn_name.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

/* Inserts a code point; `at` is at most name->count. */
static bool insert(struct idn_name *name, size_t at, uint32_t point)
{
    if (name->count == IDN_POINTS)
        return false;
    memmove(name->points + at + 1, name->points + at,
            (name->count - at) * sizeof *name->points);
    name->points[at] = point;
    name->count++;
    return true;
}

static bool append(struct idn_name *name, const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (!insert(name, name->count, (unsigned char)text[i]))
            return false;
    return true;
}

static uint64_t digit_of(char c)
{
    return isdigit((unsigned char)c) ? (uint64_t)(c - '0' + 26)
                                     : (uint64_t)(tolower((unsigned char)c) - 'a');
}

static uint64_t adapt(uint64_t delta, uint64_t points, bool first)
{
    uint64_t k = 0;

    delta /= first ? 700 : 2;
    delta += delta / points;
    for (; delta > 455; k += 36)
        delta /= 35;
    return k + 36 * delta / (delta + 38);
}

static bool decode(struct idn_name *name, const char *text, size_t length)
{
    size_t start = name->count;
    size_t at = 0;
    uint64_t n = 128, i = 0, bias = 72;
    bool first = true;

    for (size_t end = length; end-- > 0;) {
        if (text[end] == '-') {
            if (!append(name, text, end))
                return false;
            at = end + 1;
            break;
        }
    }
    if (at == length)
        return false;
    for (; at < length; first = false) {
        uint64_t old = i, w = 1, points;

        for (uint64_t k = 36;; k += 36) {
            uint64_t t = k <= bias ? 1 : k >= bias + 26 ? 26 : k - bias;
            uint64_t digit;

            if (at == length || text[at] == '-')
                return false;
            digit = digit_of(text[at++]);
            i += digit * w;
            if (i > UINT32_MAX)
                return false;
            if (digit < t)
                break;
            w *= 36 - t;
            if (w > UINT32_MAX)
                return false;
        }
        points = name->count - start + 1;
        bias = adapt(i - old, points, first);
        n += i / points;
        i %= points;
        if (n > 0x10ffff || (n >= 0xd800 && n <= 0xdfff))
            return false;
        if (!insert(name, start + (size_t)i, (uint32_t)n))
            return false;
        i++;
    }
    return true;
}

static bool add_label(struct idn_name *name, const char *text, size_t length)
{
    if (length == 0)
        return false;
    for (size_t i = 0; i < length; i++)
        if ((text[i] & 0x80) != 0 || (!isalnum((unsigned char)text[i]) && text[i] != '-'))
            return false;
    if (name->labels++ > 0 && !append(name, ".", 1))
        return false;
    if (length < 4 || tolower((unsigned char)text[0]) != 'x' ||
        tolower((unsigned char)text[1]) != 'n' || text[2] != '-' || text[3] != '-')
        return append(name, text, length);
    name->encoded++;
    return decode(name, text + 4, length - 4);
}

int idn_decode(const char *host, size_t length, struct idn_name *name)
{
    size_t start = 0;

    memset(name, 0, sizeof *name);
    for (size_t at = 0; at <= length; at++) {
        if (at < length && host[at] != '.')
            continue;
        if (!add_label(name, host + start, at - start))
            return -1;
        start = at + 1;
    }
    return 0;
}
