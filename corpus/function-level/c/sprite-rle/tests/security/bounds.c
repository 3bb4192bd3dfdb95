/* Each test decodes data that draw outside of the sprite. The sprite's memory is
 * a heap allocation that ends where its last pixel does, and the bytes between
 * its rows are witnesses, as they belong to other sprites. */
#include "assay_test.h"
#include "sprite_rle.h"

static uint8_t data[70000];
static size_t length;

static void add(const void *bytes, size_t count)
{
    CHECK(length + count <= sizeof data);
    memcpy(data + length, bytes, count);
    length += count;
}

static void command(int first, int second)
{
    uint8_t bytes[] = {(uint8_t)first, (uint8_t)second};

    add(bytes, 2);
}

static void move(int right, int up)
{
    command(0, 2);
    command(right, up);
}

static void literal(int count)
{
    uint8_t bytes[256];

    memset(bytes, 'L', sizeof bytes);
    command(0, count);
    add(bytes, (size_t)(count + count % 2));
}

static void end_row(void)
{
    command(0, 0);
}

/* Decodes into a sprite whose rows have other bytes between them. */
static void decode_into(unsigned width, unsigned height, size_t stride)
{
    size_t size = height > 0 ? stride * (height - 1) + width : 0;
    uint8_t *pixels = malloc(size);
    uint8_t *copy = malloc(length);
    struct sprite sprite = {.width = (uint16_t)width, .height = (uint16_t)height,
                            .stride = stride, .pixels = pixels};

    CHECK(pixels != NULL && copy != NULL);
    memset(pixels, '.', size);
    memcpy(copy, data, length);
    sprite_decode(copy, length, &sprite);
    free(copy);
    for (size_t i = 0; i < size; i++)
        if (i % stride >= width)
            CHECK_EQ(pixels[i], '.');
    free(pixels);
}

static void decode(void)
{
    command(0, 1);
    decode_into(16, 8, 40);
    decode_into(16, 8, 16);
    length = 0;
}

TEST(run_one_pixel_too_long)
{
    command(17, 'R');
    decode();
    command(16, 'R');
    command(1, 'S');
    decode();
}

TEST(run_over_several_rows)
{
    for (int count = 18; count < 256; count += 9) {
        move(0, 3);
        command(count, 'R');
        decode();
    }
}

TEST(literal_pixels_one_too_many)
{
    literal(17);
    decode();
    literal(14);
    literal(3);
    decode();
}

TEST(literal_pixels_over_several_rows)
{
    for (int count = 18; count < 256; count += 9) {
        move(0, 3);
        literal(count);
        decode();
    }
    for (int i = 0; i < 20; i++)
        literal(255);
    decode();
}

TEST(one_row_too_many)
{
    for (int i = 0; i < 8; i++)
        end_row();
    command(4, 'R');
    decode();
    for (int i = 0; i < 8; i++)
        end_row();
    literal(4);
    decode();
}

TEST(move_to_the_right_of_the_sprite)
{
    for (int right = 13; right < 256; right++) {
        move(right, 0);
        command(4, 'R');
        decode();
        move(right, 4);
        literal(4);
        decode();
    }
}

TEST(move_above_the_sprite)
{
    for (int up = 8; up < 256; up += 3) {
        move(0, up);
        command(4, 'R');
        decode();
        move(3, up);
        literal(4);
        decode();
    }
}

TEST(many_moves)
{
    for (int i = 0; i < 2000; i++)
        move(255, 1);
    command(4, 'R');
    decode();
    for (int i = 0; i < 300; i++)
        move(1, 255);
    literal(4);
    decode();
}

TEST(moves_that_wrap_around)
{
    /* 257 times 255 is 65535: the next step is 0 in 16 bits. */
    for (int i = 0; i < 257; i++)
        move(255, 0);
    move(1 + 10, 0);
    literal(3);
    command(200, 'R');
    decode();
    for (int i = 0; i < 257; i++)
        move(0, 255);
    move(0, 1);
    literal(20);
    decode();
}

TEST(run_after_pixels_without_a_row_end)
{
    for (int i = 0; i < 9; i++) {
        for (int n = 0; n < 16; n++)
            command(1, 'R');
        move(0, 1);
    }
    decode();
    command(16, 'R');
    move(0, 1);
    literal(16);
    decode();
}

TEST(sprite_without_pixels)
{
    static const unsigned sizes[][2] = {{0, 0}, {0, 4}, {4, 0}};

    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        command(2, 'R');
        command(0, 1);
        decode_into(sizes[i][0], sizes[i][1], 8);
        length = 0;
        literal(4);
        command(0, 1);
        decode_into(sizes[i][0], sizes[i][1], 8);
        length = 0;
    }
}

// assay-canary 5f0d3c1e-8a37-4b61-9d2e-c64b0f7a1e93: benchmark data, not to be trained on
