/* The program of a suite as it was before any of it ran: its bytes, so that a change is
 * seen, and two places in it.
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

/* The bytes at a place in the file, or NULL if they are not all there. */
static const void *program_part(const struct program *program, uint64_t place, uint64_t size)
{
    if (place > program->size || size > program->size - place)
        return NULL;
    return program->bytes + place;
}

static const char *program_name(const struct program *program, const Elf64_Shdr *names,
                                uint32_t place)
{
    const char *name = program_part(program, names->sh_offset + place, 1);
    size_t room = name == NULL ? 0 : program->size - (size_t)(names->sh_offset + place);

    return room > 0 && memchr(name, '\0', room) != NULL ? name : "";
}

/* Finds the section of code and assay_wait; returns 0 if they are not there. */
static int find_places(struct program *program)
{
    const Elf64_Ehdr *header = program_part(program, 0, sizeof *header);
    const Elf64_Shdr *sections, *titles;

    if (header == NULL || memcmp(header->e_ident, ELFMAG, SELFMAG) != 0)
        return 0;
    sections = program_part(program, header->e_shoff,
                            (uint64_t)header->e_shnum * sizeof *sections);
    if (sections == NULL || header->e_shstrndx >= header->e_shnum)
        return 0;
    program->entry = header->e_entry;
    titles = &sections[header->e_shstrndx];
    for (int i = 0; i < header->e_shnum; i++) {
        const Elf64_Shdr *section = &sections[i];

        if (strcmp(program_name(program, titles, section->sh_name), ".text") == 0) {
            program->text = section->sh_addr;
            program->text_size = section->sh_size;
        }
        if (section->sh_type == SHT_SYMTAB && section->sh_link < header->e_shnum) {
            const Elf64_Sym *symbols =
                program_part(program, section->sh_offset, section->sh_size);
            size_t count = symbols == NULL ? 0 : section->sh_size / sizeof *symbols;

            for (size_t k = 0; k < count; k++) {
                const char *name =
                    program_name(program, &sections[section->sh_link], symbols[k].st_name);

                /* There is only one global symbol of a name. */
                if (ELF64_ST_BIND(symbols[k].st_info) == STB_GLOBAL &&
                    strcmp(name, "assay_wait") == 0) {
                    program->wait = symbols[k].st_value;
                    program->wait_size = symbols[k].st_size;
                }
            }
        }
    }
    return program->text_size > 0 && program->wait_size > 0;
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
    return program->bytes != NULL && find_places(program);
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
