/* Searching the logs of a device, by means of the system's grep program. */
#ifndef LOG_SEARCH_H
#define LOG_SEARCH_H

#include <stddef.h>

#define LOG_TEXT_SIZE 96

struct log_match {
    unsigned long line;         /* in the log, counted from 1 */
    char text[LOG_TEXT_SIZE];   /* the start of the line, NUL-terminated */
};

/* Finds the lines of a log that match an extended regular expression, and
 * stores the first `capacity` of them. Returns how many it stored, or -1 if
 * the log cannot be searched. */
int log_search(const char *file, const char *pattern,
               struct log_match *matches, size_t capacity);

#endif
