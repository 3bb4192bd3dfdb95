/* What stands between the artifact and functions of the library that the sanitizer does not
 * watch (x86-64 only). They are put before those that an artifact uses (`guards.rs`).
 */
#ifndef ASSAY_GUARD_H
#define ASSAY_GUARD_H

#include "assay_betray.h"

#if defined(__x86_64__)

/* Where the sanitizer keeps notes of the memory that programs have, on x86-64. */
#define ASSAY_NOTES 0xaa000000000u
#define ASSAY_NOTES_SIZE 0x5607fff9000u

/* Something was done after which the end of a test proves nothing. */
static inline void assay_break_proof(void)
{
    __asm__ volatile("movq $1, %gs:24");
}

__attribute__((used, noinline)) static _Noreturn void assay_has_reached(void)
{
    assay_betray(ASSAY_REACHED);
}

__asm__(".section .rodata\n.balign 8\n.globl assay_notes_size\n"
        "assay_notes_size: .quad 0x5607fff9000\n.text\n"
        ".globl assay_reached\n.type assay_reached, @function\n"
        "assay_reached: andq $-16, %rsp\ncall assay_has_reached\n"
        ".size assay_reached, . - assay_reached\n");

#endif
#endif
