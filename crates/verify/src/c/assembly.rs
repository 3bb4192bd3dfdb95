//! What inline assembly does: instructions that only wait, order or count harm nothing,
//! whatever else is machine code of the artifact's own, which nothing watches.

use super::remark::Remark;
use super::tokens::{Kind, Token};

/// Instructions that touch no memory and call nothing.
const HARMLESS: &[&str] = &[
    "bsf", "bsr", "bswap", "bswapl", "bswapq", "cpuid", "isb", "lfence", "lzcnt", "mfence", "nop",
    "pause", "popcnt", "rdtsc", "rdtscp", "rol", "roll", "ror", "rorl", "sfence", "tzcnt", "yield",
];

/// What to remark of assembly, whose keyword is followed by these tokens.
pub(super) fn remark(rest: &[Token]) -> Remark {
    let open = rest.iter().position(|token| token.is('('));
    let inside = open.map_or(&[][..], |open| &rest[open + 1..]);
    let mut text = String::new();
    let mut is_whole = false;
    for token in inside {
        match &token.kind {
            Kind::Text(part) => text.push_str(part),
            Kind::Mark(':' | ')') => {
                is_whole = true;
                break;
            }
            _ => break,
        }
    }
    if !is_whole {
        return Remark::offence("contains assembly that is not written out");
    }
    let text = text.replace("\\n", ";").replace("\\t", " ");
    let instructions = text.split([';', '\n']).filter_map(|line| line.split_whitespace().next());
    let is_harmful = |name: &&str| !HARMLESS.contains(name);
    match instructions.into_iter().find(is_harmful) {
        Some(name) => Remark::offence(format!("contains assembly: {name}")),
        None => Remark::note("contains assembly"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tokens::tokens;
    use super::*;

    #[test]
    fn only_what_touches_nothing_is_harmless() {
        let check = |text: &str, expected: Remark| {
            assert_eq!(remark(&tokens(text)), expected, "{text}");
        };
        let harmless = Remark::note("contains assembly");
        check("volatile (\"\" ::: \"memory\")", harmless.clone());
        check("(\"rdtsc\\n\\t\" \"lfence\" : \"=a\"(low))", harmless);
        check("(\"nop; syscall\")", Remark::offence("contains assembly: syscall"));
        check("(\"movq %fs:0, %0\")", Remark::offence("contains assembly: movq"));
        check("(TEXT)", Remark::offence("contains assembly that is not written out"));
    }
}
