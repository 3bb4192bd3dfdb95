/* Run-length coded sprites, which are decoded into a large picture, the atlas. */
#ifndef SPRITE_RLE_H
#define SPRITE_RLE_H

#include <stddef.h>
#include <stdint.h>

/* The place of a sprite in the atlas. */
struct sprite {
    uint16_t width;
    uint16_t height;
    size_t stride;      /* bytes from a pixel to the one below it */
    uint8_t *pixels;    /* the pixel at the top left, one byte a pixel */
};

/* Decodes `length` bytes of data into the sprite's place. Returns 0, or -1 if
 * the data are malformed. */
int sprite_decode(const uint8_t *data, size_t length, const struct sprite *sprite);

#endif
