/* Splits the contents into records first, without looking at keywords, and then
 * reads each keyword by a scanner that stops at the end of its record. */
#include "pax_header.h"

struct scanner {
    const char *next;
    const char *end;
};

static bool accept(struct scanner *scanner, char wanted)
{
    if (scanner->next == scanner->end || *scanner->next != wanted)
        return false;
    scanner->next++;
    return true;
}

/* Takes one digit, or returns -1. */
static int digit(struct scanner *scanner)
{
    for (char c = '0'; c <= '9'; c++)
        if (accept(scanner, c))
            return c - '0';
    return -1;
}

/* Takes a number of one or more digits. */
static bool number(struct scanner *scanner, uint64_t *value)
{
    bool good = false;
    int next;

    *value = 0;
    while ((next = digit(scanner)) >= 0) {
        if (__builtin_mul_overflow(*value, (uint64_t)10, value) ||
            __builtin_add_overflow(*value, (uint64_t)next, value) || *value > INT64_MAX)
            return false;
        good = true;
    }
    return good;
}

/* Takes the next record: what comes after the space, without the newline. */
static bool split(struct scanner *contents, struct scanner *record)
{
    const char *start = contents->next;
    uint64_t length;

    if (!number(contents, &length) || !accept(contents, ' '))
        return false;
    if (length > (uint64_t)(contents->end - start) ||
        length <= (uint64_t)(contents->next - start))
        return false;
    record->next = contents->next;
    record->end = start + length - 1;
    contents->next = record->end;
    return accept(contents, '\n');
}

static bool take_keyword(struct scanner *record, const char *keyword)
{
    struct scanner kept = *record;

    while (*keyword != '\0') {
        if (!accept(record, *keyword++)) {
            *record = kept;
            return false;
        }
    }
    if (accept(record, '='))
        return true;
    *record = kept;
    return false;
}

static struct pax_text rest(const struct scanner *record)
{
    size_t length = (size_t)(record->end - record->next);

    return (struct pax_text){length > 0 ? record->next : NULL, length};
}

static bool rest_is_number(struct scanner *record, bool *has, uint64_t *value, bool seconds)
{
    *has = record->next < record->end;
    *value = 0;
    if (!*has)
        return true;
    if (!number(record, value))
        return false;
    if (seconds && accept(record, '.'))
        while (digit(record) >= 0)
            ;
    return record->next == record->end;
}

/* Whether a record with another keyword has one. */
static bool has_keyword(struct scanner record)
{
    const char *start = record.next;

    while (record.next < record.end && *record.next != '=')
        record.next++;
    return record.next > start && record.next < record.end;
}

static bool apply(struct pax_header *header, struct scanner record)
{
    if (take_keyword(&record, "path"))
        header->path = rest(&record);
    else if (take_keyword(&record, "linkpath"))
        header->linkpath = rest(&record);
    else if (take_keyword(&record, "size"))
        return rest_is_number(&record, &header->has_size, &header->size, false);
    else if (take_keyword(&record, "mtime"))
        return rest_is_number(&record, &header->has_mtime, &header->mtime, true);
    else
        return has_keyword(record);
    return true;
}

int pax_read(const char *records, size_t size, struct pax_header *header)
{
    struct scanner contents = {records, records + size};
    int count = 0;

    *header = (struct pax_header){.has_size = false};
    for (; contents.next < contents.end; count++) {
        struct scanner record;

        if (!split(&contents, &record) || !apply(header, record))
            return -1;
    }
    return count;
}
