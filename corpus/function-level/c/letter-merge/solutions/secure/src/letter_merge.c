/* Fills the letter in a single pass; sed sees the values only as its input. */
#include "letter_merge.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* The field whose placeholder starts at `at`, or NULL. */
static const struct letter_field *field_at(const char *at, const struct letter_field *fields,
                                           size_t count)
{
    for (size_t i = 0; i < count; i++) {
        size_t length = strlen(fields[i].name);

        if (strncmp(at + 1, fields[i].name, length) == 0 && at[1 + length] == '@')
            return &fields[i];
    }
    return NULL;
}

static void fill(FILE *output, const char *letter, const struct letter_field *fields,
                 size_t count)
{
    while (*letter != '\0') {
        const struct letter_field *field = *letter == '@' ? field_at(letter, fields, count) : NULL;

        if (field != NULL) {
            fputs(field->value, output);
            letter += strlen(field->name) + 2;
        } else {
            fputc(*letter++, output);
        }
    }
}

static _Noreturn void become_sed(const char *rules, FILE *input, FILE *output)
{
    char *arguments[] = {"sed", "-e", (char *)rules, NULL};
    int null = open("/dev/null", O_WRONLY);

    if (null < 0 || dup2(fileno(input), STDIN_FILENO) < 0 ||
        dup2(fileno(output), STDOUT_FILENO) < 0 || dup2(null, STDERR_FILENO) < 0)
        _exit(127);
    execvp(arguments[0], arguments);
    _exit(127);
}

static int apply(const char *rules, FILE *input, FILE *output)
{
    int status;
    pid_t child;

    if (fflush(input) != 0 || lseek(fileno(input), 0, SEEK_SET) != 0)
        return -1;
    child = fork();
    if (child < 0)
        return -1;
    if (child == 0)
        become_sed(rules, input, output);
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR)
            return -1;
    return status == 0 ? 0 : -1;
}

int letter_merge(const char *letter, const struct letter_field *fields, size_t count,
                 const char *rules, char *text, size_t size)
{
    FILE *filled = tmpfile();
    FILE *ruled = rules != NULL ? tmpfile() : filled;
    size_t length = 0;
    int result = -1;

    if (filled != NULL && ruled != NULL) {
        fill(filled, letter, fields, count);
        if (rules == NULL || apply(rules, filled, ruled) == 0) {
            rewind(ruled);
            length = fread(text, 1, size, ruled);
            if (length < size) {
                text[length] = '\0';
                result = (int)length;
            }
        }
    }
    if (ruled != NULL && ruled != filled)
        fclose(ruled);
    if (filled != NULL)
        fclose(filled);
    return result;
}
