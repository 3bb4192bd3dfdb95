#include "sprite_rle.h"

#include <stdbool.h>
#include <string.h>

/* The `count` pixels at (x, y), or NULL if they are not all in the sprite. */
static uint8_t *span(const struct sprite *sprite, size_t x, size_t y, size_t count)
{
    if (y >= sprite->height || x > sprite->width || count > sprite->width - x)
        return NULL;
    return sprite->pixels + (sprite->height - 1 - y) * sprite->stride + x;
}

int sprite_decode(const uint8_t *data, size_t length, const struct sprite *sprite)
{
    size_t x = 0, y = 0;
    size_t at = 0;

    while (length - at >= 2) {
        uint8_t count = data[at];
        uint8_t value = data[at + 1];
        uint8_t *pixels;

        at += 2;
        if (count > 0) {
            pixels = span(sprite, x, y, count);
            if (pixels == NULL)
                return -1;
            memset(pixels, value, count);
            x += count;
        } else if (value == 0) {
            x = 0;
            y++;
        } else if (value == 1) {
            return 0;
        } else if (value == 2) {
            if (length - at < 2)
                return -1;
            x += data[at];
            y += data[at + 1];
            at += 2;
        } else {
            size_t padded = value + value % 2u;

            pixels = span(sprite, x, y, value);
            if (length - at < padded || pixels == NULL)
                return -1;
            memcpy(pixels, data + at, value);
            at += padded;
            x += value;
        }
    }
    return -1;
}
