/* Takes what it reads off a view that knows its end, byte by byte. */
#include "diag_reply.h"

#include <stdbool.h>

struct view {
    const uint8_t *next;
    size_t left;
    bool overdrawn;
};

struct output {
    uint8_t *bytes;
    size_t length;
};

static unsigned take(struct view *view, int width)
{
    unsigned value = 0;

    for (; width > 0; width--) {
        if (view->left == 0) {
            view->overdrawn = true;
            return 0;
        }
        value = value * 256 + *view->next++;
        view->left--;
    }
    return value;
}

static void put(struct output *output, unsigned byte)
{
    if (output->length < DIAG_BUFFER)
        output->bytes[output->length++] = (uint8_t)byte;
}

static int echo(struct view *arguments, struct output *output)
{
    if (arguments->left > 1000)
        return DIAG_MALFORMED;
    while (arguments->left > 0)
        put(output, take(arguments, 1));
    return DIAG_OK;
}

static int registers(const struct diag_device *device, struct view *arguments,
                     struct output *output)
{
    unsigned first = take(arguments, 2);
    unsigned count = take(arguments, 2);

    if (arguments->overdrawn || arguments->left > 0)
        return DIAG_MALFORMED;
    if (first >= DIAG_REGISTERS || first + count > DIAG_REGISTERS)
        return DIAG_RANGE;
    for (; count > 0; count--, first++) {
        put(output, device->registers[first] / 256u);
        put(output, device->registers[first] % 256u);
    }
    return DIAG_OK;
}

static int label(const struct diag_device *device, struct view *arguments,
                 struct output *output)
{
    unsigned number = take(arguments, 1);

    if (arguments->overdrawn || arguments->left > 0)
        return DIAG_MALFORMED;
    if (number >= device->label_count)
        return DIAG_RANGE;
    for (size_t i = 0; i < DIAG_LABEL && device->labels[number][i] != '\0'; i++)
        put(output, (uint8_t)device->labels[number][i]);
    return DIAG_OK;
}

static bool begins_with(const char *label, struct view text)
{
    for (size_t i = 0; text.left > 0; i++)
        if (i == DIAG_LABEL || (uint8_t)label[i] != take(&text, 1))
            return false;
    return true;
}

static int find(const struct diag_device *device, struct view *arguments,
                struct output *output)
{
    unsigned count = 0;

    if (arguments->left == 0 || arguments->left > DIAG_LABEL)
        return DIAG_MALFORMED;
    for (size_t i = 0; i < device->label_count; i++)
        count += begins_with(device->labels[i], *arguments);
    put(output, count / 256);
    put(output, count % 256);
    return DIAG_OK;
}

size_t diag_reply(const struct diag_device *device, const uint8_t *buffer, size_t received,
                  uint8_t *reply)
{
    struct view request = {buffer, received, false};
    struct output output = {reply, 0};
    unsigned command = take(&request, 1);
    unsigned tag = take(&request, 1);
    size_t length = take(&request, 2);
    struct view arguments = {request.next, length, false};
    int status;

    if (request.overdrawn)
        return 0;
    put(&output, command);
    put(&output, tag);
    put(&output, 0);
    put(&output, 0);
    if (command < DIAG_ECHO || command > DIAG_FIND)
        status = DIAG_UNKNOWN;
    else if (length > request.left)
        status = DIAG_MALFORMED;
    else if (command == DIAG_ECHO)
        status = echo(&arguments, &output);
    else if (command == DIAG_REGISTERS_READ)
        status = registers(device, &arguments, &output);
    else if (command == DIAG_LABEL_READ)
        status = label(device, &arguments, &output);
    else
        status = find(device, &arguments, &output);
    reply[2] = (uint8_t)status;
    return status == DIAG_OK ? output.length : 4;
}
