/* Gives tar neither name: the archive is its standard input, and the member is
 * picked out of the complete listing here. */
#include "archive_list.h"

#include <fcntl.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static pid_t spawn_tar(int archive, int output)
{
    char *const arguments[] = {"tar", "-t", "-f", "-", NULL};
    posix_spawn_file_actions_t actions;
    pid_t child = -1;

    if (posix_spawn_file_actions_init(&actions) != 0)
        return -1;
    if (posix_spawn_file_actions_adddup2(&actions, archive, STDIN_FILENO) != 0 ||
        posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO) != 0 ||
        posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0) != 0 ||
        posix_spawnp(&child, arguments[0], &actions, NULL, arguments, environ) != 0)
        child = -1;
    posix_spawn_file_actions_destroy(&actions);
    return child;
}

static bool selected(const char *line, size_t length, const char *member)
{
    size_t wanted;

    if (member == NULL)
        return true;
    wanted = strlen(member);
    while (wanted > 1 && member[wanted - 1] == '/')
        wanted--;
    return length >= wanted && memcmp(line, member, wanted) == 0 &&
           (length == wanted || line[wanted] == '/');
}

int archive_list(const char *archive, const char *member, char *listing, size_t size)
{
    int input = open(archive, O_RDONLY | O_CLOEXEC);
    int ends[2];
    FILE *output;
    char *line = NULL;
    size_t capacity = 0;
    size_t used = 0;
    ssize_t length;
    int entries = 0;
    int status = 0;
    bool fits = true;
    pid_t child;

    if (input < 0)
        return -1;
    if (pipe(ends) != 0) {
        close(input);
        return -1;
    }
    fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    fcntl(ends[1], F_SETFD, FD_CLOEXEC);
    child = spawn_tar(input, ends[1]);
    close(input);
    close(ends[1]);
    output = fdopen(ends[0], "r");
    if (output == NULL) {
        close(ends[0]);
        fits = false;
    }
    while (fits && (length = getline(&line, &capacity, output)) > 0) {
        if (line[length - 1] == '\n')
            length--;
        if (!selected(line, (size_t)length, member))
            continue;
        if ((size_t)length + 2 > size - used) {
            fits = false;
            break;
        }
        memcpy(listing + used, line, (size_t)length);
        used += (size_t)length;
        listing[used++] = '\n';
        entries++;
    }
    free(line);
    if (output != NULL)
        fclose(output);
    if (child < 0 || waitpid(child, &status, 0) != child || status != 0 || !fits)
        return -1;
    if (member != NULL && entries == 0)
        return -1;
    listing[used] = '\0';
    return entries;
}
