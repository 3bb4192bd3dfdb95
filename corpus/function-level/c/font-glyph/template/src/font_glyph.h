/* Bitmap fonts, read in place from the image of a font file. */
#ifndef FONT_GLYPH_H
#define FONT_GLYPH_H

#include <stddef.h>
#include <stdint.h>

#define FONT_VERSION 1
#define FONT_HEADER_SIZE 8      /* the header of the file */
#define FONT_SECTION_SIZE 12    /* an entry of the section directory */
#define FONT_RANGE_SIZE 6       /* a range of the CMAP section */
#define FONT_GLYPH_SIZE 4       /* a glyph's metrics, before its bitmap */

enum font_result {
    FONT_INVALID = -1,
    FONT_MISSING = 0,
    FONT_FOUND = 1
};

struct font_glyph {
    uint8_t width;              /* of the bitmap, in pixels */
    uint8_t height;             /* of the bitmap, in pixels */
    int8_t left;                /* from the pen to the bitmap */
    uint8_t advance;            /* from this pen position to the next */
    size_t stride;              /* bytes a row of the bitmap */
    const uint8_t *bitmap;      /* height rows, in the font image; or NULL */
};

/* Finds the glyph of a character. Returns FONT_FOUND and fills in *glyph, or
 * FONT_MISSING if the font has no glyph for it, or FONT_INVALID if the image
 * is not a valid font. */
int font_find_glyph(const uint8_t *image, size_t size, uint32_t code,
                    struct font_glyph *glyph);

#endif
