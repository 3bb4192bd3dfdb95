#include "font_glyph.h"

#include <string.h>

struct table {
    uint32_t offset;
    uint32_t size;
};

static uint16_t u16le(const uint8_t *image, uint32_t at)
{
    return (uint16_t)(image[at] | image[at + 1] << 8);
}

static uint32_t u32le(const uint8_t *image, uint32_t at)
{
    return u16le(image, at) | (uint32_t)u16le(image, at + 2) << 16;
}

static int find_table(const uint8_t *image, uint32_t size, const char *tag,
                      struct table *table)
{
    uint32_t count = u16le(image, 6);

    if (FONT_HEADER_SIZE + count * FONT_SECTION_SIZE > size)
        return 0;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t entry = FONT_HEADER_SIZE + i * FONT_SECTION_SIZE;

        if (memcmp(image + entry, tag, 4) != 0)
            continue;
        table->offset = u32le(image, entry + 4);
        table->size = u32le(image, entry + 8);
        return table->offset + table->size <= size;
    }
    return 0;
}

int font_find_glyph(const uint8_t *image, size_t size, uint32_t code,
                    struct font_glyph *glyph)
{
    struct table cmap, offs, glyf;
    uint32_t ranges, i, number, begin, end, bytes;

    if (size < FONT_HEADER_SIZE || memcmp(image, "BFNT", 4) != 0 ||
        u16le(image, 4) != FONT_VERSION)
        return FONT_INVALID;
    if (!find_table(image, (uint32_t)size, "CMAP", &cmap) ||
        !find_table(image, (uint32_t)size, "OFFS", &offs) ||
        !find_table(image, (uint32_t)size, "GLYF", &glyf))
        return FONT_INVALID;

    if (cmap.size < 2)
        return FONT_INVALID;
    ranges = u16le(image, cmap.offset);
    if (ranges * FONT_RANGE_SIZE > cmap.size)
        return FONT_INVALID;

    for (i = 0; i < ranges; i++) {
        uint32_t range = cmap.offset + 2 + i * FONT_RANGE_SIZE;

        if (code >= u16le(image, range) && code <= u16le(image, range + 2)) {
            number = u16le(image, range + 4) + code - u16le(image, range);
            break;
        }
    }
    if (i == ranges)
        return FONT_MISSING;

    if ((number + 1) * 4 > offs.size)
        return FONT_INVALID;
    begin = u32le(image, offs.offset + number * 4);
    end = u32le(image, offs.offset + (number + 1) * 4);
    if (begin > end || end > glyf.size)
        return FONT_INVALID;

    memset(glyph, 0, sizeof(*glyph));
    if (begin == end)
        return FONT_FOUND;

    glyph->width = image[glyf.offset + begin];
    glyph->height = image[glyf.offset + begin + 1];
    glyph->left = (int8_t)image[glyf.offset + begin + 2];
    glyph->advance = image[glyf.offset + begin + 3];
    glyph->stride = (glyph->width + 7u) / 8u;
    bytes = (uint32_t)glyph->stride * glyph->height;
    if (begin + bytes > glyf.size)
        return FONT_INVALID;
    if (bytes > 0)
        glyph->bitmap = image + glyf.offset + begin + FONT_GLYPH_SIZE;
    return FONT_FOUND;
}
