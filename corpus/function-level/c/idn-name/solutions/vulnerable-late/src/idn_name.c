#include "idn_name.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#define BASE 36
#define TMIN 1
#define TMAX 26
#define SKEW 38
#define DAMP 700
#define INITIAL_BIAS 72
#define INITIAL_N 128

static int digit_value(char c)
{
    if (c >= 'a' && c <= 'z')
        return c - 'a';
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= '0' && c <= '9')
        return c - '0' + 26;
    return -1;
}

static uint32_t adapt_bias(uint32_t delta, uint32_t numpoints, int first)
{
    uint32_t k = 0;

    delta = first ? delta / DAMP : delta / 2;
    delta += delta / numpoints;
    while (delta > ((BASE - TMIN) * TMAX) / 2) {
        delta /= BASE - TMIN;
        k += BASE;
    }
    return k + (BASE - TMIN + 1) * delta / (delta + SKEW);
}

/* Decodes a label into out; returns the number of code points or -1. */
static int punycode_decode(const char *text, size_t length, uint32_t *out,
                           size_t max)
{
    uint32_t n = INITIAL_N;
    uint32_t bias = INITIAL_BIAS;
    uint64_t i = 0;
    size_t count = 0;
    size_t in = 0;

    for (size_t j = 0; j < length; j++)
        if (text[j] == '-')
            in = j + 1;
    for (size_t j = 0; j + 1 < in; j++) {
        if (count > max)
            return -1;
        out[count++] = (unsigned char)text[j];
    }
    if (in == length)
        return -1;

    while (in < length) {
        uint64_t oldi = i;
        uint64_t w = 1;

        for (uint32_t k = BASE;; k += BASE) {
            int digit;
            uint32_t t;

            if (in >= length)
                return -1;
            digit = digit_value(text[in++]);
            if (digit < 0)
                return -1;
            i += (uint64_t)digit * w;
            if (i > UINT32_MAX)
                return -1;
            t = k <= bias ? TMIN : k >= bias + TMAX ? TMAX : k - bias;
            if ((uint32_t)digit < t)
                break;
            w *= BASE - t;
            if (w > UINT32_MAX)
                return -1;
        }

        bias = adapt_bias((uint32_t)(i - oldi), (uint32_t)count + 1, oldi == 0);
        if (i / (count + 1) > 0x10ffff - n)
            return -1;
        n += (uint32_t)(i / (count + 1));
        i %= count + 1;
        if (n >= 0xd800 && n <= 0xdfff)
            return -1;

        if (count > max)
            return -1;
        memmove(out + i + 1, out + i, (count - i) * sizeof(*out));
        out[i++] = n;
        count++;
    }
    return (int)count;
}

int idn_decode(const char *host, size_t length, struct idn_name *name)
{
    size_t start = 0;

    memset(name, 0, sizeof(*name));

    while (start <= length) {
        size_t end = start;

        while (end < length && host[end] != '.') {
            if (!isalnum((unsigned char)host[end]) && host[end] != '-')
                return -1;
            end++;
        }
        if (end == start)
            return -1;

        if (name->count >= IDN_POINTS)
            return -1;
        if (name->labels > 0)
            name->points[name->count++] = '.';

        if (end - start >= 4 && strncasecmp(host + start, "xn--", 4) == 0) {
            int count = punycode_decode(host + start + 4, end - start - 4,
                                        name->points + name->count,
                                        IDN_POINTS - name->count);

            if (count < 0)
                return -1;
            name->count += (size_t)count;
            name->encoded++;
        } else {
            if (name->count + (end - start) > IDN_POINTS)
                return -1;
            for (size_t i = start; i < end; i++)
                name->points[name->count++] = (unsigned char)host[i];
        }
        name->labels++;
        start = end + 1;
    }
    return 0;
}
