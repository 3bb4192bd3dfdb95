/* Shares the pixels between the canvas and what is saved until one is changed;
 * they share a block exactly when both pointers are the same and not NULL. */
#include "anim_canvas.h"

#include <stdlib.h>
#include <string.h>

static bool is_empty(const struct canvas *canvas)
{
    return canvas->width == 0 || canvas->height == 0;
}

static bool is_shared(const struct canvas *canvas)
{
    return canvas->pixels != NULL && canvas->pixels == canvas->saved;
}

/* Lets go of the pixels of the canvas. */
static void drop_pixels(struct canvas *canvas)
{
    if (!is_shared(canvas))
        free(canvas->pixels);
    canvas->pixels = NULL;
    canvas->width = 0;
    canvas->height = 0;
}

static void drop_saved(struct canvas *canvas)
{
    if (!is_shared(canvas))
        free(canvas->saved);
    canvas->saved = NULL;
    canvas->has_saved = false;
}

/* Makes the block of the canvas its own. */
static bool unshare(struct canvas *canvas)
{
    size_t size = canvas->width * canvas->height * sizeof *canvas->pixels;
    uint32_t *copy;

    if (!is_shared(canvas))
        return true;
    copy = malloc(size);
    if (copy == NULL)
        return false;
    memcpy(copy, canvas->pixels, size);
    canvas->pixels = copy;
    return true;
}

void canvas_init(struct canvas *canvas)
{
    *canvas = (struct canvas){0};
}

int canvas_resize(struct canvas *canvas, size_t width, size_t height)
{
    uint32_t *pixels = NULL;

    if (width > CANVAS_SIDE || height > CANVAS_SIDE)
        return -1;
    if (width > 0 && height > 0) {
        pixels = malloc(width * height * sizeof *pixels);
        if (pixels == NULL)
            return -1;
        for (size_t y = 0; y < height; y++)
            for (size_t x = 0; x < width; x++)
                pixels[y * width + x] = x < canvas->width && y < canvas->height
                                            ? canvas->pixels[y * canvas->width + x]
                                            : 0;
    }
    drop_pixels(canvas);
    canvas->pixels = pixels;
    canvas->width = width;
    canvas->height = height;
    return 0;
}

void canvas_fill(struct canvas *canvas, size_t x, size_t y, size_t width, size_t height,
                 uint32_t color)
{
    if (x >= canvas->width || y >= canvas->height || !unshare(canvas))
        return;
    for (size_t i = 0; i < height && i < canvas->height - y; i++)
        for (size_t j = 0; j < width && j < canvas->width - x; j++)
            canvas->pixels[(y + i) * canvas->width + x + j] = color;
}

int canvas_save(struct canvas *canvas)
{
    if (is_shared(canvas))
        return 0;
    drop_saved(canvas);
    canvas->saved = is_empty(canvas) ? NULL : canvas->pixels;
    canvas->saved_width = canvas->width;
    canvas->saved_height = canvas->height;
    canvas->has_saved = true;
    return 0;
}

int canvas_restore(struct canvas *canvas)
{
    if (!canvas->has_saved)
        return -1;
    drop_pixels(canvas);
    canvas->pixels = canvas->saved;
    canvas->width = canvas->saved_width;
    canvas->height = canvas->saved_height;
    return 0;
}

uint32_t *canvas_detach(struct canvas *canvas)
{
    uint32_t *pixels = NULL;

    if (unshare(canvas)) {
        pixels = canvas->pixels;
        canvas->pixels = NULL;
    }
    drop_pixels(canvas);
    return pixels;
}

void canvas_free(struct canvas *canvas)
{
    drop_pixels(canvas);
    drop_saved(canvas);
    canvas_init(canvas);
}
