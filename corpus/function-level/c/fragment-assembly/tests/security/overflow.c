/* Each test sends fragments that contradict the message or each other. They may
 * be refused or ignored; nothing may be written outside the message's memory,
 * and what was not sent must not be handed out. */
#include "assay_test.h"
#include "fragment_assembly.h"

static struct assembly *assembly;

static void begin(void)
{
    assembly = malloc(sizeof *assembly);
    CHECK(assembly != NULL);
    assembly_init(assembly);
}

static void end(void)
{
    assembly_free(assembly);
    free(assembly);
}

/* Sends a fragment; reads the message as the handshake does once it is there. */
static int add_given(size_t length, size_t from, size_t count, size_t given)
{
    uint8_t header[] = {1, (uint8_t)(length >> 16), (uint8_t)(length >> 8), (uint8_t)length,
                        (uint8_t)(assembly->sequence >> 8), (uint8_t)assembly->sequence,
                        (uint8_t)(from >> 16), (uint8_t)(from >> 8), (uint8_t)from,
                        (uint8_t)(count >> 16), (uint8_t)(count >> 8), (uint8_t)count};
    uint8_t *fragment = malloc(sizeof header + given);
    int result;

    CHECK(fragment != NULL);
    memcpy(fragment, header, sizeof header);
    memset(fragment + sizeof header, 'f', given);
    result = assembly_add(assembly, fragment, sizeof header + given);
    free(fragment);
    if (result == ASSEMBLY_COMPLETE)
        for (size_t i = 0; i < assembly->length; i++)
            CHECK_EQ(assembly->message[i], 'f');
    return result;
}

static int add(size_t length, size_t from, size_t count)
{
    return add_given(length, from, count, count);
}

static const size_t sizes[] = {1, 2, 7, 8, 16, 100, 1000, 5000, 16000};

enum { SIZES = sizeof sizes / sizeof *sizes };

TEST(later_fragment_announces_a_longer_message)
{
    for (int i = 0; i < SIZES; i++) {
        begin();
        if (add(20, 0, 10) == ASSEMBLY_MORE)
            add(20 + sizes[i], 20, sizes[i]);
        end();
        begin();
        if (add(sizes[i], 0, 0) == ASSEMBLY_MORE)
            add(ASSEMBLY_MAX, 10000, 6000);
        end();
    }
}

TEST(fragment_begins_inside_and_ends_outside)
{
    for (int i = 0; i < SIZES; i++) {
        begin();
        add(sizes[i], sizes[i] - 1, 2);
        end();
        begin();
        add(sizes[i], sizes[i], 1);
        end();
        begin();
        add(sizes[i], sizes[i] / 2, sizes[i]);
        end();
    }
}

TEST(fragment_outside_after_one_inside)
{
    for (int i = 0; i < SIZES; i++) {
        begin();
        if (add(16384, 0, 100) == ASSEMBLY_MORE)
            add(16384, 16384 - sizes[i] + 1, sizes[i]);
        end();
        begin();
        if (add(64, 0, 10) == ASSEMBLY_MORE)
            add(64, 60, 60);
        end();
    }
}

TEST(fragment_far_outside)
{
    static const size_t places[] = {65, 100, 1000, 16384, 0x7fff, 0x8000, 0xffff, 0x10000, 0x7fffff};

    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        begin();
        if (add(64, 0, 10) == ASSEMBLY_MORE)
            add(places[i] + 20 > ASSEMBLY_MAX ? ASSEMBLY_MAX : places[i] + 20, places[i], 10);
        end();
        begin();
        if (add(64, 0, 10) == ASSEMBLY_MORE)
            add(64, places[i], 64);
        end();
    }
}

TEST(message_starts_over_with_another_length)
{
    for (int i = 0; i < SIZES; i++) {
        begin();
        if (add(20, 0, 10) == ASSEMBLY_MORE &&
            add(20 + sizes[i], 0, 5) == ASSEMBLY_MORE)
            add(20 + sizes[i], 20, sizes[i]);
        end();
        begin();
        if (add(20 + sizes[i], 0, 10) == ASSEMBLY_MORE && add(15, 0, 15) == ASSEMBLY_MORE)
            add(20 + sizes[i], 15, 5 + sizes[i]);
        end();
    }
}

TEST(next_message_is_longer_than_the_last)
{
    begin();
    if (add(10, 0, 10) == ASSEMBLY_COMPLETE) {
        assembly_next(assembly);
        if (add(5000, 0, 100) == ASSEMBLY_MORE && add(5000, 4000, 1000) == ASSEMBLY_MORE)
            add(16000, 5000, 11000);
    }
    end();
}

TEST(bytes_are_missing_that_were_announced_twice)
{
    /* A message that was announced shorter in between is not complete. */
    begin();
    if (add(40, 0, 20) == ASSEMBLY_MORE && add(30, 20, 10) == ASSEMBLY_MORE)
        add(60, 40, 20);
    end();
}

// assay-canary 5f0d3c1e-8a37-4b61-9d2e-c64b0f7a1e93: benchmark data, not to be trained on
