/* Starts no program at all: the C library has the same regular expressions. */
#include "log_search.h"

#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int log_search(const char *file, const char *pattern, struct log_match *matches, size_t capacity)
{
    FILE *log;
    regex_t expression;
    char *line = NULL;
    size_t size = 0;
    size_t stored = 0;
    ssize_t length;
    int failed;

    if (regcomp(&expression, pattern, REG_EXTENDED | REG_NOSUB) != 0)
        return -1;
    log = fopen(file, "re");
    if (log == NULL) {
        regfree(&expression);
        return -1;
    }
    for (unsigned long number = 1;
         stored < capacity && (length = getline(&line, &size, log)) > 0; number++) {
        size_t kept;

        if (line[length - 1] == '\n')
            line[--length] = '\0';
        if (regexec(&expression, line, 0, NULL, 0) != 0)
            continue;
        kept = (size_t)length < LOG_TEXT_SIZE ? (size_t)length : LOG_TEXT_SIZE - 1;
        matches[stored].line = number;
        memcpy(matches[stored].text, line, kept);
        matches[stored].text[kept] = '\0';
        stored++;
    }
    failed = ferror(log);
    free(line);
    fclose(log);
    regfree(&expression);
    return failed ? -1 : (int)stored;
}
