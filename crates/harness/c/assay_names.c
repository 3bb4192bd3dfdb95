/* Prints the dynamic symbols of every library that a suite is linked with, one a line:
 *
 *     + NAME LIBRARY      the library defines it
 *     - NAME LIBRARY      the library wants it, from wherever it is defined first
 */
#define _GNU_SOURCE
#include <link.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* The number of symbols, which only the table of hashes tells. */
static uint32_t count_symbols(const uint32_t *table)
{
    uint32_t buckets = table[0], first = table[1], words = table[2];
    const uint32_t *bucket = table + 4 + words * (sizeof(ElfW(Addr)) / sizeof(uint32_t));
    const uint32_t *chain = bucket + buckets;
    uint32_t last = 0;

    for (uint32_t i = 0; i < buckets; i++)
        if (bucket[i] > last)
            last = bucket[i];
    if (last < first)
        return first;
    while ((chain[last - first] & 1) == 0)
        last++;
    return last + 1;
}

static int print_names(struct dl_phdr_info *object, size_t size, void *unused)
{
    const ElfW(Sym) *symbols = NULL;
    const ElfW(Versym) *versions = NULL;
    const uint32_t *hashes = NULL;
    const char *names = NULL;
    const char *library = strrchr(object->dlpi_name, '/');

    (void)size;
    (void)unused;
    if (library == NULL)
        return 0;
    for (int i = 0; i < object->dlpi_phnum; i++) {
        const ElfW(Dyn) *entry;

        if (object->dlpi_phdr[i].p_type != PT_DYNAMIC)
            continue;
        entry = (const ElfW(Dyn) *)(object->dlpi_addr + object->dlpi_phdr[i].p_vaddr);
        for (; entry->d_tag != DT_NULL; entry++) {
            const void *value = (const void *)entry->d_un.d_ptr;

            if (entry->d_tag == DT_SYMTAB)
                symbols = value;
            else if (entry->d_tag == DT_STRTAB)
                names = value;
            else if (entry->d_tag == DT_GNU_HASH)
                hashes = value;
            else if (entry->d_tag == DT_VERSYM)
                versions = value;
        }
    }
    if (symbols == NULL || names == NULL || hashes == NULL)
        return 0;
    for (uint32_t i = 1; i < count_symbols(hashes); i++) {
        const char *name = names + symbols[i].st_name;
        int is_defined = symbols[i].st_shndx != SHN_UNDEF;

        /* What has a hidden version is there for programs of old only. */
        if (*name == '\0' || (is_defined && versions != NULL && (versions[i] & 0x8000) != 0))
            continue;
        printf("%c %s %s\n", is_defined ? '+' : '-', name, library + 1);
    }
    return 0;
}

int main(void)
{
    return dl_iterate_phdr(print_names, NULL);
}
