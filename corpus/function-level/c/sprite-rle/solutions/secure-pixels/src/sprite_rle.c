/* Draws pixel by pixel, and leaves out what is not in the sprite. */
#include "sprite_rle.h"

struct decoder {
    const uint8_t *next;
    const uint8_t *end;
    const struct sprite *sprite;
    unsigned long x, y;
};

static int next_byte(struct decoder *decoder)
{
    return decoder->next < decoder->end ? *decoder->next++ : -1;
}

static void draw(struct decoder *decoder, int color)
{
    const struct sprite *sprite = decoder->sprite;

    if (decoder->x < sprite->width && decoder->y < sprite->height) {
        size_t row = sprite->height - 1 - decoder->y;

        sprite->pixels[row * sprite->stride + decoder->x] = (uint8_t)color;
    }
    decoder->x++;
}

static int draw_literal(struct decoder *decoder, int count)
{
    for (int i = 0; i < count; i++) {
        int color = next_byte(decoder);

        if (color < 0)
            return -1;
        draw(decoder, color);
    }
    return count % 2 == 0 || next_byte(decoder) >= 0 ? 0 : -1;
}

static int move(struct decoder *decoder)
{
    int right = next_byte(decoder);
    int up = next_byte(decoder);

    if (right < 0 || up < 0)
        return -1;
    decoder->x += (unsigned long)right;
    decoder->y += (unsigned long)up;
    return 0;
}

int sprite_decode(const uint8_t *data, size_t length, const struct sprite *sprite)
{
    struct decoder decoder = {data, data + length, sprite, 0, 0};

    for (;;) {
        int count = next_byte(&decoder);
        int value = next_byte(&decoder);
        int result = 0;

        if (count < 0 || value < 0)
            return -1;
        if (count == 0 && value == 1)
            return 0;
        for (int i = 0; i < count; i++)
            draw(&decoder, value);
        if (count == 0 && value == 0) {
            decoder.x = 0;
            decoder.y++;
        } else if (count == 0 && value == 2) {
            result = move(&decoder);
        } else if (count == 0) {
            result = draw_literal(&decoder, value);
        }
        if (result != 0)
            return -1;
    }
}
