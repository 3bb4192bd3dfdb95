/* Where calls through pointers go, and returns. The artifact is compiled so that each of
 * them passes through here. A call may go to the start of a function of the program, or of
 * one that a library exports; what it hands to the latter is looked at as a guard does. A
 * return may go to a place behind a call. Anything else ends the test.
 */
#ifndef ASSAY_CALLS_H
#define ASSAY_CALLS_H

#include <dlfcn.h>
#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "assay_betray.h"
#include "assay_guard.h"
#include "assay_unwatched.h"

#if defined(__x86_64__)

#define ASSAY_BARE __attribute__((no_sanitize("address", "undefined")))

/* The last target that was found to be right. */
uintptr_t assay_last_target __attribute__((used));

/* Functions that the harness is put before, as they are called by name. */
static const char *const assay_put_before[] = {
    "sigaction", "signal", "bsd_signal", "ssignal", "sigset", "sysv_signal", "syscall",
    "register_printf_function", "register_printf_specifier", "register_printf_modifier",
    "register_printf_type",
};

/* Libraries with functions that reach beyond what they are given, and the program. */
static const char *const assay_reaching[] = {
    "libc.", "libasan.", "libubsan.", "libgcc_s.", "ld-linux", "libdl.", "libpthread.", "suite",
};

static const char *const assay_of_sanitizers[] = {
    "__asan_", "__lsan_", "__ubsan_", "__sanitizer_", "__sancov_",
};

static int assay_find_base(struct dl_phdr_info *object, size_t size, void *base)
{
    (void)size;
    *(uintptr_t *)base = object->dlpi_addr;
    return 1;
}

/* Whether a function of the program starts here, by the list at the end of its file
 * (`program.rs`): the places of all functions in order, and how many there are. */
ASSAY_BARE static int assay_is_own_function(uintptr_t target)
{
    static const uint64_t *places;
    static size_t count;
    static uintptr_t base;
    size_t low = 0, high;

    if (places == NULL) {
        int file = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
        struct stat status;
        const unsigned char *bytes = MAP_FAILED;
        const void *end;

        if (file >= 0 && fstat(file, &status) == 0)
            bytes = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, file, 0);
        if (bytes == MAP_FAILED)
            return 0;
        close(file);
        dl_iterate_phdr(assay_find_base, &base);
        end = bytes + status.st_size - sizeof count;
        memcpy(&count, end, sizeof count);
        places = (const uint64_t *)end - count;
    }
    for (high = count; low < high;) {
        size_t middle = (low + high) / 2;

        if (places[middle] == target - base)
            return 1;
        if (places[middle] < target - base)
            low = middle + 1;
        else
            high = middle;
    }
    return 0;
}

/* What a call of a function in a library comes to; `arguments` are the registers. */
ASSAY_BARE static int assay_is_exported(uintptr_t target, const uintptr_t *arguments)
{
    static const char prefix[] = "__interceptor_";
    Dl_info function;
    const char *name;
    int is_reaching = 0;

    if (dladdr((const void *)target, &function) == 0)
        return 0;
    /* Libraries choose among several functions of a name, which are not exported. Other
     * libraries than these have nothing that is not in these. */
    name = strrchr(function.dli_fname, '/');
    for (size_t i = 0; i < sizeof assay_reaching / sizeof *assay_reaching; i++)
        if (name == NULL || strncmp(name + 1, assay_reaching[i], strlen(assay_reaching[i])) == 0)
            is_reaching = 1;
    if (!is_reaching)
        return 1;
    if (function.dli_sname == NULL || (uintptr_t)function.dli_saddr != target)
        return 0;
    name = function.dli_sname;
    for (size_t i = 0; i < sizeof assay_of_sanitizers / sizeof *assay_of_sanitizers; i++)
        if (strncmp(name, assay_of_sanitizers[i], strlen(assay_of_sanitizers[i])) == 0)
            assay_betray(ASSAY_CALLED);
    if (strncmp(name, prefix, sizeof prefix - 1) == 0)
        name += sizeof prefix - 1;
    name += strspn(name, "_");
    for (size_t i = 0; i < sizeof assay_put_before / sizeof *assay_put_before; i++)
        if (strcmp(name, assay_put_before[i]) == 0)
            assay_break_proof();
    for (size_t k = 0; k < sizeof assay_unwatched / sizeof *assay_unwatched; k++) {
        if (strcmp(function.dli_sname, assay_unwatched[k].name) != 0)
            continue;
        for (int i = 0; i < 6; i++)
            if ((assay_unwatched[k].pointers >> i & 1) != 0 &&
                arguments[i] - ASSAY_NOTES < ASSAY_NOTES_SIZE)
                assay_betray(ASSAY_REACHED);
    }
    return 1;
}

/* Called by the asm below. A call through nothing crashes as it does anywhere. */
ASSAY_BARE __attribute__((used)) void assay_check_target(uintptr_t target,
                                                         const uintptr_t *arguments)
{
    static const char message[] = "called a place at which no function starts\n";

    if (target < 4096)
        return;
    if (assay_is_own_function(target)) {
        assay_last_target = target;
        return;
    }
    if (assay_is_exported(target, arguments))
        return;
    if (write(STDERR_FILENO, message, sizeof message - 1) > 0)
        _exit(1);
    abort();
}

/* The target lies on the stack, above it the place to return to. Everything that a call
 * hands over is kept. */
__asm__(".text\n.type assay_indirect, @function\nassay_indirect:\n"
        "pushq %rax\n"
        "movq 8(%rsp), %rax\n"
        "cmpq assay_last_target(%rip), %rax\n"
        "popq %rax\n"
        "je 1f\n"
        "pushq %rbp\nmovq %rsp, %rbp\n"
        "pushq %rax\npushq %r10\npushq %r11\n"
        "pushq %r9\npushq %r8\npushq %rcx\npushq %rdx\npushq %rsi\npushq %rdi\n"
        "movq %rsp, %r11\n"
        "subq $136, %rsp\nandq $-16, %rsp\n"
        "movups %xmm0, (%rsp)\nmovups %xmm1, 16(%rsp)\nmovups %xmm2, 32(%rsp)\n"
        "movups %xmm3, 48(%rsp)\nmovups %xmm4, 64(%rsp)\nmovups %xmm5, 80(%rsp)\n"
        "movups %xmm6, 96(%rsp)\nmovups %xmm7, 112(%rsp)\n"
        "movq 8(%rbp), %rdi\nmovq %r11, %rsi\n"
        "call assay_check_target\n"
        "movups (%rsp), %xmm0\nmovups 16(%rsp), %xmm1\nmovups 32(%rsp), %xmm2\n"
        "movups 48(%rsp), %xmm3\nmovups 64(%rsp), %xmm4\nmovups 80(%rsp), %xmm5\n"
        "movups 96(%rsp), %xmm6\nmovups 112(%rsp), %xmm7\n"
        "leaq -72(%rbp), %rsp\n"
        "popq %rdi\npopq %rsi\npopq %rdx\npopq %rcx\npopq %r8\npopq %r9\n"
        "popq %r11\npopq %r10\npopq %rax\npopq %rbp\n"
        "1: ret\n.size assay_indirect, . - assay_indirect\n");

/* Whether the bytes before a place can be those of a call: of a known distance, or
 * through a register or memory, in as many bytes as that takes. */
ASSAY_BARE static int assay_is_behind_call(const unsigned char *place)
{
    if (place[-5] == 0xe8)
        return 1;
    for (int length = 2; length <= 7; length++)
        if (place[-length] == 0xff && (place[1 - length] >> 3 & 7) == 2)
            return 1;
    return 0;
}

/* Called by the asm below. */
ASSAY_BARE __attribute__((used)) void assay_check_return(uintptr_t target)
{
    static const char message[] = "returned to where nothing had called it\n";

    if (target < 4096 || assay_is_behind_call((const unsigned char *)target))
        return;
    if (write(STDERR_FILENO, message, sizeof message - 1) > 0)
        _exit(1);
    abort();
}

/* The place to return to lies on the stack. Results are kept, in whichever registers. */
__asm__(".text\n.globl __x86_return_thunk\n.type __x86_return_thunk, @function\n"
        "__x86_return_thunk:\n"
        "pushq %rax\n"
        "movq 8(%rsp), %rax\n"
        "cmpb $0xe8, -5(%rax)\n"
        "popq %rax\n"
        "jne 1f\nret\n"
        "1: pushq %rbp\nmovq %rsp, %rbp\n"
        "pushq %rax\npushq %rdx\n"
        "subq $48, %rsp\nandq $-16, %rsp\n"
        "movups %xmm0, (%rsp)\nmovups %xmm1, 16(%rsp)\n"
        "movq 8(%rbp), %rdi\n"
        "call assay_check_return\n"
        "movups (%rsp), %xmm0\nmovups 16(%rsp), %xmm1\n"
        "leaq -16(%rbp), %rsp\n"
        "popq %rdx\npopq %rax\npopq %rbp\nret\n"
        ".size __x86_return_thunk, . - __x86_return_thunk\n");

#define ASSAY_THUNK(place)                                                                 \
    __asm__(".globl __x86_indirect_thunk_" #place "\n"                                     \
            ".type __x86_indirect_thunk_" #place ", @function\n"                           \
            "__x86_indirect_thunk_" #place ": pushq %" #place "\njmp assay_indirect\n");

ASSAY_THUNK(rax)
ASSAY_THUNK(rbx)
ASSAY_THUNK(rcx)
ASSAY_THUNK(rdx)
ASSAY_THUNK(rsi)
ASSAY_THUNK(rdi)
ASSAY_THUNK(rbp)
ASSAY_THUNK(r8)
ASSAY_THUNK(r9)
ASSAY_THUNK(r10)
ASSAY_THUNK(r11)
ASSAY_THUNK(r12)
ASSAY_THUNK(r13)
ASSAY_THUNK(r14)
ASSAY_THUNK(r15)

#endif
#endif
