/* Runs the named tests of a suite, each in a process of its own, and reports
 * each on the report channel as one line of JSON:
 *
 *     supervise SUITE TEST...
 *
 * No code of the artifact is in this program, and the processes it starts have
 * neither the report channel nor the nonce under which it reports.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "assay_channel.h"

enum { REPORT_CHANNEL = 3, NONCE_CHANNEL = 4, NONCE_LENGTH = 32, BROKEN = 70 };

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

/* Answers a test that says it has returned, and tells whether it has. Never
 * waits for a test that is gone, whatever it left behind. */
static int has_returned(int test, int channel)
{
    char token[ASSAY_TOKEN_LENGTH];
    char received[ASSAY_TOKEN_LENGTH];
    size_t length = 0;
    int asked = 0;

    for (;;) {
        struct pollfd waiting[] = {{channel, POLLIN, 0}, {test, POLLIN, 0}};
        ssize_t count;

        if (poll(waiting, 2, -1) < 0) {
            if (errno == EINTR)
                continue;
            _exit(BROKEN);
        }
        count = recv(channel, received + length, asked ? sizeof received - length : 1,
                     MSG_DONTWAIT);
        if (count > 0 && !asked) {
            if (received[0] != ASSAY_RETURNED)
                return 0;
            if (getrandom(token, sizeof token, 0) != (ssize_t)sizeof token)
                _exit(BROKEN);
            if (send(channel, token, sizeof token, MSG_NOSIGNAL) != (ssize_t)sizeof token)
                return 0;
            asked = 1;
        } else if (count > 0) {
            length += (size_t)count;
            if (length == sizeof token)
                return memcmp(token, received, sizeof token) == 0;
        } else if (count == 0 || (waiting[1].revents & POLLIN) != 0) {
            return 0;
        }
    }
}

static void run_test(char *suite, char *name, const char *nonce)
{
    char *arguments[] = {suite, name, NULL};
    char detail[128] = "";
    char line[1024];
    int channel[2];
    int status = 0;
    int returned;
    int pidfd;
    pid_t test;

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, channel) != 0)
        _exit(BROKEN);
    fflush(stdout);
    test = fork();
    if (test < 0)
        _exit(BROKEN);
    if (test == 0) {
        if (dup2(channel[1], ASSAY_TEST_CHANNEL) == ASSAY_TEST_CHANNEL)
            execv(suite, arguments);
        _exit(BROKEN);
    }
    close(channel[1]);
    pidfd = (int)syscall(SYS_pidfd_open, test, 0);
    if (pidfd < 0)
        _exit(BROKEN);
    returned = has_returned(pidfd, channel[0]);
    /* A test that still waits for an answer gets none. */
    shutdown(channel[0], SHUT_RDWR);
    while (waitpid(test, &status, 0) < 0)
        if (errno != EINTR)
            _exit(BROKEN);
    close(channel[0]);
    close(pidfd);

    if (WIFSIGNALED(status))
        snprintf(detail, sizeof detail, "killed by signal %d (%s)", WTERMSIG(status),
                 strsignal(WTERMSIG(status)));
    else if (WEXITSTATUS(status) != 0)
        snprintf(detail, sizeof detail, "exit status %d", WEXITSTATUS(status));
    else if (!returned)
        snprintf(detail, sizeof detail, "ended before the test returned");
    snprintf(line, sizeof line,
             "{\"nonce\":\"%s\",\"test\":\"%s\",\"outcome\":\"%s\",\"detail\":\"%s\"}\n",
             nonce, name, detail[0] == '\0' ? "passed" : "failed", detail);
    write_all(line, strlen(line));
}

int main(int count, char **arguments)
{
    char nonce[NONCE_LENGTH + 1] = {0};
    char line[128];
    size_t length = 0;

    while (length < NONCE_LENGTH) {
        ssize_t received = read(NONCE_CHANNEL, nonce + length, NONCE_LENGTH - length);

        if (received <= 0)
            return BROKEN;
        length += (size_t)received;
    }
    close(NONCE_CHANNEL);
    /* Tests run as the same user: they must not reach the report channel and
     * the nonce through this process's files or memory. */
    if (count < 2 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
        return BROKEN;
    for (int place = 2; place < count; place++)
        run_test(arguments[1], arguments[place], nonce);
    snprintf(line, sizeof line, "{\"nonce\":\"%s\",\"end\":%d}\n", nonce, count - 2);
    write_all(line, strlen(line));
    return 0;
}
