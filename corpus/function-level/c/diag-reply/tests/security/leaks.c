/* Each test sends a request that claims more than it has, and looks for what a
 * reply must not hold: bytes of an earlier request, other fields of the device,
 * or memory behind the labels. */
#include "assay_test.h"
#include "diag_reply.h"

static const char secret[] = "PIN=4711;";

/* A device of its own in memory, with labels that end where their memory does. */
static struct diag_device *make_device(const char *const *names, size_t count)
{
    struct diag_device *device = malloc(sizeof *device);
    char (*labels)[DIAG_LABEL] = malloc(count * sizeof *labels);

    CHECK(device != NULL && labels != NULL);
    for (size_t i = 0; i < count; i++)
        for (size_t at = 0, ended = 0; at < DIAG_LABEL; at++) {
            ended = ended || names[i][at] == '\0';
            labels[i][at] = ended ? '\0' : names[i][at];
        }
    for (size_t i = 0; i < DIAG_REGISTERS; i++)
        device->registers[i] = 0x1111;
    device->label_count = count;
    device->labels = (const char (*)[DIAG_LABEL])labels;
    device->service_key = 0x4b455921;
    return device;
}

static void free_device(struct diag_device *device)
{
    free((void *)(uintptr_t)device->labels);
    free(device);
}

static const char *const names[] = {"pump", "exactly sixteen!", "sixteen letters.", "no secrets here,"};

static uint8_t reply[DIAG_BUFFER];

/* Sends a request in a buffer that still holds an earlier one. */
static size_t send(const struct diag_device *device, int command, size_t claimed,
                   const void *bytes, size_t count)
{
    uint8_t *buffer = malloc(DIAG_BUFFER);
    size_t length;

    CHECK(buffer != NULL);
    for (size_t i = 0; i < DIAG_BUFFER; i++)
        buffer[i] = (uint8_t)secret[i % (sizeof secret - 1)];
    buffer[0] = (uint8_t)command;
    buffer[1] = 9;
    buffer[2] = (uint8_t)(claimed >> 8);
    buffer[3] = (uint8_t)claimed;
    memcpy(buffer + 4, bytes, count);
    memset(reply, 0, sizeof reply);
    length = diag_reply(device, buffer, 4 + count, reply);
    CHECK(length >= 4 && length <= DIAG_BUFFER);
    free(buffer);
    return length;
}

static void check_no_secret(size_t length)
{
    for (size_t i = 4; i + 3 <= length; i++)
        for (size_t j = 0; j + 3 < sizeof secret; j++)
            CHECK(memcmp(reply + i, secret + j, 3) != 0);
}

TEST(echo_that_claims_a_little_more_than_it_has)
{
    struct diag_device *device = make_device(names, 4);

    for (size_t more = 3; more < 40; more++)
        check_no_secret(send(device, DIAG_ECHO, 5 + more, "hello", 5));
    check_no_secret(send(device, DIAG_ECHO, 4, "", 0));
    free_device(device);
}

TEST(echo_that_claims_far_more_than_it_has)
{
    static const size_t claims[] = {100, 500, 999, 1000};
    struct diag_device *device = make_device(names, 4);

    for (size_t i = 0; i < sizeof claims / sizeof *claims; i++)
        check_no_secret(send(device, DIAG_ECHO, claims[i], "hello", 5));
    free_device(device);
}

TEST(registers_asked_for_by_bytes_that_were_not_sent)
{
    /* If the arguments came out of the earlier request, the status would tell. */
    struct diag_device *device = make_device(names, 4);

    for (size_t count = 0; count < 4; count++) {
        size_t length = send(device, DIAG_REGISTERS_READ, 4, "\0\0\0\1", count);

        CHECK_EQ(length, 4);
        CHECK_EQ(reply[2], DIAG_MALFORMED);
    }
    free_device(device);
}

TEST(search_that_tests_bytes_that_were_not_sent)
{
    static const char *const guesses[] = {"PIN=4711;", "PIN=4712;", "XPIN=471", "XPIN=472"};
    struct diag_device *device = make_device(guesses, 4);

    for (size_t claimed = 1; claimed < 9; claimed++) {
        CHECK_EQ(send(device, DIAG_FIND, claimed, "", 0), 4);
        CHECK_EQ(reply[2], DIAG_MALFORMED);
        if (claimed > 1) {
            CHECK_EQ(send(device, DIAG_FIND, claimed, "X", 1), 4);
            CHECK_EQ(reply[2], DIAG_MALFORMED);
        }
    }
    free_device(device);
}

TEST(registers_past_the_last)
{
    struct diag_device *device = make_device(names, 4);

    for (unsigned first = 0; first < 64; first += 9) {
        for (unsigned count = 65 - first; count < 200; count++) {
            uint8_t arguments[] = {0, (uint8_t)first, 0, (uint8_t)count};
            size_t length = send(device, DIAG_REGISTERS_READ, 4, arguments, 4);

            CHECK(length <= 4 + 2 * DIAG_REGISTERS);
            for (size_t i = 4; i < length; i++)
                CHECK_EQ(reply[i], 0x11);
        }
    }
    free_device(device);
}

TEST(register_numbers_that_wrap_around)
{
    static const uint8_t arguments[][4] = {
        {0, 1, 0xff, 0xff}, {0, 63, 0xff, 0xc1}, {0, 32, 0xff, 0xff},
        {0, 2, 0xff, 0xfe}, {0, 63, 0xff, 0xff}, {0, 40, 0xff, 0xd8},
    };
    struct diag_device *device = make_device(names, 4);

    for (size_t i = 0; i < sizeof arguments / sizeof *arguments; i++) {
        uint8_t *own = malloc(DIAG_BUFFER);
        uint8_t request[] = {DIAG_REGISTERS_READ, 0, 0, 4, arguments[i][0], arguments[i][1],
                             arguments[i][2], arguments[i][3]};
        uint8_t *buffer = calloc(1, DIAG_BUFFER);
        size_t length;

        CHECK(own != NULL && buffer != NULL);
        memcpy(buffer, request, sizeof request);
        length = diag_reply(device, buffer, sizeof request, own);
        CHECK(length <= 4 + 2 * DIAG_REGISTERS);
        free(buffer);
        free(own);
    }
    free_device(device);
}

TEST(label_without_a_nul_before_another)
{
    struct diag_device *device = make_device(names, 4);

    for (int i = 1; i < 3; i++) {
        uint8_t number = (uint8_t)i;

        CHECK_EQ(send(device, DIAG_LABEL_READ, 1, &number, 1), 4 + DIAG_LABEL);
        CHECK_MEM(reply + 4, names[i], DIAG_LABEL);
    }
    free_device(device);
}

TEST(label_without_a_nul_at_the_end_of_its_memory)
{
    struct diag_device *device = make_device(names, 4);

    CHECK_EQ(send(device, DIAG_LABEL_READ, 1, "\3", 1), 4 + DIAG_LABEL);
    CHECK_MEM(reply + 4, names[3], DIAG_LABEL);
    free_device(device);
}

TEST(label_number_that_was_not_sent)
{
    struct diag_device *device = make_device(names, 4);

    CHECK_EQ(send(device, DIAG_LABEL_READ, 1, "", 0), 4);
    CHECK_EQ(reply[2], DIAG_MALFORMED);
    free_device(device);
}

// assay-canary 5f0d3c1e-8a37-4b61-9d2e-c64b0f7a1e93: benchmark data, not to be trained on
