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

#if defined(__x86_64__)

void assay_signal(int number, siginfo_t *info, void *context);

/* By number, as the artifact gave them. */
void *assay_handlers[NSIG + 1] __attribute__((used));

static int assay_is_function(void *handler)
{
    return handler != (void *)SIG_DFL && handler != (void *)SIG_IGN &&
           handler != (void *)SIG_ERR && handler != (void *)SIG_HOLD;
}

/* The handler to install for this one; `old` receives the last one. */
static void *assay_take_handler(int number, void *handler, void **old)
{
    *old = assay_handlers[number];
    if (!assay_is_function(handler))
        return handler;
    assay_handlers[number] = handler;
    return (void *)assay_signal;
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
        inner.sa_sigaction = (void (*)(int, siginfo_t *, void *))assay_take_handler(
            number, (void *)action->sa_sigaction, &last);
        given = &inner;
    }
    result = __real_sigaction(number, given, old);
    if (result == 0 && old != NULL && old->sa_sigaction == assay_signal)
        old->sa_sigaction = (void (*)(int, siginfo_t *, void *))last;
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
        return result == (void *)assay_signal ? last : result;                             \
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
        __asm__ volatile("movq $1, %gs:24");                                               \
        return __real_##name(a, b, c, d);                                                  \
    }

ASSAY_BREAKS(register_printf_function)
ASSAY_BREAKS(register_printf_specifier)
ASSAY_BREAKS(register_printf_modifier)
ASSAY_BREAKS(register_printf_type)

#endif
#endif
