#include "diag_reply.h"

#include <string.h>

#define GET16(p) ((uint16_t)((p)[0] << 8 | (p)[1]))
#define PUT16(p, v) ((p)[0] = (uint8_t)((v) >> 8), (p)[1] = (uint8_t)(v))

size_t diag_reply(const struct diag_device *device, const uint8_t *buffer,
                  size_t received, uint8_t *reply)
{
    uint16_t length;
    const uint8_t *args = buffer + 4;
    uint8_t *out = reply + 4;

    if (received < 4)
        return 0;

    length = GET16(buffer + 2);

    if (received < 4u + length && buffer[0] <= DIAG_FIND) {
        memcpy(reply, buffer, 2);
        reply[2] = buffer[0] == 0 ? DIAG_UNKNOWN : DIAG_MALFORMED;
        reply[3] = 0;
        return 4;
    }

    reply[0] = buffer[0];
    reply[1] = buffer[1];
    reply[2] = DIAG_OK;
    reply[3] = 0;

    switch (buffer[0]) {
    case DIAG_ECHO:
        if (length > 1000) {
            reply[2] = DIAG_MALFORMED;
            break;
        }
        memcpy(out, args, length);
        out += length;
        break;

    case DIAG_REGISTERS_READ: {
        uint16_t first, count;

        if (length != 4) {
            reply[2] = DIAG_MALFORMED;
            break;
        }
        first = GET16(args);
        count = GET16(args + 2);
        if (first >= DIAG_REGISTERS || count > DIAG_REGISTERS) {
            reply[2] = DIAG_RANGE;
            break;
        }
        for (uint16_t i = 0; i < count; i++) {
            PUT16(out, device->registers[first + i]);
            out += 2;
        }
        break;
    }

    case DIAG_LABEL_READ: {
        const char *label;

        if (length != 1) {
            reply[2] = DIAG_MALFORMED;
            break;
        }
        if (args[0] >= device->label_count) {
            reply[2] = DIAG_RANGE;
            break;
        }
        label = device->labels[args[0]];
        memcpy(out, label, strlen(label) + 1);
        out += strlen(label);
        break;
    }

    case DIAG_FIND: {
        unsigned found = 0;

        if (length < 1 || length > DIAG_LABEL) {
            reply[2] = DIAG_MALFORMED;
            break;
        }
        for (size_t i = 0; i < device->label_count; i++)
            if (memcmp(device->labels[i], args, length) == 0)
                found++;
        PUT16(out, found);
        out += 2;
        break;
    }

    default:
        reply[2] = DIAG_UNKNOWN;
        break;
    }
    return (size_t)(out - reply);
}
