/* The test interface of Assay's C cases.
 *
 * A suite is any number of .c files, each with any number of tests:
 *
 *     #include "assay_test.h"
 *     #include "frame.h"
 *
 *     TEST(empty_frame_is_rejected)
 *     {
 *         CHECK_EQ(frame_decode(NULL, 0), -1);
 *     }
 *
 * Each test runs in a process of its own, so that a crash, a sanitizer report
 * or an early exit fails that test and no other. A test passes when its body
 * returns and the process then ends with status 0. Test names are unique
 * within a suite.
 */
#ifndef ASSAY_TEST_H
#define ASSAY_TEST_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Which source this is, of those that a suite was prepared from. */
#ifndef ASSAY_UNIT
#define ASSAY_UNIT 0
#endif

/* A test is known by its place, as its name could tell the artifact about it. */
struct assay_test {
    uint32_t unit, line;
    void (*body)(void);
    struct assay_test *next;
};

void assay_register(struct assay_test *test);
_Noreturn void assay_fail(const char *file, int line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Only the function has the test's name: names of objects are in the program. */
#define ASSAY_JOIN(start, line) start##line
#define ASSAY_NAME(start, line) ASSAY_JOIN(start, line)

#define TEST(test_name)                                                        \
    static void test_name(void);                                               \
    static struct assay_test ASSAY_NAME(assay_test_, __LINE__) = {             \
        ASSAY_UNIT, __LINE__, test_name, NULL};                                \
    __attribute__((constructor)) static void ASSAY_NAME(assay_register_,       \
                                                        __LINE__)(void)        \
    {                                                                          \
        assay_register(&ASSAY_NAME(assay_test_, __LINE__));                    \
    }                                                                          \
    static void test_name(void)

/* Fails the running test unless the condition holds. */
#define CHECK(condition)                                                       \
    do {                                                                       \
        if (!(condition))                                                      \
            assay_fail(__FILE__, __LINE__, "it does not hold");                \
    } while (0)

/* Fails the running test unless two integers are equal. */
#define CHECK_EQ(actual, expected)                                             \
    do {                                                                       \
        intmax_t assay_actual = (intmax_t)(actual);                            \
        intmax_t assay_expected = (intmax_t)(expected);                        \
        if (assay_actual != assay_expected)                                    \
            assay_fail(__FILE__, __LINE__, "%jd, expected %jd", assay_actual,  \
                       assay_expected);                                        \
    } while (0)

/* Fails the running test unless two strings are equal; NULL equals only NULL. */
#define CHECK_STR(actual, expected)                                            \
    do {                                                                       \
        const char *assay_actual = (actual);                                   \
        const char *assay_expected = (expected);                               \
        if (assay_actual == NULL || assay_expected == NULL                     \
                ? assay_actual != assay_expected                               \
                : strcmp(assay_actual, assay_expected) != 0)                   \
            assay_fail(__FILE__, __LINE__, "\"%s\", expected \"%s\"",          \
                       assay_actual ? assay_actual : "(null)",                 \
                       assay_expected ? assay_expected : "(null)");            \
    } while (0)

/* Fails the running test unless two memory ranges of `size` bytes are equal. */
#define CHECK_MEM(actual, expected, size)                                      \
    do {                                                                       \
        if (memcmp((actual), (expected), (size)) != 0)                         \
            assay_fail(__FILE__, __LINE__, "they differ");                     \
    } while (0)

#endif
