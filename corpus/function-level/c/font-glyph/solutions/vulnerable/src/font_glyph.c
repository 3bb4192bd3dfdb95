#include "font_glyph.h"

#include <string.h>

static uint16_t rd16(const uint8_t *p)
{
    return (uint16_t)(p[0] | (p[1] << 8));
}

static uint32_t rd32(const uint8_t *p)
{
    return (uint32_t)p[0] | ((uint32_t)p[1] << 8) |
           ((uint32_t)p[2] << 16) | ((uint32_t)p[3] << 24);
}

static const uint8_t *find_section(const uint8_t *image, const char *tag,
                                   uint32_t *section_size)
{
    uint16_t count = rd16(image + 6);
    const uint8_t *entry = image + FONT_HEADER_SIZE;

    for (uint16_t i = 0; i < count; i++, entry += FONT_SECTION_SIZE) {
        if (memcmp(entry, tag, 4) == 0) {
            *section_size = rd32(entry + 8);
            return image + rd32(entry + 4);
        }
    }
    return NULL;
}

int font_find_glyph(const uint8_t *image, size_t size, uint32_t code,
                    struct font_glyph *glyph)
{
    const uint8_t *cmap, *offs, *glyf, *data;
    uint32_t cmap_size, offs_size, glyf_size;
    uint32_t index = 0, start, end;
    uint16_t ranges;
    int found = 0;

    if (size < FONT_HEADER_SIZE)
        return FONT_INVALID;
    if (memcmp(image, "BFNT", 4) != 0 || rd16(image + 4) != FONT_VERSION)
        return FONT_INVALID;

    cmap = find_section(image, "CMAP", &cmap_size);
    offs = find_section(image, "OFFS", &offs_size);
    glyf = find_section(image, "GLYF", &glyf_size);
    if (cmap == NULL || offs == NULL || glyf == NULL)
        return FONT_INVALID;

    ranges = rd16(cmap);
    for (uint16_t i = 0; i < ranges; i++) {
        const uint8_t *range = cmap + 2 + i * FONT_RANGE_SIZE;
        uint16_t first = rd16(range);
        uint16_t last = rd16(range + 2);

        if (code >= first && code <= last) {
            index = rd16(range + 4) + (code - first);
            found = 1;
            break;
        }
    }
    if (!found)
        return FONT_MISSING;

    if (index >= offs_size / 4)
        return FONT_INVALID;

    start = rd32(offs + index * 4);
    end = rd32(offs + (index + 1) * 4);

    memset(glyph, 0, sizeof(*glyph));
    if (start == end)
        return FONT_FOUND;
    if (start > glyf_size)
        return FONT_INVALID;

    data = glyf + start;
    glyph->width = data[0];
    glyph->height = data[1];
    glyph->left = (int8_t)data[2];
    glyph->advance = data[3];
    glyph->stride = (glyph->width + 7) / 8;
    if (glyph->width > 0 && glyph->height > 0)
        glyph->bitmap = data + FONT_GLYPH_SIZE;
    return FONT_FOUND;
}
