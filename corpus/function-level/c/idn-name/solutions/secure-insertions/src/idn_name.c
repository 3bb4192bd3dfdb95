/* Reads a label into a list of insertions first, which is as long as a name can
 * be; the list is applied when the whole label is known to fit. */
#include "idn_name.h"

#include <stdbool.h>
#include <string.h>

struct label {
    const char *basic;
    size_t basic_count;
    size_t count;                       /* insertions */
    size_t position[IDN_POINTS];
    uint32_t point[IDN_POINTS];
};

struct reader {
    const char *next;
    const char *end;
};

/* The next digit, or -1. */
static int read_digit(struct reader *reader)
{
    static const char digits[] = "abcdefghijklmnopqrstuvwxyz0123456789";
    const char *found;
    char c;

    if (reader->next == reader->end)
        return -1;
    c = *reader->next++;
    if (c >= 'A' && c <= 'Z')
        c = (char)(c - 'A' + 'a');
    found = memchr(digits, c, sizeof digits - 1);
    return found != NULL ? (int)(found - digits) : -1;
}

/* Reads a number, adds it to *sum, and says by how much that grew. */
static bool read_number(struct reader *reader, uint32_t bias, uint32_t *sum, uint32_t *delta)
{
    uint32_t weight = 1;
    uint32_t old = *sum;

    for (uint32_t k = 36;; k += 36) {
        uint32_t threshold = k <= bias ? 1 : k - bias >= 26 ? 26 : k - bias;
        int digit = read_digit(reader);
        uint32_t part;

        if (digit < 0 || __builtin_mul_overflow((uint32_t)digit, weight, &part) ||
            __builtin_add_overflow(*sum, part, sum))
            return false;
        if ((uint32_t)digit < threshold)
            break;
        if (__builtin_mul_overflow(weight, 36 - threshold, &weight))
            return false;
    }
    *delta = *sum - old;
    return true;
}

static uint32_t next_bias(uint32_t delta, uint32_t points, bool first)
{
    uint32_t k = 0;

    delta = first ? delta / 700 : delta / 2;
    delta += delta / points;
    while (delta > 455) {
        delta /= 35;
        k += 36;
    }
    return k + 36 * delta / (delta + 38);
}

/* Reads an encoded label that may have `room` code points. */
static bool read_label(struct label *label, const char *text, size_t length, size_t room)
{
    const char *hyphen = NULL;
    struct reader reader = {text, text + length};
    uint32_t sum = 0, bias = 72, n = 128;

    for (const char *c = text; c < reader.end; c++)
        if (*c == '-')
            hyphen = c;
    label->basic = text;
    label->basic_count = hyphen != NULL ? (size_t)(hyphen - text) : 0;
    label->count = 0;
    if (hyphen != NULL)
        reader.next = hyphen + 1;
    if (reader.next == reader.end)
        return false;
    while (reader.next < reader.end) {
        size_t points = label->basic_count + label->count + 1;
        uint32_t delta;

        if (points > room || !read_number(&reader, bias, &sum, &delta))
            return false;
        bias = next_bias(delta, (uint32_t)points, label->count == 0);
        if (sum / points > 0x10ffff - n)
            return false;
        n += (uint32_t)(sum / points);
        sum %= (uint32_t)points;
        if (n >= 0xd800 && n <= 0xdfff)
            return false;
        label->position[label->count] = sum++;
        label->point[label->count++] = n;
    }
    return true;
}

/* Puts the label's code points at `output`, which has room for them. */
static void apply(const struct label *label, uint32_t *output)
{
    size_t count = label->basic_count;

    for (size_t i = 0; i < count; i++)
        output[i] = (uint8_t)label->basic[i];
    for (size_t i = 0; i < label->count; i++, count++) {
        for (size_t to = count; to > label->position[i]; to--)
            output[to] = output[to - 1];
        output[label->position[i]] = label->point[i];
    }
}

static bool is_label_character(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
}

/* Adds a label; returns how many code points it had, or 0 if it is not valid. */
static size_t add_label(struct idn_name *name, const char *text, size_t length)
{
    size_t room = IDN_POINTS - name->count;
    uint32_t *output = name->points + name->count;
    struct label label;

    for (size_t i = 0; i < length; i++)
        if (!is_label_character(text[i]))
            return 0;
    if (length >= 4 && (text[0] | 0x20) == 'x' && (text[1] | 0x20) == 'n' && text[2] == '-' &&
        text[3] == '-') {
        if (!read_label(&label, text + 4, length - 4, room))
            return 0;
        apply(&label, output);
        name->encoded++;
        return label.basic_count + label.count;
    }
    if (length > room)
        return 0;
    for (size_t i = 0; i < length; i++)
        output[i] = (uint8_t)text[i];
    return length;
}

int idn_decode(const char *host, size_t length, struct idn_name *name)
{
    const char *end = host + length;

    *name = (struct idn_name){0};
    for (const char *label = host;;) {
        const char *dot = label < end ? memchr(label, '.', (size_t)(end - label)) : NULL;
        size_t added = add_label(name, label, (size_t)((dot != NULL ? dot : end) - label));

        if (added == 0)
            return -1;
        name->count += added;
        name->labels++;
        if (dot == NULL)
            return 0;
        if (name->count == IDN_POINTS)
            return -1;
        name->points[name->count++] = '.';
        label = dot + 1;
    }
}
