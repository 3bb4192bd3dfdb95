//! What inline assembly does: instructions that only wait, order or count harm nothing,
//! whatever else is machine code of the artifact's own, which nothing watches.

use super::remark::Remark;
use super::tokens::{Kind, Token};

/// Instructions that touch no memory and call nothing.
const HARMLESS: &[&str] = &[
    "bsf", "bsr", "bswap", "bswapl", "bswapq", "cpuid", "isb", "lfence", "lzcnt", "mfence", "nop",
    "pause", "popcnt", "rdtsc", "rdtscp", "rol", "roll", "ror", "rorl", "sfence", "tzcnt", "yield",
];

/// The assembly of a source, from its first keyword to its last.
pub(super) struct Assembly<'a> {
    tokens: &'a [Token],
    /// The parenthesis that comes next, or the end, and what stands in it. Any number of
    /// keywords may stand before one.
    open: usize,
    remark: Option<Remark>,
}

impl Assembly<'_> {
    pub(super) fn of(tokens: &[Token]) -> Assembly<'_> {
        Assembly { tokens, open: 0, remark: None }
    }

    /// What to remark of assembly whose keyword stands here, behind all that were asked of
    /// before.
    pub(super) fn remark(&mut self, keyword: usize) -> Remark {
        if self.open <= keyword {
            let rest = &self.tokens[keyword + 1..];
            let length = rest.iter().position(|token| token.is('(')).unwrap_or(rest.len());
            self.open = keyword + 1 + length;
            self.remark = None;
        }
        let inside = self.tokens.get(self.open + 1..).unwrap_or_default();
        self.remark.get_or_insert_with(|| remark(inside)).clone()
    }
}

/// What to remark of assembly in parentheses, of which the first is open.
fn remark(inside: &[Token]) -> Remark {
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
            let tokens = tokens(&format!("asm {text}"));
            assert_eq!(Assembly::of(&tokens).remark(0), expected, "{text}");
        };
        let harmless = Remark::note("contains assembly");
        check("volatile (\"\" ::: \"memory\")", harmless.clone());
        check("(\"rdtsc\\n\\t\" \"lfence\" : \"=a\"(low))", harmless);
        check("(\"nop; syscall\")", Remark::offence("contains assembly: syscall"));
        check("(\"movq %fs:0, %0\")", Remark::offence("contains assembly: movq"));
        check("(TEXT)", Remark::offence("contains assembly that is not written out"));
    }
}
