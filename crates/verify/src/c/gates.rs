//! The gates between a case's tests and its artifact (`assay_gate.h`), and the table of
//! programs that its suites are.

use std::collections::BTreeSet;
use std::fmt::Write as _;

/// The gate of a function.
pub(super) fn gate(function: &str) -> String {
    format!("assay_gate_{function}")
}

/// Whether this processor has gates.
pub(super) const HAS_GATES: bool = cfg!(target_arch = "x86_64");

/// The assembly of the gates of these functions, and of the programs by their numbers.
pub(super) fn assembly(functions: &BTreeSet<String>, programs: &[(u64, String)]) -> String {
    let mut text = ".section .note.GNU-stack, \"\", %progbits\n.text\n".to_owned();
    for function in functions.iter().filter(|_| HAS_GATES) {
        let gate = gate(function);
        let _ = writeln!(
            text,
            ".globl {gate}\n.type {gate}, @function\n{gate}: leaq {function}(%rip), %r11\n\
             jmp assay_gate\n.size {gate}, . - {gate}"
        );
    }
    let table = "assay_programs";
    let _ = writeln!(text, ".section .data.rel.ro, \"aw\"\n.balign 8\n.globl {table}\n{table}:");
    for (number, main) in programs {
        let _ = writeln!(text, ".quad {number}, {main}");
    }
    text.push_str(".quad 0, 0\n");
    text
}
