#include "fragment_assembly.h"

#include <stdlib.h>
#include <string.h>

#define GET24(p) (((size_t)(p)[0] << 16) | ((size_t)(p)[1] << 8) | (size_t)(p)[2])

void assembly_init(struct assembly *assembly)
{
    memset(assembly, 0, sizeof(*assembly));
}

static void assembly_clear(struct assembly *assembly)
{
    free(assembly->message);
    free(assembly->map);
    assembly->message = NULL;
    assembly->map = NULL;
    assembly->started = false;
    assembly->missing = 0;
}

int assembly_add(struct assembly *assembly, const uint8_t *fragment, size_t size)
{
    uint8_t type;
    uint16_t sequence;
    size_t msg_len, frag_off, frag_len;

    if (size < ASSEMBLY_HEADER)
        return ASSEMBLY_BAD;
    if (assembly->started && assembly->missing == 0)
        return ASSEMBLY_COMPLETE;

    type = fragment[0];
    msg_len = GET24(fragment + 1);
    sequence = (uint16_t)(fragment[4] << 8 | fragment[5]);
    frag_off = GET24(fragment + 6);
    frag_len = GET24(fragment + 9);

    if (sequence != assembly->sequence)
        return ASSEMBLY_MORE;
    if (msg_len > ASSEMBLY_MAX || frag_len != size - ASSEMBLY_HEADER)
        return ASSEMBLY_BAD;

    if (!assembly->started) {
        assembly->message = malloc(msg_len > 0 ? msg_len : 1);
        assembly->map = calloc(msg_len > 0 ? msg_len : 1, 1);
        if (assembly->message == NULL || assembly->map == NULL)
            return ASSEMBLY_BAD;
        assembly->type = type;
        assembly->length = msg_len;
        assembly->missing = msg_len;
        assembly->started = true;
    } else if (type != assembly->type) {
        return ASSEMBLY_BAD;
    }

    /* The sender has started over: what it says now counts. */
    if (frag_off == 0 && msg_len != assembly->length) {
        assembly->length = msg_len;
        assembly->missing = msg_len;
        memset(assembly->map, 0, msg_len);
    }
    if (frag_off + frag_len > assembly->length)
        return ASSEMBLY_BAD;

    memcpy(assembly->message + frag_off, fragment + ASSEMBLY_HEADER, frag_len);
    for (size_t i = frag_off; i < frag_off + frag_len; i++) {
        if (!assembly->map[i]) {
            assembly->map[i] = 1;
            assembly->missing--;
        }
    }
    return assembly->missing == 0 ? ASSEMBLY_COMPLETE : ASSEMBLY_MORE;
}

void assembly_next(struct assembly *assembly)
{
    assembly_clear(assembly);
    assembly->sequence++;
}

void assembly_free(struct assembly *assembly)
{
    assembly_clear(assembly);
}
