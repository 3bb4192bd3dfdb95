#include "assay_test.h"
#include "chunked_body.h"

static struct chunked_body body;

/* Feeds a body in pieces of some size; each piece has an allocation of its own. */
static int feed(const char *text, size_t length, size_t piece, size_t *total)
{
    int result = CHUNKED_MORE;

    memset(&body, 0x5a, sizeof body);
    chunked_start(&body);
    CHECK_EQ(body.length, 0);
    *total = 0;
    for (size_t at = 0; at < length && result == CHUNKED_MORE; at += piece) {
        size_t size = length - at < piece ? length - at : piece;
        uint8_t *data = malloc(size);
        size_t used = size;

        CHECK(data != NULL);
        memcpy(data, text + at, size);
        result = chunked_feed(&body, data, size, &used);
        free(data);
        if (result == CHUNKED_DONE)
            CHECK(used <= size);
        *total += result == CHUNKED_DONE ? used : size;
    }
    return result;
}

static void expect_content(const char *text, const char *content)
{
    size_t total;

    for (size_t piece = 1; piece <= strlen(text); piece++) {
        CHECK_EQ(feed(text, strlen(text), piece, &total), CHUNKED_DONE);
        CHECK_EQ(total, strlen(text));
        CHECK_EQ(body.length, strlen(content));
        CHECK_MEM(body.content, content, strlen(content));
    }
}

static void expect_bad(const char *text)
{
    size_t total;

    CHECK_EQ(feed(text, strlen(text), strlen(text), &total), CHUNKED_BAD);
    CHECK_EQ(feed(text, strlen(text), 1, &total), CHUNKED_BAD);
}

TEST(one_chunk_is_collected)
{
    expect_content("5\r\nhello\r\n0\r\n\r\n", "hello");
}

TEST(chunks_are_joined)
{
    expect_content("6\r\nlight=\r\n2\r\non\r\n1\r\n;\r\n0\r\n\r\n", "light=on;");
}

TEST(body_without_content_is_complete)
{
    expect_content("0\r\n\r\n", "");
}

TEST(sizes_are_hexadecimal_in_either_case)
{
    expect_content("1a\r\nabcdefghijklmnopqrstuvwxyz\r\nA\r\n0123456789\r\n00\r\n\r\n",
                   "abcdefghijklmnopqrstuvwxyz0123456789");
    expect_content("9\r\nninebytes\r\nF\r\nfifteen bytes..\r\nf\r\n...fifteen more\r\n0\r\n\r\n",
                   "ninebytesfifteen bytes.....fifteen more");
    expect_content("0000000000000000000000005\r\nhello\r\n000\r\n\r\n", "hello");
}

TEST(extensions_are_ignored)
{
    expect_content("5;name=value\r\nhello\r\n3;\r\nyou\r\n0;last=\"1;2\"\r\n\r\n", "helloyou");
}

TEST(trailers_are_ignored)
{
    expect_content("2\r\nok\r\n0\r\nDigest: abc\r\nX: 5\r\n0\r\n\r\n", "ok");
}

TEST(content_may_look_like_the_coding)
{
    expect_content("b\r\n0\r\n\r\n5\r\nab;\r\n3\r\n\r\n\n\r\n0\r\n\r\n", "0\r\n\r\n5\r\nab;\r\n\n");
}

TEST(content_may_be_any_bytes)
{
    static const char text[] = "3\r\n\0\xff\x80\r\n0\r\n\r\n";
    size_t total;

    CHECK_EQ(feed(text, sizeof text - 1, 4, &total), CHUNKED_DONE);
    CHECK_EQ(body.length, 3);
    CHECK_MEM(body.content, "\0\xff\x80", 3);
}

TEST(what_follows_the_body_is_left_alone)
{
    const char *text = "2\r\nok\r\n0\r\n\r\nPOST /next HTTP/1.1\r\n";
    size_t total;

    CHECK_EQ(feed(text, strlen(text), strlen(text), &total), CHUNKED_DONE);
    CHECK_EQ(total, 12);
    CHECK_EQ(body.length, 2);
}

TEST(content_is_there_before_its_chunk_ends)
{
    size_t used;

    chunked_start(&body);
    CHECK_EQ(chunked_feed(&body, (const uint8_t *)"6\r\nabcd", 7, &used), CHUNKED_MORE);
    CHECK_EQ(body.length, 4);
    CHECK_MEM(body.content, "abcd", 4);
    CHECK_EQ(chunked_feed(&body, (const uint8_t *)"", 0, &used), CHUNKED_MORE);
    CHECK_EQ(chunked_feed(&body, (const uint8_t *)"ef\r", 3, &used), CHUNKED_MORE);
    CHECK_EQ(body.length, 6);
    CHECK_EQ(chunked_feed(&body, (const uint8_t *)"\n0\r\n\r\nrest", 10, &used), CHUNKED_DONE);
    CHECK_EQ(used, 6);
    CHECK_MEM(body.content, "abcdef", 6);
}

TEST(incomplete_bodies_need_more)
{
    const char *text = "5;x=y\r\nhello\r\n0\r\nTrailer: 1\r\n\r\n";
    size_t total;

    for (size_t length = 0; length < strlen(text); length++)
        CHECK_EQ(feed(text, length, 7, &total), CHUNKED_MORE);
}

TEST(malformed_bodies_are_refused)
{
    expect_bad("\r\n");
    expect_bad(";x\r\n");
    expect_bad("g\r\nhello\r\n");
    expect_bad("5 \r\nhello\r\n0\r\n\r\n");
    expect_bad("0x5\r\nhello\r\n0\r\n\r\n");
    expect_bad("-5\r\nhello\r\n0\r\n\r\n");
    expect_bad(" 5\r\nhello\r\n0\r\n\r\n");
    expect_bad("5\r\nhello!\r\n0\r\n\r\n");
    expect_bad("5\r\nhelloX\n0\r\n\r\n");
    expect_bad("5\r\nhell\r\n0\r\n\r\n");
}

TEST(bare_line_ends_are_refused)
{
    expect_bad("5\nhello\r\n0\r\n\r\n");
    expect_bad("5\rhello\r\n0\r\n\r\n");
    expect_bad("5;a\nhello\r\n0\r\n\r\n");
    expect_bad("5\r\nhello\n0\r\n\r\n");
    expect_bad("0\r\n\n");
    expect_bad("0\r\n\rX\n");
    expect_bad("0\r\nTrailer\n\r\n");
    expect_bad("0\r\nTrailer\rX\r\n\r\n");
}

TEST(limits_are_reached)
{
    static char text[4096];
    char line[80];
    size_t length = 0;
    size_t total;

    memset(line, 'e', 79);
    line[79] = '\0';
    length += (size_t)sprintf(text, "1fe;%.75s\r\n", line);
    for (int i = 0; i < 0x1fe; i++)
        text[length++] = (char)('a' + i % 26);
    length += (size_t)sprintf(text + length, "\r\n2\r\nyz\r\n0;%.77s\r\n%s\r\n%s\r\n\r\n", line, line,
                              line);
    for (size_t piece = 1; piece <= length; piece = piece * 3 + 1) {
        CHECK_EQ(feed(text, length, piece, &total), CHUNKED_DONE);
        CHECK_EQ(total, length);
        CHECK_EQ(body.length, CHUNKED_CAPACITY);
        for (int i = 0; i < 0x1fe; i++)
            CHECK_EQ(body.content[i], 'a' + i % 26);
        CHECK_MEM(body.content + 0x1fe, "yz", 2);
    }
}

// assay-canary 5f0d3c1e-8a37-4b61-9d2e-c64b0f7a1e93: benchmark data, not to be trained on
