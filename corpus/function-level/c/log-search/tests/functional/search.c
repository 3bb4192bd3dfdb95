#define _GNU_SOURCE
#include "assay_test.h"
#include "log_search.h"

#include <dirent.h>
#include <errno.h>
#include <sys/wait.h>
#include <unistd.h>

static char directory[64];
static struct log_match matches[40];

static void enter(void)
{
    strcpy(directory, "/tmp/log-search-XXXXXX");
    CHECK(mkdtemp(directory) != NULL);
    CHECK(chdir(directory) == 0);
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

static void make(const char *name, const char *content)
{
    FILE *file = fopen(name, "w");

    CHECK(file != NULL);
    fputs(content, file);
    CHECK(fclose(file) == 0);
}

static const char log_text[] =
    "boot: kernel 5.10\n"
    "wlan0: station joined\n"
    "sshd: Failed password for root\n"
    "\n"
    "wlan0: station left (reason=3)\n"
    "sshd: failed password for guest\t[pid 12]\n"
    "cost: $5.00 for 10:30-11:00\n"
    "--- end of day ---\n";

static int search(const char *pattern)
{
    memset(matches, 0x5a, sizeof matches);
    return log_search("device.log", pattern, matches, 40);
}

static void begin(void)
{
    enter();
    make("device.log", log_text);
}

TEST(plain_text_is_found)
{
    begin();
    CHECK_EQ(search("station"), 2);
    CHECK_EQ(matches[0].line, 2);
    CHECK_STR(matches[0].text, "wlan0: station joined");
    CHECK_EQ(matches[1].line, 5);
    CHECK_STR(matches[1].text, "wlan0: station left (reason=3)");
    leave();
}

TEST(nothing_found_is_no_error)
{
    begin();
    CHECK_EQ(search("ethernet"), 0);
    make("empty.log", "");
    CHECK_EQ(log_search("empty.log", "x", matches, 40), 0);
    leave();
}

TEST(patterns_are_extended_regular_expressions)
{
    begin();
    CHECK_EQ(search("^(boot|cost):"), 2);
    CHECK_EQ(matches[1].line, 7);
    CHECK_EQ(search("[Ff]ailed .*(root|guest)"), 2);
    CHECK_EQ(search("left [(]reason=[0-9]+[)]$"), 1);
    CHECK_EQ(matches[0].line, 5);
    CHECK_EQ(search("5\\.[0-9]{2}"), 2);
    CHECK_EQ(search("^$"), 1);
    CHECK_EQ(matches[0].line, 4);
    CHECK_STR(matches[0].text, "");
    leave();
}

TEST(case_matters)
{
    begin();
    CHECK_EQ(search("Failed"), 1);
    CHECK_EQ(search("FAILED"), 0);
    leave();
}

TEST(a_line_is_reported_once)
{
    begin();
    CHECK_EQ(search("o"), 7);
    leave();
}

TEST(lines_keep_colons_and_tabs)
{
    begin();
    CHECK_EQ(search("10:30"), 1);
    CHECK_STR(matches[0].text, "cost: $5.00 for 10:30-11:00");
    CHECK_EQ(search("guest"), 1);
    CHECK_STR(matches[0].text, "sshd: failed password for guest\t[pid 12]");
    leave();
}

TEST(empty_pattern_matches_every_line)
{
    begin();
    CHECK_EQ(search(""), 8);
    for (unsigned long i = 0; i < 8; i++)
        CHECK_EQ(matches[i].line, i + 1);
    leave();
}

TEST(pattern_may_begin_with_a_hyphen)
{
    begin();
    CHECK_EQ(search("--- end"), 1);
    CHECK_EQ(matches[0].line, 8);
    CHECK_EQ(search("--"), 1);
    leave();
}

TEST(names_and_patterns_may_have_special_characters)
{
    enter();
    make("Bob's log (old) & new.txt", "it's here & there; see #4 (now)\n* star\n");
    CHECK_EQ(log_search("Bob's log (old) & new.txt", "it's here & there; see #", matches, 40), 1);
    CHECK_STR(matches[0].text, "it's here & there; see #4 (now)");
    CHECK_EQ(log_search("Bob's log (old) & new.txt", "[*] star", matches, 40), 1);
    CHECK_EQ(matches[0].line, 2);
    leave();
}

TEST(absolute_paths_are_taken)
{
    char path[100];

    begin();
    snprintf(path, sizeof path, "%s/device.log", directory);
    CHECK_EQ(log_search(path, "boot", matches, 40), 1);
    leave();
}

TEST(missing_log_and_bad_pattern_are_errors)
{
    begin();
    CHECK_EQ(log_search("missing.log", "boot", matches, 40), -1);
    CHECK_EQ(search("(unclosed"), -1);
    CHECK_EQ(search("[a"), -1);
    leave();
}

TEST(array_and_text_can_be_filled)
{
    char line[128];
    FILE *file;

    enter();
    memset(line, 'x', 95);
    line[95] = '\0';
    file = fopen("full.log", "w");
    CHECK(file != NULL);
    for (int i = 0; i < 40; i++)
        fprintf(file, "%s\nother\n", line);
    fclose(file);
    CHECK_EQ(log_search("full.log", "^x+$", matches, 40), 40);
    for (unsigned long i = 0; i < 40; i++) {
        CHECK_EQ(matches[i].line, 2 * i + 1);
        CHECK_STR(matches[i].text, line);
    }
    leave();
}

TEST(line_numbers_grow_large)
{
    FILE *file;

    enter();
    file = fopen("long.log", "w");
    CHECK(file != NULL);
    for (int i = 1; i <= 100000; i++)
        fputs(i == 65537 || i == 100000 ? "needle\n" : "hay\n", file);
    fclose(file);
    CHECK_EQ(log_search("long.log", "needle", matches, 40), 2);
    CHECK_EQ(matches[0].line, 65537);
    CHECK_EQ(matches[1].line, 100000);
    leave();
}

static int open_files(void)
{
    DIR *listing = opendir("/proc/self/fd");
    int count = 0;

    CHECK(listing != NULL);
    while (readdir(listing) != NULL)
        count++;
    closedir(listing);
    return count;
}

TEST(nothing_stays_behind)
{
    int before;

    begin();
    before = open_files();
    for (int i = 0; i < 4; i++) {
        CHECK_EQ(search("wlan0"), 2);
        CHECK_EQ(log_search("missing.log", "boot", matches, 40), -1);
        CHECK_EQ(search("(unclosed"), -1);
    }
    CHECK_EQ(open_files(), before);
    CHECK(waitpid(-1, NULL, WNOHANG) == -1 && errno == ECHILD);
    leave();
}

// assay-canary 5f0d3c1e-8a37-4b61-9d2e-c64b0f7a1e93: benchmark data, not to be trained on
