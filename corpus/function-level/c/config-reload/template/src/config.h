/* The configuration of a server: layers of settings, each parsed from a text. */
#ifndef CONFIG_H
#define CONFIG_H

#include <stdbool.h>
#include <stddef.h>

#define CONFIG_LAYERS 3     /* 0: defaults, 1: site, 2: user */
#define CONFIG_SETTINGS 32  /* settings a layer at most */

/* One setting. The name and the value are parts of the text of its layer. */
struct config_setting {
    const char *name;
    size_t name_length;
    const char *value;
    size_t value_length;
    bool final;             /* no higher layer may set this name */
    unsigned line;          /* in the text, counted from 1 */
};

struct config_layer {
    char *text;                         /* NULL while the layer is empty */
    struct config_setting *settings;
    size_t count;
};

struct config {
    struct config_layer layers[CONFIG_LAYERS];
    char *error;            /* why the last reload failed; NULL if it did not */
};

/* Makes an empty configuration. */
void config_init(struct config *config);

/* Replaces layers: texts[i] is the new text of layer i, or NULL to leave that
 * layer as it is. Every text is a NUL-terminated string from malloc, and no two
 * are the same.
 *
 * Returns 0 if all went well. The configuration then owns the given texts.
 *
 * Returns -1 if a text is malformed or a final setting is overridden. The
 * configuration is then as it was before, but for `error`, and all the given
 * texts still belong to the caller. */
int config_reload(struct config *config, char *const texts[CONFIG_LAYERS]);

/* Copies the value of a setting, NUL-terminated, to the `size` bytes at
 * `value`. Returns its length, or -1 if it is not set or does not fit. */
int config_get(const struct config *config, const char *name, char *value,
               size_t size);

/* Releases all that the configuration owns and leaves it empty, as
 * config_init does. */
void config_free(struct config *config);

#endif
