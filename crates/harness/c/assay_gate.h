/* The gates between tests and the artifact, and what they keep (x86-64 only).
 *
 * Every call of a test into the artifact goes through a gate, which takes the place to
 * return to from the stack and keeps it: the artifact cannot see who called it, and the
 * only way out of the artifact is back to where it was called. A test whose process gets
 * to its end in any other way leaves a call open, which the supervisor sees.
 *
 * What is kept lies in a place that the supervisor has drawn, amid the terabytes that the
 * address sanitizer has reserved. Only the register gs says where, which C cannot read.
 */
#ifndef ASSAY_GATE_H
#define ASSAY_GATE_H

#include <stddef.h>
#include <stdint.h>

#include "assay_channel.h"

/* A program of the suites and the number by which it is asked for. */
struct assay_program {
    uint64_t number;
    int (*body)(int, char **);
};

static inline uint64_t assay_number(uint32_t unit, uint32_t line)
{
    return (uint64_t)unit << 32 | line;
}

#if defined(__x86_64__)

_Static_assert(offsetof(struct assay_task, place) == 0, "the assembly below");
_Static_assert(offsetof(struct assay_task, token) == 8, "the assembly below");
_Static_assert(sizeof(struct assay_task) == 40, "the assembly below");
_Static_assert(sizeof(struct assay_proof) == 17, "the assembly below");
_Static_assert(ASSAY_TEST_CHANNEL == 213, "the assembly below");
_Static_assert(ASSAY_STATE_SIZE == 0x100, "the assembly below");

static char assay_stack[64 * 1024] __attribute__((aligned(64), used));

__asm__(
    /* As in struct assay_state. */
    ".set S_DEPTH, 0\n.set S_TOKEN, 8\n.set S_STEP, 16\n.set S_BROKEN, 24\n"
    ".set S_THREAD, 32\n.set S_STACK, 40\n.set S_RETURN, 48\n.set S_STATUS, 56\n"
    ".set S_COUNT, 64\n.set S_ARGUMENTS, 72\n.set S_ENVIRONMENT, 80\n.set S_TARGET, 88\n"
    ".set CALLS, 0x100\n.set CALLS_END, 0xf000\n"
    ".text\n"
    /* Reads from the supervisor, which knows where this is. */
    ".globl assay_wait\n.hidden assay_wait\n.type assay_wait, @function\nassay_wait:\n"
    "xorl %eax, %eax\nsyscall\nret\n.size assay_wait, . - assay_wait\n"

    ".macro own_stack\nleaq assay_stack+65536(%rip), %rsp\n.endm\n"
    ".macro own_thread to\nmovq %fs:0, %r10\ncmpq %r10, %gs:S_THREAD\njne \\to\n.endm\n"

    /* The first thing that runs of the program. */
    ".section .preinit_array, \"aw\"\n.balign 8\n.quad assay_enter\n.text\n"
    ".type assay_enter, @function\nassay_enter:\n"
    "pushq %rbx\nmovq %rsp, %rbx\nown_stack\n"
    "call assay_say_ready\ntestl %eax, %eax\njz assay_leave\n"
    "movl $213, %edi\nleaq assay_task(%rip), %rsi\nmovl $40, %edx\ncall assay_wait\n"
    "cmpq $40, %rax\njne assay_leave\n"
    /* arch_prctl(ARCH_SET_GS, place) */
    "movl $158, %eax\nmovl $0x1001, %edi\nmovq assay_task(%rip), %rsi\nsyscall\n"
    "testl %eax, %eax\njnz assay_leave\n"
    "movq assay_task+8(%rip), %rax\nmovq %rax, %gs:S_TOKEN\n"
    "movq $CALLS, %gs:S_DEPTH\nmovq %fs:0, %rax\nmovq %rax, %gs:S_THREAD\n"
    "xorl %esi, %esi\nmovq %rsi, assay_task(%rip)\nmovq %rsi, assay_task+8(%rip)\n"
    /* prctl(PR_SET_DUMPABLE, 0) */
    "movl $157, %eax\nmovl $4, %edi\nsyscall\n"
    "movq %rbx, %rsp\npopq %rbx\nret\n"
    "assay_leave:\nmovl $231, %eax\nmovl $70, %edi\nsyscall\n"
    ".size assay_enter, . - assay_enter\n"

    ".globl main\n.type main, @function\nmain:\n"
    "movq %rdi, %gs:S_COUNT\nmovq %rsi, %gs:S_ARGUMENTS\nmovq %rdx, %gs:S_ENVIRONMENT\n"
    "movq %rsp, %gs:S_STACK\nown_stack\ncall assay_begin\nmovq %gs:S_STACK, %rsp\n"
    "testq %rax, %rax\njz assay_leave\n"
    "movq %gs:S_COUNT, %rdi\nmovq %gs:S_ARGUMENTS, %rsi\nmovq %gs:S_ENVIRONMENT, %rdx\n"
    "popq %gs:S_RETURN\nleaq assay_done(%rip), %r11\npushq %r11\n"
    "movq $1, %gs:S_STEP\njmp *%rax\n"
    ".size main, . - main\n"

    /* Where a test returns to. */
    ".type assay_done, @function\nassay_done:\n"
    "own_thread assay_leave\n"
    "movq %gs:S_STACK, %r11\naddq $8, %r11\ncmpq %r11, %rsp\njne assay_leave\n"
    "cmpq $CALLS, %gs:S_DEPTH\njne assay_leave\ncmpq $1, %gs:S_STEP\njne assay_leave\n"
    "movq $2, %gs:S_STEP\n"
    "movl %eax, %edi\nown_stack\ncall assay_returned\n"
    "movl %eax, %gs:S_STATUS\nmovq %gs:S_STACK, %rsp\naddq $8, %rsp\n"
    "testl %eax, %eax\njnz 1f\n"
    /* On the test's stack: below its pointer nothing is looked for. */
    "call __lsan_do_leak_check@PLT\n"
    "movq $3, %gs:S_STEP\nown_stack\n"
    "call assay_say_ready\ntestl %eax, %eax\njz assay_leave\n"
    "movl $213, %edi\nleaq assay_proof(%rip), %rsi\nmovl $17, %edx\ncall assay_wait\n"
    "movq %rax, %rdi\ncall assay_give_answer\nmovl %eax, %gs:S_STATUS\n"
    "1: movq %gs:S_STACK, %rsp\naddq $8, %rsp\nmovl %gs:S_STATUS, %eax\njmp *%gs:S_RETURN\n"
    ".size assay_done, . - assay_done\n"

    /* Where every gate leads: r11 is the function. Other threads go through. A place is
     * taken before anything is written to it, as a signal may come between. */
    ".globl assay_gate\n.type assay_gate, @function\nassay_gate:\n"
    "own_thread 2f\n"
    "movq %gs:S_DEPTH, %r10\ncmpq $CALLS_END, %r10\njae assay_leave\n"
    "addq $32, %gs:S_DEPTH\n"
    "popq %gs:(%r10)\nmovq %rsp, %gs:8(%r10)\nmovq $0, %gs:16(%r10)\n"
    "movq %r11, %gs:S_TARGET\nleaq assay_back(%rip), %r11\npushq %r11\n"
    "movq %gs:S_TARGET, %r11\n2: jmp *%r11\n"
    ".size assay_gate, . - assay_gate\n"

    /* Where the artifact returns to. It looks like a place behind a call. */
    ".type assay_back, @function\n.byte 0xe8, 0, 0, 0, 0\nassay_back:\n"
    "movq %gs:S_DEPTH, %r10\ncmpq %rsp, %gs:-24(%r10)\njne assay_leave\n"
    "cmpq $0, %gs:-16(%r10)\njne 3f\n"
    "4: movq %gs:-32(%r10), %r11\nsubq $32, %gs:S_DEPTH\njmp *%r11\n"
    /* A signal's handler must leave where it goes on as it was. */
    "3: movq 160(%rsp), %r11\ncmpq %r11, %gs:-8(%r10)\njne 5f\n"
    "movq 168(%rsp), %r11\ncmpq %r11, %gs:-16(%r10)\nje 4b\n"
    "5: movq $1, %gs:S_BROKEN\njmp 4b\n"
    ".size assay_back, . - assay_back\n"

    /* The handler of every signal for which the artifact has one. */
    ".globl assay_signal\n.hidden assay_signal\n.type assay_signal, @function\nassay_signal:\n"
    "leaq assay_handlers(%rip), %r11\nmovq (%r11,%rdi,8), %r11\n"
    "own_thread 6f\n"
    "movq %gs:S_DEPTH, %r10\ncmpq $CALLS_END, %r10\njae assay_leave\n"
    "addq $32, %gs:S_DEPTH\n"
    /* The stack pointer and the place of what was interrupted. */
    "popq %gs:(%r10)\nmovq %rsp, %gs:8(%r10)\n"
    "movq 168(%rsp), %rax\nmovq %rax, %gs:16(%r10)\n"
    "movq 160(%rsp), %rax\nmovq %rax, %gs:24(%r10)\n"
    "leaq assay_back(%rip), %rax\npushq %rax\n"
    "6: jmp *%r11\n"
    ".size assay_signal, . - assay_signal\n");

#endif
#endif
