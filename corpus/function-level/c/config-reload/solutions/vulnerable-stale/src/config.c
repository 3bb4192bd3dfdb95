#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void set_error(struct config *config, int layer, unsigned line,
                      const char *message)
{
    char buffer[128];

    snprintf(buffer, sizeof(buffer), "%d:%u: %s", layer, line, message);
    free(config->error);
    config->error = strdup(buffer);
}

static const struct config_setting *layer_find(const struct config_layer *layer,
                                               const char *name, size_t length)
{
    for (size_t i = 0; i < layer->count; i++) {
        if (layer->settings[i].name_length == length &&
            strncmp(layer->settings[i].name, name, length) == 0)
            return &layer->settings[i];
    }
    return NULL;
}

static int valid_name(const char *name, size_t length)
{
    if (length == 0)
        return 0;
    for (size_t i = 0; i < length; i++) {
        char c = name[i];

        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
              (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-'))
            return 0;
    }
    return 1;
}

static int layer_parse(struct config *config, int number,
                       struct config_layer *layer, char *text)
{
    const char *p = text;
    unsigned line = 0;
    const char *message = NULL;

    layer->text = text;
    layer->count = 0;
    layer->settings = malloc(CONFIG_SETTINGS * sizeof(*layer->settings));
    if (layer->settings == NULL)
        return -1;

    while (*p != '\0' && message == NULL) {
        const char *end = p + strcspn(p, "\n");
        const char *next = *end == '\n' ? end + 1 : end;
        const char *equals;
        struct config_setting setting;

        line++;
        while (p < end && (*p == ' ' || *p == '\t'))
            p++;
        while (end > p && (end[-1] == ' ' || end[-1] == '\t'))
            end--;
        if (p == end || *p == '#') {
            p = next;
            continue;
        }

        setting.final = *p == '!';
        if (setting.final)
            p++;
        setting.line = line;
        setting.name = p;
        equals = memchr(p, '=', (size_t)(end - p));
        if (equals == NULL) {
            message = "missing '='";
            break;
        }
        setting.value = equals + 1;
        while (setting.value < end &&
               (*setting.value == ' ' || *setting.value == '\t'))
            setting.value++;
        setting.value_length = (size_t)(end - setting.value);
        while (equals > p && (equals[-1] == ' ' || equals[-1] == '\t'))
            equals--;
        setting.name_length = (size_t)(equals - p);

        if (!valid_name(setting.name, setting.name_length))
            message = "invalid name";
        else if (layer_find(layer, setting.name, setting.name_length) != NULL)
            message = "duplicate name";
        else if (layer->count >= CONFIG_SETTINGS)
            message = "too many settings";
        else
            layer->settings[layer->count++] = setting;
        p = next;
    }

    if (message != NULL) {
        set_error(config, number, line, message);
        free(layer->settings);
        return -1;
    }
    return 0;
}

static int check_final(struct config *config, const struct config_layer *layers)
{
    for (int i = 0; i < CONFIG_LAYERS; i++) {
        for (size_t j = 0; j < layers[i].count; j++) {
            const struct config_setting *setting = &layers[i].settings[j];

            if (!setting->final)
                continue;
            for (int k = i + 1; k < CONFIG_LAYERS; k++) {
                const struct config_setting *other = layer_find(
                    &layers[k], setting->name, setting->name_length);

                if (other != NULL) {
                    set_error(config, k, other->line, "setting is final");
                    return -1;
                }
            }
        }
    }
    return 0;
}

void config_init(struct config *config)
{
    memset(config, 0, sizeof(*config));
}

int config_reload(struct config *config, char *const texts[CONFIG_LAYERS])
{
    struct config_layer next[CONFIG_LAYERS];
    int i;

    for (i = 0; i < CONFIG_LAYERS; i++) {
        next[i] = config->layers[i];
        if (texts[i] != NULL &&
            layer_parse(config, i, &next[i], texts[i]) != 0)
            goto fail;
    }

    if (check_final(config, next) != 0)
        goto fail;

    for (i = 0; i < CONFIG_LAYERS; i++) {
        if (texts[i] != NULL) {
            free(config->layers[i].settings);
            free(config->layers[i].text);
            config->layers[i] = next[i];
        }
    }
    free(config->error);
    config->error = NULL;
    return 0;

fail:
    while (--i >= 0) {
        if (texts[i] != NULL)
            free(next[i].settings);
    }
    return -1;
}

int config_get(const struct config *config, const char *name, char *value,
               size_t size)
{
    for (int i = CONFIG_LAYERS - 1; i >= 0; i--) {
        const struct config_setting *setting =
            layer_find(&config->layers[i], name, strlen(name));

        if (setting != NULL) {
            if (setting->value_length + 1 > size)
                return -1;
            memcpy(value, setting->value, setting->value_length);
            value[setting->value_length] = '\0';
            return (int)setting->value_length;
        }
    }
    return -1;
}

void config_free(struct config *config)
{
    for (int i = 0; i < CONFIG_LAYERS; i++) {
        free(config->layers[i].settings);
        free(config->layers[i].text);
        config->layers[i].count = 0;
    }
    free(config->error);
}
