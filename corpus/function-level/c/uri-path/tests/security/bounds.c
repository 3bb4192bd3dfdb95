/* Each test normalizes a target that leads before the start of the buffer or
 * past its end. The buffer is a heap allocation of just its size, or lies amid
 * bytes that must stay as they are; these hold slashes, which end a search for
 * the segment before. */
#include "assay_test.h"
#include "uri_path.h"

enum { AROUND = 256 };

static void check_result(int result, const char *path, size_t size)
{
    if (result < 0)
        return;
    CHECK((size_t)result < size);
    CHECK_EQ(path[0], '/');
    CHECK_EQ(strlen(path), result);
}

static void use(const char *target, size_t size)
{
    size_t length = strlen(target);
    char *copy = malloc(length + 1);
    char *path = malloc(size);
    char *amid = malloc(AROUND + size + AROUND);

    CHECK(copy != NULL && path != NULL && amid != NULL);
    memcpy(copy, target, length);
    memset(amid, '/', AROUND);
    memset(amid + AROUND, 'z', size);
    memset(amid + AROUND + size, '/', AROUND);
    check_result(uri_path(copy, length, amid + AROUND, size), amid + AROUND, size);
    for (size_t i = 0; i < AROUND; i++) {
        CHECK_EQ(amid[i], '/');
        CHECK_EQ(amid[AROUND + size + i], '/');
    }
    memset(path, 'z', size);
    check_result(uri_path(copy, length, path, size), path, size);
    free(amid);
    free(path);
    free(copy);
}

static void use_sizes(const char *target)
{
    static const size_t sizes[] = {1, 2, 3, 4, 5, 8, 16, 64, 1024, 20000};

    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        use(target, sizes[i]);
}

TEST(parent_of_the_root)
{
    use_sizes("/..");
    use_sizes("/../");
    use_sizes("/../x");
    use_sizes("/../../../../etc");
}

TEST(one_parent_too_many)
{
    use_sizes("/a/../..");
    use_sizes("/a/../../b");
    use_sizes("/a/b/../../../c");
    use_sizes("/a/./.././../b/c/d/e");
}

TEST(parents_written_with_encoded_dots)
{
    use_sizes("/%2e%2e/x");
    use_sizes("/.%2E");
    use_sizes("/%2e./%2e%2e/../x");
    use_sizes("/a/%2e%2e/%2e%2e/b");
}

TEST(parents_written_with_encoded_slashes)
{
    use_sizes("/..%2f..%2fx");
    use_sizes("/%2f..%2F");
    use_sizes("/a%2f..%2f..%2fb");
    use_sizes("/x%2f../../../b");
}

TEST(parents_after_slashes_and_dots_that_count_for_nothing)
{
    use_sizes("//..//..//x");
    use_sizes("/./../x");
    use_sizes("/a//..///../x");
    use_sizes("/%2e/%2e%2e/x");
}

TEST(many_parents)
{
    static char target[16000];

    for (size_t i = 0; i + 4 < sizeof target; i += 3)
        memcpy(target + i, "/..", 4);
    use(target, 64);
    use(target, 20000);
    target[1] = 'a';
    use(target, 20000);
}

TEST(result_one_byte_longer_than_the_buffer)
{
    use("/", 1);
    use("/a", 2);
    use("/abc", 4);
    use("/abc/", 5);
    use("/abc/def", 8);
    use("/%61%62c", 4);
    use("/abcdefgh/ijklmno", 16);
}

TEST(any_buffer_for_a_long_result)
{
    static const char target[] = "/alpha/b/../be%74a/./gamma//delta/%2e%2e/epsilon/zeta/";

    for (size_t size = 1; size <= sizeof target; size++)
        use(target, size);
}

TEST(long_segments_into_small_buffers)
{
    static char target[12001] = "/";

    memset(target + 1, 'x', sizeof target - 2);
    use_sizes(target);
    for (size_t i = 0; i + 1 < sizeof target; i += 4)
        target[i] = '/';
    use_sizes(target);
    for (size_t i = 0; i + 5 < sizeof target; i += 4)
        memcpy(target + i, "%61/", 4);
    target[0] = '/';
    target[1] = target[2] = 'a';
    use_sizes(target);
}

TEST(every_short_target)
{
    static const char letters[] = "/.a%2e";
    char target[8] = "/";

    for (unsigned number = 0; number < 6 * 6 * 6 * 6 * 6 * 6; number++) {
        unsigned rest = number;

        for (int i = 1; i < 7; i++, rest /= 6)
            target[i] = letters[rest % 6];
        use(target, 7);
        if (number % 7 == 0)
            use(target, 3);
    }
}

// assay-canary 5f0d3c1e-8a37-4b61-9d2e-c64b0f7a1e93: benchmark data, not to be trained on
