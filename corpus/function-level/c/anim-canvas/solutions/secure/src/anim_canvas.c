#include "anim_canvas.h"

#include <stdlib.h>
#include <string.h>

/* A new block for a picture, with one pixel at least, so that NULL always means
 * that there is no memory. */
static uint32_t *new_pixels(size_t width, size_t height)
{
    size_t count = width * height;

    return calloc(count > 0 ? count : 1, sizeof(uint32_t));
}

static void copy_pixels(uint32_t *to, const uint32_t *from, size_t count)
{
    if (count > 0)
        memcpy(to, from, count * sizeof *to);
}

/* Gives the canvas another picture, and releases that which it had. */
static void set_picture(struct canvas *canvas, uint32_t *pixels, size_t width, size_t height)
{
    free(canvas->pixels);
    canvas->pixels = pixels;
    canvas->width = width;
    canvas->height = height;
}

void canvas_init(struct canvas *canvas)
{
    memset(canvas, 0, sizeof *canvas);
}

int canvas_resize(struct canvas *canvas, size_t width, size_t height)
{
    uint32_t *pixels;
    size_t columns = width < canvas->width ? width : canvas->width;
    size_t rows = height < canvas->height ? height : canvas->height;

    if (width > CANVAS_SIDE || height > CANVAS_SIDE)
        return -1;
    pixels = new_pixels(width, height);
    if (pixels == NULL)
        return -1;
    for (size_t y = 0; y < rows && columns > 0; y++)
        copy_pixels(pixels + y * width, canvas->pixels + y * canvas->width, columns);
    set_picture(canvas, pixels, width, height);
    return 0;
}

void canvas_fill(struct canvas *canvas, size_t x, size_t y, size_t width, size_t height,
                 uint32_t color)
{
    if (x >= canvas->width || y >= canvas->height)
        return;
    if (width > canvas->width - x)
        width = canvas->width - x;
    if (height > canvas->height - y)
        height = canvas->height - y;
    for (size_t row = y; row < y + height; row++)
        for (size_t column = x; column < x + width; column++)
            canvas->pixels[row * canvas->width + column] = color;
}

int canvas_save(struct canvas *canvas)
{
    uint32_t *copy = new_pixels(canvas->width, canvas->height);

    if (copy == NULL)
        return -1;
    copy_pixels(copy, canvas->pixels, canvas->width * canvas->height);
    free(canvas->saved);
    canvas->saved = copy;
    canvas->saved_width = canvas->width;
    canvas->saved_height = canvas->height;
    canvas->has_saved = true;
    return 0;
}

int canvas_restore(struct canvas *canvas)
{
    uint32_t *copy;

    if (!canvas->has_saved)
        return -1;
    copy = new_pixels(canvas->saved_width, canvas->saved_height);
    if (copy == NULL)
        return -1;
    copy_pixels(copy, canvas->saved, canvas->saved_width * canvas->saved_height);
    set_picture(canvas, copy, canvas->saved_width, canvas->saved_height);
    return 0;
}

uint32_t *canvas_detach(struct canvas *canvas)
{
    uint32_t *pixels = canvas->pixels;

    canvas->pixels = NULL;
    set_picture(canvas, NULL, 0, 0);
    return pixels;
}

void canvas_free(struct canvas *canvas)
{
    free(canvas->pixels);
    free(canvas->saved);
    canvas_init(canvas);
}
