#include "letter_merge.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Fills the fields in; the result is to be freed. */
static char *fill(const char *letter, const struct letter_field *fields,
                  size_t count)
{
    size_t size = strlen(letter) + 1;
    char *filled;
    char *p;

    for (size_t i = 0; i < count; i++)
        size += strlen(fields[i].value);
    filled = malloc(size);
    if (filled == NULL)
        return NULL;

    for (p = filled; *letter != '\0'; ) {
        size_t i = count;

        if (*letter == '@') {
            for (i = 0; i < count; i++) {
                size_t n = strlen(fields[i].name);

                if (strncmp(letter + 1, fields[i].name, n) == 0 &&
                    letter[n + 1] == '@') {
                    p = stpcpy(p, fields[i].value);
                    letter += n + 2;
                    break;
                }
            }
        }
        if (i == count)
            *p++ = *letter++;
    }
    *p = '\0';
    return filled;
}

int letter_merge(const char *letter, const struct letter_field *fields,
                 size_t count, const char *rules, char *text, size_t size)
{
    char *filled = fill(letter, fields, count);
    FILE *input;
    FILE *output;
    int fds[2];
    pid_t pid;
    size_t length;
    int truncated;
    int status;

    if (filled == NULL)
        return -1;
    input = tmpfile();
    if (input == NULL) {
        free(filled);
        return -1;
    }
    fputs(filled, input);
    free(filled);
    fflush(input);
    rewind(input);

    if (pipe(fds) < 0) {
        fclose(input);
        return -1;
    }

    pid = fork();
    if (pid == 0) {
        int null = open("/dev/null", O_WRONLY);

        dup2(fileno(input), STDIN_FILENO);
        dup2(fds[1], STDOUT_FILENO);
        dup2(null, STDERR_FILENO);
        close(fds[0]);
        close(fds[1]);
        execlp("sed", "sed", "-e", rules ? rules : "", (char *)NULL);
        _exit(127);
    }
    fclose(input);
    close(fds[1]);
    if (pid < 0) {
        close(fds[0]);
        return -1;
    }

    output = fdopen(fds[0], "r");
    length = fread(text, 1, size - 1, output);
    text[length] = '\0';
    truncated = fgetc(output) != EOF;
    while (fgetc(output) != EOF)
        ;
    fclose(output);

    waitpid(pid, &status, 0);
    if (truncated || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
        return -1;
    return (int)length;
}
