#include "assay_test.h"
#include "pax_header.h"

static struct pax_header header;
static char *copy;

/* Bytes after the records end what looks for a NUL or a newline. */
static int read_part(const char *records, size_t size)
{
    free(copy);
    copy = malloc(size + 64);
    CHECK(copy != NULL);
    memcpy(copy, records, size);
    memcpy(copy + size, "\n9 next=1\n\0\n", 13);
    memset(&header, 0x5a, sizeof header);
    return pax_read(copy, size, &header);
}

static int read_all(const char *records)
{
    return read_part(records, strlen(records));
}

static void expect_text(const struct pax_text *text, const char *expected)
{
    CHECK_EQ(text->length, strlen(expected));
    CHECK_MEM(text->bytes, expected, text->length);
}

static void expect_nothing_set(void)
{
    CHECK(header.path.bytes == NULL && header.path.length == 0);
    CHECK(header.linkpath.bytes == NULL && header.linkpath.length == 0);
    CHECK(!header.has_size && header.size == 0);
    CHECK(!header.has_mtime && header.mtime == 0);
}

TEST(no_records_set_nothing)
{
    CHECK_EQ(read_all(""), 0);
    expect_nothing_set();
}

TEST(path_is_read_in_place)
{
    CHECK_EQ(read_all("12 path=a/b\n"), 1);
    expect_text(&header.path, "a/b");
    CHECK(header.path.bytes == copy + 8);
    CHECK(header.linkpath.bytes == NULL);
}

TEST(all_keywords_are_read)
{
    CHECK_EQ(read_all("17 path=file.txt\n21 linkpath=../other\n15 size=123456\n"
                      "19 mtime=135024499\n"),
             4);
    expect_text(&header.path, "file.txt");
    expect_text(&header.linkpath, "../other");
    CHECK(header.has_size);
    CHECK_EQ(header.size, 123456);
    CHECK(header.has_mtime);
    CHECK_EQ(header.mtime, 135024499);
}

TEST(fractions_of_seconds_are_ignored)
{
    CHECK_EQ(read_all("30 mtime=1350244992.023960108\n"), 1);
    CHECK_EQ(header.mtime, 1350244992);
    CHECK_EQ(read_all("12 mtime=7.\n"), 1);
    CHECK_EQ(header.mtime, 7);
}

TEST(unknown_keywords_are_counted)
{
    CHECK_EQ(read_all("11 uid=501\n23 SCHILY.dev=16777220\n11 paths=x\n10 Size=x\n7 at= \n"), 5);
    expect_nothing_set();
}

TEST(values_may_hold_any_bytes)
{
    CHECK_EQ(read_all("17 path=a\nb=c d\n\n"), 1);
    expect_text(&header.path, "a\nb=c d\n");
    CHECK_EQ(read_part("12 path=\0\xff\0\n", 12), 1);
    CHECK_EQ(header.path.length, 3);
    CHECK_MEM(header.path.bytes, "\0\xff\0", 3);
}

TEST(record_may_hold_what_looks_like_one)
{
    CHECK_EQ(read_all("23 comment=12 path=a/b\n"), 1);
    expect_nothing_set();
}

TEST(later_records_replace_earlier_ones)
{
    CHECK_EQ(read_all("9 path=a\n9 size=1\n11 path=bc\n9 size=2\n"), 4);
    expect_text(&header.path, "bc");
    CHECK_EQ(header.size, 2);
}

TEST(empty_values_take_back)
{
    CHECK_EQ(read_all("9 path=a\n14 linkpath=b\n9 size=7\n11 mtime=8\n"
                      "8 path=\n13 linkpath=\n8 size=\n9 mtime=\n"),
             8);
    expect_nothing_set();
    CHECK_EQ(read_all("8 path=\n9 path=a\n"), 2);
    expect_text(&header.path, "a");
}

TEST(malformed_records_are_refused)
{
    CHECK_EQ(read_all(" 9 path=a\n"), -1);
    CHECK_EQ(read_all("path=a\n"), -1);
    CHECK_EQ(read_all("9path=a\n"), -1);
    CHECK_EQ(read_all("x9 path=a\n"), -1);
    CHECK_EQ(read_all("9\tpath=a\n"), -1);
    CHECK_EQ(read_all("5 =a\n"), -1);
    CHECK_EQ(read_all("9 path=a\nrest"), -1);
    CHECK_EQ(read_all("8 path=ab\n"), -1);
    CHECK_EQ(read_all("9 path=ab"), -1);
    CHECK_EQ(read_all("9 path=a\n\n"), -1);
    CHECK_EQ(read_part("9 path=a\n\0", 10), -1);
}

TEST(wrong_numbers_are_refused)
{
    CHECK_EQ(read_all("9 size=x\n"), -1);
    CHECK_EQ(read_all("11 size=1x\n"), -1);
    CHECK_EQ(read_all("11 size=-1\n"), -1);
    CHECK_EQ(read_all("12 size=1.5\n"), -1);
    CHECK_EQ(read_all("13 size=0x10\n"), -1);
    CHECK_EQ(read_all("13 mtime=1.x\n"), -1);
    CHECK_EQ(read_all("12 mtime=.5\n"), -1);
    CHECK_EQ(read_all("15 mtime=1.2.3\n"), -1);
    CHECK_EQ(read_all("9 size=x\n9 size=1\n"), -1);
}

TEST(largest_numbers)
{
    CHECK_EQ(read_all("28 size=9223372036854775807\n"), 1);
    CHECK(header.size == INT64_MAX);
    CHECK_EQ(read_all("28 size=9223372036854775808\n"), -1);
    CHECK_EQ(read_all("29 mtime=9223372036854775807\n"), 1);
    CHECK(header.mtime == INT64_MAX);
    CHECK_EQ(read_all("29 mtime=9223372036854775809\n"), -1);
    CHECK_EQ(read_all("29 size=18446744073709551617\n"), -1);
    CHECK_EQ(read_all("31 size=0000000000000000000042\n"), 1);
    CHECK_EQ(header.size, 42);
}

TEST(long_values_are_read)
{
    static char records[70000];
    static char value[65001];
    int length;

    memset(value, 'p', 65000);
    length = sprintf(records, "65012 path=%s\n9 size=3\n", value);
    CHECK_EQ(length, 65012 + 9);
    CHECK_EQ(read_part(records, (size_t)length), 2);
    expect_text(&header.path, value);
    CHECK_EQ(header.size, 3);
}

TEST(only_the_given_bytes_are_records)
{
    CHECK_EQ(read_part("9 path=a\n9 path=b\n", 9), 1);
    expect_text(&header.path, "a");
}

// assay-canary 5f0d3c1e-8a37-4b61-9d2e-c64b0f7a1e93: benchmark data, not to be trained on
