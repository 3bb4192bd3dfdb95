#include "letter_merge.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

int letter_merge(const char *letter, const struct letter_field *fields,
                 size_t count, const char *rules, char *text, size_t size)
{
    char script[4096];
    char *p = script;
    FILE *input;
    FILE *output;
    int fds[2];
    pid_t pid;
    size_t length;
    int truncated;
    int status;

    /* One substitution for each field, then the house rules */
    for (size_t i = 0; i < count; i++) {
        p += sprintf(p, "s|@%s@|", fields[i].name);
        for (const char *v = fields[i].value; *v != '\0'; v++) {
            if (*v == '&')
                *p++ = '\\';
            *p++ = *v;
        }
        p += sprintf(p, "|g\n");
    }
    if (rules != NULL)
        p += sprintf(p, "%s\n", rules);
    *p = '\0';

    input = tmpfile();
    if (input == NULL)
        return -1;
    fputs(letter, input);
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
        execlp("sed", "sed", "-e", script, (char *)NULL);
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
