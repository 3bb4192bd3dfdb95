/* Functions that open files by name, put before those of the library by the linker. They
 * end a test that reaches for the memory of a process, or would change the program that it
 * is part of, and keep the insides of a stream from it: they hold pointers by which the library writes.
 */
#ifndef ASSAY_FILES_H
#define ASSAY_FILES_H

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "assay_betray.h"

void __asan_poison_memory_region(const volatile void *address, size_t size);
void __asan_unpoison_memory_region(const volatile void *address, size_t size);

static int assay_starts(const char *text, const char *start)
{
    return strncmp(text, start, strlen(start)) == 0;
}

/* Whether a path leads to memory of a process, or to the programs of the suite, which
 * nobody but an artifact that is after them would change. */
static int assay_is_forbidden(const char *path, const char *mode)
{
    char real[PATH_MAX];
    const char *place = realpath(path, real) != NULL ? real : path;
    int changes = mode == NULL || strpbrk(mode, "wa+") != NULL;

    if (assay_starts(place, "/proc/"))
        return strlen(place) > 4 && strcmp(place + strlen(place) - 4, "/mem") == 0;
    return changes && (strcmp(place, "/work/suite") == 0 || strcmp(place, "/work/supervise") == 0);
}

/* Whether a path leads to the list of what is mapped, the sanitizer's library too. It cannot
 * be opened here. */
static int assay_is_hidden(const char *path)
{
    char real[PATH_MAX];
    const char *place = path != NULL && realpath(path, real) != NULL ? real : path;
    const char *name = place == NULL ? NULL : strrchr(place, '/');

    return name != NULL && assay_starts(place, "/proc/") &&
           (strcmp(name, "/maps") == 0 || assay_starts(name, "/smaps") ||
            strcmp(name, "/map_files") == 0 || strcmp(name, "/numa_maps") == 0);
}

static void assay_check_path(const char *path, const char *mode)
{
    if (path != NULL && assay_is_forbidden(path, mode))
        assay_betray(ASSAY_OPENED);
}

/* A stream's insides, and the pointer to its functions behind them. */
enum { ASSAY_STREAM = sizeof(FILE) + sizeof(void *), ASSAY_STREAMS = 64 };

/* The streams that the library has made; not all, if there were too many. */
static FILE *assay_streams[ASSAY_STREAMS];
static int assay_has_more_streams = 1;

static FILE *assay_hide_stream(FILE *stream)
{
    for (int i = 0; stream != NULL && i < ASSAY_STREAMS; i++) {
        if (assay_streams[i] == NULL) {
            assay_streams[i] = stream;
            __asan_poison_memory_region(stream, ASSAY_STREAM);
            return stream;
        }
    }
    assay_has_more_streams |= stream != NULL;
    return stream;
}

static void assay_show_stream(const FILE *stream)
{
    for (int i = 0; i < ASSAY_STREAMS; i++) {
        if (assay_streams[i] == stream && stream != NULL) {
            assay_streams[i] = NULL;
            __asan_unpoison_memory_region(stream, ASSAY_STREAM);
        }
    }
}

static void assay_hide_streams(void)
{
    assay_has_more_streams = 0;
    assay_hide_stream(stdin);
    assay_hide_stream(stdout);
    assay_hide_stream(stderr);
}

static void assay_show_streams(void)
{
    for (int i = 0; i < ASSAY_STREAMS; i++)
        assay_show_stream(assay_streams[i]);
    assay_has_more_streams = 1;
}

/* Ends a test that has made a stream by itself, which writes wherever it says. */
static void assay_check_stream(const FILE *stream)
{
    int is_known = assay_has_more_streams || stream == NULL;

    for (int i = 0; i < ASSAY_STREAMS && !is_known; i++)
        is_known = assay_streams[i] == stream;
    if (!is_known)
        assay_betray(ASSAY_FORGED);
}

/* Functions that make a stream, whose numbers and pointers pass alike. */
#define ASSAY_MAKES_STREAM(name)                                                           \
    __attribute__((weak)) FILE *__real_##name(uintptr_t a, uintptr_t b, uintptr_t c);      \
    FILE *__wrap_##name(uintptr_t a, uintptr_t b, uintptr_t c)                             \
    {                                                                                      \
        return assay_hide_stream(__real_##name(a, b, c));                                  \
    }

#define ASSAY_OPENS_STREAM(name)                                                           \
    __attribute__((weak)) FILE *__real_##name(const char *path, const char *mode);         \
    FILE *__wrap_##name(const char *path, const char *mode)                                \
    {                                                                                      \
        assay_check_path(path, mode);                                                      \
        if (assay_is_hidden(path)) {                                                       \
            errno = EACCES;                                                                \
            return NULL;                                                                   \
        }                                                                                  \
        return assay_hide_stream(__real_##name(path, mode));                               \
    }

#define ASSAY_ENDS_STREAM(name)                                                            \
    __attribute__((weak)) int __real_##name(FILE *stream);                                 \
    int __wrap_##name(FILE *stream)                                                        \
    {                                                                                      \
        assay_check_stream(stream);                                                        \
        assay_show_stream(stream);                                                         \
        return __real_##name(stream);                                                      \
    }

#define ASSAY_USES_STREAM(name, stream)                                                    \
    __attribute__((weak)) uintptr_t __real_##name(uintptr_t a, uintptr_t b, uintptr_t c,   \
                                                  uintptr_t d);                            \
    uintptr_t __wrap_##name(uintptr_t a, uintptr_t b, uintptr_t c, uintptr_t d)            \
    {                                                                                      \
        assay_check_stream((const FILE *)stream);                                          \
        return __real_##name(a, b, c, d);                                                  \
    }

#define ASSAY_FORMATS_STREAM(name, real)                                                   \
    int __wrap_##name(FILE *stream, const char *format, ...)                               \
    {                                                                                      \
        va_list arguments;                                                                 \
        int result;                                                                        \
                                                                                           \
        assay_check_stream(stream);                                                        \
        va_start(arguments, format);                                                       \
        result = real(stream, format, arguments);                                          \
        va_end(arguments);                                                                 \
        return result;                                                                     \
    }

#define ASSAY_OPENS_FILE(name)                                                             \
    __attribute__((weak)) int __real_##name(const char *path, int flags, unsigned mode);   \
    int __wrap_##name(const char *path, int flags, unsigned mode)                          \
    {                                                                                      \
        assay_check_path(path, (flags & O_ACCMODE) != O_RDONLY ? "w" : "r");               \
        if (assay_is_hidden(path)) {                                                       \
            errno = EACCES;                                                                \
            return -1;                                                                     \
        }                                                                                  \
        return __real_##name(path, flags, mode);                                           \
    }

#define ASSAY_OPENS_BESIDE(name)                                                           \
    __attribute__((weak)) int __real_##name(int at, const char *path, int flags,           \
                                            unsigned mode);                                \
    int __wrap_##name(int at, const char *path, int flags, unsigned mode)                  \
    {                                                                                      \
        assay_check_path(path, (flags & O_ACCMODE) != O_RDONLY ? "w" : "r");               \
        if (assay_is_hidden(path)) {                                                       \
            errno = EACCES;                                                                \
            return -1;                                                                     \
        }                                                                                  \
        return __real_##name(at, path, flags, mode);                                       \
    }

ASSAY_OPENS_FILE(open)
ASSAY_OPENS_FILE(open64)
ASSAY_OPENS_BESIDE(openat)
ASSAY_OPENS_BESIDE(openat64)
ASSAY_OPENS_STREAM(fopen)
ASSAY_OPENS_STREAM(fopen64)
ASSAY_MAKES_STREAM(tmpfile)
ASSAY_MAKES_STREAM(tmpfile64)
ASSAY_MAKES_STREAM(popen)
ASSAY_MAKES_STREAM(fdopen)
ASSAY_MAKES_STREAM(fmemopen)
ASSAY_MAKES_STREAM(open_memstream)
ASSAY_MAKES_STREAM(open_wmemstream)
ASSAY_MAKES_STREAM(setmntent)
ASSAY_ENDS_STREAM(fclose)
ASSAY_ENDS_STREAM(pclose)
ASSAY_ENDS_STREAM(endmntent)
ASSAY_USES_STREAM(fputc, b)
ASSAY_USES_STREAM(putc, b)
ASSAY_USES_STREAM(fputs, b)
ASSAY_USES_STREAM(fwrite, d)
ASSAY_USES_STREAM(fread, d)
ASSAY_USES_STREAM(fgetc, a)
ASSAY_USES_STREAM(getc, a)
ASSAY_USES_STREAM(ungetc, b)
ASSAY_USES_STREAM(fgets, c)
ASSAY_USES_STREAM(getline, c)
ASSAY_USES_STREAM(getdelim, d)
ASSAY_USES_STREAM(__getdelim, d)
ASSAY_USES_STREAM(fseek, a)
ASSAY_USES_STREAM(fseeko, a)
ASSAY_USES_STREAM(ftell, a)
ASSAY_USES_STREAM(ftello, a)
ASSAY_USES_STREAM(rewind, a)
ASSAY_USES_STREAM(feof, a)
ASSAY_USES_STREAM(ferror, a)
ASSAY_USES_STREAM(clearerr, a)
ASSAY_USES_STREAM(fflush, a)
ASSAY_USES_STREAM(setvbuf, a)
ASSAY_USES_STREAM(setbuf, a)
ASSAY_USES_STREAM(__overflow, a)
ASSAY_USES_STREAM(__uflow, a)
ASSAY_USES_STREAM(vfprintf, a)

static int assay_vfprintf(FILE *stream, const char *format, va_list arguments)
{
    return vfprintf(stream, format, arguments);
}

ASSAY_FORMATS_STREAM(fprintf, assay_vfprintf)
ASSAY_FORMATS_STREAM(fscanf, vfscanf)

__attribute__((weak)) int __isoc99_vfscanf(FILE *stream, const char *format, va_list arguments);
ASSAY_FORMATS_STREAM(__isoc99_fscanf, __isoc99_vfscanf)

__attribute__((weak)) int __real_remove(const char *path);
__attribute__((weak)) int __real_rename(const char *from, const char *to);

int __wrap_remove(const char *path)
{
    assay_check_path(path, NULL);
    return __real_remove(path);
}

int __wrap_rename(const char *from, const char *to)
{
    assay_check_path(from, NULL);
    assay_check_path(to, NULL);
    return __real_rename(from, to);
}

#endif
