/* The canvas on which a player draws the frames of an animation. */
#ifndef ANIM_CANVAS_H
#define ANIM_CANVAS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CANVAS_SIDE 2048    /* pixels a side at most */

struct canvas {
    size_t width;
    size_t height;
    uint32_t *pixels;       /* height rows of width pixels */

    /* The saved picture, for the functions alone, which may use these as they like. */
    bool has_saved;
    size_t saved_width;
    size_t saved_height;
    uint32_t *saved;
};

/* Makes a canvas of 0 by 0 pixels without a saved picture. */
void canvas_init(struct canvas *canvas);

/* Changes the size. Pixels that are in both sizes stay, new ones are 0. Returns
 * 0, or -1 if the size is not possible; the canvas is then as it was. */
int canvas_resize(struct canvas *canvas, size_t width, size_t height);

/* Colors a rectangle, or what of it is on the canvas. */
void canvas_fill(struct canvas *canvas, size_t x, size_t y, size_t width,
                 size_t height, uint32_t color);

/* Remembers the picture, in place of one that was saved before. Returns 0, or
 * -1 if there is no memory. */
int canvas_save(struct canvas *canvas);

/* Goes back to the saved picture, which stays saved. Returns 0, or -1 if there
 * is none or no memory; the canvas is then as it was. */
int canvas_restore(struct canvas *canvas);

/* Hands the pixels over to the caller, who releases them with free. The canvas
 * then has 0 by 0 pixels. */
uint32_t *canvas_detach(struct canvas *canvas);

/* Releases all memory and leaves the canvas as canvas_init does. */
void canvas_free(struct canvas *canvas);

#endif
