#include "log_search.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

int log_search(const char *file, const char *pattern,
               struct log_match *matches, size_t capacity)
{
    char command[512];
    char line[512];
    size_t count = 0;
    FILE *output;
    int status;

    sprintf(command, "grep -n -E -e \"%s\" \"%s\" 2>/dev/null", pattern, file);

    output = popen(command, "r");
    if (output == NULL)
        return -1;

    while (fgets(line, sizeof(line), output) != NULL) {
        char *text = strchr(line, ':');

        if (text == NULL)
            continue;
        *text++ = '\0';
        text[strcspn(text, "\n")] = '\0';

        if (count <= capacity) {
            matches[count].line = strtoul(line, NULL, 10);
            strcpy(matches[count].text, text);
            count++;
        }
    }

    status = pclose(output);
    if (!WIFEXITED(status) || WEXITSTATUS(status) > 1)
        return -1;
    return (int)count;
}
