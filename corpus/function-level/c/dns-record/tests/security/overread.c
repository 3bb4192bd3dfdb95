/* Each test looks records up in messages that end too early or lie about their
 * contents. No read may leave the message, which is a heap allocation of just
 * its size, and data that are handed out must lie in it. */
#include "assay_test.h"
#include "dns_record.h"

static uint8_t message[8192];
static size_t size;
static volatile unsigned sink;

static void bytes(const void *from, size_t count)
{
    memcpy(message + size, from, count);
    size += count;
}

#define BYTES(text) bytes(text, sizeof(text) - 1)

static void start(unsigned questions, unsigned answers)
{
    uint8_t header[12] = {0, 1, 0x81, 0x80, (uint8_t)(questions >> 8), (uint8_t)questions,
                          (uint8_t)(answers >> 8), (uint8_t)answers};

    size = 0;
    bytes(header, sizeof header);
}

/* Looks a host up as the camera does, and reads the data that it gets. */
static void look_up(const char *host, size_t length)
{
    uint8_t *copy = malloc(length);
    struct dns_record *record = calloc(1, sizeof *record);

    CHECK(copy != NULL && record != NULL);
    memcpy(copy, message, length);
    if (dns_find(copy, length, host, DNS_A, record) == DNS_FOUND) {
        uintptr_t from = (uintptr_t)copy, data = (uintptr_t)record->data;

        CHECK(data >= from && data <= from + length);
        CHECK(record->length <= from + length - data);
        for (size_t i = 0; i < record->length; i++)
            sink += record->data[i];
    }
    free(record);
    free(copy);
}

static void look_up_all(size_t length)
{
    static const char *const hosts[] = {"cam.example.com", "h", "example.com",
                                        "a.very.long.name.of.a.host.with.many.labels"};

    for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++)
        look_up(hosts[i], length);
}

static void usual(void)
{
    start(1, 2);
    BYTES("\3cam\7example\3com\0\0\1\0\1");
    BYTES("\xc0\x10\0\1\0\1\0\0\0\1\0\4abcd");
    BYTES("\xc0\x0c\0\1\0\1\0\0\0\1\0\4abcd");
}

TEST(message_that_ends_anywhere)
{
    usual();
    for (size_t length = 0; length <= size; length++)
        look_up_all(length);
}

TEST(more_questions_than_there_are)
{
    static const unsigned counts[] = {2, 3, 100, 0xffff};

    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        usual();
        message[4] = (uint8_t)(counts[i] >> 8);
        message[5] = (uint8_t)counts[i];
        look_up_all(size);
        start(counts[i], 1);
        BYTES("\0\0\1\0\1");
        look_up_all(size);
    }
}

TEST(more_answers_than_there_are)
{
    static const unsigned counts[] = {3, 4, 100, 0xffff};

    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        usual();
        message[6] = (uint8_t)(counts[i] >> 8);
        message[7] = (uint8_t)counts[i];
        look_up("other.example.com", size);
        look_up_all(size);
    }
}

TEST(data_longer_than_the_message)
{
    static const unsigned lengths[] = {5, 6, 64, 1000, 0x7fff, 0x8000, 0xffff};

    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        usual();
        message[size - 6] = (uint8_t)(lengths[i] >> 8);
        message[size - 5] = (uint8_t)lengths[i];
        look_up_all(size);
        message[size - 22] = (uint8_t)(lengths[i] >> 8);
        message[size - 21] = (uint8_t)lengths[i];
        look_up_all(size);
    }
}

TEST(answer_cut_off_before_its_data)
{
    for (size_t present = 0; present < 10; present++) {
        start(0, 1);
        BYTES("\1h\0");
        bytes("\0\1\0\1\0\0\0\1\0\0", present);
        look_up_all(size);
    }
}

TEST(label_longer_than_the_message)
{
    for (int length = 1; length < 64; length++) {
        start(0, 1);
        message[size++] = (uint8_t)length;
        BYTES("h");
        look_up_all(size);
        start(1, 1);
        message[size++] = (uint8_t)length;
        look_up_all(size);
    }
}

TEST(label_that_agrees_up_to_the_end_of_the_message)
{
    static const char host[] = "a-host-with-one-long-label-that-goes-on-and-on";

    for (size_t present = 0; present < sizeof host - 1; present++) {
        start(0, 1);
        message[size++] = sizeof host - 1;
        bytes(host, present);
        look_up(host, size);
    }
}

TEST(name_without_an_end)
{
    start(0, 1);
    BYTES("\3cam\7example\3com");
    look_up_all(size);
    start(1, 1);
    for (int i = 0; i < 50; i++)
        BYTES("\1h");
    look_up_all(size);
    for (int labels = 1; labels < 100; labels++) {
        start(0, 1);
        for (int i = 0; i < labels; i++)
            BYTES("\x3f" "a-very-long-label-of-a-name-that-is-much-longer-than-names-are.");
        BYTES("\3end");
        look_up_all(size);
        BYTES("\0\0\1\0\1\0\0\0\1\0\0");
        look_up_all(size);
    }
}

TEST(pointer_cut_off)
{
    start(0, 1);
    BYTES("\xc0");
    look_up_all(size);
    start(1, 1);
    BYTES("\3cam\xc0");
    look_up_all(size);
    start(0, 1);
    BYTES("\1h\xff");
    look_up_all(size);
}

TEST(pointer_into_data_that_look_like_a_long_label)
{
    /* The second name goes through the data of the first answer and past the end. */
    for (int length = 20; length < 64; length += 3) {
        start(0, 2);
        BYTES("\1x\0\0\1\0\1\0\0\0\1\0\4");
        message[size++] = (uint8_t)length;
        BYTES("cam");
        BYTES("\xc0\x19\0\1\0\1\0\0\0\1\0\0");
        look_up_all(size);
    }
}

TEST(pointer_to_labels_that_run_past_the_end)
{
    /* Seen from the pointer, the message is one label after another, without end. */
    start(0, 2);
    BYTES("\1x\0\0\1\0\1\0\0\0\1\0\1");
    BYTES("\x0d");
    BYTES("\xc0\x19\0\1\0\1\0\0\0\1\0\0");
    look_up_all(size);
    start(0, 2);
    BYTES("\1x\0\0\1\0\1\0\0\0\1\0\1");
    BYTES("\x0c");
    BYTES("\xc0\x19\0\1\0\1\0\0\0\1\0\2\3h");
    look_up_all(size);
}

TEST(any_single_byte_changed)
{
    static const uint8_t values[] = {0, 1, 2, 5, 12, 40, 63, 0x7f, 0xc0, 0xff};

    usual();
    for (size_t at = 2; at < size; at++) {
        uint8_t kept = message[at];

        for (size_t i = 0; i < sizeof values; i++) {
            message[at] = values[i];
            look_up_all(size);
        }
        message[at] = kept;
    }
}

// assay-canary 5f0d3c1e-8a37-4b61-9d2e-c64b0f7a1e93: benchmark data, not to be trained on
