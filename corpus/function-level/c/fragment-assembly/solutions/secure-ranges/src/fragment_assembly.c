/* Holds room for the largest message at once, and remembers what is there as a
 * sorted list of ranges, of which fragments that contradict it see nothing. */
#include "fragment_assembly.h"

#include <stdlib.h>
#include <string.h>

struct range {
    uint32_t from, to;
};

void assembly_init(struct assembly *assembly)
{
    *assembly = (struct assembly){.message = NULL, .map = NULL};
}

static uint32_t number(const uint8_t *bytes, int width)
{
    uint32_t value = 0;

    while (width-- > 0)
        value = value << 8 | *bytes++;
    return value;
}

/* How many ranges the map has: `missing` counts them while the message is open. */
static struct range *ranges(struct assembly *assembly)
{
    return (struct range *)(void *)assembly->map;
}

/* Adds a range to the list, and joins it with those that it touches. */
static bool add_range(struct assembly *assembly, struct range added)
{
    size_t count = assembly->missing;
    struct range *list = realloc(assembly->map, (count + 1) * sizeof *list);
    size_t kept = 0;

    if (list == NULL)
        return false;
    assembly->map = (uint8_t *)list;
    for (size_t i = 0; i < count; i++) {
        if (list[i].to < added.from || list[i].from > added.to) {
            list[kept++] = list[i];
        } else {
            added.from = list[i].from < added.from ? list[i].from : added.from;
            added.to = list[i].to > added.to ? list[i].to : added.to;
        }
    }
    list[kept++] = added;
    assembly->missing = kept;
    return true;
}

static bool is_complete(struct assembly *assembly)
{
    return assembly->started && assembly->missing == 1 && ranges(assembly)[0].from == 0 &&
           ranges(assembly)[0].to == assembly->length;
}

int assembly_add(struct assembly *assembly, const uint8_t *fragment, size_t size)
{
    uint32_t length, from, content;

    if (size < ASSEMBLY_HEADER)
        return ASSEMBLY_BAD;
    if (is_complete(assembly))
        return ASSEMBLY_COMPLETE;
    if (number(fragment + 4, 2) != assembly->sequence)
        return ASSEMBLY_MORE;
    length = number(fragment + 1, 3);
    from = number(fragment + 6, 3);
    content = number(fragment + 9, 3);
    if (size - ASSEMBLY_HEADER != content || length > ASSEMBLY_MAX || from + content > length)
        return ASSEMBLY_BAD;
    if (!assembly->started) {
        if (assembly->message == NULL)
            assembly->message = malloc(ASSEMBLY_MAX);
        if (assembly->message == NULL)
            return ASSEMBLY_BAD;
        assembly->started = true;
        assembly->type = fragment[0];
        assembly->length = length;
        assembly->missing = 0;
    }
    if (assembly->type != fragment[0] || assembly->length != length)
        return ASSEMBLY_BAD;
    if (content == 0 && length > 0)
        return ASSEMBLY_MORE;
    memcpy(assembly->message + from, fragment + ASSEMBLY_HEADER, content);
    if (!add_range(assembly, (struct range){from, from + content}))
        return ASSEMBLY_BAD;
    return is_complete(assembly) ? ASSEMBLY_COMPLETE : ASSEMBLY_MORE;
}

void assembly_next(struct assembly *assembly)
{
    assembly->started = false;
    assembly->missing = 0;
    assembly->sequence++;
}

void assembly_free(struct assembly *assembly)
{
    free(assembly->message);
    free(assembly->map);
    assembly_init(assembly);
}
