#include "font_glyph.h"

#include <string.h>

static uint32_t read_u16(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8;
}

static uint32_t read_u32(const uint8_t *bytes)
{
    return read_u16(bytes) | read_u16(bytes + 2) << 16;
}

struct section {
    const uint8_t *bytes;
    size_t size;
};

/* Finds a section that lies wholly in the image; returns 0 if there is none. */
static int find_section(const uint8_t *image, size_t size, const char *tag,
                        struct section *section)
{
    size_t count = read_u16(image + 6);

    if (count > (size - FONT_HEADER_SIZE) / FONT_SECTION_SIZE)
        return 0;
    for (size_t i = 0; i < count; i++) {
        const uint8_t *entry = image + FONT_HEADER_SIZE + i * FONT_SECTION_SIZE;
        size_t offset = read_u32(entry + 4);
        size_t length = read_u32(entry + 8);

        if (memcmp(entry, tag, 4) != 0)
            continue;
        if (offset > size || length > size - offset)
            return 0;
        section->bytes = image + offset;
        section->size = length;
        return 1;
    }
    return 0;
}

/* Maps a code point to a glyph number; returns FONT_FOUND, FONT_MISSING or
 * FONT_INVALID. */
static int map_code(struct section cmap, uint32_t code, size_t *number)
{
    size_t count;

    if (cmap.size < 2)
        return FONT_INVALID;
    count = read_u16(cmap.bytes);
    if (count > (cmap.size - 2) / FONT_RANGE_SIZE)
        return FONT_INVALID;
    for (size_t i = 0; i < count; i++) {
        const uint8_t *range = cmap.bytes + 2 + i * FONT_RANGE_SIZE;
        uint32_t first = read_u16(range);

        if (code >= first && code <= read_u16(range + 2)) {
            *number = (size_t)read_u16(range + 4) + (code - first);
            return FONT_FOUND;
        }
    }
    return FONT_MISSING;
}

int font_find_glyph(const uint8_t *image, size_t size, uint32_t code,
                    struct font_glyph *glyph)
{
    struct section cmap, offs, glyf;
    size_t number, begin, end;
    int result;

    if (size < FONT_HEADER_SIZE || memcmp(image, "BFNT", 4) != 0 ||
        read_u16(image + 4) != FONT_VERSION)
        return FONT_INVALID;
    if (!find_section(image, size, "CMAP", &cmap) ||
        !find_section(image, size, "OFFS", &offs) ||
        !find_section(image, size, "GLYF", &glyf))
        return FONT_INVALID;

    result = map_code(cmap, code, &number);
    if (result != FONT_FOUND)
        return result;

    /* The glyph ends where the next entry says, so that one must be there. */
    if (number + 1 >= offs.size / 4)
        return FONT_INVALID;
    begin = read_u32(offs.bytes + number * 4);
    end = read_u32(offs.bytes + number * 4 + 4);
    if (begin > end || end > glyf.size)
        return FONT_INVALID;

    memset(glyph, 0, sizeof *glyph);
    if (begin == end)
        return FONT_FOUND;
    if (end - begin < FONT_GLYPH_SIZE)
        return FONT_INVALID;
    glyph->width = glyf.bytes[begin];
    glyph->height = glyf.bytes[begin + 1];
    glyph->left = (int8_t)glyf.bytes[begin + 2];
    glyph->advance = glyf.bytes[begin + 3];
    glyph->stride = ((size_t)glyph->width + 7) / 8;
    if (glyph->stride * glyph->height > end - begin - FONT_GLYPH_SIZE)
        return FONT_INVALID;
    if (glyph->stride * glyph->height > 0)
        glyph->bitmap = glyf.bytes + begin + FONT_GLYPH_SIZE;
    return FONT_FOUND;
}
