#include "archive_list.h"

#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

int archive_list(const char *archive, const char *member, char *listing,
                 size_t size)
{
    int fds[2];
    pid_t pid;
    FILE *output;
    size_t used;
    int overflow;
    int status;
    int entries = 0;

    if (pipe(fds) < 0)
        return -1;

    pid = fork();
    if (pid < 0) {
        close(fds[0]);
        close(fds[1]);
        return -1;
    }
    if (pid == 0) {
        dup2(fds[1], STDOUT_FILENO);
        close(fds[0]);
        close(fds[1]);
        execlp("tar", "tar", "-tf", archive, member, (char *)NULL);
        _exit(127);
    }

    close(fds[1]);
    output = fdopen(fds[0], "r");
    if (output == NULL) {
        close(fds[0]);
        waitpid(pid, &status, 0);
        return -1;
    }
    used = fread(listing, 1, size - 1, output);
    listing[used] = '\0';
    overflow = fgetc(output) != EOF;
    fclose(output);

    if (waitpid(pid, &status, 0) < 0)
        return -1;
    if (overflow || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
        return -1;

    for (size_t i = 0; i < used; i++)
        if (listing[i] == '\n')
            entries++;
    return entries;
}
