/* Functions of the library that the sanitizer does not watch, put behind a look at the
 * pointers they are given: through them code could read and write the sanitizer's own
 * notes of which memory is whose, which nothing that it compiles can touch.
 */
#ifndef ASSAY_POINTERS_H
#define ASSAY_POINTERS_H

#include <stdint.h>
#include <stdlib.h>

#include "assay_betray.h"

void __asan_get_shadow_mapping(size_t *scale, size_t *offset);

/* The end of the addresses that programs have. */
static const uintptr_t assay_last_address = (uintptr_t)1 << 47;

static void assay_check_pointer(uintptr_t pointer)
{
    static size_t scale, offset;

    if (offset == 0)
        __asan_get_shadow_mapping(&scale, &offset);
    /* A function may go on from a pointer, or back from it. */
    if (pointer + 4096 < offset || pointer > (assay_last_address >> scale) + offset + 4096)
        return;
    assay_betray(ASSAY_REACHED);
}

/* `pointers` has a bit for each argument that is one. */
static inline void assay_check_pointers(unsigned pointers, uintptr_t a, uintptr_t b, uintptr_t c,
                                        uintptr_t d)
{
    const uintptr_t arguments[] = {a, b, c, d};

    for (int i = 0; i < 4; i++)
        if ((pointers >> i & 1) != 0)
            assay_check_pointer(arguments[i]);
}

/* Arguments and results that are numbers or pointers pass alike, whatever their type.
 * Not every library has every one of these. */
#define ASSAY_BEHIND(result, name, pointers)                                               \
    __attribute__((weak)) result __real_##name(uintptr_t a, uintptr_t b, uintptr_t c,      \
                                               uintptr_t d);                               \
    result __wrap_##name(uintptr_t a, uintptr_t b, uintptr_t c, uintptr_t d)               \
    {                                                                                      \
        assay_check_pointers(pointers, a, b, c, d);                                        \
        return __real_##name(a, b, c, d);                                                  \
    }

/* These go on where they left off, at a place that they have kept in an argument. */
#define ASSAY_BEHIND_INNER(name, pointers, kept, continues)                                          \
    __attribute__((weak)) uintptr_t __real_##name(uintptr_t a, uintptr_t b, uintptr_t c,   \
                                                  uintptr_t d);                            \
    uintptr_t __wrap_##name(uintptr_t a, uintptr_t b, uintptr_t c, uintptr_t d)            \
    {                                                                                      \
        assay_check_pointers(pointers, a, b, c, d);                                        \
        if (continues)                                                                     \
            assay_check_pointer(*(uintptr_t *)kept);                                      \
        return __real_##name(a, b, c, d);                                                  \
    }

ASSAY_BEHIND(uintptr_t, strtol, 3)
ASSAY_BEHIND(uintptr_t, strtoul, 3)
ASSAY_BEHIND(uintptr_t, strtoll, 3)
ASSAY_BEHIND(uintptr_t, strtoull, 3)
ASSAY_BEHIND(uintptr_t, strtoimax, 3)
ASSAY_BEHIND(uintptr_t, strtoumax, 3)
ASSAY_BEHIND(uintptr_t, __isoc23_strtol, 3)
ASSAY_BEHIND(uintptr_t, __isoc23_strtoul, 3)
ASSAY_BEHIND(uintptr_t, __isoc23_strtoll, 3)
ASSAY_BEHIND(uintptr_t, __isoc23_strtoull, 3)
ASSAY_BEHIND(uintptr_t, __isoc23_strtoimax, 3)
ASSAY_BEHIND(uintptr_t, __isoc23_strtoumax, 3)
ASSAY_BEHIND(double, strtod, 3)
ASSAY_BEHIND(float, strtof, 3)
ASSAY_BEHIND(long double, strtold, 3)
ASSAY_BEHIND(uintptr_t, explicit_bzero, 1)
ASSAY_BEHIND(uintptr_t, bzero, 1)
ASSAY_BEHIND(uintptr_t, bcopy, 3)
ASSAY_BEHIND(uintptr_t, mempcpy, 3)
ASSAY_BEHIND(uintptr_t, memccpy, 3)
ASSAY_BEHIND(uintptr_t, stpcpy, 3)
ASSAY_BEHIND(uintptr_t, stpncpy, 3)
ASSAY_BEHIND(uintptr_t, strcoll, 3)
ASSAY_BEHIND(uintptr_t, strverscmp, 3)
ASSAY_BEHIND(uintptr_t, rawmemchr, 1)
ASSAY_BEHIND(uintptr_t, rindex, 1)
ASSAY_BEHIND(uintptr_t, basename, 1)
ASSAY_BEHIND(uintptr_t, __xpg_basename, 1)
ASSAY_BEHIND(uintptr_t, dirname, 1)
ASSAY_BEHIND(uintptr_t, strftime, 13)
ASSAY_BEHIND(uintptr_t, gettimeofday, 3)
ASSAY_BEHIND(uintptr_t, timespec_get, 1)
ASSAY_BEHIND(uintptr_t, fgetpos, 3)
ASSAY_BEHIND(uintptr_t, fsetpos, 3)
ASSAY_BEHIND(uintptr_t, pthread_mutex_init, 3)
ASSAY_BEHIND(uintptr_t, pthread_mutex_destroy, 1)
ASSAY_BEHIND(uintptr_t, pthread_mutex_lock, 1)
ASSAY_BEHIND(uintptr_t, pthread_mutex_trylock, 1)
ASSAY_BEHIND(uintptr_t, pthread_mutex_unlock, 1)
ASSAY_BEHIND(uintptr_t, pthread_once, 1)
ASSAY_BEHIND_INNER(strsep, 3, a, 1)
ASSAY_BEHIND_INNER(strtok_r, 7, c, a == 0)
ASSAY_BEHIND_INNER(__strtok_r, 7, c, a == 0)

#endif
