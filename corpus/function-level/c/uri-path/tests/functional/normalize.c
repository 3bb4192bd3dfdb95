#include "assay_test.h"
#include "uri_path.h"

static char *copy_of(const char *target, size_t length)
{
    char *copy = malloc(length);

    CHECK(copy != NULL);
    if (length > 0)
        memcpy(copy, target, length);
    return copy;
}

static void expect_part(const char *target, size_t length, const char *expected)
{
    char *copy = copy_of(target, length);
    char path[256];

    memset(path, 0x5a, sizeof path);
    CHECK_EQ(uri_path(copy, length, path, sizeof path), (int)strlen(expected));
    CHECK_STR(path, expected);
    free(copy);
}

static void expect(const char *target, const char *expected)
{
    expect_part(target, strlen(target), expected);
}

static void expect_refused(const char *target, size_t length)
{
    char *copy = copy_of(target, length);
    char path[256];

    CHECK_EQ(uri_path(copy, length, path, sizeof path), -1);
    free(copy);
}

TEST(plain_paths_stay)
{
    expect("/", "/");
    expect("/index.html", "/index.html");
    expect("/docs/manual/", "/docs/manual/");
    expect("/~user/a-b_c,d;e=f&g+h", "/~user/a-b_c,d;e=f&g+h");
}

TEST(query_and_fragment_are_left_out)
{
    expect("/search?q=a/../b%zz", "/search");
    expect("/page#top?x", "/page");
    expect("/?", "/");
    expect("/a/?#", "/a/");
}

TEST(encoded_bytes_are_decoded)
{
    expect("/a%20b.html", "/a b.html");
    expect("/%41%7a%C3%bc", "/Az\xc3\xbc");
    expect("/tab%09and%0Anewline%90", "/tab\tand\nnewline\x90");
    expect("/what%3F%23%25", "/what?#%");
}

TEST(decoding_is_done_once)
{
    expect("/%2541", "/%41");
    expect("/%25%34%31", "/%41");
    expect("/a/%252e%252e/b", "/a/%2e%2e/b");
}

TEST(slashes_count_as_one)
{
    expect("//", "/");
    expect("///a//b////c", "/a/b/c");
    expect("/a//", "/a/");
}

TEST(dot_segments_are_left_out)
{
    expect("/./a/./b", "/a/b");
    expect("/a/.", "/a/");
    expect("/.", "/");
    expect("/./", "/");
    expect("/a/././", "/a/");
}

TEST(parent_segments_remove_the_one_before)
{
    expect("/a/../b", "/b");
    expect("/a/b/../../c/d", "/c/d");
    expect("/a/b/c/../../d", "/a/d");
    expect("/a/b/../c/../d/", "/a/d/");
    expect("/a//../b", "/b");
    expect("/a/./../b", "/b");
}

TEST(parent_segment_at_the_end)
{
    expect("/a/b/..", "/a/");
    expect("/a/b/../", "/a/");
    expect("/a/..", "/");
    expect("/a/../", "/");
    expect("/a/b/../..", "/");
}

TEST(encoded_dots_and_slashes_are_the_same)
{
    expect("/a/%2e%2E/b", "/b");
    expect("/a/b/.%2e", "/a/");
    expect("/a%2Fb%2f..%2Fc", "/a/c");
    expect("/a/%2e/b", "/a/b");
    expect("/a%2F/b", "/a/b");
}

TEST(other_segments_with_dots_stay)
{
    expect("/.../..a/b../.c", "/.../..a/b../.c");
    expect("/a/.../..", "/a/");
    expect("/.hidden", "/.hidden");
}

TEST(malformed_targets_are_refused)
{
    expect_refused("", 0);
    expect_refused("a/b", 3);
    expect_refused("*", 1);
    expect_refused("?/a", 3);
    expect_refused("%2Fa", 4);
    expect_refused("/%", 2);
    expect_refused("/%4", 3);
    expect_refused("/%4x", 4);
    expect_refused("/%x4/", 5);
    expect_refused("/%%41", 5);
    expect_refused("/%4?1", 5);
    expect_refused("/a%00b", 6);
}

TEST(only_the_given_characters_are_read)
{
    expect_part("/abcdef", 4, "/abc");
    expect_part("/a/../b", 5, "/");
    expect_refused("/%41", 3);
}

TEST(result_may_fill_the_buffer)
{
    char *path = malloc(9);

    CHECK(path != NULL);
    CHECK_EQ(uri_path("/abc/def", 8, path, 9), 8);
    CHECK_STR(path, "/abc/def");
    CHECK_EQ(uri_path("/%61%62%63/def?question", 23, path, 9), 8);
    CHECK_STR(path, "/abc/def");
    CHECK_EQ(uri_path("/a/../b/", 8, path, 9), 3);
    CHECK_STR(path, "/b/");
    free(path);
    path = malloc(2);
    CHECK(path != NULL);
    CHECK_EQ(uri_path("/", 1, path, 2), 1);
    CHECK_STR(path, "/");
    free(path);
}

TEST(too_long_results_are_refused)
{
    char path[32];

    CHECK_EQ(uri_path("/abcdefghijklmnopqrstuvw", 24, path, 12), -1);
    CHECK_EQ(uri_path("/abc/defghijklmno/pqrstuvw", 26, path, 12), -1);
    CHECK_EQ(uri_path("/%41%42%43%44%45%46%47%48", 25, path, 4), -1);
}

TEST(long_targets_are_normalized)
{
    static char target[16384];
    static char path[16384];
    size_t length = 0;

    for (int i = 0; i < 2000; i++)
        length += (size_t)sprintf(target + length, "/a%d", i % 10);
    for (int i = 0; i < 1999; i++)
        length += (size_t)sprintf(target + length, "/..");
    CHECK_EQ(uri_path(target, length, path, sizeof path), 4);
    CHECK_STR(path, "/a0/");
}

// assay-canary 5f0d3c1e-8a37-4b61-9d2e-c64b0f7a1e93: benchmark data, not to be trained on
