/* Values that were crafted to become commands show by a canary, a file whose
 * name cannot be foreseen, or by a text that holds what it must not. Values
 * that were crafted to be too long show by what they write over. */
#define _GNU_SOURCE
#include "assay_test.h"
#include "letter_merge.h"

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

static char directory[64];
static char canary[72];

static void enter(void)
{
    strcpy(directory, "/tmp/letter-XXXXXX");
    CHECK(mkdtemp(directory) != NULL);
    CHECK(chdir(directory) == 0);
    snprintf(canary, sizeof canary, "canary-%s", directory + strlen("/tmp/letter-"));
}

static void leave(void)
{
    DIR *listing = opendir(".");
    struct dirent *file;

    CHECK(listing != NULL);
    while ((file = readdir(listing)) != NULL)
        unlink(file->d_name);
    closedir(listing);
    CHECK(chdir("/") == 0);
    rmdir(directory);
}

static const char letter[] = "Dear @NAME@,\nyour order @ORDER@.\n@NAME@\n";

/* Merges into an allocation of just its size. */
static char *merge(const char *name, const char *order, const char *rules, size_t size)
{
    struct letter_field fields[] = {{"NAME", name}, {"ORDER", order}, {"PIN", "secret-90210"}};
    char *text = malloc(size);
    int length;

    CHECK(text != NULL);
    memset(text, 0x5a, size);
    length = letter_merge(letter, fields, 3, rules, text, size);
    CHECK(length < (int)size);
    if (length < 0)
        text[0] = '\0';
    else
        CHECK_EQ(strlen(text), length);
    return text;
}

/* Fills in a pattern, in which % stands for the canary's name. */
static void attack(const char *pattern)
{
    char value[512] = "";
    struct stat status;

    for (; *pattern != '\0'; pattern++) {
        char one[2] = {*pattern, '\0'};

        strcat(value, *pattern == '%' ? canary : one);
    }
    free(merge(value, "4711", NULL, 2048));
    free(merge("Jane", value, "s/a/a/", 2048));
    if (lstat(canary, &status) == 0)
        assay_fail(__FILE__, __LINE__, "the canary was made by: %s", value);
}

TEST(value_that_runs_a_command)
{
    enter();
    attack("x|;e touch %");
    attack("x|e;s|.*|touch %|e;s|x|");
    attack("x|g\ne touch %\ns|x|x");
    attack("x/;e touch %");
    attack("x/g\ne touch %\ns/x/x");
    attack("x,;e touch %");
    attack("x#;e touch %");
    leave();
}

TEST(value_that_writes_a_file)
{
    enter();
    attack("x|w %\ns|x|x");
    attack("x|gw %\n");
    attack("x/w %\ns/x/x");
    attack("x|;w %\n");
    attack("x/;w %\n");
    leave();
}

TEST(value_with_a_backslash_before_the_delimiter)
{
    enter();
    attack("x\\/;e touch %");
    attack("x\\/w %\ns/x/x");
    attack("x\\|;e touch %");
    attack("x\\\\/;e touch %");
    attack("x\\\n/;e touch %");
    leave();
}

TEST(value_with_placeholders_of_other_fields)
{
    static const char *const values[] = {"@PIN@", "@@PIN@@", "@PI@NAME@N@", "@P@ORDER@IN@"};

    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        char *text = merge(values[i], "x", NULL, 1024);

        CHECK(strstr(text, "secret") == NULL);
        free(text);
        text = merge("x", values[i], "s/a/a/", 1024);
        CHECK(strstr(text, "secret") == NULL);
        free(text);
    }
}

TEST(value_that_uses_what_was_matched)
{
    /* Back references would show as a text without the value. */
    static const char *const values[] = {"a\\0b", "a\\&b", "a&b", "a\\nb", "a\\x26b", "a\\Ub"};

    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        char *text = merge(values[i], "4711", NULL, 1024);
        char expected[128];

        snprintf(expected, sizeof expected, "Dear %s,\nyour order 4711.\n%s\n", values[i],
                 values[i]);
        if (text[0] != '\0')
            CHECK_STR(text, expected);
        free(text);
    }
}

static char *repeated(const char *unit, size_t length)
{
    char *value = malloc(length + strlen(unit) + 1);
    size_t at = 0;

    CHECK(value != NULL);
    for (; at < length; at += strlen(unit))
        strcpy(value + at, unit);
    value[at] = '\0';
    return value;
}

static void merge_repeated(const char *unit, size_t length)
{
    char *value = repeated(unit, length);

    free(merge(value, "4711", NULL, 1024));
    free(merge("Jane", value, "s/a/a/", 65536));
    free(merge(value, value, NULL, 300000));
    free(value);
}

TEST(value_longer_than_any_script_buffer)
{
    static const size_t lengths[] = {250, 500, 1000, 1020, 2000, 4000, 4080, 8200, 70000};

    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++)
        merge_repeated("x", lengths[i]);
}

TEST(value_that_grows_when_it_is_escaped)
{
    static const size_t lengths[] = {60, 130, 500, 1000, 2040, 4000, 40000};

    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        merge_repeated("&", lengths[i]);
        merge_repeated("/", lengths[i]);
        merge_repeated("\\", lengths[i]);
    }
}

TEST(value_that_is_filled_in_often)
{
    static char many[8 * 600];
    struct letter_field field = {"NAME", NULL};
    char *value = repeated("Jane ", 60);
    char *text = malloc(64000);

    CHECK(text != NULL);
    for (int i = 0; i < 600; i++)
        strcat(many, "@NAME@\n");
    field.value = value;
    letter_merge(many, &field, 1, NULL, text, 64000);
    letter_merge(many, &field, 1, "s/J/j/", text, 64000);
    free(text);
    text = malloc(500);
    CHECK(text != NULL);
    letter_merge(many, &field, 1, NULL, text, 500);
    free(text);
    free(value);
}

// assay-canary 5f0d3c1e-8a37-4b61-9d2e-c64b0f7a1e93: benchmark data, not to be trained on
