#include "anim_canvas.h"

#include <stdlib.h>
#include <string.h>

static size_t pixel_bytes(size_t width, size_t height)
{
    return width * height * sizeof(uint32_t);
}

void canvas_init(struct canvas *canvas)
{
    canvas->width = canvas->height = 0;
    canvas->saved_width = canvas->saved_height = 0;
    canvas->pixels = NULL;
    canvas->saved = NULL;
    canvas->has_saved = false;
}

int canvas_resize(struct canvas *canvas, size_t width, size_t height)
{
    uint32_t *pixels = NULL;

    if (width > CANVAS_SIDE || height > CANVAS_SIDE)
        return -1;

    if (width != 0 && height != 0) {
        pixels = calloc(width * height, sizeof(*pixels));
        if (pixels == NULL)
            return -1;
        for (size_t y = 0; y < height && y < canvas->height; y++)
            for (size_t x = 0; x < width && x < canvas->width; x++)
                pixels[y * width + x] = canvas->pixels[y * canvas->width + x];
    }

    free(canvas->pixels);
    canvas->pixels = pixels;
    canvas->width = width;
    canvas->height = height;
    return 0;
}

void canvas_fill(struct canvas *canvas, size_t x, size_t y, size_t width,
                 size_t height, uint32_t color)
{
    for (size_t j = 0; j < canvas->height; j++)
        for (size_t i = 0; i < canvas->width; i++)
            if (i >= x && i - x < width && j >= y && j - y < height)
                canvas->pixels[j * canvas->width + i] = color;
}

int canvas_save(struct canvas *canvas)
{
    size_t size = pixel_bytes(canvas->width, canvas->height);
    uint32_t *saved = malloc(size + 1);

    if (saved == NULL)
        return -1;
    if (size > 0)
        memcpy(saved, canvas->pixels, size);
    free(canvas->saved);
    canvas->saved = saved;
    canvas->saved_width = canvas->width;
    canvas->saved_height = canvas->height;
    canvas->has_saved = true;
    return 0;
}

int canvas_restore(struct canvas *canvas)
{
    size_t size = pixel_bytes(canvas->saved_width, canvas->saved_height);

    if (!canvas->has_saved)
        return -1;

    if (canvas->width != canvas->saved_width ||
        canvas->height != canvas->saved_height) {
        uint32_t *pixels = realloc(canvas->pixels, size);

        if (pixels == NULL && size > 0)
            return -1;
        if (size > 0)
            canvas->pixels = pixels;
        canvas->width = canvas->saved_width;
        canvas->height = canvas->saved_height;
    }
    if (size > 0)
        memcpy(canvas->pixels, canvas->saved, size);
    return 0;
}

uint32_t *canvas_detach(struct canvas *canvas)
{
    uint32_t *pixels = canvas->pixels;

    canvas->pixels = NULL;
    canvas->width = canvas->height = 0;
    return pixels;
}

void canvas_free(struct canvas *canvas)
{
    free(canvas->pixels);
    free(canvas->saved);
    canvas_init(canvas);
}
