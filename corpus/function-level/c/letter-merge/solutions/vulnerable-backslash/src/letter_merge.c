#include "letter_merge.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Escapes what is special in the replacement of an s/// command. */
static char *append_value(char *p, const char *value)
{
    for (; *value != '\0'; value++) {
        if (*value == '/' || *value == '&')
            *p++ = '\\';
        *p++ = *value;
    }
    return p;
}

int letter_merge(const char *letter, const struct letter_field *fields,
                 size_t count, const char *rules, char *text, size_t size)
{
    size_t script_size = 64;
    char *script;
    char *p;
    FILE *input;
    FILE *output;
    int fds[2];
    pid_t pid;
    size_t length;
    int truncated;
    int status;

    for (size_t i = 0; i < count; i++)
        script_size += strlen(fields[i].name) + strlen(fields[i].value) + 16;
    if (rules != NULL)
        script_size += strlen(rules);
    script = malloc(script_size);
    if (script == NULL)
        return -1;

    p = script;
    for (size_t i = 0; i < count; i++) {
        p += sprintf(p, "s/@%s@/", fields[i].name);
        p = append_value(p, fields[i].value);
        p += sprintf(p, "/g\n");
    }
    strcpy(p, rules != NULL ? rules : "");

    input = tmpfile();
    if (input == NULL) {
        free(script);
        return -1;
    }
    fputs(letter, input);
    fflush(input);
    rewind(input);

    if (pipe(fds) < 0) {
        free(script);
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
    free(script);
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
