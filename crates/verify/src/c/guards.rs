//! Guards: what stands between the artifact and functions of the library that the address
//! sanitizer does not watch. A guard looks at the arguments that are pointers: one that
//! leads to the sanitizer's own notes has no honest use.

use std::collections::BTreeMap;
use std::fmt::Write as _;

/// The functions, and which of their arguments are pointers.
const UNWATCHED: &str = include_str!("unwatched.txt");

/// Where arguments are, on x86-64.
const PLACES: [&str; 6] = ["rdi", "rsi", "rdx", "rcx", "r8", "r9"];

/// Functions, each with a bit for each argument that is a pointer.
pub(super) type Guarded<'a> = BTreeMap<&'a str, u8>;

pub(super) fn unwatched() -> Guarded<'static> {
    let lines = UNWATCHED.lines().filter(|line| !line.starts_with('#'));
    let words = lines.filter_map(|line| {
        let (pointers, names) = line.split_once(' ')?;
        Some((pointers.parse().ok()?, names))
    });
    words.flat_map(|(pointers, names)| names.split(' ').map(move |name| (name, pointers))).collect()
}

/// The same as a table for the harness, which looks at calls through pointers.
pub(super) fn table() -> String {
    let mut text = "static const struct { const char *name; unsigned char pointers; } \
                    assay_unwatched[] = {\n"
        .to_owned();
    for (name, pointers) in unwatched() {
        let _ = writeln!(text, "{{\"{name}\", {pointers}}},");
    }
    text.push_str("};\n");
    text
}

/// The assembly of the guards of these functions (`assay_guard.h`), and the option that has
/// the linker put them before the library's.
pub(super) fn guard(functions: &Guarded<'_>) -> (String, String) {
    let mut assembly = ".section .note.GNU-stack, \"\", %progbits\n.text\n".to_owned();
    let mut option = "-Wl".to_owned();
    for (name, pointers) in functions {
        let _ = writeln!(
            assembly,
            ".globl __wrap_{name}\n.type __wrap_{name}, @function\n__wrap_{name}:\n\
             movabsq $0xaa000000000, %r10\nmovq assay_notes_size(%rip), %r11"
        );
        for (_, at) in PLACES.iter().enumerate().filter(|(place, _)| pointers >> place & 1 == 1) {
            let _ = writeln!(
                assembly,
                "subq %r10, %{at}\ncmpq %r11, %{at}\njb assay_reached\naddq %r10, %{at}"
            );
        }
        let _ = writeln!(assembly, "jmp *__real_{name}@GOTPCREL(%rip)");
        let _ = write!(option, ",--wrap={name}");
    }
    (assembly, option)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pointers_are_looked_at_and_numbers_are_not() {
        let unwatched = unwatched();
        assert_eq!((unwatched["explicit_bzero"], unwatched["fstat"]), (1, 2));
        assert!(!unwatched.contains_key("memcpy") && unwatched.len() > 700);
        let (assembly, option) = guard(&Guarded::from([("fstat", 2)]));
        assert_eq!(option, "-Wl,--wrap=fstat");
        assert!(assembly.contains("%rsi") && !assembly.contains("%rdi"), "{assembly}");
    }
}
