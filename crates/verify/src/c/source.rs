//! What an artifact's source may not say: words by which code escapes the sanitizers,
//! reaches for the harness, or looks at how it is compiled and called.
//!
//! This reads tokens as the compiler does. Where macros put tokens together, it reads
//! what the preprocessor makes of the source instead.

#[cfg(test)]
mod properties;

use std::collections::BTreeSet;

use assay_core::FileSet;

use super::assembly::Assembly;
use super::attributes;
use super::remark::{Remark, Remarks};
use super::tokens::{Kind, Token, tokens};

/// Pragmas that change nothing that the sanitizers or the linker do.
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

/// What the sources of an artifact say that none of the case's own do.
pub(super) fn findings<'a>(
    artifact: impl Iterator<Item = (&'a str, &'a str)>,
    own: &[&FileSet],
    project: &BTreeSet<&str>,
) -> Remarks {
    let mut allowed = BTreeSet::new();
    for (path, content) in own.iter().flat_map(|files| files.iter()) {
        let text = String::from_utf8_lossy(content);
        let said = Reader { path: path.as_str(), project }.read(&tokens(&text));
        allowed.extend(said.into_iter().map(|(what, _)| what));
    }
    let mut remarks = Remarks::default();
    for (path, text) in artifact {
        for (remark, line) in (Reader { path, project }).read(&tokens(text)) {
            if allowed.insert(remark.clone()) {
                remarks.add(remark, format!("{path}:{line}"));
            }
        }
    }
    remarks
}

/// Whether macros of this text put tokens together or make attributes, so that it is known
/// only once it is preprocessed what it says.
pub(super) fn needs_preprocessing(text: &str) -> bool {
    let pastes = (text.contains("##") || text.contains("%:"))
        && tokens(text).iter().any(|token| token.kind == Kind::Paste);
    let defines = |line: &str| {
        let line = line.trim_start().trim_start_matches(['#', '%', ':', ' ', '\t']);
        line.starts_with("define") && (line.contains("__attribute") || line.contains("_Pragma"))
    };
    pastes || text.replace("\\\n", " ").lines().any(defines)
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

type Said = Vec<(Remark, usize)>;

impl Reader<'_> {
    fn read(&self, tokens: &[Token]) -> Said {
        let mut said = attributes::remarks(tokens);
        let mut assembly = Assembly::of(tokens);
        for (place, token) in tokens.iter().enumerate() {
            let rest = &tokens[place + 1..];
            let what = match &token.kind {
                Kind::Mark('#') if token.starts_line => self.directive(rest),
                Kind::Word(word) if is_assembly(word) => Some(assembly.remark(place)),
                Kind::Word(word) => self.word(word, rest),
                _ => None,
            };
            said.extend(what.map(|what| (what, place)));
        }
        said.sort_by_key(|(_, place)| *place);
        said.into_iter().map(|(what, place)| (what, tokens[place].line)).collect()
    }

    fn word(&self, word: &str, rest: &[Token]) -> Option<Remark> {
        if let Some(builtin) = word.strip_prefix("__builtin_") {
            let goes_around = goes_around(builtin) || builtin.starts_with("ia32_");
            let uses = format!("uses {word}");
            return match (goes_around, is_harmless(builtin)) {
                (true, _) => Some(Remark::Offence(uses)),
                (false, false) => Some(Remark::Note(uses)),
                (false, true) => None,
            };
        }
        match word {
            "__seg_gs" | "__seg_fs" => {
                Some(Remark::offence(format!("reads memory by a register, with {word}")))
            }
            "_Pragma" => match rest {
                [open, Token { kind: Kind::Text(text), .. }, ..] if open.is('(') => {
                    pragma(&tokens(text))
                }
                _ => Some(Remark::note("has a pragma that is not written out")),
            },
            "goto" if rest.first().is_some_and(|next| next.is('*')) => {
                Some(Remark::note("jumps to a place that it computes"))
            }
            "__has_include" | "__has_include_next" => {
                let header = rest.iter().find(|token| !token.is('('));
                match header.map(|token| &token.kind) {
                    Some(Kind::Header(name)) if !is_odd(name) => None,
                    _ => Some(Remark::note("asks which files are there when it is compiled")),
                }
            }
            "__OPTIMIZE__" | "__BASE_FILE__" | "__INCLUDE_LEVEL__" => {
                Some(Remark::note(format!("looks at how it is compiled, with {word}")))
            }
            _ if word.starts_with("assay_") || word.starts_with("ASSAY_") => {
                Some(Remark::offence(format!("names {word}, which belongs to the test harness")))
            }
            _ if word.contains("sanitize") && word.trim_matches('_').starts_with("no_") => {
                Some(Remark::offence(format!("names {word}, which switches the sanitizers off")))
            }
            _ if word.starts_with("_mm") || word.starts_with("_") && goes_around(word) => {
                goes_around(word).then(|| {
                    Remark::offence(format!("uses {word}, which goes around the sanitizers"))
                })
            }
            _ if is_of_sanitizer(word) => {
                Some(Remark::offence(format!("names {word}, which belongs to the sanitizers")))
            }
            _ => None,
        }
    }

    fn directive(&self, rest: &[Token]) -> Option<Remark> {
        let (first, rest) = rest.split_first()?;
        if first.starts_line {
            return None;
        }
        match &first.kind {
            Kind::Number(_) => Some(Remark::note("claims to be lines of another file")),
            Kind::Word(word) => match word.as_str() {
                "line" => Some(Remark::note("claims to be lines of another file")),
                "pragma" => pragma(rest),
                "include" | "include_next" | "import" => self.include(rest.first()?),
                _ => None,
            },
            _ => None,
        }
    }

    fn include(&self, header: &Token) -> Option<Remark> {
        match &header.kind {
            Kind::Header(name) if is_odd(name) => {
                let what = format!("includes <{name}>, which goes around the sanitizers");
                Some(Remark::Offence(what))
            }
            Kind::Text(name) if is_odd(name) && !self.is_of_project(name) => {
                Some(Remark::offence(format!("includes {name:?}, which is not of the project")))
            }
            Kind::Header(_) | Kind::Text(_) => None,
            _ => Some(Remark::note("includes a file that is not written out")),
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

fn is_assembly(word: &str) -> bool {
    matches!(word, "asm" | "__asm" | "__asm__")
}

/// Whether a header's name leads somewhere else than to the headers of the system.
fn is_odd(name: &str) -> bool {
    name.starts_with('/')
        || name.split('/').any(|part| part == "..")
        || name.contains("assay")
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

/// Whether a function of the compiler reads or writes memory, or registers, in a way that
/// the sanitizers do not see.
fn goes_around(name: &str) -> bool {
    let parts = ["gather", "scatter", "mask", "stream", "sbase", "xsave", "xrstor", "fxsave"];
    let is_of_vectors = name.starts_with("_mm") || name.starts_with("ia32_");
    parts.iter().any(|part| name.contains(part)) && (is_of_vectors || name.contains("sbase"))
}

fn is_harmless(builtin: &str) -> bool {
    matches!(builtin, "va_start" | "va_end" | "va_copy" | "va_arg" | "va_list" | "alloca")
        || BUILTINS.iter().any(|start| builtin.starts_with(start)) && !builtin.contains("chk")
}

/// What a pragma does, of the tokens of its line, if it is not harmless.
fn pragma(line: &[Token]) -> Option<Remark> {
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
        words => Some(Remark::note(format!("has the pragma {}", words.join(" ")))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> [Vec<String>; 2] {
        let project = BTreeSet::from(["src/a.h", "src/a.c"]);
        let files = [("src/a.c", text)];
        let remarks = findings(files.into_iter(), &[], &project);
        let what = |list: Vec<assay_core::Finding>| list.into_iter().map(|it| it.what).collect();
        [what(remarks.offences), what(remarks.notes)]
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
        assert_eq!(said(text), [Vec::<String>::new(), Vec::new()]);
    }

    #[test]
    fn what_goes_around_the_sanitizers_is_an_offence() {
        let check = |text: &str, what: &str| {
            assert_eq!(said(text), [vec![what.to_owned()], Vec::new()], "{text}");
        };
        check("int as\\\nm(\"syscall\");", "contains assembly: syscall");
        check(
            "__attribute__((no_sanitize(\"address\")))",
            "names no_sanitize, which switches the sanitizers off",
        );
        check("[[gnu::ifunc(\"f\")]] int x();", "has the attribute ifunc");
        check("<:<:__gnu__::section(\".preinit_array\"):>:> int x;", "has the attribute section");
        check("int __seg_gs *p;", "reads memory by a register, with __seg_gs");
        check(
            "_mm_maskmoveu_si128(a, b, p);",
            "uses _mm_maskmoveu_si128, which goes around the sanitizers",
        );
        check(
            "#include \"../tests/x.c\"",
            "includes \"../tests/x.c\", which is not of the project",
        );
        check(
            "#include </proc/self/maps>",
            "includes </proc/self/maps>, which goes around the sanitizers",
        );
        check(
            "#ifdef __SANITIZE_ADDRESS__",
            "names __SANITIZE_ADDRESS__, which belongs to the sanitizers",
        );
        check("void assay_fail();", "names assay_fail, which belongs to the test harness");
    }

    #[test]
    fn what_is_unusual_is_a_note() {
        let check = |text: &str, what: &str| {
            assert_eq!(said(text), [Vec::new(), vec![what.to_owned()]], "{text}");
        };
        check("__asm__ volatile(\"\" ::: \"memory\");", "contains assembly");
        check("__attribute__((unused, constructor(101))) f();", "has the attribute constructor");
        check("#define A __attribute__(B)", "has an attribute that is not written out");
        check("%:pragma weak f", "has the pragma weak f");
        check("_Pragma(\"GCC optimize 3\")", "has the pragma GCC optimize");
        check("void *p = __builtin_frame_address(0);", "uses __builtin_frame_address");
        check("goto *p;", "jumps to a place that it computes");
        check("#include NAME", "includes a file that is not written out");
        check("#line 1 \"x.c\"", "claims to be lines of another file");
        check("# 1 \"x.c\" 3", "claims to be lines of another file");
        check("#if __has_include(\"x.h\")", "asks which files are there when it is compiled");
        assert_eq!(said("#include <immintrin.h>\n_mm_loadu_si128(p);"), said(""));
    }

    #[test]
    fn what_the_case_itself_says_is_no_finding() {
        let own = FileSet::from([(
            assay_core::SafePath::new("src/a.h").expect("safe"),
            b"__attribute__((constructor)) int x;".to_vec(),
        )]);
        let files = [("src/a.c", "__attribute__((constructor(1), weak)) int x; asm(\"\");")];
        let remarks = findings(files.into_iter(), &[&own], &BTreeSet::new());
        let places: Vec<_> = remarks.notes.iter().map(ToString::to_string).collect();
        assert_eq!(remarks.offences, []);
        assert_eq!(places, ["has the attribute weak (src/a.c:1)", "contains assembly (src/a.c:1)"]);
    }

    #[test]
    fn preprocessed_text_keeps_the_lines_of_its_file() {
        let text =
            "# 1 \"src/a.c\"\none\n# 1 \"/usr/include/x.h\" 1 3\nasm\n# 7 \"src/a.c\" 2\nseven\n";
        assert_eq!(part_of("src/a.c", text), "one\n\n\n\n\n\nseven\n");
        let check = |text, is_needed| assert_eq!(needs_preprocessing(text), is_needed, "{text}");
        check("#define A(a) a##b", true);
        check("# define A(a) \\\n __attribute__((a))", true);
        check("// ##", false);
        check("a % b __attribute__((unused))", false);
    }
}
