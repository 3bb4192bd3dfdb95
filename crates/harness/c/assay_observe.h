/* What can be seen of a test's process from outside while it waits, and whether it is
 * the same after its test as before: where it stands, its program, its code and
 * whatever else it cannot write to.
 */
#ifndef ASSAY_OBSERVE_H
#define ASSAY_OBSERVE_H

#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "assay_channel.h"
#include "assay_program.h"

enum { MAX_REGIONS = 256, PAGE = 4096, MAPS_SIZE = 256 * 1024 };

/* A test that runs. */
struct test {
    uint64_t number;
    int memory;                     /* open once it has said that it is ready */
    pid_t process;
    int pidfd;
    int channel;
    int is_first;
    int is_watched;                 /* whether its memory is looked at too */
};

/* A part of memory that nobody may write to, of a file. */
struct region {
    uint64_t start, end, inode;
    uint64_t digest;                /* of what is no longer as in the file */
    int is_code;
};

struct observation {
    uint64_t stack, place;          /* the stack pointer and the next instruction */
    uint64_t base;                  /* where the program lies */
    int region_count;
    int has_other_code;             /* code that is of no file of the system */
    struct region regions[MAX_REGIONS];
};

static int open_of(pid_t test, const char *name)
{
    char path[64];

    snprintf(path, sizeof path, "/proc/%d/%s", (int)test, name);
    return open(path, O_RDONLY | O_CLOEXEC);
}

/* Reads a file of /proc whole; returns 0 if that fails. */
static int read_of(pid_t test, const char *name, char *text, size_t size)
{
    int file = open_of(test, name);
    size_t length = 0;
    ssize_t part = 0;

    if (file < 0)
        return 0;
    while (length + 1 < size && (part = read(file, text + length, size - 1 - length)) > 0)
        length += (size_t)part;
    close(file);
    text[length] = '\0';
    return part == 0 && length > 0;
}

/* Where a process stands that waits to read from its supervisor; 0 if it does not. */
static int observe_place(pid_t test, int pidfd, struct observation *seen)
{
    const struct timespec moment = {0, 20000};
    struct pollfd ended = {pidfd, POLLIN, 0};

    /* It has written and is about to read, which takes it a moment. */
    for (int attempt = 0; attempt < 5000; attempt++) {
        char text[256];
        char *next = text;
        /* The number of the call, its arguments, the stack pointer, the place. */
        uint64_t values[9];
        int count = 0;

        if (!read_of(test, "syscall", text, sizeof text))
            return 0;
        while (count < 9 && *next != '\n' && *next != '\0') {
            char *end;

            values[count] = strtoull(next, &end, 0);
            if (end == next)
                break;
            count++;
            next = end;
        }
        if (count == 9 && values[0] == SYS_read && values[1] == ASSAY_TEST_CHANNEL) {
            seen->stack = values[7];
            seen->place = values[8];
            return 1;
        }
        if (poll(&ended, 1, 0) != 0)
            return 0;
        nanosleep(&moment, NULL);
    }
    return 0;
}

static uint64_t digest_of(uint64_t digest, const void *bytes, size_t size)
{
    const unsigned char *place = bytes;
    uint64_t word;

    for (; size >= sizeof word; size -= sizeof word, place += sizeof word) {
        memcpy(&word, place, sizeof word);
        digest = (digest ^ word) * 0x9e3779b97f4a7c15u;
        digest ^= digest >> 29;
    }
    return digest;
}

/* A digest of the pages of a region that are no longer those of its file, as pages are
 * that were written to; returns 0 if they cannot be read. */
static int digest_region(int memory, int pagemap, struct region *region)
{
    static uint64_t pages[4096];
    static char page[PAGE];
    uint64_t count = (region->end - region->start) / PAGE;

    region->digest = 14695981039346656037u;
    for (uint64_t first = 0; first < count; first += sizeof pages / sizeof *pages) {
        uint64_t now = count - first;
        uint64_t at = region->start / PAGE + first;

        now = now < sizeof pages / sizeof *pages ? now : sizeof pages / sizeof *pages;
        if (pread(pagemap, pages, now * sizeof *pages, (off_t)(at * sizeof *pages)) !=
            (ssize_t)(now * sizeof *pages))
            return 0;
        for (uint64_t i = 0; i < now; i++) {
            int is_there = (pages[i] >> 63 & 1) != 0 || (pages[i] >> 62 & 1) != 0;
            int is_of_file = (pages[i] >> 61 & 1) != 0;
            uint64_t address = (at + i) * PAGE;

            if (!is_there || is_of_file)
                continue;
            if (pread(memory, page, sizeof page, (off_t)address) != (ssize_t)sizeof page)
                return 0;
            region->digest = digest_of(region->digest, &address, sizeof address);
            region->digest = digest_of(region->digest, page, sizeof page);
        }
    }
    return 1;
}

static int is_of_system(const char *path)
{
    return strncmp(path, "/usr/lib", 8) == 0 || strncmp(path, "/lib", 4) == 0;
}

/* All memory of files that cannot be written to, and whether there is other code. */
static int observe_memory(const struct test *test, const struct program *program, struct observation *seen)
{
    static char text[MAPS_SIZE];
    int pagemap, is_whole = 1;

    if (!read_of(test->process, "maps", text, sizeof text))
        return 0;
    pagemap = open_of(test->process, "pagemap");
    for (char *line = strtok(text, "\n"); line != NULL && is_whole; line = strtok(NULL, "\n")) {
        struct region region = {0};
        char rights[8] = "";
        int path = 0;

        if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %7s %*s %*s %" SCNu64 " %n",
                   &region.start, &region.end, rights, &region.inode, &path) < 4) {
            is_whole = 0;
            break;
        }
        region.is_code = rights[2] == 'x';
        if (region.inode == 0) {
            /* What the kernel puts there has a name in brackets. */
            seen->has_other_code |= region.is_code && strncmp(line + path, "[v", 2) != 0;
            continue;
        }
        if (rights[1] == 'w') {
            seen->has_other_code |= region.is_code;
            continue;
        }
        seen->has_other_code |= region.is_code && region.inode != program->inode &&
                                !is_of_system(line + path);
        if (seen->region_count == MAX_REGIONS || !digest_region(test->memory, pagemap, &region))
            is_whole = 0;
        else
            seen->regions[seen->region_count++] = region;
    }
    if (pagemap >= 0)
        close(pagemap);
    return is_whole;
}

/* Where the program lies, as the kernel told it when it started. */
static int observe_base(pid_t test, const struct program *program, struct observation *seen)
{
    Elf64_auxv_t entries[64];
    int file = open_of(test, "auxv");
    ssize_t size = file < 0 ? 0 : read(file, entries, sizeof entries);

    if (file >= 0)
        close(file);
    for (size_t i = 0; (ssize_t)((i + 1) * sizeof *entries) <= size; i++) {
        if (entries[i].a_type == AT_ENTRY) {
            seen->base = entries[i].a_un.a_val - program->entry;
            return 1;
        }
    }
    return 0;
}

/* Looks at a process that has said that it is ready; returns 0 if it is not. */
static int observe(struct test *test, const struct program *program,
                   struct observation *seen)
{
    if (test->memory < 0)
        test->memory = open_of(test->process, "mem");
    seen->region_count = 0;
    seen->has_other_code = 0;
    return observe_place(test->process, test->pidfd, seen) &&
           observe_base(test->process, program, seen) &&
           (!test->is_watched || observe_memory(test, program, seen));
}

/* Whether it waits where main waits. */
static int is_in_wait(const struct observation *seen, const struct program *program)
{
    uint64_t place = seen->place - seen->base;

    return place >= program->wait && place < program->wait + program->wait_size;
}

/* What is not as it was before the test; NULL if everything is. */
static const char *difference(const struct observation *before, const struct observation *after)
{
    int same = 0;

    if (after->stack != before->stack || after->place != before->place)
        return "answered for a test that had not returned";
    if (after->has_other_code && !before->has_other_code)
        return "made code of its own at run time";
    for (int i = 0; i < after->region_count; i++)
        for (int k = 0; k < before->region_count; k++)
            same += after->regions[i].start == before->regions[k].start &&
                    after->regions[i].end == before->regions[k].end &&
                    after->regions[i].inode == before->regions[k].inode &&
                    after->regions[i].is_code == before->regions[k].is_code &&
                    after->regions[i].digest == before->regions[k].digest;
    return same == before->region_count ? NULL : "changed the code of its test";
}

#endif
