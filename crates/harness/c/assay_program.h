/* The program of a suite as it was before any of it ran: its bytes, so that a change is
 * seen, and places in it.
 */
#ifndef ASSAY_PROGRAM_H
#define ASSAY_PROGRAM_H

#include <elf.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct program {
    int file;
    unsigned char *bytes;
    size_t size;
    dev_t device;
    ino_t inode;
    uint64_t entry;
    uint64_t text, text_size;       /* the section of code, from the program's base */
    uint64_t wait, wait_size;       /* assay_wait, likewise */
};

/* Finds where the program begins; returns 0 if it is none. */
static int find_entry(struct program *program)
{
    const Elf64_Ehdr *header = (const void *)program->bytes;

    if (program->size < sizeof *header || memcmp(header->e_ident, ELFMAG, SELFMAG) != 0)
        return 0;
    program->entry = header->e_entry;
    return 1;
}

/* Reads a program; returns 0 if that fails. */
static int read_program(struct program *program, const char *path)
{
    struct stat status;
    size_t length = 0;

    memset(program, 0, sizeof *program);
    program->file = open(path, O_RDONLY | O_CLOEXEC);
    if (program->file < 0 || fstat(program->file, &status) != 0)
        return 0;
    program->size = (size_t)status.st_size;
    program->device = status.st_dev;
    program->inode = status.st_ino;
    program->bytes = malloc(program->size + 1);
    while (program->bytes != NULL && length < program->size) {
        ssize_t part = pread(program->file, program->bytes + length, program->size - length,
                             (off_t)length);

        if (part <= 0)
            return 0;
        length += (size_t)part;
    }
    return program->bytes != NULL && find_entry(program);
}

/* Whether the file still has the bytes that were read. */
static int is_program_unchanged(const struct program *program)
{
    static unsigned char part[64 * 1024];
    struct stat status;

    if (fstat(program->file, &status) != 0 || (size_t)status.st_size != program->size)
        return 0;
    for (size_t place = 0; place < program->size; place += sizeof part) {
        size_t size = program->size - place;

        size = size < sizeof part ? size : sizeof part;
        if (pread(program->file, part, size, (off_t)place) != (ssize_t)size ||
            memcmp(part, program->bytes + place, size) != 0)
            return 0;
    }
    return 1;
}

#endif
