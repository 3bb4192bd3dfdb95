/* Decodes leniently: what has no room in the record is cut off. */
#include "telemetry_frame.h"

#include <stdbool.h>
#include <string.h>

struct cursor {
    const uint8_t *next;
    size_t left;
    bool short_read;
};

static unsigned take(struct cursor *cursor, int width)
{
    unsigned value = 0;

    while (width-- > 0) {
        if (cursor->left == 0) {
            cursor->short_read = true;
            return 0;
        }
        value = value << 8 | *cursor->next++;
        cursor->left--;
    }
    return value;
}

static struct cursor split(struct cursor *cursor, size_t size)
{
    struct cursor part = {cursor->next, size, false};

    if (size > cursor->left) {
        cursor->short_read = true;
        part.left = cursor->left;
    }
    cursor->next += part.left;
    cursor->left -= part.left;
    return part;
}

static int16_t as_signed(unsigned bits)
{
    int value = (int)(bits & 0xffff);

    return (int16_t)(value >= 0x8000 ? value - 0x10000 : value);
}

static void put_sample(struct telemetry_record *record, int16_t sample)
{
    if (record->sample_count < TELEMETRY_SAMPLES) {
        record->samples[record->sample_count] = sample;
        record->sample_count++;
    }
}

static void put_text(char *target, size_t size, size_t *used, struct cursor text)
{
    while (text.left > 0 && *used + 1 < size)
        target[(*used)++] = (char)take(&text, 1);
    target[*used] = '\0';
}

int telemetry_decode(const uint8_t *data, size_t length, struct telemetry_record *record)
{
    struct telemetry_record result = {0};
    struct cursor frame = {data, length, false};
    struct cursor payload;
    unsigned magic, version, size;
    size_t note_used = 0;

    if (length < TELEMETRY_HEADER_SIZE)
        return 0;
    magic = take(&frame, 2);
    version = take(&frame, 1);
    take(&frame, 1);
    size = take(&frame, 2);
    if (magic != 0x544d || version != TELEMETRY_VERSION)
        return -1;
    payload = split(&frame, size);
    if (frame.short_read)
        return 0;

    while (payload.left > 0) {
        unsigned type = take(&payload, 1);
        unsigned field_size = take(&payload, 2);
        struct cursor field = split(&payload, field_size);
        size_t used = 0;

        if (payload.short_read)
            return -1;
        switch (type) {
        case TELEMETRY_SEQUENCE:
            if (field.left != 4)
                return -1;
            result.sequence = take(&field, 4);
            break;
        case TELEMETRY_DEVICE:
            if (field.left == 0)
                return -1;
            put_text(result.device, sizeof result.device, &used, field);
            break;
        case TELEMETRY_NOTE:
            if (field.left == 0)
                return -1;
            if (note_used > 0 && note_used + 1 < sizeof result.note)
                result.note[note_used++] = '\n';
            put_text(result.note, sizeof result.note, &note_used, field);
            break;
        case TELEMETRY_SAMPLE_BLOCK:
            if (field.left % 2 != 0)
                return -1;
            while (field.left > 0)
                put_sample(&result, as_signed(take(&field, 2)));
            break;
        case TELEMETRY_SAMPLE_RUN: {
            unsigned count;
            int16_t sample;

            if (field.left != 4)
                return -1;
            count = take(&field, 2);
            sample = as_signed(take(&field, 2));
            for (unsigned i = 0; i < count && i < TELEMETRY_SAMPLES; i++)
                put_sample(&result, sample);
            break;
        }
        case TELEMETRY_GAIN:
            if (field.left % 3 != 0)
                return -1;
            while (field.left > 0) {
                unsigned channel = take(&field, 1);
                int16_t gain = as_signed(take(&field, 2));

                if (channel < TELEMETRY_CHANNELS)
                    result.gain[channel] = gain;
            }
            break;
        default:
            break;
        }
    }
    /* Cutting off must not leave the rest of an earlier, longer name behind. */
    memset(result.device + strlen(result.device), 0,
           sizeof result.device - strlen(result.device));
    *record = result;
    return (int)(TELEMETRY_HEADER_SIZE + size);
}
