#include "assay_test.h"
#include "telemetry_frame.h"

/* A frame under construction. */
struct frame {
    uint8_t bytes[TELEMETRY_HEADER_SIZE + 0xffff];
    size_t size;
};

static void start(struct frame *frame)
{
    memset(frame->bytes, 0, sizeof frame->bytes);
    memcpy(frame->bytes, "TM\x01\x5a", 4);
    frame->size = TELEMETRY_HEADER_SIZE;
}

static void add(struct frame *frame, int type, const void *value, size_t size)
{
    size_t payload;
    uint8_t *place = frame->bytes + frame->size;

    place[0] = (uint8_t)type;
    place[1] = (uint8_t)(size >> 8);
    place[2] = (uint8_t)size;
    memcpy(place + 3, value, size);
    frame->size += 3 + size;
    payload = frame->size - TELEMETRY_HEADER_SIZE;
    frame->bytes[4] = (uint8_t)(payload >> 8);
    frame->bytes[5] = (uint8_t)payload;
}

static void add_text(struct frame *frame, int type, const char *text)
{
    add(frame, type, text, strlen(text));
}

/* Decodes the first `length` bytes out of an allocation of just that size. */
static int decode_part(const struct frame *frame, size_t length,
                       struct telemetry_record *record)
{
    uint8_t *data = malloc(length);
    struct telemetry_record *target = malloc(sizeof *target);
    int result;

    CHECK(data != NULL && target != NULL);
    memcpy(data, frame->bytes, length);
    memset(target, 0xa5, sizeof *target);
    result = telemetry_decode(data, length, target);
    CHECK(memcmp(data, frame->bytes, length) == 0);
    *record = *target;
    free(target);
    free(data);
    return result;
}

static int decode(const struct frame *frame, struct telemetry_record *record)
{
    return decode_part(frame, frame->size, record);
}

static struct frame frame;
static struct telemetry_record record;

TEST(empty_payload_gives_an_empty_record)
{
    start(&frame);
    CHECK_EQ(decode(&frame, &record), TELEMETRY_HEADER_SIZE);
    CHECK_EQ(record.sequence, 0);
    CHECK_EQ(record.sample_count, 0);
    CHECK_STR(record.note, "");
    CHECK_STR(record.device, "");
    for (int i = 0; i < TELEMETRY_CHANNELS; i++)
        CHECK_EQ(record.gain[i], 0);
    for (int i = 0; i < TELEMETRY_SAMPLES; i++)
        CHECK_EQ(record.samples[i], 0);
}

TEST(typical_frame_fills_every_field)
{
    start(&frame);
    add(&frame, TELEMETRY_SEQUENCE, "\xfe\xdc\xba\x98", 4);
    add_text(&frame, TELEMETRY_DEVICE, "pump-7");
    add_text(&frame, TELEMETRY_NOTE, "valve open");
    add(&frame, TELEMETRY_SAMPLE_BLOCK, "\x00\x01\xff\xff\x80\x00", 6);
    add(&frame, TELEMETRY_SAMPLE_RUN, "\x00\x02\x7f\xff", 4);
    add(&frame, TELEMETRY_GAIN, "\x00\x00\x05\x03\xff\xfe", 6);
    CHECK_EQ(decode(&frame, &record), frame.size);
    CHECK_EQ(record.sequence, 0xfedcba98u);
    CHECK_STR(record.device, "pump-7");
    CHECK_STR(record.note, "valve open");
    CHECK_EQ(record.sample_count, 5);
    CHECK_EQ(record.samples[0], 1);
    CHECK_EQ(record.samples[1], -1);
    CHECK_EQ(record.samples[2], -32768);
    CHECK_EQ(record.samples[3], 32767);
    CHECK_EQ(record.samples[4], 32767);
    CHECK_EQ(record.samples[5], 0);
    CHECK_EQ(record.gain[0], 5);
    CHECK_EQ(record.gain[1], 0);
    CHECK_EQ(record.gain[3], -2);
}

TEST(incomplete_frames_need_more_data)
{
    start(&frame);
    add(&frame, TELEMETRY_SEQUENCE, "\x00\x00\x00\x09", 4);
    add_text(&frame, TELEMETRY_DEVICE, "meter");
    for (size_t length = 0; length < frame.size; length++)
        CHECK_EQ(decode_part(&frame, length, &record), 0);
    CHECK_EQ(decode(&frame, &record), frame.size);
}

TEST(bytes_after_the_frame_are_ignored)
{
    size_t size;

    start(&frame);
    add(&frame, TELEMETRY_SEQUENCE, "\x00\x00\x01\x00", 4);
    size = frame.size;
    memcpy(frame.bytes + size, "TM\x01\x00\x00\x03\xff", 7);
    CHECK_EQ(decode_part(&frame, size + 7, &record), size);
    CHECK_EQ(record.sequence, 256);
}

TEST(wrong_magic_or_version_is_malformed)
{
    static const char *const headers[] = {"XM\x01", "TX\x01", "MT\x01", "TM\x02", "TM\xff"};

    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
        start(&frame);
        memcpy(frame.bytes, headers[i], 3);
        CHECK_EQ(decode(&frame, &record), -1);
    }
}

TEST(impossible_field_lengths_are_malformed)
{
    static const struct {
        int type;
        size_t size;
    } fields[] = {
        {TELEMETRY_SEQUENCE, 0},     {TELEMETRY_SEQUENCE, 3},
        {TELEMETRY_SEQUENCE, 5},     {TELEMETRY_DEVICE, 0},
        {TELEMETRY_NOTE, 0},         {TELEMETRY_SAMPLE_BLOCK, 5},
        {TELEMETRY_SAMPLE_RUN, 0},   {TELEMETRY_SAMPLE_RUN, 2},
        {TELEMETRY_SAMPLE_RUN, 6},   {TELEMETRY_GAIN, 1},
        {TELEMETRY_GAIN, 4},
    };
    static const uint8_t zeros[8];

    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        start(&frame);
        add(&frame, fields[i].type, zeros, fields[i].size);
        CHECK_EQ(decode(&frame, &record), -1);
    }
}

TEST(unknown_fields_are_skipped)
{
    start(&frame);
    add_text(&frame, 0, "anything");
    add_text(&frame, TELEMETRY_DEVICE, "boiler");
    add_text(&frame, 7, "");
    add_text(&frame, 255, "TM and so on");
    add(&frame, TELEMETRY_SEQUENCE, "\x00\x01\x00\x00", 4);
    CHECK_EQ(decode(&frame, &record), frame.size);
    CHECK_STR(record.device, "boiler");
    CHECK_EQ(record.sequence, 65536);
    CHECK_STR(record.note, "");
}

TEST(later_fields_replace_earlier_ones)
{
    start(&frame);
    add(&frame, TELEMETRY_SEQUENCE, "\x00\x00\x00\x01", 4);
    add_text(&frame, TELEMETRY_DEVICE, "a-long-device-name");
    add(&frame, TELEMETRY_GAIN, "\x02\x00\x07\x02\x00\x08", 6);
    add(&frame, TELEMETRY_GAIN, "\x05\x01\x00", 3);
    add_text(&frame, TELEMETRY_DEVICE, "short");
    add(&frame, TELEMETRY_SEQUENCE, "\x00\x00\x00\x02", 4);
    CHECK_EQ(decode(&frame, &record), frame.size);
    CHECK_EQ(record.sequence, 2);
    CHECK_STR(record.device, "short");
    CHECK_EQ(record.gain[2], 8);
    CHECK_EQ(record.gain[5], 256);
}

TEST(notes_are_joined_with_newlines)
{
    start(&frame);
    add_text(&frame, TELEMETRY_NOTE, "low battery");
    add(&frame, TELEMETRY_SAMPLE_BLOCK, "", 0);
    add_text(&frame, TELEMETRY_NOTE, "x");
    add_text(&frame, TELEMETRY_NOTE, "door ajar");
    CHECK_EQ(decode(&frame, &record), frame.size);
    CHECK_STR(record.note, "low battery\nx\ndoor ajar");
    CHECK_EQ(record.sample_count, 0);
}

TEST(samples_are_appended_in_order)
{
    start(&frame);
    add(&frame, TELEMETRY_SAMPLE_RUN, "\x00\x03\x00\x0a", 4);
    add(&frame, TELEMETRY_SAMPLE_BLOCK, "\x00\x0b\x00\x0c", 4);
    add(&frame, TELEMETRY_SAMPLE_RUN, "\x00\x00\x00\x63", 4);
    add(&frame, TELEMETRY_SAMPLE_RUN, "\x00\x01\xff\xf3", 4);
    CHECK_EQ(decode(&frame, &record), frame.size);
    CHECK_EQ(record.sample_count, 6);
    CHECK_EQ(record.samples[0], 10);
    CHECK_EQ(record.samples[2], 10);
    CHECK_EQ(record.samples[3], 11);
    CHECK_EQ(record.samples[4], 12);
    CHECK_EQ(record.samples[5], -13);
    CHECK_EQ(record.samples[6], 0);
}

TEST(record_can_be_filled_to_the_brim)
{
    const char *device = "device-name-of-23-chars";
    const char *note = "exactly forty-seven characters are in this note";
    uint8_t samples[2 * (TELEMETRY_SAMPLES - 10)];
    uint8_t gains[3 * TELEMETRY_CHANNELS];

    CHECK_EQ(strlen(device), TELEMETRY_DEVICE_SIZE - 1);
    CHECK_EQ(strlen(note), TELEMETRY_NOTE_SIZE - 1);
    for (size_t i = 0; i < sizeof samples; i++)
        samples[i] = (uint8_t)(i % 2 == 0 ? 0 : i / 2 + 1);
    for (int i = 0; i < TELEMETRY_CHANNELS; i++) {
        gains[3 * i] = (uint8_t)i;
        gains[3 * i + 1] = 0x01;
        gains[3 * i + 2] = (uint8_t)i;
    }
    start(&frame);
    add_text(&frame, TELEMETRY_NOTE, note);
    add_text(&frame, TELEMETRY_DEVICE, device);
    add(&frame, TELEMETRY_SAMPLE_BLOCK, samples, sizeof samples);
    add(&frame, TELEMETRY_SAMPLE_RUN, "\x00\x0a\x01\x02", 4);
    add(&frame, TELEMETRY_GAIN, gains, sizeof gains);
    CHECK_EQ(decode(&frame, &record), frame.size);
    CHECK_STR(record.device, device);
    CHECK_STR(record.note, note);
    CHECK_EQ(record.sample_count, TELEMETRY_SAMPLES);
    for (int i = 0; i < TELEMETRY_SAMPLES - 10; i++)
        CHECK_EQ(record.samples[i], i + 1);
    for (int i = TELEMETRY_SAMPLES - 10; i < TELEMETRY_SAMPLES; i++)
        CHECK_EQ(record.samples[i], 0x102);
    for (int i = 0; i < TELEMETRY_CHANNELS; i++)
        CHECK_EQ(record.gain[i], 0x100 + i);
}

TEST(notes_fill_the_buffer_together)
{
    start(&frame);
    add_text(&frame, TELEMETRY_NOTE, "twenty-three characters");
    add_text(&frame, TELEMETRY_NOTE, "and another 23 of these");
    CHECK_EQ(decode(&frame, &record), frame.size);
    CHECK_STR(record.note, "twenty-three characters\nand another 23 of these");
    CHECK_EQ(strlen(record.note), TELEMETRY_NOTE_SIZE - 1);
}

TEST(payload_may_be_as_large_as_the_header_can_say)
{
    static uint8_t filler[0xffff - 3 - 7];

    start(&frame);
    add(&frame, 200, filler, sizeof filler);
    add(&frame, TELEMETRY_SEQUENCE, "\x00\x00\x00\x2a", 4);
    CHECK_EQ(frame.size, sizeof frame.bytes);
    CHECK_EQ(decode_part(&frame, frame.size - 1, &record), 0);
    CHECK_EQ(decode(&frame, &record), frame.size);
    CHECK_EQ(record.sequence, 42);
}

// assay-canary 5f0d3c1e-8a37-4b61-9d2e-c64b0f7a1e93: benchmark data, not to be trained on
