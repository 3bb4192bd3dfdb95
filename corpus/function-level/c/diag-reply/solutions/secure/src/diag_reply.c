#include "diag_reply.h"

#include <string.h>

static unsigned read_u16(const uint8_t *bytes)
{
    return (unsigned)bytes[0] << 8 | bytes[1];
}

static uint8_t *write_u16(uint8_t *to, unsigned value)
{
    *to++ = (uint8_t)(value >> 8);
    *to++ = (uint8_t)value;
    return to;
}

/* Each command writes its results and returns their end, or sets the status. */

static uint8_t *read_registers(const struct diag_device *device, const uint8_t *arguments,
                               uint8_t *to, uint8_t *status)
{
    unsigned first = read_u16(arguments);
    unsigned count = read_u16(arguments + 2);

    if (first >= DIAG_REGISTERS || count > DIAG_REGISTERS - first) {
        *status = DIAG_RANGE;
        return to;
    }
    for (unsigned i = 0; i < count; i++)
        to = write_u16(to, device->registers[first + i]);
    return to;
}

static uint8_t *read_label(const struct diag_device *device, unsigned number, uint8_t *to,
                           uint8_t *status)
{
    size_t length;

    if (number >= device->label_count) {
        *status = DIAG_RANGE;
        return to;
    }
    length = strnlen(device->labels[number], DIAG_LABEL);
    memcpy(to, device->labels[number], length);
    return to + length;
}

static uint8_t *find(const struct diag_device *device, const uint8_t *text, size_t length,
                     uint8_t *to)
{
    unsigned count = 0;

    for (size_t i = 0; i < device->label_count; i++)
        count += memcmp(device->labels[i], text, length) == 0;
    return write_u16(to, count);
}

size_t diag_reply(const struct diag_device *device, const uint8_t *buffer, size_t received,
                  uint8_t *reply)
{
    const uint8_t *arguments = buffer + 4;
    uint8_t *end = reply + 4;
    size_t length;

    if (received < 4)
        return 0;
    length = read_u16(buffer + 2);
    reply[0] = buffer[0];
    reply[1] = buffer[1];
    reply[2] = DIAG_OK;
    reply[3] = 0;
    if (buffer[0] < DIAG_ECHO || buffer[0] > DIAG_FIND) {
        reply[2] = DIAG_UNKNOWN;
        return 4;
    }
    if (length > received - 4) {
        reply[2] = DIAG_MALFORMED;
        return 4;
    }
    if (buffer[0] == DIAG_ECHO && length <= 1000) {
        memcpy(end, arguments, length);
        end += length;
    } else if (buffer[0] == DIAG_REGISTERS_READ && length == 4) {
        end = read_registers(device, arguments, end, &reply[2]);
    } else if (buffer[0] == DIAG_LABEL_READ && length == 1) {
        end = read_label(device, arguments[0], end, &reply[2]);
    } else if (buffer[0] == DIAG_FIND && length >= 1 && length <= DIAG_LABEL) {
        end = find(device, arguments, length, end);
    } else {
        reply[2] = DIAG_MALFORMED;
    }
    return (size_t)(end - reply);
}
