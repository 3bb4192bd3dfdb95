#include "fragment_assembly.h"

#include <stdlib.h>
#include <string.h>

static size_t read_u24(const uint8_t *bytes)
{
    return (size_t)bytes[0] << 16 | (size_t)bytes[1] << 8 | bytes[2];
}

static void drop(struct assembly *assembly)
{
    free(assembly->message);
    free(assembly->map);
    assembly->message = NULL;
    assembly->map = NULL;
    assembly->started = false;
    assembly->length = 0;
    assembly->missing = 0;
}

void assembly_init(struct assembly *assembly)
{
    memset(assembly, 0, sizeof *assembly);
}

/* Makes room for a message; the map has a byte for each of its bytes. */
static bool start(struct assembly *assembly, uint8_t type, size_t length)
{
    if (length > 0) {
        assembly->message = malloc(length);
        assembly->map = calloc(length, 1);
        if (assembly->message == NULL || assembly->map == NULL)
            return false;
    }
    assembly->type = type;
    assembly->length = length;
    assembly->missing = length;
    assembly->started = true;
    return true;
}

int assembly_add(struct assembly *assembly, const uint8_t *fragment, size_t size)
{
    size_t length, offset, count;

    if (size < ASSEMBLY_HEADER)
        return ASSEMBLY_BAD;
    if (assembly->started && assembly->missing == 0)
        return ASSEMBLY_COMPLETE;
    if ((fragment[4] << 8 | fragment[5]) != assembly->sequence)
        return ASSEMBLY_MORE;
    length = read_u24(fragment + 1);
    offset = read_u24(fragment + 6);
    count = read_u24(fragment + 9);
    if (length > ASSEMBLY_MAX || count != size - ASSEMBLY_HEADER || offset > length ||
        count > length - offset)
        return ASSEMBLY_BAD;
    if (!assembly->started) {
        if (!start(assembly, fragment[0], length))
            return ASSEMBLY_BAD;
    } else if (fragment[0] != assembly->type || length != assembly->length) {
        return ASSEMBLY_BAD;
    }
    for (size_t i = 0; i < count; i++) {
        assembly->message[offset + i] = fragment[ASSEMBLY_HEADER + i];
        assembly->missing -= !assembly->map[offset + i];
        assembly->map[offset + i] = 1;
    }
    return assembly->missing == 0 ? ASSEMBLY_COMPLETE : ASSEMBLY_MORE;
}

void assembly_next(struct assembly *assembly)
{
    drop(assembly);
    assembly->sequence++;
}

void assembly_free(struct assembly *assembly)
{
    drop(assembly);
}
