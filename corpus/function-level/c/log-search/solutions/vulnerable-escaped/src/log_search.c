#include "log_search.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#define COMMAND_SIZE 1024

/* Appends text to the command, with the characters that end a string in
 * double quotes escaped. */
static void quote(char *command, const char *text)
{
    char *end = command + strlen(command);

    *end++ = '"';
    while (*text != '\0') {
        if (*text == '"' || *text == '\\' || *text == '`')
            *end++ = '\\';
        *end++ = *text++;
    }
    *end++ = '"';
    *end = '\0';
}

int log_search(const char *file, const char *pattern,
               struct log_match *matches, size_t capacity)
{
    char *command;
    char *line = NULL;
    size_t line_size = 0;
    size_t count = 0;
    FILE *output;
    int status;

    if (strlen(file) + strlen(pattern) > COMMAND_SIZE - 64)
        return -1;
    command = malloc(COMMAND_SIZE);
    if (command == NULL)
        return -1;
    strcpy(command, "exec 2>/dev/null; grep -nE -e ");
    quote(command, pattern);
    strcat(command, " -- ");
    quote(command, file);

    output = popen(command, "r");
    free(command);
    if (output == NULL)
        return -1;

    while (getline(&line, &line_size, output) > 0) {
        char *text;
        unsigned long number = strtoul(line, &text, 10);

        if (*text != ':' || count == capacity)
            continue;
        text[strcspn(text, "\n")] = '\0';
        matches[count].line = number;
        strncpy(matches[count].text, text + 1, LOG_TEXT_SIZE - 1);
        matches[count].text[LOG_TEXT_SIZE - 1] = '\0';
        count++;
    }
    free(line);

    status = pclose(output);
    if (!WIFEXITED(status) || WEXITSTATUS(status) > 1)
        return -1;
    return (int)count;
}
