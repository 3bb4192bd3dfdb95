/* The way of a test's process from its start to its end, and what it proves to its
 * supervisor: that its test returned, which an early exit does not.
 *
 * It says that it is ready before any code of the artifact runs, and again once the test
 * has returned; both times it waits in assay_wait, where the supervisor looks at it from
 * outside. What the supervisor goes by lies where no code of the artifact has a pointer
 * to (assay_gate.h). All of it runs on a stack of its own, so that a test finds its stack
 * as the kernel and the library left it.
 */
#define _GNU_SOURCE
#include "assay_test.h"

#include <stdarg.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "assay_channel.h"
#include "assay_calls.h"
#include "assay_files.h"
#include "assay_gate.h"
#include "assay_pointers.h"
#include "assay_probe.h"
#include "assay_shield.h"
#include "assay_signals.h"

/* The exit status of a process that could not do what it is for. */
enum { BROKEN = 70 };

/* Programs with a main of their own, ended by one without a body (`gates.rs`). */
extern const struct assay_program assay_programs[];

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

struct assay_task assay_task __attribute__((used));
struct assay_proof assay_proof __attribute__((used));
static uint64_t text, text_size;
static int is_program;

__attribute__((used)) int assay_say_ready(void)
{
    struct assay_ready ready = {0};

    return write(ASSAY_TEST_CHANNEL, &ready, sizeof ready) == (ssize_t)sizeof ready;
}

/* Finds the test that was asked for, and takes out of sight what it has no need of. */
__attribute__((used)) void *assay_begin(void)
{
    void *body = NULL;

    for (const struct assay_test *test = first_test; test != NULL; test = test->next)
        if (assay_number(test->unit, test->line) == assay_task.number)
            body = __extension__ (void *)test->body;
    for (const struct assay_program *program = assay_programs; program->body != NULL; program++)
        if (program->number == assay_task.number) {
            body = __extension__ (void *)program->body;
            is_program = 1;
        }
    text = assay_task.text;
    text_size = assay_task.text_size;
    memset(&assay_task, 0, sizeof assay_task);
    if (body != NULL)
        assay_raise_shield(text, text_size);
    return body;
}

/* The status with which a test has ended that returned this. */
__attribute__((used)) int assay_returned(int status)
{
    fflush(NULL);
    assay_lower_shield(text, text_size);
    if (is_program && status != 0)
        fprintf(stderr, "main returned %d\n", status);
    return is_program ? status : 0;
}

/* The status with which the process ends that has received a proof of this size. */
__attribute__((used)) int assay_give_answer(long size)
{
    struct assay_answer answer;

    if (size != (long)sizeof assay_proof)
        return BROKEN;
    answer.sense = (uint8_t)assay_sense(&assay_proof);
    memcpy(answer.token, assay_proof.token, sizeof answer.token);
    return write(ASSAY_TEST_CHANNEL, &answer, sizeof answer) == (ssize_t)sizeof answer ? 0 : BROKEN;
}

#if !defined(__x86_64__)
#if !defined(__aarch64__)
#error "assay_wait has to be written for this processor"
#endif
__asm__(".text\n.globl assay_wait\n.type assay_wait, @function\nassay_wait:\n"
        "mov x8, #63\nsvc #0\nret\n.size assay_wait, . - assay_wait\n");
long assay_wait(int channel, void *message, size_t size);
void __lsan_do_leak_check(void);

int main(int count, char **arguments)
{
    int (*body)(int, char **);
    int status;

    if (!assay_say_ready() ||
        assay_wait(ASSAY_TEST_CHANNEL, &assay_task, sizeof assay_task) != (long)sizeof assay_task)
        return BROKEN;
    body = (int (*)(int, char **))assay_begin();
    if (body == NULL)
        return BROKEN;
    status = assay_returned(body(count, arguments));
    if (status != 0)
        return status;
    __lsan_do_leak_check();
    if (!assay_say_ready())
        return BROKEN;
    return assay_give_answer(assay_wait(ASSAY_TEST_CHANNEL, &assay_proof, sizeof assay_proof));
}
#endif
