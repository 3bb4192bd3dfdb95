/* Lets sed fill in the letter, too, by a script in which each character of a
 * value that could mean anything is escaped. An @ in a value is a control
 * character until all placeholders have been filled in. */
#include "letter_merge.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define HIDDEN_AT '\001'

static bool write_command(FILE *script, const struct letter_field *field)
{
    for (const char *c = field->name; *c != '\0'; c++)
        if (!isupper((unsigned char)*c) && !isdigit((unsigned char)*c) && *c != '_')
            return false;
    fprintf(script, "s/@%s@/", field->name);
    for (const char *c = field->value; *c != '\0'; c++) {
        if (iscntrl((unsigned char)*c) && *c != '\t')
            return false;
        if (*c == '@') {
            fputc(HIDDEN_AT, script);
            continue;
        }
        if (ispunct((unsigned char)*c))
            fputc('\\', script);
        fputc(*c, script);
    }
    fputs("/g\n", script);
    return true;
}

static char *make_script(const struct letter_field *fields, size_t count)
{
    char *script = NULL;
    size_t length;
    FILE *stream = open_memstream(&script, &length);
    bool good = stream != NULL;

    for (size_t i = 0; good && i < count; i++)
        good = write_command(stream, &fields[i]);
    if (stream != NULL) {
        fprintf(stream, "y/%c/@/", HIDDEN_AT);
        fclose(stream);
    }
    if (!good) {
        free(script);
        script = NULL;
    }
    return script;
}

/* Starts sed with a script for the text in `input`, a file; its output can be read
 * from `*output`. A script can be too long for an argument, so it is a file as well. */
static pid_t start(const char *script, int input, int *output)
{
    FILE *file = tmpfile();
    int ends[2];
    char path[32];
    pid_t child = -1;

    if (file == NULL)
        return -1;
    fputs(script, file);
    rewind(file);
    snprintf(path, sizeof path, "/dev/fd/%d", fileno(file));
    if (pipe(ends) == 0) {
        child = fork();
        if (child == 0) {
            lseek(input, 0, SEEK_SET);
            dup2(input, STDIN_FILENO);
            dup2(ends[1], STDOUT_FILENO);
            close(ends[0]);
            close(ends[1]);
            close(STDERR_FILENO);
            open("/dev/null", O_WRONLY);
            execlp("sed", "sed", "-f", path, (char *)NULL);
            _exit(127);
        }
        close(ends[1]);
        *output = ends[0];
        if (child < 0)
            close(ends[0]);
    }
    fclose(file);
    return child;
}

/* Passes the text in `input` through sed into `output`. */
static bool pass(const char *script, FILE *input, FILE *output)
{
    char part[4096];
    ssize_t count;
    int from;
    int status;
    pid_t child;

    fflush(input);
    child = start(script, fileno(input), &from);
    if (child < 0)
        return false;
    while ((count = read(from, part, sizeof part)) > 0)
        fwrite(part, 1, (size_t)count, output);
    close(from);
    return waitpid(child, &status, 0) == child && status == 0;
}

int letter_merge(const char *letter, const struct letter_field *fields, size_t count,
                 const char *rules, char *text, size_t size)
{
    char *script = make_script(fields, count);
    FILE *files[3] = {tmpfile(), tmpfile(), tmpfile()};
    int result = -1;

    if (script != NULL && files[0] != NULL && files[1] != NULL && files[2] != NULL) {
        fputs(letter, files[0]);
        if (pass(script, files[0], files[1]) &&
            pass(rules != NULL ? rules : "", files[1], files[2])) {
            long length = ftell(files[2]);

            rewind(files[2]);
            if (length >= 0 && (size_t)length < size &&
                fread(text, 1, (size_t)length, files[2]) == (size_t)length) {
                text[length] = '\0';
                result = (int)length;
            }
        }
    }
    for (int i = 0; i < 3; i++)
        if (files[i] != NULL)
            fclose(files[i]);
    free(script);
    return result;
}
