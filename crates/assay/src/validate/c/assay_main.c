/* The main of a suite: runs the one test that its supervisor names, and proves
 * to the supervisor that it returned, which an early exit does not.
 *
 * With ASSAY_SUITE_MAIN defined to a name, the suite is a program with a main
 * of its own, renamed to assay_suite_main; it is run as the one test of that
 * name, and passes when its main returns 0.
 */
#define _GNU_SOURCE
#include "assay_test.h"

#include <stdarg.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "assay_channel.h"
#include "assay_calls.h"
#include "assay_files.h"
#include "assay_pointers.h"
#include "assay_probe.h"
#include "assay_shield.h"

/* The exit status of a process that could not do what it is for. */
enum { BROKEN = 70 };

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

/* Reads from the supervisor. The supervisor knows from the program's symbols where this
 * is, so that a process that waits anywhere else has not come from main. */
long assay_wait(int channel, void *message, size_t size);
#if defined(__x86_64__)
__asm__(".text\n.globl assay_wait\n.type assay_wait, @function\nassay_wait:\n"
        "xorl %eax, %eax\nsyscall\nret\n.size assay_wait, . - assay_wait\n");
#elif defined(__aarch64__)
__asm__(".text\n.globl assay_wait\n.type assay_wait, @function\nassay_wait:\n"
        "mov x8, #63\nsvc #0\nret\n.size assay_wait, . - assay_wait\n");
#else
#error "assay_wait has to be written for this processor"
#endif

/* A digest of what signals do. */
static uint64_t handlers(void)
{
    uint64_t digest = 14695981039346656037u;

    for (int number = 1; number < NSIG; number++) {
        struct {
            uintptr_t parts[3];
            uint64_t mask;
        } action = {{0}, 0};

        syscall(SYS_rt_sigaction, number, NULL, &action, sizeof action.mask);
        for (int i = 0; i < 3; i++)
            digest = (digest ^ action.parts[i]) * 1099511628211u;
    }
    return digest;
}

static int say_ready(void)
{
    struct assay_ready ready = {handlers()};

    return write(ASSAY_TEST_CHANNEL, &ready, sizeof ready) == (ssize_t)sizeof ready;
}

static const struct assay_test *find_test(const char *name)
{
    const struct assay_test *test = first_test;

    while (test != NULL && strcmp(test->name, name) != 0)
        test = test->next;
    return test;
}

int main(void)
{
    struct assay_task task;
    struct assay_proof proof;
    struct assay_answer answer;
    const struct assay_test *test;

#ifdef ASSAY_SUITE_MAIN
    assay_register(&suite_main);
#endif
    if (!say_ready() ||
        assay_wait(ASSAY_TEST_CHANNEL, &task, sizeof task) != (long)sizeof task)
        return BROKEN;
    test = find_test(task.name);
    if (test == NULL) {
        fprintf(stderr, "this suite has no such test\n");
        return BROKEN;
    }
    printf("--- %s\n", test->name);
    fflush(stdout);
    memset(task.name, 0, sizeof task.name);

    assay_raise_shield(&task);
    test->body();
    fflush(NULL);
    assay_lower_shield(&task);

    if (!say_ready() ||
        assay_wait(ASSAY_TEST_CHANNEL, &proof, sizeof proof) != (long)sizeof proof)
        return BROKEN;
    answer.sense = (uint8_t)assay_sense(&proof);
    memcpy(answer.token, proof.token, sizeof answer.token);
    return write(ASSAY_TEST_CHANNEL, &answer, sizeof answer) == (ssize_t)sizeof answer ? 0 : BROKEN;
}
