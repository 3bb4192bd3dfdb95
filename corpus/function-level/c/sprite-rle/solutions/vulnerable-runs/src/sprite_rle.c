#include "sprite_rle.h"

int sprite_decode(const uint8_t *data, size_t length, const struct sprite *sprite)
{
    size_t i = 0;
    uint16_t x = 0;
    uint16_t y = 0;

    while (i + 1 < length) {
        uint8_t a = data[i++];
        uint8_t b = data[i++];
        uint8_t *row = sprite->pixels +
                       ((ptrdiff_t)sprite->height - 1 - y) * (ptrdiff_t)sprite->stride;

        if (a > 0) {
            if (x + a > sprite->width || y >= sprite->height)
                return -1;
            while (a-- > 0)
                row[x++] = b;
        } else if (b == 0) {
            x = 0;
            if (++y > sprite->height)
                return -1;
        } else if (b == 1) {
            return 0;
        } else if (b == 2) {
            if (i + 1 >= length)
                return -1;
            x += data[i++];
            y += data[i++];
        } else {
            if (i + b + b % 2 > length)
                return -1;
            for (uint8_t n = 0; n < b; n++)
                row[x++] = data[i + n];
            i += b + b % 2;
        }
    }
    return -1;
}
