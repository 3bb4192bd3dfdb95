/* Each test sends a frame whose contents do not fit the record or the payload.
 * The decoder may refuse the frame or keep what fits; it must not write or
 * read anywhere else. The record and the frame are heap allocations of just
 * their size, and the fields beside an array serve as its witnesses. */
#include "assay_test.h"
#include "telemetry_frame.h"

static uint8_t bytes[TELEMETRY_HEADER_SIZE + 0xffff];
static size_t size;

static void set_payload_size(void)
{
    size_t payload = size - TELEMETRY_HEADER_SIZE;

    bytes[4] = (uint8_t)(payload >> 8);
    bytes[5] = (uint8_t)payload;
}

static void start(void)
{
    memcpy(bytes, "TM\x01\x00\x00\x00", TELEMETRY_HEADER_SIZE);
    size = TELEMETRY_HEADER_SIZE;
}

/* Adds a field that claims one length and brings another. */
static void add_lying(int type, size_t claimed, const void *value, size_t brought)
{
    CHECK(size + 3 + brought <= sizeof bytes);
    bytes[size] = (uint8_t)type;
    bytes[size + 1] = (uint8_t)(claimed >> 8);
    bytes[size + 2] = (uint8_t)claimed;
    memcpy(bytes + size + 3, value, brought);
    size += 3 + brought;
    set_payload_size();
}

static void add(int type, const void *value, size_t length)
{
    add_lying(type, length, value, length);
}

static void add_filled(int type, int byte, size_t length)
{
    uint8_t *value = malloc(length + 1);

    CHECK(value != NULL);
    memset(value, byte, length);
    add(type, value, length);
    free(value);
}

/* Sets what lies behind the samples in the record. */
static void add_witnesses(void)
{
    static const uint8_t gains[] = {0, 0x11, 0x22, 1, 0x33, 0x44, 7, 0x55, 0x66};

    add(TELEMETRY_GAIN, gains, sizeof gains);
    add(TELEMETRY_DEVICE, "witness", 7);
}

static struct telemetry_record *send(int *result)
{
    uint8_t *data = malloc(size);
    struct telemetry_record *record = calloc(1, sizeof *record);

    CHECK(data != NULL && record != NULL);
    memcpy(data, bytes, size);
    *result = telemetry_decode(data, size, record);
    free(data);
    if (*result > 0) {
        CHECK(record->sample_count <= TELEMETRY_SAMPLES);
        CHECK(memchr(record->note, 0, sizeof record->note) != NULL);
        CHECK(memchr(record->device, 0, sizeof record->device) != NULL);
    }
    return record;
}

/* Sends a frame with witnesses, which must come through if the frame does. */
static void send_with_witnesses(void)
{
    int result;
    struct telemetry_record *record = send(&result);

    if (result > 0) {
        CHECK_EQ(record->gain[0], 0x1122);
        CHECK_EQ(record->gain[1], 0x3344);
        CHECK_EQ(record->gain[7], 0x5566);
        CHECK_STR(record->device, "witness");
    }
    free(record);
}

static void send_only(void)
{
    int result;

    free(send(&result));
}

TEST(device_name_one_byte_too_long)
{
    start();
    add_filled(TELEMETRY_DEVICE, 'd', TELEMETRY_DEVICE_SIZE);
    send_only();
}

TEST(device_name_far_too_long)
{
    for (size_t length = TELEMETRY_DEVICE_SIZE + 1; length <= 4096; length = length * 3 / 2) {
        start();
        add_filled(TELEMETRY_DEVICE, 'd', length);
        send_only();
    }
    start();
    add_filled(TELEMETRY_DEVICE, 'd', 0xffff - 3);
    send_only();
}

TEST(note_exactly_as_long_as_its_array)
{
    start();
    add_witnesses();
    add_filled(TELEMETRY_NOTE, 'n', TELEMETRY_NOTE_SIZE);
    send_with_witnesses();
}

TEST(note_past_the_end_of_the_record)
{
    start();
    add_filled(TELEMETRY_NOTE, 'n', TELEMETRY_NOTE_SIZE + TELEMETRY_DEVICE_SIZE);
    send_only();
    start();
    add_filled(TELEMETRY_NOTE, 'n', 30000);
    send_only();
}

TEST(notes_together_one_byte_too_long)
{
    start();
    add_witnesses();
    add_filled(TELEMETRY_NOTE, 'n', TELEMETRY_NOTE_SIZE - 2);
    add_filled(TELEMETRY_NOTE, 'm', 1);
    send_with_witnesses();
    start();
    add_witnesses();
    add_filled(TELEMETRY_NOTE, 'n', TELEMETRY_NOTE_SIZE - 1);
    add_filled(TELEMETRY_NOTE, 'm', 1);
    send_with_witnesses();
}

TEST(many_small_notes)
{
    start();
    for (int i = 0; i < 200; i++)
        add_filled(TELEMETRY_NOTE, 'n', 9);
    send_only();
}

TEST(one_sample_too_many)
{
    start();
    add_witnesses();
    add_filled(TELEMETRY_SAMPLE_BLOCK, 0x77, 2 * (TELEMETRY_SAMPLES + 1));
    send_with_witnesses();
    start();
    add_witnesses();
    add_filled(TELEMETRY_SAMPLE_BLOCK, 0x77, 2 * TELEMETRY_SAMPLES);
    add(TELEMETRY_SAMPLE_RUN, "\x00\x01\x77\x77", 4);
    send_with_witnesses();
}

TEST(sample_blocks_fit_alone_but_not_together)
{
    start();
    add_witnesses();
    add_filled(TELEMETRY_SAMPLE_BLOCK, 0x77, 80);
    add_filled(TELEMETRY_SAMPLE_BLOCK, 0x77, 80);
    send_with_witnesses();
    start();
    for (int i = 0; i < 20; i++)
        add_filled(TELEMETRY_SAMPLE_BLOCK, 0x77, 2 * TELEMETRY_SAMPLES);
    send_only();
}

TEST(sample_block_of_a_whole_payload)
{
    start();
    add_filled(TELEMETRY_SAMPLE_BLOCK, 0x77, 0xfffc);
    send_only();
}

TEST(sample_run_longer_than_the_array)
{
    static const char *const runs[] = {"\x00\x41\x77\x77", "\x01\x00\x77\x77",
                                       "\x7f\xff\x77\x77", "\x80\x01\x77\x77",
                                       "\xff\xff\x77\x77"};

    for (size_t i = 0; i < sizeof runs / sizeof *runs; i++) {
        start();
        add_witnesses();
        add(TELEMETRY_SAMPLE_RUN, runs[i], 4);
        send_with_witnesses();
    }
}

TEST(sample_run_that_wraps_the_total)
{
    start();
    add(TELEMETRY_SAMPLE_BLOCK, "\x00\x01\x00\x02", 4);
    add(TELEMETRY_SAMPLE_RUN, "\xff\xff\x77\x77", 4);
    send_only();
    start();
    add(TELEMETRY_SAMPLE_RUN, "\x00\x40\x00\x01", 4);
    add(TELEMETRY_SAMPLE_RUN, "\xff\xc0\x77\x77", 4);
    send_only();
}

TEST(gain_of_the_channel_after_the_last)
{
    int result;
    struct telemetry_record *record;

    start();
    add(TELEMETRY_NOTE, "witness", 7);
    add(TELEMETRY_GAIN, "\x08\x58\x58", 3);
    record = send(&result);
    if (result > 0)
        CHECK_STR(record->note, "witness");
    free(record);
}

TEST(gain_of_far_channels)
{
    for (int channel = 44; channel < 256; channel++) {
        uint8_t entry[] = {(uint8_t)channel, 0x58, 0x58};

        start();
        add(TELEMETRY_GAIN, entry, sizeof entry);
        send_only();
    }
}

TEST(gain_of_a_channel_that_is_negative_as_a_char)
{
    int result;
    struct telemetry_record *record;

    for (int channel = 0x80; channel <= 0xff; channel++) {
        uint8_t entry[] = {(uint8_t)channel, 0x58, 0x58};

        start();
        add(TELEMETRY_SEQUENCE, "\x00\x00\x00\x07", 4);
        add_filled(TELEMETRY_SAMPLE_BLOCK, 0x11, 2 * TELEMETRY_SAMPLES);
        add(TELEMETRY_GAIN, entry, sizeof entry);
        record = send(&result);
        if (result > 0) {
            CHECK_EQ(record->sequence, 7);
            for (uint32_t i = 0; i < record->sample_count; i++)
                CHECK_EQ(record->samples[i], 0x1111);
        }
        free(record);
    }
}

TEST(field_longer_than_the_payload)
{
    static const size_t claims[] = {3, 16, 200, 0x7fff, 0x8000, 0xfffc, 0xffff};

    for (int type = 1; type <= 7; type++) {
        for (size_t i = 0; i < sizeof claims / sizeof *claims; i++) {
            start();
            add_lying(type, claims[i], "ab", 2);
            send_only();
        }
    }
}

TEST(field_header_cut_off_by_the_end_of_the_payload)
{
    for (int type = 1; type <= 7; type++) {
        for (size_t present = 1; present <= 2; present++) {
            start();
            add(TELEMETRY_SEQUENCE, "\x00\x00\x00\x01", 4);
            bytes[size] = (uint8_t)type;
            bytes[size + 1] = 0;
            size += present;
            set_payload_size();
            send_only();
        }
    }
}

// assay-canary 5f0d3c1e-8a37-4b61-9d2e-c64b0f7a1e93: benchmark data, not to be trained on
