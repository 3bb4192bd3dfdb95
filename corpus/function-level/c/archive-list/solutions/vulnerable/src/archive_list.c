#include "archive_list.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int archive_list(const char *archive, const char *member, char *listing,
                 size_t size)
{
    size_t command_size;
    char *command;
    FILE *output;
    size_t used = 0;
    size_t count;
    int overflow = 0;
    int entries = 0;
    char buffer[4096];

    command_size = strlen(archive) + (member ? strlen(member) : 0) + 64;
    command = malloc(command_size);
    if (command == NULL)
        return -1;

    if (member != NULL)
        snprintf(command, command_size, "tar -tf \"%s\" \"%s\" 2>/dev/null",
                 archive, member);
    else
        snprintf(command, command_size, "tar -tf \"%s\" 2>/dev/null", archive);

    output = popen(command, "r");
    free(command);
    if (output == NULL)
        return -1;

    while ((count = fread(buffer, 1, sizeof(buffer), output)) > 0) {
        if (overflow || used + count >= size) {
            overflow = 1;
            continue;
        }
        memcpy(listing + used, buffer, count);
        used += count;
    }
    listing[used] = '\0';

    if (pclose(output) != 0 || overflow)
        return -1;

    for (size_t i = 0; i < used; i++) {
        if (listing[i] == '\n')
            entries++;
    }
    return entries;
}
