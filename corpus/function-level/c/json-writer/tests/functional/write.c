#include "assay_test.h"
#include "json_writer.h"

static struct json_writer writer;

static void begin(void)
{
    memset(&writer, 0x5a, sizeof writer);
    json_init(&writer);
    CHECK_EQ(writer.length, 0);
}

static void expect(const char *text)
{
    CHECK_EQ(writer.length, strlen(text));
    CHECK_STR(writer.text, text);
}

static int add_string(const char *text)
{
    return json_string(&writer, text, strlen(text));
}

TEST(new_document_is_empty)
{
    begin();
    CHECK(writer.text == NULL || writer.text[0] == '\0');
    json_free(&writer);
}

TEST(raw_text_is_added_as_it_is)
{
    begin();
    CHECK_EQ(json_raw(&writer, "{\"a\\n\":"), 0);
    CHECK_EQ(json_raw(&writer, ""), 0);
    CHECK_EQ(json_raw(&writer, "12}"), 0);
    expect("{\"a\\n\":12}");
    json_free(&writer);
}

TEST(strings_are_quoted)
{
    begin();
    CHECK_EQ(add_string("sensor 7/b"), 0);
    CHECK_EQ(add_string(""), 0);
    expect("\"sensor 7/b\"\"\"");
    json_free(&writer);
}

TEST(quotes_and_backslashes_are_escaped)
{
    begin();
    CHECK_EQ(add_string("a\"b\\c\\\""), 0);
    expect("\"a\\\"b\\\\c\\\\\\\"\"");
    json_free(&writer);
}

TEST(control_characters_are_escaped)
{
    begin();
    CHECK_EQ(json_string(&writer, "\b\t\n\f\r", 5), 0);
    expect("\"\\b\\t\\n\\f\\r\"");
    json_free(&writer);
    CHECK_EQ(json_string(&writer, "\0\x01\x0b\x1b\x1f\x7f", 6), 0);
    expect("\"\\u0000\\u0001\\u000b\\u001b\\u001f\\u007f\"");
    json_free(&writer);
}

TEST(other_bytes_stay)
{
    begin();
    CHECK_EQ(add_string("gr\xc3\xbc\xc3\x9f \xe4\xb8\xad \xff\x80~ '"), 0);
    expect("\"gr\xc3\xbc\xc3\x9f \xe4\xb8\xad \xff\x80~ '\"");
    json_free(&writer);
}

TEST(bytes_are_written_as_digits)
{
    begin();
    CHECK_EQ(json_hex(&writer, (const uint8_t *)"\x00\x9f\xa0\xff\x7f", 5), 0);
    CHECK_EQ(json_hex(&writer, NULL, 0), 0);
    expect("\"009fa0ff7f\"\"\"");
    json_free(&writer);
}

TEST(newlines_are_indented)
{
    begin();
    CHECK_EQ(json_newline(&writer, 0), 0);
    CHECK_EQ(json_raw(&writer, "x"), 0);
    CHECK_EQ(json_newline(&writer, 3), 0);
    CHECK_EQ(json_raw(&writer, "y"), 0);
    expect("\nx\n   y");
    json_free(&writer);
}

TEST(pieces_make_a_document)
{
    begin();
    CHECK_EQ(json_raw(&writer, "{"), 0);
    CHECK_EQ(json_newline(&writer, 2), 0);
    CHECK_EQ(add_string("name"), 0);
    CHECK_EQ(json_raw(&writer, ": "), 0);
    CHECK_EQ(add_string("door\t\"2\""), 0);
    CHECK_EQ(json_raw(&writer, ","), 0);
    CHECK_EQ(json_newline(&writer, 2), 0);
    CHECK_EQ(add_string("data"), 0);
    CHECK_EQ(json_raw(&writer, ": "), 0);
    CHECK_EQ(json_hex(&writer, (const uint8_t *)"\x12\xab", 2), 0);
    CHECK_EQ(json_newline(&writer, 0), 0);
    CHECK_EQ(json_raw(&writer, "}"), 0);
    expect("{\n  \"name\": \"door\\t\\\"2\\\"\",\n  \"data\": \"12ab\"\n}");
    json_free(&writer);
}

TEST(document_grows)
{
    static char all[JSON_MAX + 1];
    size_t length = 0;

    begin();
    for (int i = 0; length < 50000; i++) {
        char number[40];

        snprintf(number, sizeof number, "%031d,", i);
        CHECK_EQ(json_raw(&writer, number), 0);
        length += (size_t)sprintf(all + length, "%s", number);
        CHECK_EQ(writer.length, length);
    }
    CHECK_STR(writer.text, all);
    json_free(&writer);
}

static char *repeated(char c, size_t count)
{
    char *text = malloc(count + 1);

    CHECK(text != NULL);
    memset(text, c, count);
    text[count] = '\0';
    return text;
}

TEST(document_may_have_its_full_length)
{
    char *text = repeated('x', JSON_MAX);

    begin();
    CHECK_EQ(json_raw(&writer, text), 0);
    expect(text);
    json_free(&writer);
    CHECK_EQ(json_string(&writer, text, JSON_MAX - 2), 0);
    CHECK_EQ(writer.length, JSON_MAX);
    CHECK_EQ(strlen(writer.text), JSON_MAX);
    json_free(&writer);
    CHECK_EQ(json_hex(&writer, (const uint8_t *)text, JSON_MAX / 2 - 1), 0);
    CHECK_EQ(writer.length, JSON_MAX);
    json_free(&writer);
    CHECK_EQ(json_newline(&writer, JSON_MAX - 1), 0);
    CHECK_EQ(writer.length, JSON_MAX);
    json_free(&writer);
    free(text);
}

TEST(too_long_pieces_change_nothing)
{
    char *text = repeated('x', JSON_MAX - 3);
    char *before = repeated('x', JSON_MAX - 3);

    begin();
    CHECK_EQ(json_raw(&writer, text), 0);
    CHECK_EQ(json_raw(&writer, "1234"), -1);
    CHECK_EQ(json_string(&writer, "12", 2), -1);
    CHECK_EQ(json_hex(&writer, (const uint8_t *)"1", 1), -1);
    CHECK_EQ(json_newline(&writer, 3), -1);
    expect(before);
    CHECK_EQ(json_raw(&writer, "ab"), 0);
    CHECK_EQ(writer.length, JSON_MAX - 1);
    CHECK_EQ(json_string(&writer, "", 0), -1);
    CHECK_EQ(json_newline(&writer, 0), 0);
    CHECK_EQ(json_raw(&writer, "c"), -1);
    CHECK_EQ(json_raw(&writer, ""), 0);
    CHECK_EQ(writer.length, JSON_MAX);
    json_free(&writer);
    free(before);
    free(text);
}

TEST(freed_document_can_be_used_again)
{
    begin();
    CHECK_EQ(json_raw(&writer, "long enough to need memory of its own"), 0);
    json_free(&writer);
    CHECK_EQ(writer.length, 0);
    json_free(&writer);
    CHECK_EQ(json_raw(&writer, "[]"), 0);
    expect("[]");
    json_free(&writer);
}

// assay-canary 5f0d3c1e-8a37-4b61-9d2e-c64b0f7a1e93: benchmark data, not to be trained on
