/* Each test decodes a name that has more code points than there is room for, or
 * numbers that no type holds. The structure and the name are heap allocations
 * of just their size, and the counts before the points are witnesses. */
#include "assay_test.h"
#include "idn_name.h"

static char host[8192];
static size_t length;

static void add(const char *part)
{
    CHECK(length + strlen(part) < sizeof host);
    memcpy(host + length, part, strlen(part));
    length += strlen(part);
}

static void fill(char c, size_t count)
{
    CHECK(length + count < sizeof host);
    memset(host + length, c, count);
    length += count;
}

static void decode(void)
{
    struct idn_name *name = malloc(sizeof *name);
    char *copy = malloc(length);

    CHECK(name != NULL && copy != NULL);
    memset(name, 0x5a, sizeof *name);
    memcpy(copy, host, length);
    if (idn_decode(copy, length, name) == 0) {
        CHECK(name->count <= IDN_POINTS);
        CHECK(name->labels <= IDN_POINTS);
        CHECK(name->encoded <= name->labels);
        for (size_t i = 0; i < name->count; i++)
            CHECK(name->points[i] <= 0x10ffff);
    }
    free(copy);
    free(name);
    length = 0;
}

TEST(one_plain_character_too_many)
{
    fill('a', IDN_POINTS + 1);
    decode();
    add("www.");
    fill('b', IDN_POINTS - 3);
    decode();
}

TEST(plain_name_far_too_long)
{
    fill('a', 4000);
    decode();
    for (int i = 0; i < 300; i++)
        add("label.");
    add("end");
    decode();
}

TEST(one_decoded_code_point_too_many)
{
    add("xn--");
    fill('a', IDN_POINTS + 1);
    decode();
    add("xn--");
    fill('a', IDN_POINTS);
    add("-tda");
    decode();
    add("xn--");
    fill('z', IDN_POINTS - 1);
    add("-aaa");
    decode();
}

TEST(encoded_label_far_too_long)
{
    add("xn--");
    fill('a', 3000);
    decode();
    add("xn--abc-");
    fill('a', 3000);
    decode();
}

TEST(insertions_at_the_start_push_the_rest_out)
{
    /* Every code point is inserted before all others. */
    add("xn--");
    fill('c', 60);
    add("-");
    for (int i = 0; i < 20; i++)
        add("tda");
    decode();
}

TEST(ascii_part_of_an_encoded_label_too_long)
{
    add("xn--");
    fill('a', IDN_POINTS + 1);
    add("-kva");
    decode();
    add("xn--");
    fill('a', 2000);
    add("-kva");
    decode();
}

TEST(labels_fit_alone_but_not_together)
{
    for (int i = 0; i < 3; i++) {
        fill('a', 30);
        add(i < 2 ? "." : "");
    }
    decode();
    for (int i = 0; i < 3; i++) {
        add("xn--");
        fill('a', 30);
        add(i < 2 ? "." : "");
    }
    decode();
    fill('b', 63);
    add(".xn--tda");
    decode();
    fill('b', 62);
    add(".xn--aa");
    decode();
}

TEST(encoded_label_after_a_full_name)
{
    fill('b', IDN_POINTS - 2);
    add(".xn--bcher-kva");
    decode();
    fill('b', IDN_POINTS - 1);
    add(".xn--");
    fill('a', 100);
    decode();
}

TEST(dot_after_the_last_room)
{
    fill('a', IDN_POINTS);
    add(".b");
    decode();
    add("xn--");
    fill('a', IDN_POINTS);
    add(".xn--tda");
    decode();
    for (int i = 0; i < IDN_POINTS / 2; i++)
        add("a.");
    add("b");
    decode();
}

TEST(numbers_that_overflow)
{
    static const char *const numbers[] = {"99999999", "zzzzzzzzzzzzzzzzzzzz", "9999999b99999999b",
                                          "99999999999999999999999999999999999999999", "kvaz999999z"};

    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        add("xn--");
        add(numbers[i]);
        decode();
        add("xn--bcher-");
        add(numbers[i]);
        fill('a', 70);
        decode();
    }
}

// assay-canary 5f0d3c1e-8a37-4b61-9d2e-c64b0f7a1e93: benchmark data, not to be trained on
