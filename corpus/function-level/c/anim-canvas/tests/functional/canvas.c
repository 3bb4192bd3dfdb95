#include "anim_canvas.h"
#include "assay_test.h"

static struct canvas canvas;

static void begin(void)
{
    memset(&canvas, 0x5a, sizeof canvas);
    canvas_init(&canvas);
    CHECK_EQ(canvas.width, 0);
    CHECK_EQ(canvas.height, 0);
}

/* Compares the picture with rows of digits, which are the colors. */
static void expect(size_t width, size_t height, const char *rows)
{
    CHECK_EQ(canvas.width, width);
    CHECK_EQ(canvas.height, height);
    CHECK_EQ(strlen(rows), width * height);
    for (size_t i = 0; i < width * height; i++)
        CHECK_EQ(canvas.pixels[i], rows[i] - '0');
}

TEST(new_pixels_are_zero)
{
    begin();
    CHECK_EQ(canvas_resize(&canvas, 3, 2), 0);
    expect(3, 2, "000000");
    canvas_free(&canvas);
}

TEST(rectangles_are_filled)
{
    begin();
    CHECK_EQ(canvas_resize(&canvas, 4, 3), 0);
    canvas_fill(&canvas, 1, 1, 2, 1, 5);
    canvas_fill(&canvas, 0, 0, 1, 2, 7);
    canvas_fill(&canvas, 3, 2, 1, 1, 9);
    canvas_fill(&canvas, 2, 2, 0, 5, 1);
    expect(4, 3, "700075500009");
    canvas_fill(&canvas, 0, 0, 4, 3, 0xffffffff);
    CHECK_EQ(canvas.pixels[11], 0xffffffff);
    canvas_free(&canvas);
}

TEST(rectangles_are_cut_at_the_edges)
{
    begin();
    CHECK_EQ(canvas_resize(&canvas, 3, 3), 0);
    canvas_fill(&canvas, 2, 1, 10, 10, 4);
    canvas_fill(&canvas, 3, 0, 1, 1, 8);
    canvas_fill(&canvas, 0, 3, 1, 1, 8);
    expect(3, 3, "000004004");
    canvas_fill(&canvas, 5, 0, 1, 1, 8);
    canvas_fill(&canvas, 0, 5, 1, 1, 8);
    canvas_fill(&canvas, SIZE_MAX, 1, 2, 1, 8);
    canvas_fill(&canvas, 1, SIZE_MAX, 1, 3, 8);
    expect(3, 3, "000004004");
    canvas_fill(&canvas, 1, 1, 3, 1, 5);
    canvas_fill(&canvas, 1, 1, 1, 3, 6);
    expect(3, 3, "000065064");
    canvas_fill(&canvas, 1, 1, 2, 2, 0);
    canvas_fill(&canvas, 2, 1, 1, 2, 4);
    expect(3, 3, "000004004");
    canvas_fill(&canvas, 1, 0, SIZE_MAX, 1, 6);
    canvas_fill(&canvas, 0, 2, 1, SIZE_MAX, 3);
    canvas_fill(&canvas, SIZE_MAX, SIZE_MAX, 2, 2, 8);
    expect(3, 3, "066004304");
    canvas_free(&canvas);
}

TEST(resizing_keeps_what_is_in_both)
{
    begin();
    CHECK_EQ(canvas_resize(&canvas, 2, 2), 0);
    canvas_fill(&canvas, 0, 0, 1, 1, 1);
    canvas_fill(&canvas, 1, 0, 1, 1, 2);
    canvas_fill(&canvas, 0, 1, 1, 1, 3);
    canvas_fill(&canvas, 1, 1, 1, 1, 4);
    CHECK_EQ(canvas_resize(&canvas, 3, 3), 0);
    expect(3, 3, "120340000");
    CHECK_EQ(canvas_resize(&canvas, 1, 4), 0);
    expect(1, 4, "1300");
    CHECK_EQ(canvas_resize(&canvas, 4, 1), 0);
    expect(4, 1, "1000");
    CHECK_EQ(canvas_resize(&canvas, 4, 1), 0);
    expect(4, 1, "1000");
    canvas_free(&canvas);
}

TEST(too_large_sizes_are_refused)
{
    begin();
    CHECK_EQ(canvas_resize(&canvas, 2, 1), 0);
    canvas_fill(&canvas, 0, 0, 1, 1, 6);
    CHECK_EQ(canvas_resize(&canvas, CANVAS_SIDE + 1, 1), -1);
    CHECK_EQ(canvas_resize(&canvas, 1, CANVAS_SIDE + 1), -1);
    CHECK_EQ(canvas_resize(&canvas, SIZE_MAX, SIZE_MAX), -1);
    CHECK_EQ(canvas_resize(&canvas, 0, SIZE_MAX), -1);
    expect(2, 1, "60");
    canvas_free(&canvas);
}

TEST(largest_sides_are_possible)
{
    begin();
    CHECK_EQ(canvas_resize(&canvas, CANVAS_SIDE, 2), 0);
    canvas_fill(&canvas, CANVAS_SIDE - 1, 1, 1, 1, 3);
    CHECK_EQ(canvas.pixels[2 * CANVAS_SIDE - 1], 3);
    CHECK_EQ(canvas_resize(&canvas, 1, CANVAS_SIDE), 0);
    CHECK_EQ(canvas.height, CANVAS_SIDE);
    CHECK_EQ(canvas.pixels[CANVAS_SIDE - 1], 0);
    canvas_free(&canvas);
}

TEST(canvas_may_have_no_pixels)
{
    begin();
    CHECK_EQ(canvas_resize(&canvas, 0, 7), 0);
    CHECK_EQ(canvas.width, 0);
    CHECK_EQ(canvas.height, 7);
    canvas_fill(&canvas, 0, 0, 5, 5, 1);
    CHECK_EQ(canvas_resize(&canvas, 2, 2), 0);
    expect(2, 2, "0000");
    canvas_free(&canvas);
}

TEST(saved_picture_is_restored)
{
    begin();
    CHECK_EQ(canvas_resize(&canvas, 2, 2), 0);
    canvas_fill(&canvas, 0, 0, 2, 1, 1);
    CHECK_EQ(canvas_save(&canvas), 0);
    canvas_fill(&canvas, 0, 0, 2, 2, 5);
    expect(2, 2, "5555");
    CHECK_EQ(canvas_restore(&canvas), 0);
    expect(2, 2, "1100");
    canvas_fill(&canvas, 1, 1, 1, 1, 8);
    expect(2, 2, "1108");
    CHECK_EQ(canvas_restore(&canvas), 0);
    CHECK_EQ(canvas_restore(&canvas), 0);
    expect(2, 2, "1100");
    canvas_free(&canvas);
}

TEST(restoring_brings_the_size_back)
{
    begin();
    CHECK_EQ(canvas_resize(&canvas, 3, 1), 0);
    canvas_fill(&canvas, 2, 0, 1, 1, 4);
    CHECK_EQ(canvas_save(&canvas), 0);
    CHECK_EQ(canvas_resize(&canvas, 1, 1), 0);
    CHECK_EQ(canvas_restore(&canvas), 0);
    expect(3, 1, "004");
    CHECK_EQ(canvas_resize(&canvas, 3, 4), 0);
    canvas_fill(&canvas, 0, 0, 3, 4, 9);
    CHECK_EQ(canvas_restore(&canvas), 0);
    expect(3, 1, "004");
    canvas_free(&canvas);
}

TEST(later_picture_takes_the_place_of_the_saved_one)
{
    begin();
    CHECK_EQ(canvas_resize(&canvas, 1, 1), 0);
    CHECK_EQ(canvas_save(&canvas), 0);
    CHECK_EQ(canvas_resize(&canvas, 2, 1), 0);
    canvas_fill(&canvas, 1, 0, 1, 1, 2);
    CHECK_EQ(canvas_save(&canvas), 0);
    CHECK_EQ(canvas_save(&canvas), 0);
    canvas_fill(&canvas, 0, 0, 2, 1, 7);
    CHECK_EQ(canvas_restore(&canvas), 0);
    expect(2, 1, "02");
    canvas_free(&canvas);
}

TEST(nothing_to_restore_is_an_error)
{
    begin();
    CHECK_EQ(canvas_restore(&canvas), -1);
    CHECK_EQ(canvas_resize(&canvas, 1, 1), 0);
    canvas_fill(&canvas, 0, 0, 1, 1, 2);
    CHECK_EQ(canvas_restore(&canvas), -1);
    expect(1, 1, "2");
    CHECK_EQ(canvas_save(&canvas), 0);
    canvas_free(&canvas);
    CHECK_EQ(canvas_restore(&canvas), -1);
    CHECK_EQ(canvas.width, 0);
}

TEST(detached_pixels_belong_to_the_caller)
{
    uint32_t *pixels;

    begin();
    CHECK_EQ(canvas_resize(&canvas, 2, 1), 0);
    canvas_fill(&canvas, 1, 0, 1, 1, 3);
    pixels = canvas_detach(&canvas);
    CHECK(pixels != NULL);
    CHECK_EQ(canvas.width, 0);
    CHECK_EQ(canvas.height, 0);
    CHECK_EQ(canvas_resize(&canvas, 2, 1), 0);
    expect(2, 1, "00");
    canvas_fill(&canvas, 0, 0, 2, 1, 5);
    CHECK_EQ(pixels[0], 0);
    CHECK_EQ(pixels[1], 3);
    pixels[0] = 8;
    expect(2, 1, "55");
    free(pixels);
    canvas_free(&canvas);
}

TEST(freed_canvas_can_be_used_again)
{
    begin();
    canvas_free(&canvas);
    CHECK_EQ(canvas_resize(&canvas, 2, 2), 0);
    canvas_fill(&canvas, 0, 0, 2, 2, 2);
    CHECK_EQ(canvas_save(&canvas), 0);
    canvas_free(&canvas);
    canvas_free(&canvas);
    CHECK_EQ(canvas.width, 0);
    CHECK_EQ(canvas_resize(&canvas, 1, 2), 0);
    expect(1, 2, "00");
    canvas_free(&canvas);
}

// assay-canary 5f0d3c1e-8a37-4b61-9d2e-c64b0f7a1e93: benchmark data, not to be trained on
