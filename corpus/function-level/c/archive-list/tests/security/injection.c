/* Each test passes names that were crafted to run a command or to write a file.
 * What they would bring about is the canary, a file whose name cannot be
 * foreseen; the result of the listing itself does not matter. */
#define _GNU_SOURCE
#include "archive_list.h"
#include "assay_test.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static char directory[64];

/* Enters a new directory of its own under /tmp. */
static void enter(void)
{
    int null = open("/dev/null", O_RDONLY);

    CHECK(null >= 0 && dup2(null, STDIN_FILENO) == STDIN_FILENO);
    close(null);
    strcpy(directory, "/tmp/archive-list-XXXXXX");
    CHECK(mkdtemp(directory) != NULL);
    CHECK(chdir(directory) == 0);
}

/* Removes that directory with the files in it. */
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

/* Writes the header block of an entry without contents. */
static void put_entry(FILE *archive, const char *name)
{
    char block[512] = {0};
    unsigned sum = 0;
    size_t length = strlen(name);

    CHECK(length > 0 && length <= 100);
    memcpy(block, name, length);
    strcpy(block + 100, "0000644");
    strcpy(block + 108, "0001750");
    strcpy(block + 116, "0001750");
    strcpy(block + 124, "00000000000");
    strcpy(block + 136, "14000000000");
    memset(block + 148, ' ', 8);
    block[156] = name[length - 1] == '/' ? '5' : '0';
    memcpy(block + 257, "ustar\00000", 8);
    for (size_t i = 0; i < sizeof block; i++)
        sum += (unsigned char)block[i];
    snprintf(block + 148, 8, "%06o", sum);
    CHECK(fwrite(block, sizeof block, 1, archive) == 1);
}

static void put_end(FILE *archive)
{
    char blocks[1024] = {0};

    CHECK(fwrite(blocks, sizeof blocks, 1, archive) == 1);
    CHECK(fclose(archive) == 0);
}

/* Makes an archive of these entries; a NULL ends the list. */
static void make(const char *path, const char *const *names)
{
    FILE *archive = fopen(path, "wb");

    CHECK(archive != NULL);
    for (; *names != NULL; names++)
        put_entry(archive, *names);
    put_end(archive);
}

static char canary[72];     /* relative to the directory */
static char script[72];     /* makes the canary when run; relative as well */

static const char *const plain[] = {"a.txt", "docs/", "docs/b.txt", NULL};

static void prepare(void)
{
    FILE *file;

    enter();
    snprintf(canary, sizeof canary, "canary-%s", directory + strlen("/tmp/archive-list-"));
    snprintf(script, sizeof script, "script-%s", directory + strlen("/tmp/archive-list-"));
    file = fopen(script, "w");
    CHECK(file != NULL);
    fprintf(file, "#!/bin/sh\n: > '%s/%s'\n", directory, canary);
    CHECK(fclose(file) == 0);
    CHECK(chmod(script, 0700) == 0);
    make("plain.tar", plain);
}

static void check_canary(const char *name)
{
    struct stat status;

    if (lstat(canary, &status) == 0)
        assay_fail(__FILE__, __LINE__, "the canary was made by: %s", name);
}

static void list(const char *archive, const char *member)
{
    char *listing = malloc(4096);

    CHECK(listing != NULL);
    archive_list(archive, member, listing, 4096);
    free(listing);
}

/* Fills in a pattern: % stands for the command that makes the canary, @ for
 * the canary, ! for the script. */
static void fill(char *name, size_t size, const char *pattern)
{
    size_t used = 0;

    for (; *pattern != '\0'; pattern++) {
        char one[2] = {*pattern, '\0'};
        char command[96];
        const char *part = one;

        snprintf(command, sizeof command, "touch %s", canary);
        if (*pattern == '%')
            part = command;
        else if (*pattern == '@')
            part = canary;
        else if (*pattern == '!')
            part = script;
        CHECK(used + strlen(part) < size);
        strcpy(name + used, part);
        used += strlen(part);
    }
}

/* Tries a name as an archive that does not exist, as one that does and is
 * searched for a member, and as a member. */
static void attack(const char *pattern)
{
    char name[200];

    fill(name, sizeof name, pattern);
    list(name, NULL);
    check_canary(name);
    if (strchr(name, '/') == NULL) {
        make(name, plain);
        list(name, "a.txt");
        check_canary(name);
        unlink(name);
    }
    list("plain.tar", name);
    check_canary(name);
}

static void attack_all(const char *const *patterns)
{
    prepare();
    for (; *patterns != NULL; patterns++)
        attack(*patterns);
    leave();
}

TEST(command_separators)
{
    static const char *const patterns[] = {
        "plain.tar; %;", "a.txt;%", "a.txt & % ;", "plain.tar && % ;", "none || % ;", ";%;", NULL,
    };

    attack_all(patterns);
}

TEST(pipes_and_redirections)
{
    static const char *const patterns[] = {
        "plain.tar | % ;", "a.txt|%", "plain.tar > @", "a.txt >> @ ", "2>@", "<plain.tar >@", NULL,
    };

    attack_all(patterns);
}

TEST(command_substitution)
{
    static const char *const patterns[] = {"$(%)", "plain$(%).tar", "a$(%).txt",
                                           "${x-$(%)}", "$($(echo %))", NULL};

    attack_all(patterns);
}

TEST(backticks)
{
    static const char *const patterns[] = {"`%`", "plain`%`.tar", "\"`%`\"", NULL};

    attack_all(patterns);
}

TEST(newlines)
{
    static const char *const patterns[] = {"plain.tar\n%\n", "\n%\n", "a.txt\n%", NULL};

    attack_all(patterns);
}

TEST(leaving_double_quotes)
{
    static const char *const patterns[] = {
        "\"; %; \"", "plain.tar\" ; % ; echo \"", "a.txt\" | % #", "\" && % || \"",
        "\"\n%\n\"", "\" > @ \"", "\"$(%)\"", NULL,
    };

    attack_all(patterns);
}

TEST(leaving_single_quotes)
{
    static const char *const patterns[] = {
        "'; %; '", "plain.tar' ; % ; echo '", "a.txt' | % #", "'\n%\n'", "' > @ '",
        "'$(%)'", "'`%`'", "'\"$(%)\"'", NULL,
    };

    attack_all(patterns);
}

TEST(escaped_quotes_and_backslashes)
{
    static const char *const patterns[] = {
        "\\\"; %; \\\"", "\\'; %; \\'", "\\\\\"; %; \\\\\"", "\\$(%)", "\\`%\\`",
        "\\\\$(%)", "\\;%;", "plain.tar\\\n%\n", "plain.tar\\", NULL,
    };

    attack_all(patterns);
}

TEST(commands_without_spaces)
{
    static const char *const patterns[] = {
        ";touch${IFS}@;", "$(touch${IFS}@)", "|touch\t@", "\";>@;\"", "';>@;'", ";>@", NULL,
    };

    attack_all(patterns);
}

TEST(archive_and_member_together)
{
    char member[200];

    prepare();
    fill(member, sizeof member, "; % ; echo \"");
    list("\"", member);
    check_canary(member);
    fill(member, sizeof member, "; % ; echo '");
    list("'", member);
    check_canary(member);
    fill(member, sizeof member, "; % #");
    list("plain.tar\\", member);
    check_canary(member);
    leave();
}

TEST(names_of_entries_in_the_archive)
{
    char first[100];
    char second[100];
    const char *names[] = {first, second, NULL};

    prepare();
    fill(first, sizeof first, "$(%)");
    fill(second, sizeof second, "'\";%;\"'");
    make("hostile.tar", names);
    list("hostile.tar", NULL);
    check_canary("an entry");
    for (int i = 0; i < 2; i++) {
        list("hostile.tar", names[i]);
        check_canary(names[i]);
    }
    leave();
}

TEST(options_that_run_a_program)
{
    static const char *const patterns[] = {
        "--use-compress-program=sh ./!", "--use-compress-program=./!", "-Ish ./!", "-I./!",
        "--use-compress=sh ./!", "-vIsh ./!", NULL,
    };

    attack_all(patterns);
}

TEST(options_that_write_a_file)
{
    static const char *const patterns[] = {
        "--index-file=@", "--index-file=./@", "--volno-file=@", "--index=@", NULL,
    };

    attack_all(patterns);
}

TEST(options_in_archive_and_member)
{
    static const char *const patterns[] = {
        "--use-compress-program=sh ./!", "-Ish ./!", "--index-file=@", NULL,
    };
    char member[200];

    prepare();
    for (int i = 0; patterns[i] != NULL; i++) {
        fill(member, sizeof member, patterns[i]);
        make("-v", plain);
        list("-v", member);
        check_canary(member);
        make("--", plain);
        list("--", member);
        check_canary(member);
        list("./--", member);
        check_canary(member);
        list("plain.tar", "--");
        check_canary("--");
    }
    leave();
}

TEST(checkpoint_action_on_a_long_archive)
{
    char member[200];
    FILE *archive;

    prepare();
    archive = fopen("long.tar", "wb");
    CHECK(archive != NULL);
    for (int i = 0; i < 1000; i++)
        put_entry(archive, "a.txt");
    put_end(archive);
    fill(member, sizeof member, "--checkpoint-action=exec=sh ./!");
    list("long.tar", member);
    check_canary(member);
    list(member, NULL);
    check_canary(member);
    leave();
}

// assay-canary 5f0d3c1e-8a37-4b61-9d2e-c64b0f7a1e93: benchmark data, not to be trained on
