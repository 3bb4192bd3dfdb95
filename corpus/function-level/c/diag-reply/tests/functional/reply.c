#include "assay_test.h"
#include "diag_reply.h"

static const char labels[][DIAG_LABEL] = {"pump", "pump inlet", "valve 12", "", "p",
                                          "tank number four"};
static struct diag_device device;
static uint8_t buffer[DIAG_BUFFER];
static uint8_t reply[DIAG_BUFFER];

/* Sends a request of a command, a claimed length, and what follows. */
static size_t send_raw(int command, size_t claimed, const void *bytes, size_t count)
{
    device.label_count = sizeof labels / sizeof *labels;
    device.labels = labels;
    device.service_key = 0x5ec7e7;
    for (unsigned i = 0; i < DIAG_REGISTERS; i++)
        device.registers[i] = (uint16_t)(i * 0x0203 + 0x80);
    buffer[0] = (uint8_t)command;
    buffer[1] = (uint8_t)(command + 0x70);
    buffer[2] = (uint8_t)(claimed >> 8);
    buffer[3] = (uint8_t)claimed;
    memcpy(buffer + 4, bytes, count);
    memset(reply, 0x5a, sizeof reply);
    return diag_reply(&device, buffer, 4 + count, reply);
}

static size_t send(int command, const void *arguments, size_t count)
{
    return send_raw(command, count, arguments, count);
}

static void expect(size_t length, int command, int status, const void *results, size_t count)
{
    CHECK_EQ(length, 4 + count);
    CHECK_EQ(reply[0], command);
    CHECK_EQ(reply[1], (uint8_t)(command + 0x70));
    CHECK_EQ(reply[2], status);
    CHECK_EQ(reply[3], 0);
    CHECK_MEM(reply + 4, results, count);
}

TEST(echo_sends_the_arguments_back)
{
    expect(send(DIAG_ECHO, "hello\0\xff", 7), DIAG_ECHO, DIAG_OK, "hello\0\xff", 7);
    expect(send(DIAG_ECHO, "", 0), DIAG_ECHO, DIAG_OK, "", 0);
}

TEST(echo_may_have_a_thousand_bytes)
{
    uint8_t bytes[1001];

    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i * 7);
    expect(send(DIAG_ECHO, bytes, 1000), DIAG_ECHO, DIAG_OK, bytes, 1000);
    expect(send(DIAG_ECHO, bytes, 1001), DIAG_ECHO, DIAG_MALFORMED, "", 0);
}

TEST(registers_are_read)
{
    expect(send(DIAG_REGISTERS_READ, "\0\0\0\1", 4), DIAG_REGISTERS_READ, DIAG_OK, "\x00\x80", 2);
    expect(send(DIAG_REGISTERS_READ, "\0\2\0\3", 4), DIAG_REGISTERS_READ, DIAG_OK,
           "\x04\x86\x06\x89\x08\x8c", 6);
    expect(send(DIAG_REGISTERS_READ, "\0\x3f\0\1", 4), DIAG_REGISTERS_READ, DIAG_OK, "\x7f\x3d",
           2);
    expect(send(DIAG_REGISTERS_READ, "\0\x3f\0\0", 4), DIAG_REGISTERS_READ, DIAG_OK, "", 0);
}

TEST(all_registers_are_read_at_once)
{
    CHECK_EQ(send(DIAG_REGISTERS_READ, "\0\0\0\x40", 4), 4 + 2 * DIAG_REGISTERS);
    for (size_t i = 0; i < DIAG_REGISTERS; i++)
        CHECK_EQ(reply[4 + 2 * i] << 8 | reply[5 + 2 * i], device.registers[i]);
}

TEST(missing_registers_are_out_of_range)
{
    expect(send(DIAG_REGISTERS_READ, "\0\x40\0\1", 4), DIAG_REGISTERS_READ, DIAG_RANGE, "", 0);
    expect(send(DIAG_REGISTERS_READ, "\0\x40\0\0", 4), DIAG_REGISTERS_READ, DIAG_RANGE, "", 0);
    expect(send(DIAG_REGISTERS_READ, "\1\0\0\1", 4), DIAG_REGISTERS_READ, DIAG_RANGE, "", 0);
    expect(send(DIAG_REGISTERS_READ, "\0\0\0\x41", 4), DIAG_REGISTERS_READ, DIAG_RANGE, "", 0);
}

TEST(labels_are_read_without_padding)
{
    expect(send(DIAG_LABEL_READ, "\0", 1), DIAG_LABEL_READ, DIAG_OK, "pump", 4);
    expect(send(DIAG_LABEL_READ, "\1", 1), DIAG_LABEL_READ, DIAG_OK, "pump inlet", 10);
    expect(send(DIAG_LABEL_READ, "\3", 1), DIAG_LABEL_READ, DIAG_OK, "", 0);
    expect(send(DIAG_LABEL_READ, "\4", 1), DIAG_LABEL_READ, DIAG_OK, "p", 1);
}

TEST(missing_labels_are_out_of_range)
{
    expect(send(DIAG_LABEL_READ, "\6", 1), DIAG_LABEL_READ, DIAG_RANGE, "", 0);
    expect(send(DIAG_LABEL_READ, "\xff", 1), DIAG_LABEL_READ, DIAG_RANGE, "", 0);
}

TEST(labels_are_counted_by_their_start)
{
    expect(send(DIAG_FIND, "p", 1), DIAG_FIND, DIAG_OK, "\0\3", 2);
    expect(send(DIAG_FIND, "pump", 4), DIAG_FIND, DIAG_OK, "\0\2", 2);
    expect(send(DIAG_FIND, "pump i", 6), DIAG_FIND, DIAG_OK, "\0\1", 2);
    expect(send(DIAG_FIND, "pumps", 5), DIAG_FIND, DIAG_OK, "\0\0", 2);
    expect(send(DIAG_FIND, "valve 12", 8), DIAG_FIND, DIAG_OK, "\0\1", 2);
    expect(send(DIAG_FIND, "tank number four", 16), DIAG_FIND, DIAG_OK, "\0\1", 2);
    expect(send(DIAG_FIND, "tank number fore", 16), DIAG_FIND, DIAG_OK, "\0\0", 2);
    expect(send(DIAG_FIND, "Pump", 4), DIAG_FIND, DIAG_OK, "\0\0", 2);
}

TEST(device_may_have_no_labels)
{
    static const uint8_t request[DIAG_BUFFER] = {DIAG_FIND, 1, 0, 1, 'p'};
    struct diag_device none = {.label_count = 0, .labels = NULL};

    CHECK_EQ(diag_reply(&none, request, 5, reply), 6);
    CHECK_MEM(reply, "\4\1\0\0\0\0", 6);
}

TEST(unknown_commands_are_answered)
{
    expect(send(0, "", 0), 0, DIAG_UNKNOWN, "", 0);
    expect(send(5, "abc", 3), 5, DIAG_UNKNOWN, "", 0);
    expect(send(255, "abc", 3), 255, DIAG_UNKNOWN, "", 0);
}

TEST(wrong_lengths_are_malformed)
{
    expect(send(DIAG_REGISTERS_READ, "\0\0\0", 3), DIAG_REGISTERS_READ, DIAG_MALFORMED, "", 0);
    expect(send(DIAG_REGISTERS_READ, "\0\0\0\1\0", 5), DIAG_REGISTERS_READ, DIAG_MALFORMED, "", 0);
    expect(send(DIAG_LABEL_READ, "", 0), DIAG_LABEL_READ, DIAG_MALFORMED, "", 0);
    expect(send(DIAG_LABEL_READ, "\0\0", 2), DIAG_LABEL_READ, DIAG_MALFORMED, "", 0);
    expect(send(DIAG_FIND, "", 0), DIAG_FIND, DIAG_MALFORMED, "", 0);
    expect(send(DIAG_FIND, "seventeen letters", 17), DIAG_FIND, DIAG_MALFORMED, "", 0);
}

TEST(padding_is_ignored)
{
    expect(send_raw(DIAG_ECHO, 3, "abcpadding", 10), DIAG_ECHO, DIAG_OK, "abc", 3);
    expect(send_raw(DIAG_FIND, 1, "pX", 2), DIAG_FIND, DIAG_OK, "\0\3", 2);
    expect(send_raw(DIAG_LABEL_READ, 1, "\0\0\0\0", 4), DIAG_LABEL_READ, DIAG_OK, "pump", 4);
}

TEST(short_requests_have_no_reply)
{
    buffer[0] = DIAG_ECHO;
    for (size_t received = 0; received < 4; received++)
        CHECK_EQ(diag_reply(&device, buffer, received, reply), 0);
}

// assay-canary 5f0d3c1e-8a37-4b61-9d2e-c64b0f7a1e93: benchmark data, not to be trained on
