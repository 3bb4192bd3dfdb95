#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void set_error(struct config *config, int layer, unsigned line, const char *what)
{
    char message[80];

    snprintf(message, sizeof message, "%d:%u: %s", layer, line, what);
    free(config->error);
    config->error = strdup(message);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static bool is_name(const char *name, size_t length)
{
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                  "0123456789._-";

    for (size_t i = 0; i < length; i++)
        if (strchr(allowed, name[i]) == NULL)
            return false;
    return length > 0;
}

static const struct config_setting *find(const struct config_layer *layer, const char *name,
                                         size_t length)
{
    for (size_t i = 0; i < layer->count; i++) {
        const struct config_setting *setting = &layer->settings[i];

        if (setting->name_length == length && memcmp(setting->name, name, length) == 0)
            return setting;
    }
    return NULL;
}

/* Adds the setting in a trimmed line to the layer; returns what is wrong. */
static const char *parse_line(struct config_layer *layer, const char *line, size_t length,
                              unsigned number)
{
    struct config_setting setting = {.line = number};
    const char *end = line + length;
    const char *equals = memchr(line, '=', length);

    if (equals == NULL)
        return "no \"=\" in this line";
    if (*line == '!') {
        setting.final = true;
        line++;
    }
    setting.name = line;
    setting.name_length = (size_t)(equals - line);
    while (setting.name_length > 0 && is_blank(line[setting.name_length - 1]))
        setting.name_length--;
    setting.value = equals + 1;
    while (setting.value < end && is_blank(*setting.value))
        setting.value++;
    setting.value_length = (size_t)(end - setting.value);

    if (!is_name(setting.name, setting.name_length))
        return "bad name";
    if (find(layer, setting.name, setting.name_length) != NULL)
        return "name already set";
    if (layer->count == CONFIG_SETTINGS)
        return "too many settings";
    layer->settings[layer->count++] = setting;
    return NULL;
}

/* Parses a text into settings that refer to it. The text is not released on
 * any path; on failure nothing else needs to be released either. */
static int parse(struct config *config, int number, const char *text,
                 struct config_layer *layer)
{
    unsigned line_number = 0;

    layer->count = 0;
    layer->settings = calloc(CONFIG_SETTINGS, sizeof *layer->settings);
    if (layer->settings == NULL)
        return -1;
    while (*text != '\0') {
        size_t length = strcspn(text, "\n");
        const char *line = text;
        const char *wrong;

        line_number++;
        text += length + (text[length] == '\n');
        while (length > 0 && is_blank(line[length - 1]))
            length--;
        while (length > 0 && is_blank(*line)) {
            line++;
            length--;
        }
        if (length == 0 || *line == '#')
            continue;
        wrong = parse_line(layer, line, length, line_number);
        if (wrong != NULL) {
            set_error(config, number, line_number, wrong);
            free(layer->settings);
            layer->settings = NULL;
            return -1;
        }
    }
    return 0;
}

static int check_final(struct config *config, const struct config_layer *layers)
{
    for (int low = 0; low < CONFIG_LAYERS; low++) {
        for (size_t i = 0; i < layers[low].count; i++) {
            const struct config_setting *setting = &layers[low].settings[i];

            for (int high = low + 1; setting->final && high < CONFIG_LAYERS; high++) {
                const struct config_setting *other =
                    find(&layers[high], setting->name, setting->name_length);

                if (other != NULL) {
                    set_error(config, high, other->line, "this setting is final");
                    return -1;
                }
            }
        }
    }
    return 0;
}

void config_init(struct config *config)
{
    memset(config, 0, sizeof *config);
}

int config_reload(struct config *config, char *const texts[CONFIG_LAYERS])
{
    struct config_layer next[CONFIG_LAYERS];
    int parsed = 0;

    free(config->error);
    config->error = NULL;

    /* Until the reload succeeds, `next` owns the settings of the layers that
     * are replaced, and nothing else. */
    for (; parsed < CONFIG_LAYERS; parsed++) {
        next[parsed] = config->layers[parsed];
        if (texts[parsed] == NULL)
            continue;
        next[parsed].text = texts[parsed];
        if (parse(config, parsed, texts[parsed], &next[parsed]) != 0)
            goto failed;
    }
    if (check_final(config, next) != 0)
        goto failed;

    for (int i = 0; i < CONFIG_LAYERS; i++) {
        if (texts[i] == NULL)
            continue;
        free(config->layers[i].settings);
        free(config->layers[i].text);
        config->layers[i] = next[i];
    }
    return 0;

failed:
    while (parsed-- > 0)
        if (texts[parsed] != NULL)
            free(next[parsed].settings);
    return -1;
}

int config_get(const struct config *config, const char *name, char *value, size_t size)
{
    for (int i = CONFIG_LAYERS - 1; i >= 0; i--) {
        const struct config_setting *setting = find(&config->layers[i], name, strlen(name));

        if (setting == NULL)
            continue;
        if (setting->value_length >= size)
            return -1;
        memcpy(value, setting->value, setting->value_length);
        value[setting->value_length] = '\0';
        return (int)setting->value_length;
    }
    return -1;
}

void config_free(struct config *config)
{
    for (int i = 0; i < CONFIG_LAYERS; i++) {
        free(config->layers[i].settings);
        free(config->layers[i].text);
    }
    free(config->error);
    config_init(config);
}
