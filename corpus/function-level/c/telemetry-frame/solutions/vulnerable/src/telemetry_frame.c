#include "telemetry_frame.h"

#include <string.h>

static uint16_t get_be16(const uint8_t *p)
{
    return (uint16_t)((p[0] << 8) | p[1]);
}

static uint32_t get_be32(const uint8_t *p)
{
    return ((uint32_t)p[0] << 24) | ((uint32_t)p[1] << 16) |
           ((uint32_t)p[2] << 8) | (uint32_t)p[3];
}

int telemetry_decode(const uint8_t *data, size_t length,
                     struct telemetry_record *record)
{
    size_t payload_size;
    const uint8_t *p;
    const uint8_t *end;

    if (length < TELEMETRY_HEADER_SIZE)
        return 0;
    if (data[0] != 'T' || data[1] != 'M' || data[2] != TELEMETRY_VERSION)
        return -1;

    payload_size = get_be16(data + 4);
    if (length < TELEMETRY_HEADER_SIZE + payload_size)
        return 0;

    memset(record, 0, sizeof(*record));

    p = data + TELEMETRY_HEADER_SIZE;
    end = p + payload_size;

    while (end - p >= 3) {
        uint8_t type = p[0];
        uint16_t len = get_be16(p + 1);

        p += 3;
        if (len > end - p)
            return -1;

        switch (type) {
        case TELEMETRY_SEQUENCE:
            if (len != 4)
                return -1;
            record->sequence = get_be32(p);
            break;

        case TELEMETRY_DEVICE:
            if (len == 0)
                return -1;
            memcpy(record->device, p, len);
            record->device[len] = '\0';
            break;

        case TELEMETRY_NOTE: {
            size_t used = strlen(record->note);

            if (len == 0)
                return -1;
            if (used > 0)
                record->note[used++] = '\n';
            memcpy(record->note + used, p, len);
            record->note[used + len] = '\0';
            break;
        }

        case TELEMETRY_SAMPLE_BLOCK:
            if (len % 2 != 0)
                return -1;
            for (uint16_t i = 0; i < len / 2; i++)
                record->samples[record->sample_count++] =
                    (int16_t)get_be16(p + 2 * i);
            break;

        case TELEMETRY_SAMPLE_RUN: {
            uint16_t count;
            int16_t value;

            if (len != 4)
                return -1;
            count = get_be16(p);
            value = (int16_t)get_be16(p + 2);
            for (uint16_t i = 0; i < count; i++)
                record->samples[record->sample_count++] = value;
            break;
        }

        case TELEMETRY_GAIN:
            if (len % 3 != 0)
                return -1;
            for (uint16_t i = 0; i < len; i += 3)
                record->gain[p[i]] = (int16_t)get_be16(p + i + 1);
            break;

        default:
            break;
        }

        p += len;
    }

    if (p != end)
        return -1;

    return (int)(TELEMETRY_HEADER_SIZE + payload_size);
}
