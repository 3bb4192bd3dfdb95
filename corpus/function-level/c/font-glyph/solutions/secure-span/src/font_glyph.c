/* Reads through spans: a part of the image with a sticky mark for any use
 * beyond its end. Positions are 64 bits wide and cannot wrap. */
#include "font_glyph.h"

#include <stdbool.h>
#include <string.h>

struct span {
    const uint8_t *start;
    uint64_t size;
    bool *bad;
};

static struct span slice(struct span span, uint64_t at, uint64_t size)
{
    if (at > span.size || size > span.size - at) {
        *span.bad = true;
        return (struct span){span.start, 0, span.bad};
    }
    return (struct span){span.start + at, size, span.bad};
}

static uint32_t number_at(struct span span, uint64_t at, unsigned width)
{
    struct span bytes = slice(span, at, width);
    uint32_t number = 0;

    for (uint64_t i = bytes.size; i > 0; i--)
        number = number << 8 | bytes.start[i - 1];
    return number;
}

static uint32_t tag(const char name[4])
{
    uint32_t number = 0;

    for (int i = 3; i >= 0; i--)
        number = number << 8 | (uint8_t)name[i];
    return number;
}

static struct span section(struct span image, uint32_t wanted)
{
    uint32_t count = number_at(image, 6, 2);

    for (uint32_t i = 0; i < count && !*image.bad; i++) {
        uint64_t entry = FONT_HEADER_SIZE + (uint64_t)i * FONT_SECTION_SIZE;

        if (number_at(image, entry, 4) == wanted)
            return slice(image, number_at(image, entry + 4, 4),
                         number_at(image, entry + 8, 4));
    }
    *image.bad = true;
    return image;
}

int font_find_glyph(const uint8_t *image, size_t size, uint32_t code,
                    struct font_glyph *glyph)
{
    bool bad = false;
    struct span file = {image, size, &bad};
    struct span cmap, offs, glyf, data, bitmap;
    uint64_t index = UINT64_MAX;
    uint32_t ranges, from, to;

    if (number_at(file, 0, 4) != tag("BFNT") || number_at(file, 4, 2) != FONT_VERSION || bad)
        return FONT_INVALID;
    cmap = section(file, tag("CMAP"));
    offs = section(file, tag("OFFS"));
    glyf = section(file, tag("GLYF"));
    ranges = number_at(cmap, 0, 2);
    for (uint32_t i = 0; i < ranges && !bad; i++) {
        struct span range = slice(cmap, 2 + (uint64_t)i * FONT_RANGE_SIZE, FONT_RANGE_SIZE);
        uint32_t first = number_at(range, 0, 2);
        uint32_t last = number_at(range, 2, 2);

        if (first <= code && code <= last) {
            index = (uint64_t)number_at(range, 4, 2) + (code - first);
            break;
        }
    }
    if (bad)
        return FONT_INVALID;
    if (index == UINT64_MAX)
        return FONT_MISSING;

    *glyph = (struct font_glyph){0};
    from = number_at(offs, index * 4, 4);
    to = number_at(offs, index * 4 + 4, 4);
    if (bad || to < from)
        return FONT_INVALID;
    data = slice(glyf, from, to - from);
    if (bad)
        return FONT_INVALID;
    if (data.size == 0)
        return FONT_FOUND;
    glyph->width = (uint8_t)number_at(data, 0, 1);
    glyph->height = (uint8_t)number_at(data, 1, 1);
    glyph->left = (int8_t)number_at(data, 2, 1);
    glyph->advance = (uint8_t)number_at(data, 3, 1);
    glyph->stride = (glyph->width + 7u) / 8u;
    bitmap = slice(data, FONT_GLYPH_SIZE, glyph->stride * glyph->height);
    if (bad)
        return FONT_INVALID;
    glyph->bitmap = bitmap.size > 0 ? bitmap.start : NULL;
    return FONT_FOUND;
}
