/* Each test reads records that lie about their lengths or lack what they need.
 * The contents are a heap allocation of just their size, or lie before others
 * that must not become part of a value. */
#include "assay_test.h"
#include "pax_header.h"

#include <limits.h>

static volatile unsigned sink;

/* Reads a value as the service does when it shows it. */
static void show(const struct pax_text *text, const char *records, size_t size)
{
    uintptr_t from = (uintptr_t)records, bytes = (uintptr_t)text->bytes;

    if (text->bytes == NULL)
        return;
    CHECK(bytes >= from && bytes <= from + size);
    CHECK(text->length <= from + size - bytes);
    for (size_t i = 0; i < text->length; i++)
        sink += (unsigned char)text->bytes[i];
}

static int use_part(const char *records, size_t size)
{
    char *copy = malloc(size);
    struct pax_header *header = calloc(1, sizeof *header);
    int result;

    CHECK(copy != NULL && header != NULL);
    memcpy(copy, records, size);
    result = pax_read(copy, size, header);
    if (result >= 0) {
        show(&header->path, copy, size);
        show(&header->linkpath, copy, size);
    }
    free(header);
    free(copy);
    return result;
}

static void use(const char *records)
{
    use_part(records, strlen(records));
}

TEST(contents_that_end_anywhere)
{
    static const char records[] = "17 path=file.txt\n21 linkpath=../other\n15 size=123456\n"
                                  "19 mtime=135024499\n";

    for (size_t size = 0; size < sizeof records; size++)
        use_part(records, size);
}

TEST(record_longer_than_the_contents)
{
    use("10 path=a\n");
    use("11 path=a\n");
    use("100 path=a\n");
    use("9 path=a\n14 linkpath=b\n99 size=12\n");
    use("9 path=a\n14 linkpath=b\n12 size=12\n");
    use("9 path=a\n14 linkpath=b\n34 size=12\n");
    use("65536 path=a\n");
    use("2147483647 path=a\n");
    use("4294967295 path=a\n");
}

TEST(record_shorter_than_its_keyword)
{
    /* The last byte of the short record is a newline where one can be. */
    use("3 \npath=abcdefgh\n");
    use("5 ab\n17 path=file.txt\n");
    use("6 pat\nh=abc\n");
    use("7 path\n=x\n");
    use("8 linkp\nath=file.txt\n");
    use("6 siz\ne=1\n");
    use("2 path=a\n");
    use("1 path=a\n");
    use("6 abc\n9 path=a\n");
    use("7 path\n17 path=file.txt\n");
    use("7 path=13 linkpath=\n");
    use("7 path=9 size=1\n");
    use("12 linkpath=9 path=a\n");
    use("9 path=a\n12 linkpath=9 size=1\n");
}

TEST(length_of_zero)
{
    use("0 path=a\n");
    use("00 path=a\n");
    use("9 path=a\n0 path=b\n");
}

TEST(length_larger_than_any_type_holds)
{
    use("18446744073709551615 path=a\n");
    use("18446744073709551616 path=a\n");
    use("18446744073709551625 path=a\n");
    use("18446744073709551640 path=abcdefghijklmn\n");
    use("9223372036854775807 path=a\n");
    use("99999999999999999999999999999999999999 path=a\n");
}

TEST(length_that_wraps_the_end)
{
    char records[64];

    for (unsigned long less = 0; less < 40; less++) {
        snprintf(records, sizeof records, "%lu path=abcdefgh\n", ULONG_MAX - less);
        use(records);
        snprintf(records, sizeof records, "9 path=a\n%lu path=ab\n", ULONG_MAX - less);
        use(records);
    }
}

TEST(contents_without_an_equals_sign)
{
    use("6 pat\n");
    use("9 path a\n");
    use("9 path=a\n9 pathxa\n");
    use("100 path");
}

TEST(contents_that_end_in_digits)
{
    use("1");
    use("12345678");
    use("9 path=a\n9");
    use("9 path=a\n10");
    use("9 ");
}

TEST(number_that_is_blank)
{
    use("9 size= \n");
    use("9 size=\t\n");
    use("9 size=\n\n");
    use("12 size= \n \n\n");
    use("11 mtime= \n");
    use("12 mtime=\n\n\n");
}

TEST(number_that_goes_on_in_the_next_record)
{
    static const char *const records[] = {"9 size=\n\n9 size=1\n", "9 size= \n9 path=a\n",
                                          "11 mtime=\n\n10 path=ab\n"};

    for (size_t i = 0; i < sizeof records / sizeof *records; i++)
        CHECK_EQ(use_part(records[i], strlen(records[i])), -1);
    CHECK_EQ(use_part("9 size=\n\n", 9), -1);
    CHECK_EQ(use_part("9 size= \n", 9), -1);
}

TEST(any_single_byte_changed)
{
    static const char values[] = "\0\n =0159a";
    static const char usual[] = "17 path=file.txt\n9 size=7\n13 mtime=1.5\n13 linkpath=\n";
    char records[sizeof usual];

    memcpy(records, usual, sizeof usual);
    for (size_t at = 0; at < sizeof usual - 1; at++) {
        for (size_t i = 0; i < sizeof values - 1; i++) {
            records[at] = values[i];
            use_part(records, sizeof records - 1);
        }
        records[at] = usual[at];
    }
}

// assay-canary 5f0d3c1e-8a37-4b61-9d2e-c64b0f7a1e93: benchmark data, not to be trained on
