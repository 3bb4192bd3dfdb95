#include "assay_test.h"
#include "sprite_rle.h"

enum { ATLAS_WIDTH = 300, ATLAS_HEIGHT = 300 };

static uint8_t atlas[ATLAS_WIDTH * ATLAS_HEIGHT];
static struct sprite sprite;

/* Places the sprite somewhere in the atlas, which is all dots. */
static int decode_part(unsigned width, unsigned height, const void *data, size_t length)
{
    uint8_t *copy = malloc(length);
    int result;

    CHECK(copy != NULL);
    if (length > 0)
        memcpy(copy, data, length);
    memset(atlas, '.', sizeof atlas);
    sprite.width = (uint16_t)width;
    sprite.height = (uint16_t)height;
    sprite.stride = ATLAS_WIDTH;
    sprite.pixels = atlas + 20 * ATLAS_WIDTH + 30;
    result = sprite_decode(copy, length, &sprite);
    free(copy);
    return result;
}

#define DECODE(width, height, data) decode_part(width, height, data, sizeof(data) - 1)

/* Compares the sprite with its rows, from the top to the bottom, and the atlas
 * around it with dots. */
static void expect(const char *rows)
{
    for (size_t y = 0; y < ATLAS_HEIGHT; y++) {
        for (size_t x = 0; x < ATLAS_WIDTH; x++) {
            size_t column = x - 30, row = y - 20;
            int wanted = column < sprite.width && row < sprite.height
                             ? rows[row * sprite.width + column]
                             : '.';

            CHECK_EQ(atlas[y * ATLAS_WIDTH + x], wanted);
        }
    }
}

TEST(run_draws_from_the_bottom_left)
{
    CHECK_EQ(DECODE(4, 2, "\3a\0\1"), 0);
    expect("....aaa.");
}

TEST(rows_go_upwards)
{
    CHECK_EQ(DECODE(3, 3, "\3a\0\0\2b\0\0\1c\1d\0\1"), 0);
    expect("cd.bb.aaa");
}

TEST(literal_pixels_are_copied)
{
    CHECK_EQ(DECODE(4, 2, "\0\4abcd\0\0\0\3efgX\0\1"), 0);
    expect("efg.abcd");
}

TEST(literal_pixels_may_look_like_commands)
{
    CHECK_EQ(DECODE(5, 1, "\0\5\0\1\0\2\1Z\0\1"), 0);
    CHECK_MEM(sprite.pixels, "\0\1\0\2\1", 5);
}

TEST(moving_leaves_pixels_out)
{
    CHECK_EQ(DECODE(4, 3, "\1a\0\2\2\0\1b\0\2\0\1\0\0\0\2\1\0\1c\0\1"), 0);
    expect(".c......a..b");
}

TEST(moves_are_relative_in_both_directions)
{
    CHECK_EQ(DECODE(4, 4, "\1a\0\2\1\2\1b\0\2\0\1\1c\0\1"), 0);
    expect("...c..b.....a...");
}

TEST(colors_may_be_anything)
{
    CHECK_EQ(DECODE(3, 1, "\1\0\1\xff\1\2\0\1"), 0);
    CHECK_MEM(sprite.pixels, "\0\xff\2", 3);
}

TEST(row_may_end_early_or_be_empty)
{
    CHECK_EQ(DECODE(3, 4, "\1a\0\0\0\0\2b\0\0\0\0\0\1"), 0);
    expect("...bb....a..");
}

TEST(sprite_may_end_anywhere)
{
    CHECK_EQ(DECODE(2, 2, "\0\1"), 0);
    expect("....");
    CHECK_EQ(DECODE(2, 2, "\2a\0\1\2b\0\0"), 0);
    expect("..aa");
    CHECK_EQ(DECODE(2, 2, "\2a\0\0\2b\0\1"), 0);
    expect("bbaa");
    CHECK_EQ(DECODE(2, 2, "\2a\0\0\2b\0\0\0\1"), 0);
    expect("bbaa");
}

TEST(what_follows_the_end_is_ignored)
{
    CHECK_EQ(DECODE(2, 2, "\1a\0\1\4b\0\0\0\2"), 0);
    expect("..a.");
}

TEST(sprite_may_be_empty)
{
    CHECK_EQ(DECODE(0, 0, "\0\1"), 0);
    expect("");
    CHECK_EQ(DECODE(0, 3, "\0\0\0\1"), 0);
    expect("");
}

TEST(incomplete_data_are_malformed)
{
    static const char data[] = "\2a\0\2\1\1\0\3bcdX\0\0\1e\0\1";

    CHECK_EQ(decode_part(8, 8, data, sizeof data - 1), 0);
    for (size_t length = 0; length < sizeof data - 1; length++)
        CHECK_EQ(decode_part(8, 8, data, length), -1);
}

TEST(padding_must_be_there)
{
    CHECK_EQ(DECODE(8, 1, "\0\3abc"), -1);
    CHECK_EQ(DECODE(8, 1, "\0\4abc"), -1);
    CHECK_EQ(DECODE(8, 1, "\0\2\1"), -1);
}

TEST(long_runs_and_literals)
{
    uint8_t data[2 + 2 + 2 + 256 + 2] = {255, 'r', 0, 0, 0, 255};

    for (int i = 0; i < 255; i++)
        data[6 + i] = (uint8_t)i;
    data[sizeof data - 1] = 1;
    CHECK_EQ(decode_part(255, 2, data, sizeof data), 0);
    for (int i = 0; i < 255; i++) {
        CHECK_EQ(sprite.pixels[i], i);
        CHECK_EQ(sprite.pixels[ATLAS_WIDTH + i], 'r');
    }
    CHECK_EQ(sprite.pixels[255], '.');
    CHECK_EQ(sprite.pixels[ATLAS_WIDTH + 255], '.');
}

TEST(sprite_may_be_as_wide_as_the_atlas)
{
    static const uint8_t data[] = {255, 'a', 45, 'b', 0, 0, 200, 'c', 0, 2, 99, 0, 1, 'd', 0, 1};
    uint8_t *pixels = malloc(2 * 300);

    CHECK(pixels != NULL);
    memset(pixels, '.', 2 * 300);
    sprite = (struct sprite){.width = 300, .height = 2, .stride = 300, .pixels = pixels};
    CHECK_EQ(sprite_decode(data, sizeof data, &sprite), 0);
    CHECK_EQ(pixels[300], 'a');
    CHECK_EQ(pixels[599], 'b');
    CHECK_EQ(pixels[199], 'c');
    CHECK_EQ(pixels[200], '.');
    CHECK_EQ(pixels[299], 'd');
    free(pixels);
}

TEST(high_sprites_are_drawn)
{
    static uint8_t tall[1000];
    static uint8_t data[4 * 1000 + 2];
    size_t length = 0;

    for (int i = 0; i < 1000; i++) {
        data[length++] = 1;
        data[length++] = (uint8_t)i;
        length += 2;
    }
    data[length++] = 0;
    data[length++] = 1;
    sprite = (struct sprite){.width = 1, .height = 1000, .stride = 1, .pixels = tall};
    CHECK_EQ(sprite_decode(data, length, &sprite), 0);
    for (int i = 0; i < 1000; i++)
        CHECK_EQ(tall[999 - i], (uint8_t)i);
}

// assay-canary 5f0d3c1e-8a37-4b61-9d2e-c64b0f7a1e93: benchmark data, not to be trained on
