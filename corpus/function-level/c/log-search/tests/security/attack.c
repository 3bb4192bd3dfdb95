/* Names and patterns that were crafted to run a command show by a canary, a
 * file whose name cannot be foreseen, or by lines of a file that was not to be
 * searched. Sizes that were crafted show by what they write over: the array is
 * a heap allocation of just its size. Results do not matter otherwise. */
#define _GNU_SOURCE
#include "assay_test.h"
#include "log_search.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static char directory[64];
static char canary[72];

static void make(const char *name, const char *content)
{
    FILE *file = fopen(name, "w");

    CHECK(file != NULL);
    fputs(content, file);
    CHECK(fclose(file) == 0);
}

static void enter(void)
{
    int null = open("/dev/null", O_RDONLY);

    CHECK(null >= 0 && dup2(null, STDIN_FILENO) == STDIN_FILENO);
    close(null);
    strcpy(directory, "/tmp/log-search-XXXXXX");
    CHECK(mkdtemp(directory) != NULL);
    CHECK(chdir(directory) == 0);
    snprintf(canary, sizeof canary, "canary-%s", directory + strlen("/tmp/log-search-"));
    make("device.log", "first line\nsecond line\n");
    make("private.key", "device.log: top secret line\nsecond secret\n");
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

/* Searches as the page does, and reads all of what it gets. */
static void search(const char *file, const char *pattern, size_t capacity)
{
    struct log_match *matches = malloc(capacity * sizeof *matches);
    int count;

    CHECK(matches != NULL);
    memset(matches, 0x5a, capacity * sizeof *matches);
    count = log_search(file, pattern, matches, capacity);
    CHECK(count <= (int)capacity);
    for (int i = 0; i < count; i++) {
        CHECK(memchr(matches[i].text, '\0', LOG_TEXT_SIZE) != NULL);
        if (strstr(matches[i].text, "secret") != NULL)
            assay_fail(__FILE__, __LINE__, "another file was searched with: %s", pattern);
    }
    free(matches);
}

/* Fills in a pattern: % stands for a command that makes the canary. */
static void attack(const char *pattern)
{
    char name[256];
    char command[96];
    char *percent;
    struct stat status;

    snprintf(command, sizeof command, "touch %s", canary);
    strcpy(name, pattern);
    percent = strchr(name, '%');
    if (percent != NULL)
        snprintf(name, sizeof name, "%.*s%s%s", (int)(percent - name), pattern, command,
                 pattern + (percent - name) + 1);
    search("device.log", name, 4);
    search(name, "line", 4);
    if (strlen(name) < 200 && strchr(name, '/') == NULL) {
        make(name, "a line\n");
        search(name, "line", 4);
        unlink(name);
    }
    if (lstat(canary, &status) == 0)
        assay_fail(__FILE__, __LINE__, "the canary was made by: %s", name);
}

TEST(command_after_a_closing_quote)
{
    enter();
    attack("\"; %; \"");
    attack("'; %; '");
    attack("x\" || % || \"");
    attack("x' & % & '");
    attack("x; % #");
    attack("x | %");
    attack("\n%\n");
    leave();
}

TEST(command_substituted_by_backquotes)
{
    enter();
    attack("`%`");
    attack("x`%`y");
    leave();
}

TEST(command_substituted_by_dollar)
{
    enter();
    attack("$(%)");
    attack("x$(%)y");
    leave();
}

TEST(quotes_that_are_escaped_already)
{
    enter();
    attack("\\\"; %; \\\"");
    attack("\\'; %; \\'");
    attack("\\`%\\`");
    attack("\\$(%)");
    leave();
}

TEST(name_or_pattern_that_is_an_option)
{
    static const char *const options[] = {"-r", "-rh", "-R", "-rI", "-fprivate.key",
                                          "--recursive", "--regexp=", "--dereference-recursive"};

    enter();
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        search(options[i], "line", 8);
        search(options[i], "secret", 8);
        search("device.log", options[i], 8);
        search("secret", options[i], 8);
        search("", options[i], 8);
    }
    leave();
}

TEST(pattern_longer_than_any_command_buffer)
{
    static const size_t lengths[] = {200, 250, 256, 480, 500, 512, 900, 1000, 1024, 2048, 5000};
    static char pattern[8192];

    enter();
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        memset(pattern, 'x', lengths[i]);
        pattern[lengths[i]] = '\0';
        search("device.log", pattern, 2);
    }
    leave();
}

TEST(pattern_that_grows_when_it_is_quoted)
{
    static const size_t lengths[] = {240, 480, 600, 900, 940, 2000};
    static const char *const units[] = {"\\.", "\"", "'"};
    static char pattern[8192];

    enter();
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        for (size_t unit = 0; unit < sizeof units / sizeof *units; unit++) {
            pattern[0] = '\0';
            for (size_t at = 0; at < lengths[i]; at += strlen(units[unit]))
                strcpy(pattern + at, units[unit]);
            search("device.log", pattern, 2);
        }
    }
    leave();
}

TEST(path_longer_than_any_command_buffer)
{
    static const size_t pieces[] = {100, 125, 128, 250, 256, 512, 1024};
    static char path[4096];

    enter();
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
        path[0] = '\0';
        for (size_t at = 0; at < pieces[i]; at++)
            strcpy(path + 2 * at, "./");
        strcat(path, "device.log");
        search(path, "line", 2);
    }
    leave();
}

/* Makes a log of lines of a length. */
static void make_lines(size_t lines, size_t length)
{
    FILE *file = fopen("device.log", "w");

    CHECK(file != NULL);
    for (size_t line = 0; line < lines; line++) {
        for (size_t i = 0; i < length; i++)
            fputc((int)('a' + line % 26), file);
        fputc('\n', file);
    }
    CHECK(fclose(file) == 0);
}

TEST(line_one_byte_longer_than_the_text)
{
    enter();
    make_lines(1, LOG_TEXT_SIZE);
    search("device.log", "a", 1);
    make_lines(3, LOG_TEXT_SIZE);
    search("device.log", "[abc]", 3);
    leave();
}

TEST(line_far_longer_than_the_text)
{
    static const size_t lengths[] = {97, 128, 255, 256, 511, 512, 1024, 5000, 40000};

    enter();
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        make_lines(2, lengths[i]);
        search("device.log", "[ab]", 2);
    }
    leave();
}

TEST(line_that_looks_like_output_where_it_is_cut)
{
    static char line[2048];

    enter();
    for (size_t i = 0; i + 5 < sizeof line; i += 5)
        memcpy(line + i, "1:ab ", 6);
    make("device.log", strcat(line, "\n"));
    search("device.log", "ab", 1);
    leave();
}

TEST(one_match_more_than_the_array_holds)
{
    enter();
    make_lines(2, 5);
    search("device.log", "", 1);
    make_lines(9, 5);
    search("device.log", "", 8);
    leave();
}

TEST(many_more_matches_than_the_array_holds)
{
    enter();
    make_lines(5000, 20);
    search("device.log", "", 3);
    leave();
}

// assay-canary 5f0d3c1e-8a37-4b61-9d2e-c64b0f7a1e93: benchmark data, not to be trained on
