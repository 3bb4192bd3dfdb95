#include "textflag.h"

// entry is where a suite's process starts. It puts constants in the place of the random
// bytes that the kernel has left for the program, and goes on where any program does.
// From these bytes the run-time system seeds its hashes and its generators, so maps and
// math/rand come out the same for the same artifact; crypto/rand asks the kernel.
TEXT ·entry(SB),NOSPLIT|NOFRAME,$0
	// Behind the count of arguments are these, a zero, the environment and a zero.
	MOVQ	0(SP), R8
	LEAQ	16(SP)(R8*8), R9
environment:
	MOVQ	(R9), R8
	ADDQ	$8, R9
	TESTQ	R8, R8
	JNZ	environment
vector:
	MOVQ	(R9), R8
	MOVQ	8(R9), R10
	ADDQ	$16, R9
	TESTQ	R8, R8
	JZ	start
	// AT_RANDOM, a pointer to 16 bytes.
	CMPQ	R8, $25
	JNE	vector
	MOVQ	$0x5851f42d4c957f2d, R8
	MOVQ	R8, 0(R10)
	MOVQ	$0x14057b7ef767814f, R8
	MOVQ	R8, 8(R10)
start:
	JMP	_rt0_amd64_linux(SB)
