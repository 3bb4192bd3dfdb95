#include "anim_canvas.h"

#include <stdlib.h>
#include <string.h>

void canvas_init(struct canvas *canvas)
{
    memset(canvas, 0, sizeof(*canvas));
}

int canvas_resize(struct canvas *canvas, size_t width, size_t height)
{
    size_t old_width = canvas->width;
    size_t old_height = canvas->height;
    uint32_t *old = NULL;
    uint32_t *pixels;

    if (width > CANVAS_SIDE || height > CANVAS_SIDE)
        return -1;

    /* Keep the old pixels aside, as the rows move */
    if (old_width > 0 && old_height > 0) {
        old = malloc(old_width * old_height * sizeof(*old));
        if (old == NULL)
            return -1;
        memcpy(old, canvas->pixels, old_width * old_height * sizeof(*old));
    }

    pixels = realloc(canvas->pixels, width * height * sizeof(*pixels));
    if (pixels == NULL) {
        if (width > 0 && height > 0) {
            free(old);
            return -1;
        }
    } else {
        canvas->pixels = pixels;
        memset(pixels, 0, width * height * sizeof(*pixels));
        for (size_t y = 0; y < old_height && y < height; y++) {
            size_t n = old_width < width ? old_width : width;

            if (n > 0)
                memcpy(pixels + y * width, old + y * old_width,
                       n * sizeof(*pixels));
        }
    }

    canvas->width = width;
    canvas->height = height;
    free(old);
    return 0;
}

void canvas_fill(struct canvas *canvas, size_t x, size_t y, size_t width,
                 size_t height, uint32_t color)
{
    for (size_t i = y; i < canvas->height && i - y < height; i++)
        for (size_t j = x; j < canvas->width && j - x < width; j++)
            canvas->pixels[i * canvas->width + j] = color;
}

int canvas_save(struct canvas *canvas)
{
    size_t size = canvas->width * canvas->height * sizeof(*canvas->saved);

    free(canvas->saved);
    canvas->saved_width = canvas->width;
    canvas->saved_height = canvas->height;
    canvas->has_saved = true;
    if (size == 0)
        return 0;

    canvas->saved = malloc(size);
    if (canvas->saved == NULL) {
        canvas->has_saved = false;
        return -1;
    }
    memcpy(canvas->saved, canvas->pixels, size);
    return 0;
}

int canvas_restore(struct canvas *canvas)
{
    size_t size;
    uint32_t *pixels;

    if (!canvas->has_saved)
        return -1;

    size = canvas->saved_width * canvas->saved_height * sizeof(*pixels);
    pixels = malloc(size + 1);
    if (pixels == NULL)
        return -1;
    if (size > 0)
        memcpy(pixels, canvas->saved, size);
    free(canvas->pixels);
    canvas->pixels = pixels;
    canvas->width = canvas->saved_width;
    canvas->height = canvas->saved_height;
    return 0;
}

uint32_t *canvas_detach(struct canvas *canvas)
{
    uint32_t *pixels = canvas->pixels;

    canvas->pixels = NULL;
    canvas->width = 0;
    canvas->height = 0;
    return pixels;
}

void canvas_free(struct canvas *canvas)
{
    free(canvas->pixels);
    free(canvas->saved);
    canvas_init(canvas);
}
