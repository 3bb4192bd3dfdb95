//! What an artifact's source may not say: words by which code escapes the sanitizers,
//! reaches for the harness, or looks at how it is compiled and called.
//!
//! This reads tokens as the compiler does. Where macros put tokens together, it reads
//! what the preprocessor makes of the source instead.

use std::collections::BTreeSet;

use assay_core::{FileSet, Finding};

use super::tokens::{Kind, Token, tokens};

/// Attributes that say something about a function or an object and change nothing that
/// the sanitizers or the linker do.
const ATTRIBUTES: &[&str] = &[
    "access",
    "aligned",
    "alloc_align",
    "alloc_size",
    "always_inline",
    "assume_aligned",
    "cleanup",
    "cold",
    "const",
    "deprecated",
    "designated_init",
    "fallthrough",
    "flatten",
    "format",
    "format_arg",
    "gnu_inline",
    "hot",
    "leaf",
    "malloc",
    "may_alias",
    "maybe_unused",
    "mode",
    "nodiscard",
    "noinline",
    "nonnull",
    "nonstring",
    "noreturn",
    "nothrow",
    "null_terminated_string_arg",
    "packed",
    "pure",
    "returns_nonnull",
    "scalar_storage_order",
    "sentinel",
    "transparent_union",
    "unavailable",
    "unused",
    "used",
    "vector_size",
    "visibility",
    "warn_if_not_aligned",
    "warn_unused_result",
    "warning",
];

/// Pragmas that do the same.
const PRAGMAS: &[&str] = &["once", "pack", "STDC", "region", "endregion", "message", "mark", "omp"];

/// Functions of the compiler that compute, by the start of their names.
const BUILTINS: &[&str] = &[
    "abs",
    "add_overflow",
    "bswap",
    "choose_expr",
    "classify_type",
    "clz",
    "complex",
    "constant_p",
    "copysign",
    "ctz",
    "expect",
    "fabs",
    "ffs",
    "fmax",
    "fmin",
    "has_attribute",
    "huge_val",
    "inf",
    "isfinite",
    "isgreater",
    "isinf",
    "isless",
    "isnan",
    "isnormal",
    "isunordered",
    "labs",
    "llabs",
    "mem",
    "mul_overflow",
    "nan",
    "object_size",
    "offsetof",
    "parity",
    "popcount",
    "prefetch",
    "sadd",
    "shuffle",
    "smul",
    "ssub",
    "str",
    "sub_overflow",
    "types_compatible_p",
    "uadd",
    "umul",
    "unreachable",
    "usub",
];

/// The start of the names of headers that are no business of an artifact.
const HEADERS: [&str; 2] = ["sanitizer/", "valgrind/"];

const HIDDEN_ATTRIBUTE: &str = "has an attribute that is not written out";

/// What the sources of an artifact say that none of the case's own do.
pub(super) fn findings<'a>(
    artifact: impl Iterator<Item = (&'a str, &'a str)>,
    own: &[&FileSet],
    project: &BTreeSet<&str>,
) -> Vec<Finding> {
    let mut allowed = BTreeSet::new();
    for (path, content) in own.iter().flat_map(|files| files.iter()) {
        let text = String::from_utf8_lossy(content);
        let said = Reader { path: path.as_str(), project }.read(&tokens(&text));
        allowed.extend(said.into_iter().map(|(what, _)| what));
    }
    let mut findings = Vec::new();
    for (path, text) in artifact {
        let mut said = Reader { path, project }.read(&tokens(text));
        said.retain(|(what, _)| allowed.insert(what.clone()));
        findings.extend(
            said.into_iter()
                .map(|(what, line)| Finding::build(what, Some(format!("{path}:{line}")))),
        );
    }
    findings
}

/// Whether macros of this text put tokens together, so that its words are known only
/// once it is preprocessed.
pub(super) fn pastes(text: &str) -> bool {
    (text.contains("##") || text.contains("%:"))
        && tokens(text).iter().any(|token| token.kind == Kind::Paste)
}

/// The parts of preprocessed text that come from this file, each line in its place.
pub(super) fn part_of(path: &str, preprocessed: &str) -> String {
    let mut part = String::new();
    let mut line = 1;
    let mut is_part = false;
    for text in preprocessed.lines() {
        let Some(marker) = text.strip_prefix("# ") else {
            if is_part {
                part.push_str(text);
                part.push('\n');
                line += 1;
            }
            continue;
        };
        let mut words = marker.splitn(2, ' ');
        let number = words.next().and_then(|number| number.parse::<usize>().ok());
        let name = words.next().unwrap_or("").split('"').nth(1).unwrap_or("");
        is_part = name == path;
        if let (true, Some(number)) = (is_part, number) {
            // A file is not longer than this, whatever its markers say.
            while line < number.min(1 << 20) {
                part.push('\n');
                line += 1;
            }
        }
    }
    part
}

/// Reads one file.
struct Reader<'a> {
    path: &'a str,
    /// The paths of all files of the project.
    project: &'a BTreeSet<&'a str>,
}

type Said = Vec<(String, usize)>;

impl Reader<'_> {
    fn read(&self, tokens: &[Token]) -> Said {
        let mut said = Said::new();
        for (place, token) in tokens.iter().enumerate() {
            let rest = &tokens[place + 1..];
            let what = match &token.kind {
                Kind::Mark('#') if token.starts_line => self.directive(rest).into_iter().collect(),
                Kind::Mark('[') if rest.first().is_some_and(|next| next.is('[')) => {
                    attributes(&rest[1..], ']')
                }
                Kind::Word(word) if matches!(word.as_str(), "__attribute__" | "__attribute") => {
                    match rest {
                        [first, second, rest @ ..] if first.is('(') && second.is('(') => {
                            attributes(rest, ')')
                        }
                        _ => vec![HIDDEN_ATTRIBUTE.to_owned()],
                    }
                }
                Kind::Word(word) => self.word(word, rest).into_iter().collect(),
                _ => Vec::new(),
            };
            said.extend(what.into_iter().map(|what| (what, token.line)));
        }
        said
    }

    fn word(&self, word: &str, rest: &[Token]) -> Option<String> {
        if let Some(builtin) = word.strip_prefix("__builtin_") {
            return (!is_harmless(builtin)).then(|| format!("uses {word}"));
        }
        match word {
            "asm" | "__asm" | "__asm__" => Some("contains assembly".to_owned()),
            "_Pragma" => match rest {
                [open, Token { kind: Kind::Text(text), .. }, ..] if open.is('(') => {
                    pragma(&tokens(text))
                }
                _ => Some("has a pragma that is not written out".to_owned()),
            },
            "goto" if rest.first().is_some_and(|next| next.is('*')) => {
                Some("jumps to a place that it computes".to_owned())
            }
            "__has_include" | "__has_include_next" => {
                let header = rest.iter().find(|token| !token.is('('));
                match header.map(|token| &token.kind) {
                    Some(Kind::Header(name)) if !is_odd(name) => None,
                    _ => Some("asks which files are there when it is compiled".to_owned()),
                }
            }
            "__OPTIMIZE__" | "__BASE_FILE__" | "__INCLUDE_LEVEL__" => {
                Some(format!("looks at how it is compiled, with {word}"))
            }
            _ if word.starts_with("assay_") || word.starts_with("ASSAY_") => {
                Some(format!("names {word}, which belongs to the test harness"))
            }
            _ if is_of_sanitizer(word) => {
                Some(format!("names {word}, which belongs to the sanitizers"))
            }
            _ => None,
        }
    }

    fn directive(&self, rest: &[Token]) -> Option<String> {
        let (first, rest) = rest.split_first()?;
        if first.starts_line {
            return None;
        }
        match &first.kind {
            Kind::Number(_) => Some("claims to be lines of another file".to_owned()),
            Kind::Word(word) => match word.as_str() {
                "line" => Some("claims to be lines of another file".to_owned()),
                "pragma" => pragma(rest),
                "include" | "include_next" | "import" => self.include(rest.first()?),
                _ => None,
            },
            _ => None,
        }
    }

    fn include(&self, header: &Token) -> Option<String> {
        match &header.kind {
            Kind::Header(name) => {
                is_odd(name).then(|| format!("includes <{name}>, which goes around the sanitizers"))
            }
            Kind::Text(name) if is_odd(name) && !self.is_of_project(name) => {
                Some(format!("includes {name:?}, which is not of the project"))
            }
            Kind::Text(_) => None,
            _ => Some("includes a file that is not written out".to_owned()),
        }
    }

    /// Whether a name that leads out of the file's folder leads to the project.
    fn is_of_project(&self, name: &str) -> bool {
        let mut place: Vec<&str> = self.path.split('/').collect();
        place.pop();
        for part in name.split('/') {
            match part {
                "" | "." => {}
                ".." if place.pop().is_none() => return false,
                ".." => {}
                part => place.push(part),
            }
        }
        !name.starts_with('/') && self.project.contains(place.join("/").as_str())
    }
}

/// Whether a header's name leads somewhere else than to the headers of the system.
fn is_odd(name: &str) -> bool {
    name.starts_with('/')
        || name.split('/').any(|part| part == "..")
        || name.contains("assay")
        || name.ends_with("intrin.h")
        || HEADERS.iter().any(|start| name.starts_with(start))
}

fn is_of_sanitizer(word: &str) -> bool {
    let has = |part: &str| word.to_ascii_lowercase().contains(part);
    word.starts_with('_') && (has("sanitize") || has("interceptor"))
        || ["__asan", "__ubsan", "__lsan", "__tsan", "__msan", "__hwasan", "__sancov"]
            .iter()
            .any(|start| word.starts_with(start))
        || word == "__has_feature"
}

fn is_harmless(builtin: &str) -> bool {
    matches!(builtin, "va_start" | "va_end" | "va_copy" | "va_arg" | "va_list" | "alloca")
        || BUILTINS.iter().any(|start| builtin.starts_with(start)) && !builtin.contains("chk")
}

/// The attributes that are not harmless, of a list that ends with two of `end`.
fn attributes(list: &[Token], end: char) -> Vec<String> {
    let mut found = Vec::new();
    let mut depth = 0;
    let mut expects_name = true;
    for (place, token) in list.iter().enumerate() {
        match &token.kind {
            Kind::Mark(mark) if *mark == end && depth == 0 => return found,
            Kind::Mark('(') => depth += 1,
            Kind::Mark(')') => depth -= 1,
            Kind::Mark(',') if depth == 0 => expects_name = true,
            // The name of whoever defines the attribute.
            Kind::Word(word)
                if depth == 0
                    && word.trim_matches('_') == "gnu"
                    && list.get(place + 1).is_some_and(|next| next.is(':')) => {}
            Kind::Word(word) if depth == 0 && expects_name => {
                expects_name = false;
                let name = word.trim_matches('_');
                if !ATTRIBUTES.contains(&name) {
                    found.push(format!("has the attribute {name}"));
                }
            }
            Kind::Paste => break,
            _ => {}
        }
    }
    found.push(HIDDEN_ATTRIBUTE.to_owned());
    found
}

/// What a pragma does, of the tokens of its line, if it is not harmless.
fn pragma(line: &[Token]) -> Option<String> {
    let words: Vec<&str> = line
        .iter()
        .enumerate()
        .take_while(|(place, token)| *place == 0 || !token.starts_line)
        .filter_map(|(_, token)| token.word())
        .take(2)
        .collect();
    match words.as_slice() {
        [
            "GCC" | "clang",
            "diagnostic" | "poison" | "warning" | "error" | "unroll" | "ivdep",
            ..,
        ] => None,
        [first, ..] if PRAGMAS.contains(first) => None,
        words => Some(format!("has the pragma {}", words.join(" "))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> Vec<String> {
        let project = BTreeSet::from(["src/a.h", "src/a.c"]);
        let files = [("src/a.c", text)];
        let findings = findings(files.into_iter(), &[], &project);
        findings.into_iter().map(|finding| finding.what).collect()
    }

    #[test]
    fn honest_sources_say_nothing() {
        let text = r#"
#ifndef __A_H__
#define __A_H__
#include <stdio.h>
#include "a.h"
#include "../src/a.h"
#pragma once
#pragma GCC diagnostic push
#define PACKED __attribute__((packed, aligned(4)))
[[nodiscard]] static int f(int a[2], int b) { return a[b] ? __builtin_clz(b) : 0; }
static int pleasant, is_sane, basanite; /* asm __attribute__((constructor)) */
static const char *text = "asm __asan_init #pragma weak";
__attribute__((__format__(printf, 1, 2), unused)) static void g(const char *t, ...);
int h(void) { return a[b[0]]; }
#if __has_include(<stdckdint.h>)
#endif
#endif
"#;
        assert_eq!(said(text), Vec::<String>::new());
    }

    #[test]
    fn what_goes_around_the_sanitizers_is_found() {
        let check = |text: &str, what: &str| assert_eq!(said(text), [what], "{text}");
        check("__asm__(\"nop\");", "contains assembly");
        check("int as\\\nm;", "contains assembly");
        check("__attribute__((unused, constructor(101))) f();", "has the attribute constructor");
        check("__attribute__((no_sanitize(\"address\")))", "has the attribute no_sanitize");
        check("[[gnu::no_sanitize_address]] int x;", "has the attribute no_sanitize_address");
        check("<:<:__gnu__::section(\"x\"):>:> int x;", "has the attribute section");
        check("#define A __attribute__(B)", "has an attribute that is not written out");
        check("%:pragma weak f", "has the pragma weak f");
        check("_Pragma(\"GCC optimize 3\")", "has the pragma GCC optimize");
        check("void *p = __builtin_frame_address(0);", "uses __builtin_frame_address");
        check("goto *p;", "jumps to a place that it computes");
        check(
            "#include \"../tests/x.c\"",
            "includes \"../tests/x.c\", which is not of the project",
        );
        check(
            "#include </proc/self/maps>",
            "includes </proc/self/maps>, which goes around the sanitizers",
        );
        check("#include NAME", "includes a file that is not written out");
        check("#line 1 \"x.c\"", "claims to be lines of another file");
        check("# 1 \"x.c\" 3", "claims to be lines of another file");
        check(
            "#ifdef __SANITIZE_ADDRESS__",
            "names __SANITIZE_ADDRESS__, which belongs to the sanitizers",
        );
        check("#if __has_include(\"x.h\")", "asks which files are there when it is compiled");
        check("void assay_fail();", "names assay_fail, which belongs to the test harness");
    }

    #[test]
    fn what_the_case_itself_says_is_no_finding() {
        let own = FileSet::from([(
            assay_core::SafePath::new("src/a.h").expect("safe"),
            b"__attribute__((constructor)) int x;".to_vec(),
        )]);
        let files = [("src/a.c", "__attribute__((constructor(1), weak)) int x; asm(\"\");")];
        let findings = findings(files.into_iter(), &[&own], &BTreeSet::new());
        let places: Vec<_> = findings.iter().map(ToString::to_string).collect();
        assert_eq!(places, ["has the attribute weak (src/a.c:1)", "contains assembly (src/a.c:1)"]);
    }

    #[test]
    fn preprocessed_text_keeps_the_lines_of_its_file() {
        let text =
            "# 1 \"src/a.c\"\none\n# 1 \"/usr/include/x.h\" 1 3\nasm\n# 7 \"src/a.c\" 2\nseven\n";
        assert_eq!(part_of("src/a.c", text), "one\n\n\n\n\n\nseven\n");
        assert!(pastes("#define A(a) a##b") && !pastes("// ##") && !pastes("a % b"));
    }
}
