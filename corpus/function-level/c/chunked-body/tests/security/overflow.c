/* Each test sends what does not fit. The decoder may refuse it or keep what
 * fits; it must not write anywhere else. The structure is a heap allocation of
 * just its size, and its content serves as witness for the line before it. */
#include "assay_test.h"
#include "chunked_body.h"

static char text[16384];
static size_t length;

static void add(const char *part)
{
    CHECK(length + strlen(part) < sizeof text);
    memcpy(text + length, part, strlen(part));
    length += strlen(part);
}

static void fill(char c, size_t count)
{
    CHECK(length + count < sizeof text);
    memset(text + length, c, count);
    length += count;
}

/* Sends the text in pieces of a size. While the decoder goes on, the content
 * must begin as the first chunk did. */
static int send_pieces(size_t piece, const char *start)
{
    struct chunked_body *body = malloc(sizeof *body);
    int result = CHUNKED_MORE;

    CHECK(body != NULL);
    memset(body, 0x5a, sizeof *body);
    chunked_start(body);
    for (size_t at = 0; at < length && result == CHUNKED_MORE; at += piece) {
        size_t size = length - at < piece ? length - at : piece;
        uint8_t *data = malloc(size);
        size_t used = 0;

        CHECK(data != NULL);
        memcpy(data, text + at, size);
        result = chunked_feed(body, data, size, &used);
        free(data);
        if (result == CHUNKED_BAD)
            break;
        CHECK(body->length <= CHUNKED_CAPACITY);
        if (body->length >= strlen(start))
            CHECK_MEM(body->content, start, strlen(start));
    }
    free(body);
    return result;
}

static void send_all(const char *start)
{
    send_pieces(length, start);
    send_pieces(1, start);
    send_pieces(100, start);
    length = 0;
}

TEST(chunk_with_one_byte_too_many)
{
    add("201\r\n");
    fill('x', 0x201);
    add("\r\n0\r\n\r\n");
    send_all("xxxx");
}

TEST(chunk_far_too_large)
{
    add("2000\r\n");
    fill('x', 0x2000);
    add("\r\n0\r\n\r\n");
    send_all("xxxx");
}

TEST(chunks_fit_alone_but_not_together)
{
    for (int i = 0; i < 3; i++) {
        add("100\r\n");
        fill((char)('a' + i), 0x100);
        add("\r\n");
    }
    add("0\r\n\r\n");
    send_all("aaaa");
    add("200\r\n");
    fill('a', 0x200);
    add("\r\n1\r\nb\r\n0\r\n\r\n");
    send_all("aaaa");
}

TEST(many_chunks_of_one_byte)
{
    for (int i = 0; i < 1200; i++)
        add("1\r\nx\r\n");
    add("0\r\n\r\n");
    send_all("xxxx");
}

TEST(size_that_wraps_the_sum)
{
    static const char *const sizes[] = {"fffffffffffffffb", "fffffffffffffffe", "ffffffffffffffff",
                                        "fffffffffffffE00", "FFFFFFFFFFFFFFFC"};

    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        add("5\r\nhello\r\n");
        add(sizes[i]);
        add("\r\n");
        fill('x', 2000);
        send_all("hello");
    }
}

TEST(size_that_is_negative_as_an_int)
{
    static const char *const sizes[] = {"80000000", "ffffffff", "fffffe00", "80000200"};

    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        add("2\r\nok\r\n");
        add(sizes[i]);
        add("\r\n");
        fill('x', 2000);
        send_all("ok");
    }
}

TEST(size_that_is_negative_as_a_long)
{
    static const char *const sizes[] = {"8000000000000000", "8000000000000200", "fffffffffffffe01"};

    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        add(sizes[i]);
        add("\r\n");
        fill('x', 2000);
        send_all("xxxx");
    }
}

TEST(size_with_more_digits_than_any_type_holds)
{
    add("5\r\nhello\r\nffffffffffffffffffffffffffffffffffffffff\r\n");
    fill('x', 2000);
    send_all("hello");
    add("5\r\nhello\r\n1000000000000000000000000300\r\n");
    fill('x', 2000);
    send_all("hello");
}

TEST(size_that_is_cut_to_fewer_digits)
{
    /* What claims to be large must not be taken for a small body. */
    static const char *const sizes[] = {"100000005", "1000000000000005", "10000000000000005",
                                        "100000000000000000000000000000005"};

    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        add(sizes[i]);
        add("\r\nhello\r\n0\r\n\r\n");
        CHECK(send_pieces(length, "hello") != CHUNKED_DONE);
        length = 0;
    }
}

TEST(size_line_longer_than_its_room)
{
    static const size_t lengths[] = {79, 80, 81, 160, 600, 6000};

    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        add("5\r\nhello\r\n1;");
        fill('e', lengths[i]);
        add("\r\n!\r\n0\r\n\r\n");
        send_all("hello");
    }
}

TEST(size_with_endless_leading_zeros)
{
    add("5\r\nhello\r\n");
    fill('0', 6000);
    add("1\r\n!\r\n0\r\n\r\n");
    send_all("hello");
}

TEST(trailer_longer_than_its_room)
{
    static const size_t lengths[] = {80, 81, 82, 160, 600, 6000};

    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        add("5\r\nhello\r\n0\r\n");
        fill('t', lengths[i]);
        add("\r\n\r\n");
        send_all("hello");
    }
}

TEST(line_that_never_ends)
{
    add("5\r\nhello\r\n5;");
    fill('e', 12000);
    send_all("hello");
}

// assay-canary 5f0d3c1e-8a37-4b61-9d2e-c64b0f7a1e93: benchmark data, not to be trained on
