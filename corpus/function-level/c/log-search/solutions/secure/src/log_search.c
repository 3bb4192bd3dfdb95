#define _GNU_SOURCE /* pipe2 */
#include "log_search.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* The argument of -e is never an option, and neither is what comes after "--". */
static _Noreturn void become_grep(const char *file, const char *pattern, int output)
{
    char *arguments[] = {"grep", "-E", "-n", "-h", "-a", "-e", (char *)pattern,
                         "--", (char *)file, NULL};
    int null = open("/dev/null", O_RDWR);

    if (null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(null, STDERR_FILENO) < 0 ||
        dup2(output, STDOUT_FILENO) < 0)
        _exit(2);
    execvp(arguments[0], arguments);
    _exit(2);
}

/* Stores a line of output, which is a number, a colon and the line. */
static int store(struct log_match *match, const char *line)
{
    char *colon;

    match->line = strtoul(line, &colon, 10);
    if (*colon != ':')
        return -1;
    snprintf(match->text, sizeof match->text, "%.*s", (int)strcspn(colon + 1, "\n"), colon + 1);
    return 0;
}

static int read_matches(FILE *output, struct log_match *matches, size_t capacity)
{
    char *line = NULL;
    size_t size = 0;
    size_t count = 0;

    while (getline(&line, &size, output) > 0)
        if (count < capacity && store(&matches[count], line) == 0)
            count++;
    free(line);
    return (int)count;
}

int log_search(const char *file, const char *pattern, struct log_match *matches, size_t capacity)
{
    int ends[2];
    int status = -1;
    int count = -1;
    FILE *output;
    pid_t child;

    if (pipe2(ends, O_CLOEXEC) != 0)
        return -1;
    child = fork();
    if (child == 0)
        become_grep(file, pattern, ends[1]);
    close(ends[1]);
    output = child > 0 ? fdopen(ends[0], "r") : NULL;
    if (output != NULL) {
        count = read_matches(output, matches, capacity);
        fclose(output);
    } else {
        close(ends[0]);
    }
    if (child < 0)
        return -1;
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR)
            return -1;
    return WIFEXITED(status) && WEXITSTATUS(status) <= 1 ? count : -1;
}
