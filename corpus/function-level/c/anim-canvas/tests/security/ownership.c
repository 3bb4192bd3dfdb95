/* Each test uses a canvas as its header allows, and releases what it detached.
 * What has two owners is then released twice, or used after its release, which
 * AddressSanitizer reports. Pictures are read after each step. */
#include "anim_canvas.h"
#include "assay_test.h"

static struct canvas *canvas;
static uint32_t *kept[32];
static size_t kept_count;
static volatile uint32_t sink;

static void begin(void)
{
    canvas = malloc(sizeof *canvas);
    CHECK(canvas != NULL);
    memset(canvas, 0x5a, sizeof *canvas);
    canvas_init(canvas);
    kept_count = 0;
}

static void look(void)
{
    CHECK(canvas->width <= CANVAS_SIDE && canvas->height <= CANVAS_SIDE);
    for (size_t i = 0; i < canvas->width * canvas->height; i++)
        sink += canvas->pixels[i];
}

/* Steps, by letters: s is a small size and l a large one, 0 and o have no
 * pixels, x is refused; f fills, v saves, r restores, F frees; d detaches and
 * releases at the end, D at once. */
static void step(char letter)
{
    size_t count = canvas->width * canvas->height;
    uint32_t *pixels;

    switch (letter) {
    case 's':
        canvas_resize(canvas, 2, 1);
        break;
    case 'l':
        canvas_resize(canvas, 20, 30);
        break;
    case '0':
        canvas_resize(canvas, 0, 0);
        break;
    case 'o':
        canvas_resize(canvas, 5, 0);
        break;
    case 'x':
        canvas_resize(canvas, CANVAS_SIDE + 1, 1);
        break;
    case 'f':
        canvas_fill(canvas, 0, 0, 3, 3, 7);
        break;
    case 'v':
        canvas_save(canvas);
        break;
    case 'r':
        canvas_restore(canvas);
        break;
    case 'F':
        canvas_free(canvas);
        break;
    default:
        pixels = canvas_detach(canvas);
        CHECK(count == 0 || pixels != NULL);
        for (size_t i = 0; i < count; i++)
            pixels[i] += 1;
        if (letter == 'D')
            free(pixels);
        else
            kept[kept_count++] = pixels;
        CHECK(canvas->width == 0 && canvas->height == 0);
    }
    look();
}

static void play(const char *steps)
{
    begin();
    for (; *steps != '\0'; steps++)
        step(*steps);
    canvas_free(canvas);
    while (kept_count > 0)
        free(kept[--kept_count]);
    free(canvas);
}

TEST(canvas_loses_its_pixels)
{
    play("s0");
    play("lo");
    play("s0s");
    play("l0l0l0");
    play("so0oFs");
}

TEST(canvas_without_pixels_is_detached)
{
    play("s0d");
    play("loD");
    play("s0dsd");
    play("0d0d");
}

TEST(canvas_without_pixels_is_saved)
{
    play("sv0v");
    play("sv0vr");
    play("svfovvlv");
    play("lvDvF");
}

TEST(picture_without_pixels_is_restored)
{
    play("0vsr");
    play("vlrsr");
    play("ovsrF");
    play("0vlrd");
    play("vsrlrsrr");
}

TEST(saved_picture_is_detached)
{
    play("svd");
    play("svD");
    play("svDr");
    play("lvDs");
    play("lvfDrf");
}

TEST(restored_picture_is_detached)
{
    play("svfrd");
    play("svfrD");
    play("svfrDr");
    play("svDrDrDr");
    play("lvsrdrdF");
}

TEST(detached_picture_is_saved_over)
{
    play("svdv");
    play("svdsv");
    play("lvDlvDlv");
    play("svrDvr");
}

TEST(refused_size_between_other_steps)
{
    play("x0x");
    play("s0xs");
    play("svxrDx");
    play("0vsrxx");
}

/* All sequences of five steps, unless one of them does nothing new. */
TEST(any_five_steps)
{
    static const char letters[] = "s0ofvrdF";
    char steps[8] = "l";

    for (unsigned number = 0; number < 8 * 8 * 8 * 8 * 8; number++) {
        unsigned rest = number;

        for (int i = 1; i < 6; i++, rest /= 8)
            steps[i] = letters[rest % 8];
        steps[0] = number % 3 ? 's' : 'l';
        play(steps);
    }
}

// assay-canary 5f0d3c1e-8a37-4b61-9d2e-c64b0f7a1e93: benchmark data, not to be trained on
