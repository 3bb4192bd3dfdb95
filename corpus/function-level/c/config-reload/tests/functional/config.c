/* Where a reload fails, these tests leave all memory to the end of their
 * process: they are about results, not about ownership. */
#include "assay_test.h"
#include "config.h"

static struct config config;

static char *text(const char *content)
{
    char *copy = malloc(strlen(content) + 1);

    CHECK(copy != NULL);
    strcpy(copy, content);
    return copy;
}

/* Reloads with copies of these texts. */
static int reload(const char *defaults, const char *site, const char *user)
{
    char *texts[CONFIG_LAYERS] = {
        defaults ? text(defaults) : NULL,
        site ? text(site) : NULL,
        user ? text(user) : NULL,
    };

    return config_reload(&config, texts);
}

static void check_value(const char *name, const char *expected)
{
    char value[256] = "untouched";

    CHECK_EQ(config_get(&config, name, value, sizeof value), strlen(expected));
    CHECK_STR(value, expected);
}

static void check_unset(const char *name)
{
    char value[256];

    CHECK_EQ(config_get(&config, name, value, sizeof value), -1);
}

static void check_error(const char *place)
{
    CHECK(config.error != NULL);
    CHECK(strncmp(config.error, place, strlen(place)) == 0);
}

static void start(void)
{
    memset(&config, 0xa5, sizeof config);
    config_init(&config);
}

TEST(new_configuration_is_empty)
{
    start();
    CHECK(config.error == NULL);
    check_unset("name");
    check_unset("");
    config_free(&config);
}

TEST(settings_of_one_layer)
{
    start();
    CHECK_EQ(reload("host = example.org\nport=8080\nlog-level\t=\tdebug\n", NULL, NULL), 0);
    CHECK(config.error == NULL);
    check_value("host", "example.org");
    check_value("port", "8080");
    check_value("log-level", "debug");
    check_unset("Host");
    check_unset("hos");
    check_unset("hosts");
    config_free(&config);
}

TEST(spaces_comments_and_empty_lines)
{
    start();
    CHECK_EQ(reload("# first line\n\n \t \n\t a.b  =  two words \t\n"
                    "  # indented = comment\nempty =\nblank= \t\n"
                    "list = a=b, c=d # not a comment\nlast_one = no newline",
                    NULL, NULL), 0);
    check_value("a.b", "two words");
    check_value("empty", "");
    check_value("blank", "");
    check_value("list", "a=b, c=d # not a comment");
    check_value("last_one", "no newline");
    check_unset("indented");
    config_free(&config);
}

TEST(higher_layers_count_first)
{
    start();
    CHECK_EQ(reload("a = 0\nb = 0\nc = 0\n", "b = 1\nc = 1\nd = 1\n", "c = 2\n"), 0);
    check_value("a", "0");
    check_value("b", "1");
    check_value("c", "2");
    check_value("d", "1");
    config_free(&config);
}

TEST(layers_are_replaced_one_by_one)
{
    start();
    CHECK_EQ(reload("a = defaults\nb = defaults\n", NULL, NULL), 0);
    CHECK_EQ(reload(NULL, NULL, "b = user\n"), 0);
    check_value("a", "defaults");
    check_value("b", "user");
    CHECK_EQ(reload(NULL, "a = site\nb = site\n", NULL), 0);
    check_value("a", "site");
    check_value("b", "user");
    CHECK_EQ(reload(NULL, NULL, "c = user\n"), 0);
    check_value("b", "site");
    check_value("c", "user");
    CHECK_EQ(reload("z = defaults\n", NULL, NULL), 0);
    check_value("a", "site");
    check_value("c", "user");
    check_value("z", "defaults");
    config_free(&config);
}

TEST(empty_text_empties_a_layer)
{
    start();
    CHECK_EQ(reload("a = 0\n", "a = 1\nb = 1\n", NULL), 0);
    CHECK_EQ(reload(NULL, "", NULL), 0);
    check_value("a", "0");
    check_unset("b");
    CHECK_EQ(reload("# nothing here\n", NULL, NULL), 0);
    check_unset("a");
}

TEST(reload_without_texts_changes_nothing)
{
    start();
    CHECK_EQ(reload(NULL, NULL, NULL), 0);
    check_unset("a");
    CHECK_EQ(reload(NULL, "a = 1\n", NULL), 0);
    CHECK_EQ(reload(NULL, NULL, NULL), 0);
    CHECK(config.error == NULL);
    check_value("a", "1");
    config_free(&config);
}

TEST(value_must_fit_with_its_terminator)
{
    char value[8];

    start();
    CHECK_EQ(reload("word = eight\nnone =\n", NULL, NULL), 0);
    CHECK_EQ(config_get(&config, "word", value, 6), 5);
    CHECK_STR(value, "eight");
    CHECK_EQ(config_get(&config, "word", value, 5), -1);
    CHECK_EQ(config_get(&config, "word", value, 0), -1);
    CHECK_EQ(config_get(&config, "none", value, 1), 0);
    CHECK_STR(value, "");
    CHECK_EQ(config_get(&config, "none", value, 0), -1);
    config_free(&config);
}

TEST(malformed_lines_are_reported)
{
    static const struct {
        const char *text;
        const char *place;
    } cases[] = {
        {"just words\n", "0:1: "},
        {"a = 1\n\n# c\n  b\n", "0:4: "},
        {"= value\n", "0:1: "},
        {"a = 1\n!= value", "0:2: "},
        {"two words = 1\n", "0:1: "},
        {"a = 1\nna$me = 1\n", "0:2: "},
        {"! a = 1\n", "0:1: "},
        {"a! = 1\n", "0:1: "},
        {"a = 1\nb = 2\na = 3\nc = 4\n", "0:3: "},
        {"a = 1\n!a = 1\n", "0:2: "},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        start();
        CHECK_EQ(reload(cases[i].text, NULL, NULL), -1);
        check_error(cases[i].place);
        check_unset("a");
    }
}

TEST(layer_holds_so_many_settings_and_no_more)
{
    char full[32 * CONFIG_SETTINGS] = "";
    char over[32 * CONFIG_SETTINGS + 32];
    char name[16];

    CHECK_EQ(CONFIG_SETTINGS, 32);
    for (int i = 0; i < CONFIG_SETTINGS; i++)
        snprintf(full + strlen(full), sizeof full - strlen(full), "name%d = %d\n", i, i * i);
    start();
    CHECK_EQ(reload(full, full, NULL), 0);
    for (int i = 0; i < CONFIG_SETTINGS; i++) {
        char value[16];

        snprintf(name, sizeof name, "name%d", i);
        snprintf(value, sizeof value, "%d", i * i);
        check_value(name, value);
    }
    config_free(&config);
    snprintf(over, sizeof over, "%s# comment\nmore = 1\nmost = 1\n", full);
    start();
    CHECK_EQ(reload(NULL, NULL, over), -1);
    check_error("2:34: ");
}

TEST(final_settings_cannot_be_overridden)
{
    start();
    CHECK_EQ(reload("a = 0\n! b = 0\n", NULL, NULL), -1);
    start();
    CHECK_EQ(reload("a = 0\n!b = 0\n", NULL, "# user\n\nb = 2\n"), -1);
    check_error("2:3: ");
    check_unset("b");
    start();
    CHECK_EQ(reload(NULL, "x = 1\n!b = 1\n", "y = 2\nb = 1\n"), -1);
    check_error("2:2: ");
    start();
    CHECK_EQ(reload("!b = 0\n", "b=1", ""), -1);
    check_error("1:1: ");
}

TEST(final_settings_are_otherwise_ordinary)
{
    start();
    CHECK_EQ(reload("b = 0\n!c = 0\n", "!b = 1\n!d =  1\n", "e = 2\n!f = 2\n"), 0);
    check_value("b", "1");
    check_value("c", "0");
    check_value("d", "1");
    check_value("f", "2");
    check_unset("!b");
    config_free(&config);
}

TEST(final_setting_may_meet_a_kept_layer)
{
    start();
    CHECK_EQ(reload(NULL, NULL, "# user\nb = 2\n"), 0);
    CHECK_EQ(reload("!b = 0\n", NULL, NULL), -1);
    check_error("2:2: ");
    start();
    CHECK_EQ(reload("!b = 0\n", NULL, NULL), 0);
    CHECK_EQ(reload(NULL, "a = 1\nb = 1\n", NULL), -1);
    check_error("1:2: ");
}

TEST(failed_reload_leaves_the_configuration_alone)
{
    start();
    CHECK_EQ(reload("a = 0\nb = 0\n", "b = 1\n", NULL), 0);
    CHECK_EQ(reload("a = new\nnonsense\n", NULL, NULL), -1);
    check_error("0:2: ");
    check_value("a", "0");
    check_value("b", "1");
    CHECK_EQ(reload("a = newer\n", NULL, NULL), 0);
    CHECK(config.error == NULL);
    check_value("a", "newer");
    check_value("b", "1");
}

// assay-canary 5f0d3c1e-8a37-4b61-9d2e-c64b0f7a1e93: benchmark data, not to be trained on
