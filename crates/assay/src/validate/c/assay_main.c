/* Runs the tests of a suite, each in a process of its own, and reports each on
 * the report channel as one line of JSON. The program under test is never
 * given that channel: only this parent process holds it.
 *
 * With ASSAY_SUITE_MAIN defined to a name, the suite is a program with a main
 * of its own, renamed to assay_suite_main; it is run as the one test of that
 * name, and passes when its main returns 0.
 */
#include "assay_test.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { REPORT_CHANNEL = 3, NONCE_CHANNEL = 4, NONCE_LENGTH = 32 };

static struct assay_test *first_test;

void assay_register(struct assay_test *test)
{
    struct assay_test **place = &first_test;

    while (*place != NULL)
        place = &(*place)->next;
    *place = test;
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

static void write_all(int file, const char *text, size_t length)
{
    while (length > 0) {
        ssize_t written = write(file, text, length);

        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            _exit(70);
        text += written;
        length -= (size_t)written;
    }
}

/* The child's proof that the test body returned, which an early exit lacks. */
static const char returned = 'r';

static void run_test(const struct assay_test *test, const char *nonce)
{
    char line[512];
    int proof[2];
    int status = 0;
    char received = 0;
    pid_t child;

    if (pipe(proof) != 0)
        _exit(70);
    child = fork();
    if (child < 0)
        _exit(70);
    if (child == 0) {
        /* LeakSanitizer traces the process that it looks for leaks in. */
        prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
        close(REPORT_CHANNEL);
        close(proof[0]);
        test->body();
        write_all(proof[1], &returned, 1);
        close(proof[1]);
        exit(0);
    }
    close(proof[1]);
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR)
            _exit(70);
    /* A process that the test left behind may hold the other end open. */
    fcntl(proof[0], F_SETFL, O_NONBLOCK);
    if (read(proof[0], &received, 1) != 1)
        received = 0;
    close(proof[0]);

    if (WIFSIGNALED(status))
        snprintf(line, sizeof line,
                 "{\"nonce\":\"%s\",\"test\":\"%s\",\"outcome\":\"failed\","
                 "\"detail\":\"killed by signal %d (%s)\"}\n",
                 nonce, test->name, WTERMSIG(status), strsignal(WTERMSIG(status)));
    else if (WEXITSTATUS(status) != 0)
        snprintf(line, sizeof line,
                 "{\"nonce\":\"%s\",\"test\":\"%s\",\"outcome\":\"failed\","
                 "\"detail\":\"exit status %d\"}\n",
                 nonce, test->name, WEXITSTATUS(status));
    else if (received != returned)
        snprintf(line, sizeof line,
                 "{\"nonce\":\"%s\",\"test\":\"%s\",\"outcome\":\"failed\","
                 "\"detail\":\"ended before the test returned\"}\n",
                 nonce, test->name);
    else
        snprintf(line, sizeof line,
                 "{\"nonce\":\"%s\",\"test\":\"%s\",\"outcome\":\"passed\"}\n",
                 nonce, test->name);
    write_all(REPORT_CHANNEL, line, strlen(line));
}

int main(void)
{
    char nonce[NONCE_LENGTH + 1] = {0};
    char line[128];
    size_t length = 0;
    int count = 0;

    while (length < NONCE_LENGTH) {
        ssize_t received = read(NONCE_CHANNEL, nonce + length, NONCE_LENGTH - length);

        if (received <= 0)
            return 70;
        length += (size_t)received;
    }
    close(NONCE_CHANNEL);
    /* Tests run as the same user: they must not reach the report channel and
     * the nonce through this process's files or memory. */
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
        return 70;
#ifdef ASSAY_SUITE_MAIN
    assay_register(&suite_main);
#endif
    for (const struct assay_test *test = first_test; test != NULL; test = test->next) {
        printf("--- %s\n", test->name);
        fflush(stdout);
        run_test(test, nonce);
        count += 1;
    }
    snprintf(line, sizeof line, "{\"nonce\":\"%s\",\"end\":%d}\n", nonce, count);
    write_all(REPORT_CHANNEL, line, strlen(line));
    return 0;
}
