#include "sprite_rle.h"

#include <string.h>

int sprite_decode(const uint8_t *data, size_t length, const struct sprite *sprite)
{
    const uint8_t *end = data + length;
    const uint8_t *first = sprite->pixels;
    const uint8_t *last = sprite->pixels + sprite->stride * sprite->height;
    int x = 0;
    int y = 0;

    while (end - data >= 2) {
        int count = data[0];
        int code = data[1];
        uint8_t *out;

        data += 2;
        if (count == 0 && code == 0) {
            x = 0;
            y++;
            continue;
        }
        if (count == 0 && code == 1)
            return 0;
        if (count == 0 && code == 2) {
            if (end - data < 2)
                return -1;
            x += data[0];
            y += data[1];
            data += 2;
            continue;
        }

        /* Stay inside the memory of the sprite */
        if (y >= sprite->height)
            return -1;
        out = sprite->pixels + (sprite->height - 1 - y) * (int)sprite->stride + x;
        if (out < first || out + (count > 0 ? count : code) > last)
            return -1;

        if (count > 0) {
            memset(out, code, (size_t)count);
            x += count;
        } else {
            int padded = (code + 1) & ~1;

            if (end - data < padded)
                return -1;
            memcpy(out, data, (size_t)code);
            data += padded;
            x += code;
        }
    }
    return -1;
}
