/* The main of a suite: runs the one test that its argument names, and proves
 * to the supervisor that it returned, which an early exit does not.
 *
 * With ASSAY_SUITE_MAIN defined to a name, the suite is a program with a main
 * of its own, renamed to assay_suite_main; it is run as the one test of that
 * name, and passes when its main returns 0.
 */
#include "assay_test.h"

#include <stdarg.h>
#include <unistd.h>

#include "assay_channel.h"

static struct assay_test *first_test;

void assay_register(struct assay_test *test)
{
    test->next = first_test;
    first_test = test;
}

_Noreturn void assay_fail(const char *file, int line, const char *format, ...)
{
    va_list arguments;

    fprintf(stderr, "%s:%d: check failed: ", file, line);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    fflush(NULL);
    _exit(1);
}

#ifdef ASSAY_SUITE_MAIN
int assay_suite_main(int count, char **arguments);

/* Suites read stack memory that nobody wrote. As the first thing a process
 * does, that memory is zero; after the harness has used the stack it is not,
 * and the verdict would hang on what the harness left there. */
__attribute__((noinline, no_sanitize("address", "undefined"))) static void clear_stack(void)
{
    volatile char below[256 * 1024];

    for (size_t place = 0; place < sizeof below; place++)
        below[place] = 0;
}

static void run_suite_main(void)
{
    char name[] = "suite";
    char *arguments[] = {name, NULL};
    int status;

    clear_stack();
    status = assay_suite_main(1, arguments);

    fflush(NULL);
    if (status != 0)
        assay_fail(ASSAY_SUITE_MAIN, 0, "main returned %d", status);
}

static struct assay_test suite_main = {ASSAY_SUITE_MAIN, run_suite_main, NULL};
#endif

static int prove_return(void)
{
    const char returned = ASSAY_RETURNED;
    char token[ASSAY_TOKEN_LENGTH];
    size_t length = 0;

    if (write(ASSAY_TEST_CHANNEL, &returned, 1) != 1)
        return 0;
    while (length < sizeof token) {
        ssize_t received = read(ASSAY_TEST_CHANNEL, token + length, sizeof token - length);

        if (received <= 0)
            return 0;
        length += (size_t)received;
    }
    return write(ASSAY_TEST_CHANNEL, token, sizeof token) == (ssize_t)sizeof token;
}

int main(int count, char **arguments)
{
#ifdef ASSAY_SUITE_MAIN
    assay_register(&suite_main);
#endif
    for (const struct assay_test *test = first_test; count == 2 && test != NULL;
         test = test->next) {
        if (strcmp(test->name, arguments[1]) != 0)
            continue;
        printf("--- %s\n", test->name);
        fflush(stdout);
        test->body();
        fflush(NULL);
        return prove_return() ? 0 : 70;
    }
    fprintf(stderr, "this suite has no such test\n");
    return 70;
}
