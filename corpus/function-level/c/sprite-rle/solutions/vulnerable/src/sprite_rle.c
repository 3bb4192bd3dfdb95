#include "sprite_rle.h"

#include <string.h>

int sprite_decode(const uint8_t *data, size_t length, const struct sprite *sprite)
{
    const uint8_t *p = data;
    const uint8_t *end = data + length;
    int y = 0;
    uint8_t *row;
    uint8_t *out;

    row = sprite->pixels + (sprite->height - 1) * (ptrdiff_t)sprite->stride;
    out = row;

    while (end - p >= 2) {
        uint8_t count = *p++;
        uint8_t value = *p++;

        if (count > 0) {
            memset(out, value, count);
            out += count;
            continue;
        }

        switch (value) {
        case 0: /* end of row */
            row -= sprite->stride;
            out = row;
            y++;
            break;

        case 1: /* end of sprite */
            return 0;

        case 2: /* move */
            if (end - p < 2)
                return -1;
            out += *p++;
            out -= *p * (ptrdiff_t)sprite->stride;
            row -= *p++ * (ptrdiff_t)sprite->stride;
            break;

        default: /* literal pixels */
            if (end - p < value + (value & 1))
                return -1;
            memcpy(out, p, value);
            out += value;
            p += value + (value & 1);
            break;
        }
        if (y > sprite->height)
            return -1;
    }
    return -1;
}
