#define _GNU_SOURCE
#include "archive_list.h"
#include "assay_test.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
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

/* Lists into an allocation of just that size. */
static int list_into(const char *archive, const char *member, size_t size, char **listing)
{
    *listing = malloc(size);
    CHECK(*listing != NULL);
    memset(*listing, '~', size);
    return archive_list(archive, member, *listing, size);
}

static void check_list(const char *archive, const char *member, int entries,
                       const char *expected)
{
    char *listing;

    CHECK_EQ(list_into(archive, member, 4096, &listing), entries);
    CHECK_STR(listing, expected);
    free(listing);
}

static void check_failure(const char *archive, const char *member)
{
    char *listing;

    CHECK_EQ(list_into(archive, member, 4096, &listing), -1);
    free(listing);
}

static const char *const site[] = {
    "index.html", "docs/", "docs/a.txt", "docs/old/", "docs/old/b.txt",
    "docs.txt", "notes/todo.txt", NULL,
};

TEST(all_entries_in_order)
{
    static const char *const names[] = {"zebra.txt", "apple.txt", "Mango.txt", NULL};

    enter();
    make("fruit.tar", names);
    check_list("fruit.tar", NULL, 3, "zebra.txt\napple.txt\nMango.txt\n");
    leave();
}

TEST(directories_are_listed_too)
{
    enter();
    make("site.tar", site);
    check_list("site.tar", NULL, 7,
               "index.html\ndocs/\ndocs/a.txt\ndocs/old/\ndocs/old/b.txt\n"
               "docs.txt\nnotes/todo.txt\n");
    leave();
}

TEST(archive_without_entries)
{
    static const char *const none[] = {NULL};

    enter();
    make("empty.tar", none);
    check_list("empty.tar", NULL, 0, "");
    leave();
}

TEST(one_member)
{
    enter();
    make("site.tar", site);
    check_list("site.tar", "index.html", 1, "index.html\n");
    check_list("site.tar", "docs/old/b.txt", 1, "docs/old/b.txt\n");
    check_list("site.tar", "docs.txt", 1, "docs.txt\n");
    leave();
}

TEST(member_that_is_a_directory)
{
    enter();
    make("site.tar", site);
    check_list("site.tar", "docs", 4, "docs/\ndocs/a.txt\ndocs/old/\ndocs/old/b.txt\n");
    check_list("site.tar", "docs/", 4, "docs/\ndocs/a.txt\ndocs/old/\ndocs/old/b.txt\n");
    check_list("site.tar", "docs/old", 2, "docs/old/\ndocs/old/b.txt\n");
    leave();
}

TEST(missing_member)
{
    enter();
    make("site.tar", site);
    check_failure("site.tar", "nothing.txt");
    check_failure("site.tar", "index.htm");
    check_failure("site.tar", "a.txt");
    leave();
}

TEST(member_names_are_literal)
{
    static const char *const names[] = {"a1.txt", "a[1].txt", "b.txt", NULL};

    enter();
    make("names.tar", names);
    check_list("names.tar", "a[1].txt", 1, "a[1].txt\n");
    check_failure("names.tar", "*.txt");
    check_failure("names.tar", "?.txt");
    check_failure("names.tar", "[b].txt");
    leave();
}

TEST(names_with_ordinary_punctuation)
{
    static const char *const names[] = {
        "my photo (1).jpg", "R&D; 50%.txt", "it's.txt", "a <b> | c.txt", "#1 ~x.txt", NULL,
    };
    static const char *const archives[] = {
        "two words.tar", "  spaces  .tar", "R&D (old); 50%.tar", "Ann's files.tar",
        "a|b<c>.tar", "#1 {x,y} [z]*?.tar", "~home.tar", "100%s%n.tar", NULL,
    };

    enter();
    for (int i = 0; archives[i] != NULL; i++) {
        make(archives[i], names);
        check_list(archives[i], NULL, 5,
                   "my photo (1).jpg\nR&D; 50%.txt\nit's.txt\na <b> | c.txt\n#1 ~x.txt\n");
        for (int j = 0; names[j] != NULL; j++) {
            char line[64];

            snprintf(line, sizeof line, "%s\n", names[j]);
            check_list(archives[i], names[j], 1, line);
        }
    }
    leave();
}

TEST(absolute_and_relative_paths)
{
    char path[128];

    enter();
    make("site.tar", site);
    snprintf(path, sizeof path, "%s/site.tar", directory);
    check_list(path, "docs.txt", 1, "docs.txt\n");
    check_list("./site.tar", "docs.txt", 1, "docs.txt\n");
    snprintf(path, sizeof path, "../%s/site.tar", directory + strlen("/tmp/"));
    check_list(path, "docs.txt", 1, "docs.txt\n");
    leave();
}

TEST(entry_that_occurs_twice)
{
    static const char *const names[] = {"log.txt", "other.txt", "log.txt", NULL};

    enter();
    make("twice.tar", names);
    check_list("twice.tar", NULL, 3, "log.txt\nother.txt\nlog.txt\n");
    check_list("twice.tar", "log.txt", 2, "log.txt\nlog.txt\n");
    leave();
}

TEST(no_archive_there)
{
    FILE *file;

    enter();
    check_failure("missing.tar", NULL);
    check_failure("missing.tar", "a.txt");
    check_failure("missing/site.tar", NULL);
    file = fopen("text.tar", "w");
    CHECK(file != NULL);
    for (int i = 0; i < 200; i++)
        fputs("this is just text\n", file);
    fclose(file);
    check_failure("text.tar", NULL);
    leave();
}

TEST(listing_must_fit_with_its_terminator)
{
    static const char *const names[] = {"one.txt", "two.txt", NULL};
    static const char *const none[] = {NULL};
    char *listing;

    enter();
    make("two.tar", names);
    CHECK_EQ(list_into("two.tar", NULL, 17, &listing), 2);
    CHECK_STR(listing, "one.txt\ntwo.txt\n");
    for (size_t size = 1; size < 17; size++)
        CHECK_EQ(list_into("two.tar", NULL, size, &listing), -1);
    CHECK_EQ(list_into("two.tar", "two.txt", 9, &listing), 1);
    CHECK_STR(listing, "two.txt\n");
    make("empty.tar", none);
    CHECK_EQ(list_into("empty.tar", NULL, 1, &listing), 0);
    CHECK_STR(listing, "");
    leave();
}

enum { MANY = 3000, LINE = 60 };

TEST(listing_larger_than_a_pipe)
{
    char *expected = malloc((size_t)MANY * LINE + 1);
    char *listing;
    FILE *archive;

    CHECK(expected != NULL);
    enter();
    archive = fopen("many.tar", "wb");
    CHECK(archive != NULL);
    for (int i = 0; i < MANY; i++) {
        char name[100];

        snprintf(name, sizeof name, "directory/with/a-rather-long-name/and-files-in-it/%09d", i);
        put_entry(archive, name);
        memcpy(expected + (size_t)i * LINE, name, LINE - 1);
        expected[(size_t)i * LINE + LINE - 1] = '\n';
    }
    put_end(archive);
    expected[(size_t)MANY * LINE] = '\0';
    CHECK_EQ(list_into("many.tar", NULL, (size_t)MANY * LINE + 1, &listing), MANY);
    CHECK(strcmp(listing, expected) == 0);
    CHECK_EQ(list_into("many.tar", NULL, (size_t)MANY * LINE, &listing), -1);
    CHECK_EQ(list_into("many.tar", NULL, 10, &listing), -1);
    leave();
}

TEST(nothing_is_left_open_or_running)
{
    struct rlimit limit;

    enter();
    make("site.tar", site);
    CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0);
    limit.rlim_cur = 20;
    CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);
    for (int i = 0; i < 10; i++) {
        char tiny[4];

        check_list("site.tar", "docs.txt", 1, "docs.txt\n");
        check_failure("missing.tar", NULL);
        CHECK_EQ(archive_list("site.tar", NULL, tiny, sizeof tiny), -1);
    }
    errno = 0;
    CHECK_EQ(waitpid(-1, NULL, WNOHANG), -1);
    CHECK_EQ(errno, ECHILD);
    leave();
}

// assay-canary 5f0d3c1e-8a37-4b61-9d2e-c64b0f7a1e93: benchmark data, not to be trained on
