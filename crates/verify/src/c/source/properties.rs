//! Properties of reading an artifact's C: its tokens are those that they say, and what is
//! said of them is what looking at each by itself says.

use std::collections::BTreeSet;

use assay_fuzz::{Target, target};

use super::super::attributes;
use super::super::remark::Remark;
use super::super::tokens::{Kind, Token, tokens};
use super::{findings, needs_preprocessing, part_of};

const WORDS: [&str; 44] = [
    "__attribute__((",
    "__attribute__",
    "))",
    ")",
    "(",
    "[[",
    "]]",
    "]",
    "<:<:",
    ":>",
    "[[gnu::",
    "gnu::",
    "unused",
    "ifunc",
    "constructor",
    "section(\".init\")",
    "no_sanitize(\"address\")",
    ",",
    "asm",
    "__asm__ volatile(\"\" ::: \"memory\");",
    "(\"nop\"",
    "(\"syscall\")",
    "assay_fail",
    "__asan_x",
    "__builtin_frame_address(0)",
    "_Pragma(\"weak f\")",
    "#pragma weak f\n",
    "#include \"../x.h\"\n",
    "#include <",
    "# 7 \"src/a.c\" 2\n",
    "__has_include(<",
    "##",
    "%:%:",
    "\\\n",
    "\\",
    "/*",
    "*/",
    "//",
    "\"",
    "'",
    "\n",
    "int a",
    "é",
    "0x1p+3",
];

fn target() -> Target {
    target!("c-source").words(&WORDS)
}

/// A source of these tokens, with a comment, or a blank, between each and the next.
fn written(tokens: &[Token]) -> String {
    let mut text = String::new();
    for token in tokens {
        // Behind a slash the comment would begin too soon.
        text.push_str(if text.ends_with('/') && !text.ends_with("*/") { " " } else { "/**/" });
        text.push_str(if token.starts_line { "\n" } else { "" });
        match &token.kind {
            Kind::Word(it) | Kind::Number(it) => text.push_str(it),
            Kind::Text(it) => text.push_str(&format!("\"{it}\"")),
            Kind::Character => text.push_str("'x'"),
            Kind::Mark(it) => text.push(*it),
            Kind::Paste => text.push_str("##"),
            Kind::Header(it) => text.push_str(&format!("<{it}>")),
        }
    }
    text
}

#[test]
fn tokens_written_again_are_the_same_tokens() {
    let holds = |bytes: &[u8]| {
        // Whatever the text ends within ends there.
        let text = format!("{}\n", String::from_utf8_lossy(bytes));
        let found = tokens(&text);
        assert!(found.len() <= text.chars().count());
        assert!(found.is_sorted_by_key(|token| token.line));
        assert!(found.iter().all(|token| token.line <= text.matches('\n').count()));
        let kinds = |tokens: Vec<Token>| -> Vec<(Kind, bool)> {
            tokens.into_iter().map(|token| (token.kind, token.starts_line)).collect()
        };
        let again = tokens(&written(&found));
        assert_eq!(kinds(again), kinds(found), "{text:?}");
    };
    target().check(holds);
    target().check_long(holds);
}

/// The attributes of one list by itself, of the tokens from its first on.
fn of_one_list(list: &[Token], end: char) -> Vec<Remark> {
    let (mut depth, mut expects_name, mut found) = (0, true, Vec::new());
    for (place, token) in list.iter().enumerate() {
        let is_colon = |token: &Token| token.is(':');
        match &token.kind {
            Kind::Mark(mark) if *mark == end && depth == 0 => return found,
            Kind::Mark('(') => depth += 1,
            Kind::Mark(')') => depth -= 1,
            Kind::Mark(',') if depth == 0 => expects_name = true,
            Kind::Word(word) if depth == 0 => {
                let name = word.trim_matches('_');
                let is_prefix = name == "gnu" && list.get(place + 1).is_some_and(is_colon);
                if expects_name && !is_prefix {
                    expects_name = false;
                    found.extend(attributes::remark(name, &list[place..]));
                }
            }
            Kind::Paste => break,
            _ => {}
        }
    }
    found.push(Remark::note(attributes::HIDDEN));
    found
}

#[test]
fn lists_of_attributes_say_together_what_each_says_by_itself() {
    target().check_text(|text| {
        let tokens = tokens(text);
        let mut alone = Vec::new();
        for (place, token) in tokens.iter().enumerate() {
            let rest = &tokens[place + 1..];
            let said = match (token.word(), rest) {
                (Some("__attribute__" | "__attribute"), [first, second, list @ ..])
                    if first.is('(') && second.is('(') =>
                {
                    of_one_list(list, ')')
                }
                (Some("__attribute__" | "__attribute"), _) => {
                    vec![Remark::note(attributes::HIDDEN)]
                }
                (None, [second, list @ ..]) if token.is('[') && second.is('[') => {
                    of_one_list(list, ']')
                }
                _ => continue,
            };
            alone.extend(said.into_iter().map(|remark| (remark, place)));
        }
        let mut together = attributes::remarks(&tokens);
        together.sort_by_key(|(_, place)| *place);
        let first_of_each = |found: Vec<(Remark, usize)>| -> Vec<(Remark, usize)> {
            let mut seen = BTreeSet::new();
            found.into_iter().filter(|(remark, _)| seen.insert(remark.clone())).collect()
        };
        assert_eq!(first_of_each(together), first_of_each(alone));
    });
}

#[test]
fn what_is_said_of_a_source_is_bounded_and_has_its_place() {
    let project = BTreeSet::from(["src/a.c"]);
    let holds = |bytes: &[u8]| {
        let text = String::from_utf8_lossy(bytes);
        let remarks = findings([("src/a.c", text.as_ref())].into_iter(), &[], &project);
        let lines = text.matches('\n').count() + 1;
        for list in [&remarks.offences, &remarks.notes] {
            assert!(list.len() <= 200);
            for finding in list {
                let place = finding.place.as_deref().and_then(|it| it.strip_prefix("src/a.c:"));
                let line: usize = place.expect("a line").parse().expect("a number");
                assert!((1..=lines).contains(&line), "{finding:?}");
            }
        }
        let _ = needs_preprocessing(&text);
        let part = part_of("src/a.c", &text);
        assert!(part.len() <= text.len() + (1 << 20) + 1);
    };
    target().check(holds);
    target().check_long(holds);
}

/// Each of these took time, or memory, in proportion to the square of its length.
#[test]
fn sources_that_begin_without_end_are_read_in_one_go() {
    let project = BTreeSet::new();
    for text in [
        "[[a,".repeat(60_000),
        "__attribute__((".repeat(20_000),
        "asm ".repeat(60_000),
        format!("{}(\"nop\" {}", "asm ".repeat(20_000), "\"nop\" ".repeat(20_000)),
        (0..40_000).map(|number| format!("assay_{number} ")).collect(),
    ] {
        let remarks = findings([("src/a.c", text.as_str())].into_iter(), &[], &project);
        assert!(!remarks.offences.is_empty() || !remarks.notes.is_empty());
    }
}
