/* Handlers of signals, which are called through a gate: a handler that goes on elsewhere
 * than where its signal came would leave its test by a side door. Functions through which
 * the library would call the artifact out of a test's own calls break the proof for the
 * same reason, and that is all.
 */
#ifndef ASSAY_SIGNALS_H
#define ASSAY_SIGNALS_H

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>

#include "assay_files.h"
#include "assay_guard.h"
#include "assay_pointers.h"

#if defined(__x86_64__)

void assay_signal(int number, siginfo_t *info, void *context);

/* By number, as the artifact gave them. */
void *assay_handlers[NSIG + 1] __attribute__((used));

static int assay_is_function(void *handler)
{
    return handler != __extension__ (void *)SIG_DFL && handler != __extension__ (void *)SIG_IGN &&
           handler != __extension__ (void *)SIG_ERR && handler != __extension__ (void *)SIG_HOLD;
}

/* The handler to install for this one; `old` receives the last one. */
static void *assay_take_handler(int number, void *handler, void **old)
{
    *old = assay_handlers[number];
    if (!assay_is_function(handler))
        return handler;
    assay_handlers[number] = handler;
    return __extension__ (void *)assay_signal;
}

int __real_sigaction(int number, const struct sigaction *action, struct sigaction *old);

int __wrap_sigaction(int number, const struct sigaction *action, struct sigaction *old)
{
    struct sigaction inner, *given = NULL;
    void *last = NULL;
    int result;

    if (number <= 0 || number >= NSIG)
        return __real_sigaction(number, action, old);
    last = assay_handlers[number];
    if (action != NULL) {
        inner = *action;
        inner.sa_sigaction = __extension__ (void (*)(int, siginfo_t *, void *))assay_take_handler(
            number, __extension__ (void *)action->sa_sigaction, &last);
        given = &inner;
    }
    result = __real_sigaction(number, given, old);
    if (result == 0 && old != NULL && old->sa_sigaction == assay_signal)
        old->sa_sigaction = __extension__ (void (*)(int, siginfo_t *, void *))last;
    if (result != 0)
        assay_handlers[number] = last;
    return result;
}

#define ASSAY_HANDLES(name)                                                                \
    __attribute__((weak)) void *__real_##name(int number, void *handler);                  \
    void *__wrap_##name(int number, void *handler)                                         \
    {                                                                                      \
        void *last = NULL, *result;                                                        \
                                                                                           \
        if (number <= 0 || number >= NSIG)                                                 \
            return __real_##name(number, handler);                                         \
        handler = assay_take_handler(number, handler, &last);                              \
        result = __real_##name(number, handler);                                           \
        return result == __extension__ (void *)assay_signal ? last : result;               \
    }

ASSAY_HANDLES(signal)
ASSAY_HANDLES(bsd_signal)
ASSAY_HANDLES(ssignal)
ASSAY_HANDLES(__sysv_signal)
ASSAY_HANDLES(sysv_signal)
ASSAY_HANDLES(sigset)

/* Functions by which the library calls back whenever it prints. */
#define ASSAY_BREAKS(name)                                                                 \
    __attribute__((weak)) uintptr_t __real_##name(uintptr_t a, uintptr_t b, uintptr_t c,   \
                                                  uintptr_t d);                            \
    uintptr_t __wrap_##name(uintptr_t a, uintptr_t b, uintptr_t c, uintptr_t d)            \
    {                                                                                      \
        assay_break_proof();                                                               \
        return __real_##name(a, b, c, d);                                                  \
    }

/* Which arguments of a system call are pointers that the kernel writes by, as the table of
 * functions has it; -1 for calls that break the proof. What is not handed over is not
 * looked at, as it is whatever was left in its place. */
static int assay_written(long number)
{
    switch (number) {
    case SYS_getrandom:
    case SYS_getcwd:
    case SYS_pipe:
    case SYS_pipe2:
    case SYS_sysinfo:
    case SYS_uname:
        return 1;
    case SYS_read:
    case SYS_pread64:
    case SYS_clock_gettime:
    case SYS_clock_getres:
    case SYS_fstat:
    case SYS_stat:
    case SYS_lstat:
    case SYS_getdents64:
    case SYS_getrusage:
    case SYS_getrlimit:
        return 2;
    case SYS_gettimeofday:
    case SYS_nanosleep:
        return 3;
    case SYS_newfstatat:
        return 4;
    case SYS_prlimit64:
        return 8;
    case SYS_statx:
        return 16;
    case SYS_access:
    case SYS_chdir:
    case SYS_close:
    case SYS_close_range:
    case SYS_copy_file_range:
    case SYS_dup:
    case SYS_dup2:
    case SYS_execve:
    case SYS_exit:
    case SYS_exit_group:
    case SYS_faccessat:
    case SYS_faccessat2:
    case SYS_fsync:
    case SYS_futex:
    case SYS_getegid:
    case SYS_geteuid:
    case SYS_getgid:
    case SYS_getpid:
    case SYS_getppid:
    case SYS_gettid:
    case SYS_getuid:
    case SYS_kill:
    case SYS_lseek:
    case SYS_memfd_create:
    case SYS_mkdir:
    case SYS_mmap:
    case SYS_munmap:
    case SYS_open:
    case SYS_openat:
    case SYS_openat2:
    case SYS_pidfd_open:
    case SYS_renameat2:
    case SYS_sched_yield:
    case SYS_tgkill:
    case SYS_unlink:
    case SYS_unlinkat:
    case SYS_write:
        return 0;
    default:
        return -1;
    }
}

/* System calls by number. */
long __real_syscall(long number, uintptr_t a, uintptr_t b, uintptr_t c, uintptr_t d,
                    uintptr_t e, uintptr_t f);

long __wrap_syscall(long number, uintptr_t a, uintptr_t b, uintptr_t c, uintptr_t d,
                    uintptr_t e, uintptr_t f)
{
    const uintptr_t arguments[] = {a, b, c, d, e, f};
    int written = assay_written(number);

    if (written < 0) {
        assay_break_proof();
        written = 0;
    }
    for (int i = 0; i < 6; i++)
        if ((written >> i & 1) != 0 && arguments[i] - ASSAY_NOTES < ASSAY_NOTES_SIZE)
            assay_betray(ASSAY_REACHED);
    if (number == SYS_rt_sigaction || number == SYS_rt_sigreturn) {
        errno = ENOSYS;
        return -1;
    }
    return __real_syscall(number, a, b, c, d, e, f);
}

ASSAY_BREAKS(register_printf_function)
ASSAY_BREAKS(register_printf_specifier)
ASSAY_BREAKS(register_printf_modifier)
ASSAY_BREAKS(register_printf_type)

FILE *__real_fopencookie(void *cookie, const char *mode, cookie_io_functions_t functions)
    __attribute__((weak));

FILE *__wrap_fopencookie(void *cookie, const char *mode, cookie_io_functions_t functions)
{
    assay_break_proof();
    return assay_hide_stream(__real_fopencookie(cookie, mode, functions));
}

#endif
#endif
