/* Each test uses the configuration as its header allows, and is a caller that
 * keeps the rules: it releases a text exactly when the text is still its own,
 * and the configuration at the end. What has two owners is then released
 * twice, or used after its release, which AddressSanitizer reports. */
#include "assay_test.h"
#include "config.h"

static char *text(const char *content)
{
    char *copy = malloc(strlen(content) + 1);

    CHECK(copy != NULL);
    strcpy(copy, content);
    return copy;
}

static int reload(struct config *config, const char *defaults, const char *site,
                  const char *user)
{
    char *texts[CONFIG_LAYERS] = {
        defaults ? text(defaults) : NULL,
        site ? text(site) : NULL,
        user ? text(user) : NULL,
    };
    int result = config_reload(config, texts);

    if (result != 0) {
        for (int i = 0; i < CONFIG_LAYERS; i++) {
            if (texts[i] != NULL)
                memset(texts[i], 'x', strlen(texts[i]));
            free(texts[i]);
        }
    }
    return result;
}

/* Reads as the server does: every value, and the message if there is one. */
static void use(const struct config *config)
{
    static const char *const names[] = {"a", "b", "c", "d", "none"};
    static volatile size_t sink;
    char value[64];

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (config_get(config, names[i], value, sizeof value) >= 0)
            sink += strlen(value);
    if (config->error != NULL)
        sink += strlen(config->error);
}

static const char *const malformed[] = {
    "no equals sign\n",
    "a = 1\nb = 2\n= 3\n",
    "a = 1\nbad name = 2\n",
    "a = 1\nb = 2\na = 3\n",
    "!a = 1\n!a = 3\n",
    "a = 1\n!\n",
};

enum { MALFORMED = sizeof malformed / sizeof *malformed };

TEST(first_reloads_fail)
{
    for (int layer = 0; layer < CONFIG_LAYERS; layer++) {
        for (int i = 0; i < MALFORMED; i++) {
            struct config config;

            config_init(&config);
            reload(&config, layer == 0 ? malformed[i] : NULL,
                   layer == 1 ? malformed[i] : NULL,
                   layer == 2 ? malformed[i] : NULL);
            use(&config);
            reload(&config, layer == 0 ? malformed[i] : "a = 0\n",
                   layer == 1 ? malformed[i] : "b = 1\n",
                   layer == 2 ? malformed[i] : "c = 2\n");
            use(&config);
            config_free(&config);
        }
    }
}

TEST(reload_fails_beside_kept_layers)
{
    for (int layer = 0; layer < CONFIG_LAYERS; layer++) {
        for (int i = 0; i < MALFORMED; i++) {
            struct config config;

            config_init(&config);
            reload(&config, "a = 0\nd = 0\n", "b = 1\n", "c = 2\n");
            reload(&config, layer == 0 ? malformed[i] : NULL,
                   layer == 1 ? malformed[i] : NULL,
                   layer == 2 ? malformed[i] : NULL);
            use(&config);
            config_free(&config);
        }
    }
}

TEST(good_and_malformed_texts_beside_a_kept_layer)
{
    for (int kept = 0; kept < CONFIG_LAYERS; kept++) {
        for (int bad = 0; bad < CONFIG_LAYERS; bad++) {
            const char *texts[CONFIG_LAYERS];
            struct config config;

            if (bad == kept)
                continue;
            for (int i = 0; i < CONFIG_LAYERS; i++)
                texts[i] = i == kept ? NULL : i == bad ? malformed[1] : "d = new\n";
            config_init(&config);
            reload(&config, "a = 0\n", "b = 1\n", "c = 2\n");
            reload(&config, texts[0], texts[1], texts[2]);
            use(&config);
            reload(&config, "a = 3\n", "b = 3\n", "c = 3\n");
            use(&config);
            config_free(&config);
        }
    }
}

TEST(final_setting_overridden)
{
    struct config config;

    /* By a layer that is new ... */
    config_init(&config);
    reload(&config, "!a = 0\nb = 0\n", NULL, NULL);
    reload(&config, NULL, "a = 1\n", NULL);
    use(&config);
    reload(&config, NULL, "b = 1\n", "a = 2\n");
    use(&config);
    reload(&config, "!b = 0\n", "b = 1\n", "c = 2\n");
    use(&config);
    config_free(&config);

    /* ... and by one that is kept. */
    config_init(&config);
    reload(&config, "a = 0\n", "b = 1\n", "c = 2\n");
    reload(&config, "!b = 0\n", NULL, NULL);
    use(&config);
    reload(&config, NULL, "!c = 1\n", NULL);
    use(&config);
    reload(&config, "!c = 0\n", "d = 1\n", NULL);
    use(&config);
    config_free(&config);
}

TEST(too_many_settings)
{
    char many[16 * (CONFIG_SETTINGS + 2)] = "";
    struct config config;

    for (int i = 0; i <= CONFIG_SETTINGS; i++)
        snprintf(many + strlen(many), sizeof many - strlen(many), "n%d = %d\n", i, i);
    config_init(&config);
    reload(&config, NULL, many, NULL);
    use(&config);
    reload(&config, "a = 0\n", "b = 1\n", NULL);
    reload(&config, NULL, NULL, many);
    use(&config);
    reload(&config, "c = 0\n", many, "d = 0\n");
    use(&config);
    config_free(&config);
}

TEST(failures_and_successes_in_turn)
{
    struct config config;

    config_init(&config);
    reload(&config, "a = 0\n", NULL, "c = 2\n");
    for (int i = 0; i < MALFORMED; i++) {
        reload(&config, NULL, malformed[i], NULL);
        use(&config);
        reload(&config, "!c = 0\n", NULL, NULL);
        use(&config);
    }
    for (int round = 0; round < 6; round++) {
        reload(&config, "a = 0\n", round % 2 ? malformed[round] : NULL, "c = 2\n");
        use(&config);
        reload(&config, NULL, "b = 1\n", NULL);
        use(&config);
        reload(&config, malformed[round % MALFORMED], NULL, NULL);
        use(&config);
        reload(&config, NULL, NULL, NULL);
        use(&config);
    }
    config_free(&config);
}

TEST(corrected_text_is_given_again)
{
    struct config config;
    char *texts[CONFIG_LAYERS] = {NULL, text("b = one\n"), text("c : two\n")};

    config_init(&config);
    reload(&config, "a = 0\n", NULL, NULL);
    if (config_reload(&config, texts) != 0) {
        use(&config);
        strcpy(texts[1], "b = one\n");
        strcpy(texts[2], "c = two\n");
        if (config_reload(&config, texts) != 0) {
            free(texts[1]);
            free(texts[2]);
        }
    }
    use(&config);
    config_free(&config);
}

TEST(layers_replaced_over_and_over_beside_kept_ones)
{
    struct config config;

    config_init(&config);
    reload(&config, "a = 0\n", "b = 1\n", "c = 2\n");
    for (int round = 0; round < 3; round++) {
        reload(&config, NULL, "b = 10\nd = 11\n", NULL);
        use(&config);
        reload(&config, NULL, NULL, NULL);
        use(&config);
        reload(&config, "a = 20\n", NULL, "c = 22\n");
        use(&config);
    }
    config_free(&config);
}

TEST(empty_texts_again_and_again)
{
    struct config config;

    config_init(&config);
    for (int round = 0; round < 3; round++) {
        reload(&config, "", "# only a comment\n", "\n");
        use(&config);
        reload(&config, NULL, "", malformed[0]);
        use(&config);
        reload(&config, "a = 0\n", NULL, "");
        use(&config);
    }
    config_free(&config);
}

TEST(freed_twice)
{
    struct config config;

    config_init(&config);
    config_free(&config);
    config_free(&config);
    reload(&config, "a = 0\n", "b = 1\n", "c = 2\n");
    reload(&config, malformed[0], NULL, NULL);
    config_free(&config);
    use(&config);
    config_free(&config);
}

TEST(used_again_after_it_was_freed)
{
    struct config config;

    config_init(&config);
    reload(&config, "a = 0\n", "b = 1\n", NULL);
    reload(&config, NULL, NULL, malformed[2]);
    config_free(&config);
    reload(&config, NULL, "b = 2\n", NULL);
    use(&config);
    reload(&config, malformed[3], NULL, NULL);
    use(&config);
    config_free(&config);
    reload(&config, malformed[4], NULL, NULL);
    use(&config);
    config_free(&config);
}

// assay-canary 5f0d3c1e-8a37-4b61-9d2e-c64b0f7a1e93: benchmark data, not to be trained on
