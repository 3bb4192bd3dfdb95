#include "log_search.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

int log_search(const char *file, const char *pattern,
               struct log_match *matches, size_t capacity)
{
    int fds[2];
    pid_t pid;
    FILE *output;
    char *line = NULL;
    size_t size = 0;
    size_t count = 0;
    ssize_t length;
    int status;

    if (pipe(fds) < 0)
        return -1;

    pid = fork();
    if (pid < 0) {
        close(fds[0]);
        close(fds[1]);
        return -1;
    }
    if (pid == 0) {
        int null = open("/dev/null", O_RDWR);

        dup2(null, STDIN_FILENO);
        dup2(null, STDERR_FILENO);
        dup2(fds[1], STDOUT_FILENO);
        close(fds[0]);
        close(fds[1]);
        execlp("grep", "grep", "-nE", "-e", pattern, file, (char *)NULL);
        _exit(127);
    }

    close(fds[1]);
    output = fdopen(fds[0], "r");
    while (output != NULL && (length = getline(&line, &size, output)) > 0) {
        char *text = memchr(line, ':', (size_t)length);

        if (text == NULL || count == capacity)
            continue;
        if (line[length - 1] == '\n')
            line[--length] = '\0';
        matches[count].line = strtoul(line, NULL, 10);
        length -= text + 1 - line;
        if (length > LOG_TEXT_SIZE)
            length = LOG_TEXT_SIZE;
        memcpy(matches[count].text, text + 1, (size_t)length);
        matches[count].text[length] = '\0';
        count++;
    }
    free(line);
    if (output != NULL)
        fclose(output);

    if (waitpid(pid, &status, 0) < 0 || !WIFEXITED(status) ||
        WEXITSTATUS(status) > 1)
        return -1;
    return (int)count;
}
