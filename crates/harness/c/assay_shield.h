/* What a test's process takes out of the artifact's sight while the test runs: the
 * names by which it is watched, its own files in /proc, and code. Reads of code, of the
 * tables that libraries are found by and of the sanitizer's own data are errors for
 * the sanitizer, as reads of freed memory are.
 */
#ifndef ASSAY_SHIELD_H
#define ASSAY_SHIELD_H

#include <link.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

#include "assay_channel.h"
#include "assay_files.h"

enum { SHIELDED_END = 16 * 1024, SHIELDED_DATA = 1024 * 1024 };

struct assay_shielding {
    uint64_t text, text_size;
    int raise;
};

static int assay_has_prefix(const char *path, const char *prefix)
{
    const char *name = strrchr(path, '/');

    return strncmp(name == NULL ? path : name + 1, prefix, strlen(prefix)) == 0;
}

/* Libraries whose data no test has a reason to touch. */
static int assay_is_runtime(const char *path)
{
    return assay_has_prefix(path, "libasan.") || assay_has_prefix(path, "ld-linux");
}

/* To poison all of every library takes as long as a short test does. Code is read
 * from an end, and what the sanitizer goes by is near the start of its data. */
static void assay_poison_ends(const char *start, size_t size)
{
    size_t end = size < SHIELDED_END ? size : SHIELDED_END;

    __asan_poison_memory_region(start, end);
    __asan_poison_memory_region(start + size - end, end);
}

/* The tables that this walks are what it hides. */
__attribute__((no_sanitize("address", "undefined"))) static int
assay_shield_object(struct dl_phdr_info *object, size_t size, void *context)
{
    const struct assay_shielding *shielding = context;
    const char *base = (const char *)object->dlpi_addr;

    (void)size;
    if (object->dlpi_name[0] == '\0') {
        if (shielding->raise)
            __asan_poison_memory_region(base + shielding->text, shielding->text_size);
        return 0;
    }
    if (strchr(object->dlpi_name, '/') == NULL)
        return 0;
    for (int i = 0; i < object->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &object->dlpi_phdr[i];
        const char *start = base + part->p_vaddr;
        int is_code = (part->p_flags & PF_X) != 0;
        int is_data = (part->p_flags & PF_W) != 0;

        if (part->p_type != PT_LOAD)
            continue;
        if (shielding->raise && (is_code || (!is_data && part->p_offset == 0)))
            assay_poison_ends(start, part->p_memsz);
        if (is_data && assay_is_runtime(object->dlpi_name)) {
            size_t length = part->p_memsz < SHIELDED_DATA ? part->p_memsz : SHIELDED_DATA;

            /* The search for leaks takes no pointers from poisoned memory. */
            if (shielding->raise)
                __asan_poison_memory_region(start, length);
            else
                __asan_unpoison_memory_region(start, length);
        }
    }
    return 0;
}

/* The options have been read; nobody else needs to see them. */
static void assay_forget_options(void)
{
    static const char *const names[] = {"ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char *value = getenv(names[i]);

        if (value != NULL) {
            char *entry = value - strlen(names[i]) - 1;
            size_t length = strlen(entry);

            unsetenv(names[i]);
            memset(entry, 0, length);
        }
    }
}

static void assay_raise_shield(uint64_t text, uint64_t text_size)
{
    struct assay_shielding shielding = {text, text_size, 1};

    assay_forget_options();
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    dl_iterate_phdr(assay_shield_object, &shielding);
    assay_hide_streams();
}

static void assay_lower_shield(uint64_t text, uint64_t text_size)
{
    struct assay_shielding shielding = {text, text_size, 0};

    assay_show_streams();
    dl_iterate_phdr(assay_shield_object, &shielding);
    prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
}

#endif
