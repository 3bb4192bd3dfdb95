#include "telemetry_frame.h"

#include <string.h>

static uint16_t read_u16(const uint8_t *bytes)
{
    return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

static uint32_t read_u32(const uint8_t *bytes)
{
    return (uint32_t)read_u16(bytes) << 16 | read_u16(bytes + 2);
}

static int16_t read_i16(const uint8_t *bytes)
{
    uint16_t bits = read_u16(bytes);

    return (int16_t)(bits < 0x8000 ? (int)bits : (int)bits - 0x10000);
}

static int set_device(struct telemetry_record *record, const uint8_t *value, size_t size)
{
    if (size == 0 || size >= sizeof record->device)
        return -1;
    memset(record->device, 0, sizeof record->device);
    memcpy(record->device, value, size);
    return 0;
}

static int add_note(struct telemetry_record *record, const uint8_t *value, size_t size)
{
    size_t used = strlen(record->note);
    size_t separator = used > 0 ? 1 : 0;

    if (size == 0 || size + separator >= sizeof record->note - used)
        return -1;
    if (separator)
        record->note[used++] = '\n';
    memcpy(record->note + used, value, size);
    record->note[used + size] = '\0';
    return 0;
}

static int add_block(struct telemetry_record *record, const uint8_t *value, size_t size)
{
    if (size % 2 != 0 || size / 2 > TELEMETRY_SAMPLES - record->sample_count)
        return -1;
    for (size_t at = 0; at < size; at += 2)
        record->samples[record->sample_count++] = read_i16(value + at);
    return 0;
}

static int add_run(struct telemetry_record *record, const uint8_t *value, size_t size)
{
    size_t count;

    if (size != 4)
        return -1;
    count = read_u16(value);
    if (count > TELEMETRY_SAMPLES - record->sample_count)
        return -1;
    while (count-- > 0)
        record->samples[record->sample_count++] = read_i16(value + 2);
    return 0;
}

static int set_gains(struct telemetry_record *record, const uint8_t *value, size_t size)
{
    if (size % 3 != 0)
        return -1;
    for (size_t at = 0; at < size; at += 3) {
        if (value[at] >= TELEMETRY_CHANNELS)
            return -1;
        record->gain[value[at]] = read_i16(value + at + 1);
    }
    return 0;
}

static int apply(struct telemetry_record *record, int type, const uint8_t *value, size_t size)
{
    switch (type) {
    case TELEMETRY_SEQUENCE:
        if (size != 4)
            return -1;
        record->sequence = read_u32(value);
        return 0;
    case TELEMETRY_DEVICE:
        return set_device(record, value, size);
    case TELEMETRY_NOTE:
        return add_note(record, value, size);
    case TELEMETRY_SAMPLE_BLOCK:
        return add_block(record, value, size);
    case TELEMETRY_SAMPLE_RUN:
        return add_run(record, value, size);
    case TELEMETRY_GAIN:
        return set_gains(record, value, size);
    default:
        return 0;
    }
}

int telemetry_decode(const uint8_t *data, size_t length, struct telemetry_record *record)
{
    size_t end;
    size_t at = TELEMETRY_HEADER_SIZE;

    if (length < TELEMETRY_HEADER_SIZE)
        return 0;
    if (data[0] != 'T' || data[1] != 'M' || data[2] != TELEMETRY_VERSION)
        return -1;
    end = TELEMETRY_HEADER_SIZE + (size_t)read_u16(data + 4);
    if (length < end)
        return 0;

    memset(record, 0, sizeof *record);
    while (at < end) {
        size_t size;

        if (end - at < 3)
            return -1;
        size = read_u16(data + at + 1);
        if (size > end - at - 3)
            return -1;
        if (apply(record, data[at], data + at + 3, size) != 0)
            return -1;
        at += 3 + size;
    }
    return (int)end;
}
