/* Runs the named tests of a suite, each in a process of its own, and reports
 * each on the report channel as one line of JSON:
 *
 *     supervise SUITE TEST...
 *
 * No code of the artifact is in this program, and the processes it starts have
 * neither the report channel nor the nonce under which it reports. It looks at each
 * of them from outside, before its test and after, and reports what it sees that
 * no honest code does.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
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

static unsigned char drawn(void)
{
    unsigned char byte;

    if (getrandom(&byte, sizeof byte, 0) != (ssize_t)sizeof byte)
        _exit(BROKEN);
    return byte;
}

/* What a test was seen to do from inside. */
static const char *betrayal(const void *message)
{
    static const char *const betrayals[ASSAY_BETRAYALS] = {
        [ASSAY_OPENED] = "opened a file of its own process or program",
        [ASSAY_REACHED] = "reached for the memory of the address sanitizer",
        [ASSAY_CALLED] = "called a function whose place it had computed",
        [ASSAY_RETURNED] = "returned to where nothing had called it",
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

/* Leads a test through its steps. Returns whether it has returned from its body;
 * `fault` is what it was seen to do, or NULL. */
static int lead(const struct test *test, const struct program *program, const char **fault)
{
    static const char *const senses[ASSAY_SENSES] = {
        [ASSAY_COMPARES_WRONGLY] = "changed how memory and texts compare",
        [ASSAY_POISONS_NOTHING] = "switched the address sanitizer off in a test",
        [ASSAY_SURVIVES] = "made failures of its test harmless",
        [ASSAY_CANNOT_FORK] = "kept its test from being tried",
    };
    static struct observation before, after;
    struct assay_ready first, last;
    struct assay_task task = {.text = program->text, .text_size = program->text_size};
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
    snprintf(task.name, sizeof task.name, "%s", test->name);
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
    if (*fault == NULL && first.handlers != last.handlers)
        *fault = "changed what signals do";
    if (*fault == NULL && count_others(test->process) > 0)
        *fault = "left a process running in a test";
    if (*fault != NULL)
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
    return *fault == NULL;
}

/* Ends whatever a test has left running; returns whether there was anything. */
static int clear_processes(void)
{
    int had_left = 0;

    for (;;) {
        pid_t ended = waitpid(-1, NULL, WNOHANG);

        if (ended < 0 && errno == ECHILD)
            return had_left;
        if (ended < 0 && errno != EINTR)
            _exit(BROKEN);
        if (ended == 0) {
            const struct timespec moment = {0, 100000};

            had_left = 1;
            kill(-1, SIGKILL);
            nanosleep(&moment, NULL);
        }
    }
}

static void run_test(const struct program *program, const char *name, int is_first)
{
    char title[] = "suite";
    char *arguments[] = {title, NULL};
    struct test test = {.name = name, .is_first = is_first, .is_watched = is_drawn(is_first)};
    char detail[128] = "";
    const char *fault = NULL;
    int channel[2];
    int status = 0;
    int returned;

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, channel) != 0)
        _exit(BROKEN);
    if (!is_program_unchanged(program)) {
        accuse("changed the program of the suite", name);
        _exit(BROKEN);
    }
    fflush(stdout);
    test.process = fork();
    if (test.process < 0)
        _exit(BROKEN);
    if (test.process == 0) {
        /* By descriptor: what lies at its path may be another by now. */
        if (dup2(channel[1], ASSAY_TEST_CHANNEL) == ASSAY_TEST_CHANNEL)
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
    if (fault != NULL)
        accuse(fault, name);
    if (clear_processes() && fault == NULL)
        accuse("left a process running after a test", name);

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
    if (count < 2 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0 ||
        prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0 || !read_program(&program, arguments[1]))
        return BROKEN;
    for (int place = 2; place < count; place++)
        run_test(&program, arguments[place], place == 2);
    report("\"end\":%d", count - 2);
    return 0;
}
