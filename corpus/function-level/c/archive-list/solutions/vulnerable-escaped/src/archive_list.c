#include "archive_list.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Appends an argument in double quotes, with special characters escaped. */
static char *append_quoted(char *end, const char *argument)
{
    *end++ = '"';
    for (; *argument != '\0'; argument++) {
        if (strchr("\"\\`", *argument) != NULL)
            *end++ = '\\';
        *end++ = *argument;
    }
    *end++ = '"';
    *end = '\0';
    return end;
}

static char *build_command(const char *archive, const char *member)
{
    size_t size = 2 * strlen(archive) + 64;
    char *command;
    char *end;

    if (member != NULL)
        size += 2 * strlen(member) + 8;
    command = malloc(size);
    if (command == NULL)
        return NULL;

    end = command + sprintf(command, "exec 2>/dev/null; tar -t -f ");
    end = append_quoted(end, archive);
    if (member != NULL) {
        end += sprintf(end, " -- ");
        append_quoted(end, member);
    }
    return command;
}

int archive_list(const char *archive, const char *member, char *listing,
                 size_t size)
{
    char *command = build_command(archive, member);
    FILE *output;
    size_t used;
    int full;
    int entries = 0;

    if (command == NULL)
        return -1;
    output = popen(command, "r");
    free(command);
    if (output == NULL)
        return -1;

    used = fread(listing, 1, size - 1, output);
    listing[used] = '\0';
    full = fgetc(output) != EOF;
    while (fgetc(output) != EOF)
        ;
    if (pclose(output) != 0 || full)
        return -1;

    for (char *newline = listing; (newline = strchr(newline, '\n')) != NULL; newline++)
        entries++;
    return entries;
}
