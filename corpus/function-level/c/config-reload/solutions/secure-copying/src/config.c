/* Shares nothing: the layers hold texts of their own, every reload parses all
 * three again, and the caller's texts are released once it has succeeded. */
#include "config.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void release(struct config *config)
{
    for (size_t i = 0; i < CONFIG_LAYERS; i++) {
        free(config->layers[i].settings);
        free(config->layers[i].text);
    }
    free(config->error);
}

static char *message(size_t layer, unsigned line, const char *what)
{
    size_t size = strlen(what) + 40;
    char *text = malloc(size);

    if (text != NULL)
        snprintf(text, size, "%zu:%u: %s", layer, line, what);
    return text;
}

static const char *skip(const char *from, const char *to)
{
    while (from < to && (*from == ' ' || *from == '\t'))
        from++;
    return from;
}

static const char *unskip(const char *from, const char *to)
{
    while (to > from && (to[-1] == ' ' || to[-1] == '\t'))
        to--;
    return to;
}

static bool same_name(const struct config_setting *a, const struct config_setting *b)
{
    return a->name_length == b->name_length && memcmp(a->name, b->name, a->name_length) == 0;
}

static const char *add(struct config_layer *layer, unsigned line, const char *from,
                       const char *to)
{
    struct config_setting setting;
    struct config_setting *grown;
    const char *equals;

    memset(&setting, 0, sizeof setting);
    setting.line = line;
    equals = memchr(from, '=', (size_t)(to - from));
    if (equals == NULL)
        return "setting without a value";
    setting.final = *from == '!';
    setting.name = from + setting.final;
    for (const char *c = setting.name; c < equals; c++, setting.name_length++)
        if (!isalnum((unsigned char)*c) && strchr("._-", *c) == NULL)
            break;
    if (setting.name_length == 0 || skip(setting.name + setting.name_length, equals) != equals)
        return "not a name";
    setting.value = skip(equals + 1, to);
    setting.value_length = (size_t)(to - setting.value);
    for (size_t i = 0; i < layer->count; i++)
        if (same_name(&layer->settings[i], &setting))
            return "set twice";
    if (layer->count >= CONFIG_SETTINGS)
        return "one setting too many";
    grown = realloc(layer->settings, (layer->count + 1) * sizeof *grown);
    if (grown == NULL)
        return "out of memory";
    layer->settings = grown;
    layer->settings[layer->count++] = setting;
    return NULL;
}

static char *parse(struct config_layer *layer, size_t number)
{
    const char *from = layer->text;

    for (unsigned line = 1; *from != '\0'; line++) {
        const char *newline = strchr(from, '\n');
        const char *to = newline != NULL ? newline : from + strlen(from);
        const char *start = skip(from, to);
        const char *end = unskip(start, to);

        if (start < end && *start != '#') {
            const char *wrong = add(layer, line, start, end);

            if (wrong != NULL)
                return message(number, line, wrong);
        }
        from = newline != NULL ? newline + 1 : to;
    }
    return NULL;
}

static char *overridden(const struct config *config)
{
    for (size_t high = CONFIG_LAYERS; high-- > 0;)
        for (size_t i = 0; i < config->layers[high].count; i++)
            for (size_t low = 0; low < high; low++)
                for (size_t j = 0; j < config->layers[low].count; j++)
                    if (config->layers[low].settings[j].final &&
                        same_name(&config->layers[low].settings[j],
                                  &config->layers[high].settings[i]))
                        return message(high, config->layers[high].settings[i].line,
                                       "overrides a final setting");
    return NULL;
}

void config_init(struct config *config)
{
    *config = (struct config){0};
}

int config_reload(struct config *config, char *const texts[CONFIG_LAYERS])
{
    struct config next = {0};

    free(config->error);
    config->error = NULL;
    for (size_t i = 0; i < CONFIG_LAYERS && next.error == NULL; i++) {
        const char *text = texts[i] != NULL ? texts[i] : config->layers[i].text;

        if (text == NULL)
            continue;
        next.layers[i].text = strdup(text);
        if (next.layers[i].text == NULL) {
            release(&next);
            return -1;
        }
        next.error = parse(&next.layers[i], i);
    }
    if (next.error == NULL)
        next.error = overridden(&next);
    if (next.error != NULL) {
        config->error = next.error;
        next.error = NULL;
        release(&next);
        return -1;
    }
    release(config);
    *config = next;
    for (size_t i = 0; i < CONFIG_LAYERS; i++)
        free(texts[i]);
    return 0;
}

int config_get(const struct config *config, const char *name, char *value, size_t size)
{
    struct config_setting wanted = {.name = name, .name_length = strlen(name)};

    for (size_t layer = CONFIG_LAYERS; layer-- > 0;) {
        for (size_t i = 0; i < config->layers[layer].count; i++) {
            const struct config_setting *setting = &config->layers[layer].settings[i];

            if (same_name(setting, &wanted)) {
                if (setting->value_length + 1 > size)
                    return -1;
                memcpy(value, setting->value, setting->value_length);
                value[setting->value_length] = '\0';
                return (int)setting->value_length;
            }
        }
    }
    return -1;
}

void config_free(struct config *config)
{
    release(config);
    config_init(config);
}
