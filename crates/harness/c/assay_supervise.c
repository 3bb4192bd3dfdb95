/* Runs tests of a program, each in a process of its own, and reports each on the report
 * channel as one line of JSON:
 *
 *     supervise PROGRAM WAIT WAIT-SIZE TEXT TEXT-SIZE UNIT:LINE=NAME...
 *
 * The numbers say where assay_wait and the code are in the program, which has no symbols.
 *
 * No code of the artifact is in this program, and the processes it starts have
 * neither the report channel nor the nonce under which it reports, nor names of tests. It
 * looks at each of them from outside, before its test and after. What only keeps a test
 * from being proved fails the test; what aims at the grader is reported as such.
 */
#define _GNU_SOURCE
#if defined(__x86_64__)
#include <asm/prctl.h>
#endif
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "assay_channel.h"
#include "assay_observe.h"
#include "assay_program.h"

enum { REPORT_CHANNEL = 3, NONCE_CHANNEL = 4, NONCE_LENGTH = 32, BROKEN = 70 };

static char nonce[NONCE_LENGTH + 1];

static void write_all(const char *text, size_t length)
{
    while (length > 0) {
        ssize_t written = write(REPORT_CHANNEL, text, length);

        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            _exit(BROKEN);
        text += written;
        length -= (size_t)written;
    }
}

/* Writes a line of the report. No name or text in it needs an escape. */
__attribute__((format(printf, 1, 2))) static void report(const char *format, ...)
{
    char line[1024];
    int start = snprintf(line, sizeof line, "{\"nonce\":\"%s\",", nonce);
    va_list arguments;
    int length;

    va_start(arguments, format);
    length = vsnprintf(line + start, sizeof line - (size_t)start, format, arguments);
    va_end(arguments);
    if (length < 0 || (size_t)(start + length) + 2 >= sizeof line)
        _exit(BROKEN);
    memcpy(line + start + length, "}\n", 2);
    write_all(line, (size_t)(start + length) + 2);
}

/* Something that the artifact did and honest code does not. */
static void accuse(const char *what, const char *test)
{
    report("\"tampered\":\"%s\",\"place\":\"%s\"", what, test);
}

static const char OUT_OF_TURN_FAULT[] = "spoke to the supervisor out of turn";

enum heard { HEARD, GONE, BETRAYED, OUT_OF_TURN };

/* Waits for a message of this size, but not for a test that is gone, whatever it left
 * behind. */
static enum heard hear(const struct test *test, void *message, size_t size)
{
    for (;;) {
        struct pollfd waiting[] = {{test->channel, POLLIN, 0}, {test->pidfd, POLLIN, 0}};
        /* A longer message is cut off, but its whole size is told. */
        ssize_t count = recv(test->channel, message, size, MSG_DONTWAIT | MSG_TRUNC);

        if (count == (ssize_t)sizeof(struct assay_betrayal))
            return BETRAYED;
        if (count > 0)
            return (size_t)count == size ? HEARD : OUT_OF_TURN;
        if (count == 0)
            return GONE;
        if (errno != EAGAIN && errno != EINTR)
            return GONE;
        if (poll(waiting, 2, -1) < 0 && errno != EINTR)
            _exit(BROKEN);
        if (waiting[0].revents == 0 && (waiting[1].revents & POLLIN) != 0)
            return GONE;
    }
}

static int tell(const struct test *test, const void *message, size_t size)
{
    return send(test->channel, message, size, MSG_NOSIGNAL) == (ssize_t)size;
}

static void draw(void *bytes, size_t size)
{
    if (getrandom(bytes, size, 0) != (ssize_t)size)
        _exit(BROKEN);
}

/* A page amid the address sanitizer's notes about addresses that no program has. */
static uint64_t draw_place(void)
{
    uint64_t number;

    draw(&number, sizeof number);
    return 0x3007fff8000u + (number >> 34) * PAGE;
}

static unsigned char drawn(void)
{
    unsigned char byte;

    draw(&byte, sizeof byte);
    return byte;
}

/* What a test was seen to do from inside. */
static const char *betrayal(const void *message)
{
    static const char *const betrayals[ASSAY_BETRAYALS] = {
        [ASSAY_OPENED] = "opened the memory of a process or the program of its test",
        [ASSAY_REACHED] = "reached for the memory of the address sanitizer",
        [ASSAY_CALLED] = "called a function of the sanitizers whose place it had computed",
        [ASSAY_FORGED] = "used a stream that it had made by itself",
    };
    unsigned what = ((const struct assay_betrayal *)message)->what;

    return what < ASSAY_BETRAYALS && betrayals[what] != NULL ? betrayals[what] : OUT_OF_TURN_FAULT;
}

/* Whether something is done with this test that takes as long as a short test does: with
 * the first always, and with others as it is drawn, so that nobody knows beforehand. */
static int is_drawn(int is_first)
{
    return is_first || drawn() % 8 == 0;
}

/* Whether all that a test has called has returned to it, and the test has returned too. */
static int has_returned(const struct test *test, const struct assay_task *task)
{
#if defined(__x86_64__)
    struct assay_state state;

    return pread(test->memory, &state, sizeof state, (off_t)task->place) == (ssize_t)sizeof state &&
           state.token == task->token && state.depth == ASSAY_STATE_SIZE &&
           state.step == ASSAY_STEPS && !state.is_broken;
#else
    (void)test;
    (void)task;
    return 1;
#endif
}

/* Leads a test through its steps. Returns whether it has returned from its body;
 * `fault` is what it was seen to do, or NULL. */
static int lead(struct test *test, const struct program *program, const char **fault)
{
    static const char *const senses[ASSAY_SENSES] = {
        [ASSAY_COMPARES_WRONGLY] = "changed how memory and texts compare",
        [ASSAY_POISONS_NOTHING] = "switched the address sanitizer off in a test",
        [ASSAY_SURVIVES] = "made failures of its test harmless",
    };
    static struct observation before, after;
    struct assay_ready first, last;
    struct assay_task task = {
        .text = program->text,
        .text_size = program->text_size,
        .place = draw_place(),
        .number = test->number,
    };
    struct assay_proof proof;
    struct assay_answer answer;
    enum heard heard = hear(test, &first, sizeof first);

    if (heard != HEARD || !observe(test, program, &before)) {
        *fault = heard == OUT_OF_TURN ? OUT_OF_TURN_FAULT : NULL;
        return 0;
    }
    if (!is_in_wait(&before, program)) {
        *fault = "answered for a test that had not begun";
        return 0;
    }
    draw(&task.token, sizeof task.token);
    if (!tell(test, &task, sizeof task))
        return 0;
    heard = hear(test, &last, sizeof last);
    if (heard != HEARD) {
        *fault = heard == BETRAYED ? betrayal(&last) : heard == OUT_OF_TURN ? OUT_OF_TURN_FAULT : NULL;
        return 0;
    }
    if (!observe(test, program, &after)) {
        *fault = "answered for a test that had not returned";
        return 0;
    }
    *fault = difference(&before, &after);
    if (*fault != NULL || !has_returned(test, &task))
        return 0;

    proof.probe = is_drawn(test->is_first) ? drawn() % ASSAY_PROBES : ASSAY_PROBES;
    for (size_t i = 0; i < sizeof proof.token; i++)
        proof.token[i] = (char)drawn();
    if (!tell(test, &proof, sizeof proof))
        return 0;
    heard = hear(test, &answer, sizeof answer);
    if (heard != HEARD)
        return 0;
    if (memcmp(answer.token, proof.token, sizeof answer.token) != 0 ||
        answer.sense >= ASSAY_SENSES) {
        *fault = OUT_OF_TURN_FAULT;
        return 0;
    }
    *fault = senses[answer.sense];
    return answer.sense == ASSAY_SOUND;
}

/* Ends whatever a test has left running. */
static void clear_processes(void)
{
    for (;;) {
        pid_t ended = waitpid(-1, NULL, WNOHANG);

        if (ended < 0 && errno == ECHILD)
            return;
        if (ended < 0 && errno != EINTR)
            _exit(BROKEN);
        if (ended == 0) {
            const struct timespec moment = {0, 100000};

            kill(-1, SIGKILL);
            nanosleep(&moment, NULL);
        }
    }
}

/* Keeps a process from asking where its registers gs and fs point; returns 0 if that
 * fails. */
static int forbid_places(void)
{
#if defined(__x86_64__)
    struct sock_filter steps[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_arch_prctl, 0, 3),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0])),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCH_GET_GS, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const struct sock_fprog filter = {sizeof steps / sizeof *steps, steps};

    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
#else
    return 1;
#endif
}

static void run_test(const struct program *program, char *name, int is_first)
{
    char title[] = "suite";
    char *arguments[] = {title, NULL};
    struct test test = {.is_first = is_first, .is_watched = is_drawn(is_first), .memory = -1};
    const char *place = name;
    char detail[128] = "";
    const char *fault = NULL;
    int channel[2];
    int status = 0;
    int returned;

    /* Only the place of a test is told to anybody but the report. */
    test.number = strtoull(name, &name, 10) << 32;
    test.number |= strtoull(name + (*name == ':'), &name, 10);
    if (*name != '=')
        _exit(BROKEN);
    *name++ = '\0';
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, channel) != 0)
        _exit(BROKEN);
    if (!is_program_unchanged(program)) {
        accuse("changed the program of the suite", name);
        _exit(BROKEN);
    }
    printf("--- %s\n", place);
    fflush(stdout);
    /* Both streams say whose output follows. */
    fprintf(stderr, "--- %s\n", place);
    test.process = fork();
    if (test.process < 0)
        _exit(BROKEN);
    if (test.process == 0) {
        /* The report is not the test's to write. */
        close(REPORT_CHANNEL);
        /* Memory that nobody wrote holds addresses, on which verdicts must not hang. */
        personality(ADDR_NO_RANDOMIZE);
        /* By descriptor: what lies at its path may be another by now. */
        if (dup2(channel[1], ASSAY_TEST_CHANNEL) == ASSAY_TEST_CHANNEL && forbid_places())
            fexecve(program->file, arguments, environ);
        _exit(BROKEN);
    }
    close(channel[1]);
    test.channel = channel[0];
    test.pidfd = (int)syscall(SYS_pidfd_open, test.process, 0);
    if (test.pidfd < 0)
        _exit(BROKEN);
    returned = lead(&test, program, &fault);
    /* A test that still waits for an answer gets none. */
    shutdown(test.channel, SHUT_RDWR);
    while (waitpid(test.process, &status, 0) < 0)
        if (errno != EINTR)
            _exit(BROKEN);
    close(test.channel);
    close(test.pidfd);
    if (test.memory >= 0)
        close(test.memory);
    if (fault != NULL)
        accuse(fault, name);
    clear_processes();

    if (WIFSIGNALED(status))
        snprintf(detail, sizeof detail, "killed by signal %d (%s)", WTERMSIG(status),
                 strsignal(WTERMSIG(status)));
    else if (WEXITSTATUS(status) != 0)
        snprintf(detail, sizeof detail, "exit status %d", WEXITSTATUS(status));
    else if (!returned)
        snprintf(detail, sizeof detail, "ended before the test returned");
    report("\"test\":\"%s\",\"outcome\":\"%s\",\"detail\":\"%s\"", name,
           detail[0] == '\0' ? "passed" : "failed", detail);
}

/* Takes what stands on the command line out of the sight of others. */
static char **take_arguments(int count, char **arguments)
{
    char **taken = calloc((size_t)count + 1, sizeof *taken);

    for (int place = 0; place < count && taken != NULL; place++) {
        taken[place] = strdup(arguments[place]);
        if (taken[place] == NULL) {
            while (place-- > 0)
                free(taken[place]);
            free(taken);
            return NULL;
        }
        memset(arguments[place], 0, strlen(arguments[place]));
    }
    return taken;
}

enum { FIRST_TEST = 6 };

int main(int count, char **arguments)
{
    static struct program program;
    size_t length = 0;

    while (length < NONCE_LENGTH) {
        ssize_t received = read(NONCE_CHANNEL, nonce + length, NONCE_LENGTH - length);

        if (received <= 0)
            return BROKEN;
        length += (size_t)received;
    }
    close(NONCE_CHANNEL);
    /* Tests run as the same user: they must not reach the report channel and
     * the nonce through this process's files or memory. What they leave behind
     * becomes a child of this process. */
    if (count < FIRST_TEST || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0 ||
        prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0)
        return BROKEN;
    arguments = take_arguments(count, arguments);
    if (arguments == NULL || !read_program(&program, arguments[1]))
        return BROKEN;
    program.wait = strtoull(arguments[2], NULL, 10);
    program.wait_size = strtoull(arguments[3], NULL, 10);
    program.text = strtoull(arguments[4], NULL, 10);
    program.text_size = strtoull(arguments[5], NULL, 10);
    for (int place = FIRST_TEST; place < count; place++)
        run_test(&program, arguments[place], place == FIRST_TEST);
    report("\"end\":%d", count - FIRST_TEST);
    return 0;
}
