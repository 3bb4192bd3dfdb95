/* Each test adds pieces whose sizes are easily worked out wrongly. They may be
 * refused only by a document that stays as it was, and nothing may be written
 * outside of the document's memory. */
#include "assay_test.h"
#include "json_writer.h"

static struct json_writer writer;
static size_t expected;

static void begin(void)
{
    json_init(&writer);
    expected = 0;
}

/* Compares the length with that which the pieces that were taken have. */
static void added(int result, size_t count)
{
    if (result == 0)
        expected += count;
    CHECK(expected <= JSON_MAX);
    CHECK_EQ(writer.length, expected);
    if (expected > 0)
        CHECK_EQ(strlen(writer.text), expected);
}

static char *repeated(char c, size_t count)
{
    char *text = malloc(count + 1);

    CHECK(text != NULL);
    memset(text, c, count);
    text[count] = '\0';
    return text;
}

/* Adds a string of one byte that takes up `each` characters. */
static void add_string(char c, size_t count, size_t each)
{
    char *text = repeated(c, count);

    added(json_string(&writer, text, count), 2 + count * each);
    free(text);
}

static void add_hex(size_t count)
{
    char *bytes = repeated('x', count);

    added(json_hex(&writer, (const uint8_t *)bytes, count), 2 + 2 * count);
    free(bytes);
}

static void add_raw(size_t count)
{
    char *text = repeated('r', count);

    added(json_raw(&writer, text), count);
    free(text);
}

static const size_t sizes[] = {40, 60, 90, 120, 130, 250, 300, 510, 1000, 2000, 5000, 9990};

enum { SIZES = sizeof sizes / sizeof *sizes };

TEST(strings_of_control_characters)
{
    for (int i = 0; i < SIZES; i++) {
        begin();
        add_string('\x01', sizes[i], 6);
        add_string('\x7f', 20, 6);
        json_free(&writer);
    }
}

TEST(strings_of_quotes_and_newlines)
{
    for (int i = 0; i < SIZES; i++) {
        begin();
        add_string('"', sizes[i], 2);
        add_string('\n', sizes[i], 2);
        add_string('\\', sizes[i], 2);
        json_free(&writer);
    }
}

TEST(escaped_string_that_is_too_long)
{
    static const size_t counts[] = {9999, 10000, 10001, 10922, 10923, 10924, 11000,
                                    20000, 30000, 43690, 59998, 65535, 65536, 70000};

    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        begin();
        add_string('\x02', counts[i], 6);
        json_free(&writer);
        begin();
        add_raw(100);
        add_string('\x1f', counts[i], 6);
        add_string('x', counts[i], 1);
        json_free(&writer);
    }
}

TEST(pieces_fit_alone_but_not_together)
{
    static const size_t counts[] = {5535, 5536, 6000, 10000, 30000, 59000};

    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        begin();
        add_raw(59900);
        add_raw(counts[i]);
        add_string('x', counts[i], 1);
        add_string('\x03', counts[i] / 6, 6);
        add_hex(counts[i] / 2);
        added(json_newline(&writer, counts[i]), counts[i] + 1);
        json_free(&writer);
    }
}

TEST(payload_that_is_too_long)
{
    static const size_t counts[] = {29999, 30000, 32766, 32767, 32768, 32800, 60000, 65535, 65536, 66000};

    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        begin();
        add_hex(counts[i]);
        add_raw(10);
        add_hex(counts[i]);
        json_free(&writer);
    }
}

TEST(text_that_is_too_long)
{
    static const size_t counts[] = {60001, 65534, 65535, 65536, 65600, 131072};

    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        begin();
        add_raw(counts[i]);
        add_raw(10);
        add_raw(counts[i]);
        add_string('x', counts[i], 1);
        json_free(&writer);
    }
}

TEST(indents_that_are_too_deep)
{
    static const size_t indents[] = {60000, 65534, 65535, 65536, 65600, 131071, 0x7fffffff,
                                     0xffffffff, 0x100000000, SIZE_MAX / 2, SIZE_MAX - 60000,
                                     SIZE_MAX - 12, SIZE_MAX - 11, SIZE_MAX - 10, SIZE_MAX - 2,
                                     SIZE_MAX - 1, SIZE_MAX};

    for (size_t i = 0; i < sizeof indents / sizeof *indents; i++) {
        begin();
        added(json_newline(&writer, indents[i]), 0);
        add_raw(10);
        added(json_newline(&writer, indents[i]), 0);
        json_free(&writer);
    }
}

TEST(document_filled_with_small_pieces)
{
    begin();
    for (int i = 0; i < 1500; i++) {
        add_string('\x04', 10, 6);
        if (i % 8 == 0)
            added(json_newline(&writer, 5), 6);
        if (i % 9 == 0)
            add_hex(2);
    }
    json_free(&writer);
}

// assay-canary 5f0d3c1e-8a37-4b61-9d2e-c64b0f7a1e93: benchmark data, not to be trained on
