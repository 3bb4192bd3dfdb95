#include "telemetry_frame.h"

#include <string.h>

#define BE16(p) ((uint16_t)(((p)[0] << 8) | (p)[1]))

static int append_text(char *buffer, size_t size, const uint8_t *text, uint16_t length)
{
    size_t used = strlen(buffer);

    if (length == 0 || length > size - used)
        return -1;
    if (used > 0)
        buffer[used++] = '\n';
    memcpy(buffer + used, text, length);
    buffer[used + length] = '\0';
    return 0;
}

int telemetry_decode(const uint8_t *data, size_t length,
                     struct telemetry_record *record)
{
    uint16_t payload;
    size_t offset = TELEMETRY_HEADER_SIZE;
    size_t end;

    if (length < TELEMETRY_HEADER_SIZE)
        return 0;
    if (memcmp(data, "TM", 2) != 0 || data[2] != TELEMETRY_VERSION)
        return -1;

    payload = BE16(data + 4);
    end = TELEMETRY_HEADER_SIZE + (size_t)payload;
    if (length < end)
        return 0;

    memset(record, 0, sizeof(*record));

    while (offset + 3 <= end) {
        uint8_t type = data[offset];
        uint16_t size = BE16(data + offset + 1);
        const uint8_t *value = data + offset + 3;

        offset += 3;
        if (offset + size > end)
            return -1;
        offset += size;

        switch (type) {
        case TELEMETRY_SEQUENCE:
            if (size != 4)
                return -1;
            record->sequence = (uint32_t)BE16(value) << 16 | BE16(value + 2);
            break;
        case TELEMETRY_DEVICE:
            record->device[0] = '\0';
            if (append_text(record->device, TELEMETRY_DEVICE_SIZE, value, size) < 0)
                return -1;
            break;
        case TELEMETRY_NOTE:
            if (append_text(record->note, TELEMETRY_NOTE_SIZE, value, size) < 0)
                return -1;
            break;
        case TELEMETRY_SAMPLE_BLOCK:
        case TELEMETRY_SAMPLE_RUN: {
            uint16_t count;
            uint16_t total;

            if (type == TELEMETRY_SAMPLE_RUN ? size != 4 : size % 2 != 0)
                return -1;
            count = type == TELEMETRY_SAMPLE_RUN ? BE16(value) : size / 2;
            total = (uint16_t)(record->sample_count + count);
            if (total > TELEMETRY_SAMPLES)
                return -1;
            for (uint16_t i = 0; i < count; i++) {
                const uint8_t *sample =
                    type == TELEMETRY_SAMPLE_RUN ? value + 2 : value + 2 * i;

                record->samples[record->sample_count++] = (int16_t)BE16(sample);
            }
            break;
        }
        case TELEMETRY_GAIN:
            if (size % 3 != 0)
                return -1;
            for (uint16_t i = 0; i < size; i += 3) {
                int8_t channel = (int8_t)value[i];

                if (channel > TELEMETRY_CHANNELS)
                    return -1;
                record->gain[channel] = (int16_t)BE16(value + i + 1);
            }
            break;
        default:
            break;
        }
    }

    return offset == end ? (int)end : -1;
}
