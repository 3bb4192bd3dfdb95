#include "pax_header.h"

#include <string.h>

/* Reads the digits at the start of some bytes. Returns how many there are; 0 if
 * there are none or the number is greater than `limit`. */
static size_t read_number(const char *bytes, size_t size, uint64_t limit, uint64_t *number)
{
    size_t count = 0;

    *number = 0;
    for (; count < size && bytes[count] >= '0' && bytes[count] <= '9'; count++) {
        unsigned digit = (unsigned)(bytes[count] - '0');

        if (digit > limit || *number > (limit - digit) / 10)
            return 0;
        *number = *number * 10 + digit;
    }
    return count;
}

static bool set_number(const char *value, size_t length, bool fraction, bool *has,
                       uint64_t *number)
{
    size_t digits;

    *has = length > 0;
    *number = 0;
    if (length == 0)
        return true;
    digits = read_number(value, length, INT64_MAX, number);
    if (digits == 0)
        return false;
    if (fraction && digits < length && value[digits] == '.') {
        digits++;
        while (digits < length && value[digits] >= '0' && value[digits] <= '9')
            digits++;
    }
    return digits == length;
}

static void set_text(struct pax_text *text, const char *value, size_t length)
{
    text->bytes = length > 0 ? value : NULL;
    text->length = length;
}

static bool is(const char *keyword, size_t length, const char *wanted)
{
    return length == strlen(wanted) && memcmp(keyword, wanted, length) == 0;
}

/* Applies what is between the space and the newline of a record. */
static bool apply(struct pax_header *header, const char *keyword, size_t length)
{
    const char *equals = memchr(keyword, '=', length);
    size_t keyword_length, value_length;

    if (equals == NULL || equals == keyword)
        return false;
    keyword_length = (size_t)(equals - keyword);
    value_length = length - keyword_length - 1;
    if (is(keyword, keyword_length, "path"))
        set_text(&header->path, equals + 1, value_length);
    else if (is(keyword, keyword_length, "linkpath"))
        set_text(&header->linkpath, equals + 1, value_length);
    else if (is(keyword, keyword_length, "size"))
        return set_number(equals + 1, value_length, false, &header->has_size, &header->size);
    else if (is(keyword, keyword_length, "mtime"))
        return set_number(equals + 1, value_length, true, &header->has_mtime, &header->mtime);
    return true;
}

int pax_read(const char *records, size_t size, struct pax_header *header)
{
    int count = 0;

    memset(header, 0, sizeof *header);
    for (; size > 0; count++) {
        uint64_t length;
        size_t digits = read_number(records, size, size, &length);

        /* The length counts its digits, the space, and the newline. */
        if (digits == 0 || length < digits + 2 || records[digits] != ' ' ||
            records[length - 1] != '\n')
            return -1;
        if (!apply(header, records + digits + 1, (size_t)length - digits - 2))
            return -1;
        records += length;
        size -= (size_t)length;
    }
    return count;
}
