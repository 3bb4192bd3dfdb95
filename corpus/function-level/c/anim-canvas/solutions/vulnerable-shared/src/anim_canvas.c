#include "anim_canvas.h"

#include <stdlib.h>
#include <string.h>

/* The saved picture shares its pixels with the canvas until someone draws. */

void canvas_init(struct canvas *canvas)
{
    memset(canvas, 0, sizeof(*canvas));
}

int canvas_resize(struct canvas *canvas, size_t width, size_t height)
{
    uint32_t *pixels;

    if (width > CANVAS_SIDE || height > CANVAS_SIDE)
        return -1;

    pixels = calloc(width * height + 1, sizeof(*pixels));
    if (pixels == NULL)
        return -1;
    for (size_t y = 0; y < height && y < canvas->height; y++)
        for (size_t x = 0; x < width && x < canvas->width; x++)
            pixels[y * width + x] = canvas->pixels[y * canvas->width + x];

    if (canvas->pixels != canvas->saved)
        free(canvas->pixels);
    canvas->pixels = pixels;
    canvas->width = width;
    canvas->height = height;
    return 0;
}

void canvas_fill(struct canvas *canvas, size_t x, size_t y, size_t width,
                 size_t height, uint32_t color)
{
    size_t count = canvas->width * canvas->height;

    if (canvas->pixels == canvas->saved && count > 0) {
        uint32_t *copy = malloc(count * sizeof(*copy));

        if (copy == NULL)
            return;
        memcpy(copy, canvas->saved, count * sizeof(*copy));
        canvas->pixels = copy;
    }
    for (size_t i = y; i < canvas->height && i - y < height; i++)
        for (size_t j = x; j < canvas->width && j - x < width; j++)
            canvas->pixels[i * canvas->width + j] = color;
}

int canvas_save(struct canvas *canvas)
{
    if (canvas->saved != canvas->pixels)
        free(canvas->saved);
    canvas->saved = canvas->pixels;
    canvas->saved_width = canvas->width;
    canvas->saved_height = canvas->height;
    canvas->has_saved = true;
    return 0;
}

int canvas_restore(struct canvas *canvas)
{
    if (!canvas->has_saved)
        return -1;
    if (canvas->pixels != canvas->saved)
        free(canvas->pixels);
    canvas->pixels = canvas->saved;
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
    if (canvas->pixels != canvas->saved)
        free(canvas->pixels);
    free(canvas->saved);
    canvas_init(canvas);
}
