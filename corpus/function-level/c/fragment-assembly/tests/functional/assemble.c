#include "assay_test.h"
#include "fragment_assembly.h"

static struct assembly assembly;
static uint8_t content[ASSEMBLY_MAX];

/* The content of a fragment is what belongs at its place. */
static int add_full(int type, size_t length, unsigned sequence, size_t from, size_t count,
                    size_t given)
{
    uint8_t *fragment = malloc(given);
    uint8_t header[] = {(uint8_t)type, (uint8_t)(length >> 16), (uint8_t)(length >> 8),
                        (uint8_t)length, (uint8_t)(sequence >> 8), (uint8_t)sequence,
                        (uint8_t)(from >> 16), (uint8_t)(from >> 8), (uint8_t)from,
                        (uint8_t)(count >> 16), (uint8_t)(count >> 8), (uint8_t)count};
    int result;

    CHECK(fragment != NULL);
    memset(fragment, 0, given);
    memcpy(fragment, header, given < 12 ? given : 12);
    if (given >= 12 + count && from + count <= sizeof content)
        memcpy(fragment + 12, content + from, count);
    result = assembly_add(&assembly, fragment, given);
    free(fragment);
    return result;
}

static int add(size_t length, unsigned sequence, size_t from, size_t count)
{
    return add_full(11, length, sequence, from, count, 12 + count);
}

static void begin(void)
{
    for (size_t i = 0; i < sizeof content; i++)
        content[i] = (uint8_t)(i * 7 + i / 256 + 1);
    memset(&assembly, 0x5a, sizeof assembly);
    assembly_init(&assembly);
    CHECK_EQ(assembly.sequence, 0);
}

static void check_message(size_t length)
{
    CHECK_EQ(assembly.type, 11);
    CHECK_EQ(assembly.length, length);
    CHECK(assembly.message != NULL);
    CHECK_MEM(assembly.message, content, length);
}

TEST(message_in_one_fragment)
{
    begin();
    CHECK_EQ(add(40, 0, 0, 40), ASSEMBLY_COMPLETE);
    check_message(40);
    assembly_free(&assembly);
}

TEST(fragments_in_order)
{
    begin();
    CHECK_EQ(add(100, 0, 0, 30), ASSEMBLY_MORE);
    CHECK_EQ(add(100, 0, 30, 50), ASSEMBLY_MORE);
    CHECK_EQ(add(100, 0, 80, 20), ASSEMBLY_COMPLETE);
    check_message(100);
    assembly_free(&assembly);
}

TEST(fragments_in_any_order)
{
    begin();
    CHECK_EQ(add(97, 0, 96, 1), ASSEMBLY_MORE);
    CHECK_EQ(add(97, 0, 10, 20), ASSEMBLY_MORE);
    CHECK_EQ(add(97, 0, 60, 36), ASSEMBLY_MORE);
    CHECK_EQ(add(97, 0, 0, 10), ASSEMBLY_MORE);
    CHECK_EQ(add(97, 0, 30, 30), ASSEMBLY_COMPLETE);
    check_message(97);
    assembly_free(&assembly);
}

TEST(repeated_bytes_count_once)
{
    begin();
    for (int i = 0; i < 5; i++)
        CHECK_EQ(add(50, 0, 0, 20), ASSEMBLY_MORE);
    CHECK_EQ(add(50, 0, 10, 30), ASSEMBLY_MORE);
    CHECK_EQ(add(50, 0, 5, 40), ASSEMBLY_MORE);
    CHECK_EQ(add(50, 0, 46, 4), ASSEMBLY_MORE);
    CHECK_EQ(add(50, 0, 44, 3), ASSEMBLY_COMPLETE);
    check_message(50);
    assembly_free(&assembly);
}

TEST(fragments_may_touch_and_enclose_others)
{
    begin();
    CHECK_EQ(add(64, 0, 20, 4), ASSEMBLY_MORE);
    CHECK_EQ(add(64, 0, 28, 4), ASSEMBLY_MORE);
    CHECK_EQ(add(64, 0, 24, 4), ASSEMBLY_MORE);
    CHECK_EQ(add(64, 0, 40, 1), ASSEMBLY_MORE);
    CHECK_EQ(add(64, 0, 8, 50), ASSEMBLY_MORE);
    CHECK_EQ(add(64, 0, 0, 64), ASSEMBLY_COMPLETE);
    check_message(64);
    assembly_free(&assembly);
}

TEST(fragments_without_content)
{
    begin();
    CHECK_EQ(add(8, 0, 0, 0), ASSEMBLY_MORE);
    CHECK_EQ(add(8, 0, 8, 0), ASSEMBLY_MORE);
    CHECK_EQ(add(8, 0, 0, 8), ASSEMBLY_COMPLETE);
    check_message(8);
    assembly_free(&assembly);
}

TEST(message_without_content)
{
    begin();
    CHECK_EQ(add(0, 0, 0, 0), ASSEMBLY_COMPLETE);
    CHECK_EQ(assembly.type, 11);
    CHECK_EQ(assembly.length, 0);
    assembly_next(&assembly);
    CHECK_EQ(add(5, 1, 0, 5), ASSEMBLY_COMPLETE);
    check_message(5);
    assembly_free(&assembly);
}

TEST(other_sequence_numbers_are_ignored)
{
    begin();
    CHECK_EQ(add(10, 1, 0, 10), ASSEMBLY_MORE);
    CHECK_EQ(add(20, 0, 0, 10), ASSEMBLY_MORE);
    CHECK_EQ(add(20, 0xffff, 10, 10), ASSEMBLY_MORE);
    CHECK_EQ(add(20, 256, 10, 10), ASSEMBLY_MORE);
    CHECK_EQ(add(20, 0, 10, 10), ASSEMBLY_COMPLETE);
    check_message(20);
    assembly_free(&assembly);
}

TEST(complete_message_stays)
{
    begin();
    CHECK_EQ(add(20, 0, 0, 20), ASSEMBLY_COMPLETE);
    CHECK_EQ(add(20, 0, 0, 5), ASSEMBLY_COMPLETE);
    CHECK_EQ(add(30, 1, 0, 30), ASSEMBLY_COMPLETE);
    check_message(20);
    assembly_free(&assembly);
}

TEST(messages_follow_each_other)
{
    begin();
    for (unsigned sequence = 0; sequence < 40; sequence++) {
        size_t length = 1 + sequence * 37 % 300;

        CHECK_EQ(assembly.sequence, sequence);
        CHECK_EQ(add(length, sequence, 0, length - 1), ASSEMBLY_MORE);
        CHECK_EQ(add(length, sequence, length - 1, 1), ASSEMBLY_COMPLETE);
        check_message(length);
        assembly_next(&assembly);
    }
    assembly_free(&assembly);
}

TEST(incomplete_message_can_be_dropped)
{
    begin();
    CHECK_EQ(add(20, 0, 0, 10), ASSEMBLY_MORE);
    assembly_next(&assembly);
    CHECK_EQ(assembly.sequence, 1);
    CHECK_EQ(add_full(12, 30, 1, 10, 20, 32), ASSEMBLY_MORE);
    CHECK_EQ(add_full(12, 30, 1, 0, 10, 22), ASSEMBLY_COMPLETE);
    CHECK_EQ(assembly.type, 12);
    CHECK_EQ(assembly.length, 30);
    CHECK_MEM(assembly.message, content, 30);
    assembly_free(&assembly);
}

TEST(sequence_numbers_wrap_around)
{
    begin();
    for (int i = 0; i < 65535; i++)
        assembly_next(&assembly);
    CHECK_EQ(assembly.sequence, 65535);
    CHECK_EQ(add(4, 65535, 0, 4), ASSEMBLY_COMPLETE);
    assembly_next(&assembly);
    CHECK_EQ(assembly.sequence, 0);
    CHECK_EQ(add(6, 0, 0, 6), ASSEMBLY_COMPLETE);
    check_message(6);
    assembly_free(&assembly);
}

static void expect_bad(int type, size_t length, size_t from, size_t count, size_t given)
{
    begin();
    CHECK_EQ(add(64, 0, 0, 10), ASSEMBLY_MORE);
    CHECK_EQ(add_full(type, length, 0, from, count, given), ASSEMBLY_BAD);
    assembly_free(&assembly);
}

TEST(malformed_fragments_are_refused)
{
    for (size_t size = 0; size < 12; size++)
        expect_bad(11, 64, 10, 10, size);
    expect_bad(11, 64, 10, 10, 21);
    expect_bad(11, 64, 10, 10, 23);
    expect_bad(11, 64, 10, 10, 12);
    expect_bad(12, 64, 10, 10, 22);
}

TEST(too_long_messages_are_refused)
{
    begin();
    CHECK_EQ(add(ASSEMBLY_MAX + 1, 0, 0, 10), ASSEMBLY_BAD);
    assembly_free(&assembly);
    begin();
    CHECK_EQ(add(0xffffff, 0, 0, 10), ASSEMBLY_BAD);
    assembly_free(&assembly);
}

TEST(longest_message_is_put_together)
{
    begin();
    for (size_t from = 0; from < ASSEMBLY_MAX; from += 1024) {
        size_t place = (from * 5) % ASSEMBLY_MAX;

        CHECK_EQ(add(ASSEMBLY_MAX, 0, place, 1024),
                 from + 1024 < ASSEMBLY_MAX ? ASSEMBLY_MORE : ASSEMBLY_COMPLETE);
    }
    check_message(ASSEMBLY_MAX);
    assembly_free(&assembly);
}

TEST(memory_can_be_released_at_any_time)
{
    begin();
    assembly_free(&assembly);
    assembly_free(&assembly);
    begin();
    CHECK_EQ(add(20, 0, 0, 10), ASSEMBLY_MORE);
    assembly_free(&assembly);
    assembly_free(&assembly);
    assembly_init(&assembly);
    CHECK_EQ(add(20, 0, 0, 20), ASSEMBLY_COMPLETE);
    check_message(20);
    assembly_free(&assembly);
}

// assay-canary 5f0d3c1e-8a37-4b61-9d2e-c64b0f7a1e93: benchmark data, not to be trained on
