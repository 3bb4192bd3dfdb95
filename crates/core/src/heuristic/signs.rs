//! [`Sign`]: what stands in programs that have a weakness of a family, or a defence against it. The
//! tables (`guards.rs`, `sinks.rs`) are from general knowledge of the
//! weaknesses, not from the programs that the evaluator is measured on.

use crate::mutant::tokens::{Kind, Token};

/// Weaknesses that are defended against alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Family {
    Sql,
    Command,
    Path,
    Page,
    Memory,
    Integer,
    Lifetime,
    Null,
    Deserialization,
    Upload,
    Access,
    Credential,
    Exposure,
    Permission,
    Input,
    Request,
    Evaluation,
    Prototype,
    Template,
    Xml,
    Signature,
}

impl Family {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Family::Sql => "sql",
            Family::Command => "command",
            Family::Path => "path",
            Family::Page => "page",
            Family::Memory => "memory",
            Family::Integer => "integer",
            Family::Lifetime => "lifetime",
            Family::Null => "null",
            Family::Deserialization => "deserialization",
            Family::Upload => "upload",
            Family::Access => "access",
            Family::Credential => "credential",
            Family::Exposure => "exposure",
            Family::Permission => "permission",
            Family::Input => "input",
            Family::Request => "request",
            Family::Evaluation => "evaluation",
            Family::Prototype => "prototype",
            Family::Template => "template",
            Family::Xml => "xml",
            Family::Signature => "signature",
        }
    }
}

/// The families of a weakness; none of one that the tables say nothing of.
pub(super) fn families(cwe: &str) -> &'static [Family] {
    match cwe.to_ascii_uppercase().as_str() {
        "CWE-20" | "CWE-1284" => &[Family::Input],
        "CWE-22" | "CWE-23" | "CWE-59" => &[Family::Path],
        "CWE-77" | "CWE-78" | "CWE-88" => &[Family::Command],
        "CWE-79" | "CWE-80" | "CWE-83" | "CWE-116" => &[Family::Page],
        "CWE-89" | "CWE-564" => &[Family::Sql],
        "CWE-94" | "CWE-95" | "CWE-749" => &[Family::Evaluation],
        "CWE-119" | "CWE-120" | "CWE-121" | "CWE-122" | "CWE-125" | "CWE-787" => &[Family::Memory],
        "CWE-190" | "CWE-191" => &[Family::Integer],
        "CWE-200" | "CWE-209" | "CWE-532" => &[Family::Exposure],
        "CWE-306" | "CWE-352" | "CWE-862" | "CWE-863" => &[Family::Access],
        "CWE-347" => &[Family::Signature],
        "CWE-415" | "CWE-416" => &[Family::Lifetime],
        "CWE-434" => &[Family::Upload],
        "CWE-476" => &[Family::Null],
        "CWE-502" => &[Family::Deserialization],
        "CWE-522" | "CWE-916" => &[Family::Credential, Family::Exposure],
        "CWE-611" => &[Family::Xml],
        "CWE-732" => &[Family::Permission],
        "CWE-798" => &[Family::Credential],
        "CWE-918" => &[Family::Request],
        "CWE-1321" => &[Family::Prototype],
        "CWE-1336" => &[Family::Template],
        _ => &[],
    }
}

/// Something that is looked for among the tokens of a program.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sign {
    pub(super) family: Family,
    pub(super) name: &'static str,
    /// Any of these shows it. Each is one to a few tokens in a row with spaces between them, in
    /// lower case; `~x` is a word that holds `x`, `'x` a literal that does, `'` any literal, and `_`
    /// any token.
    pub(super) marks: &'static [&'static str],
}

pub(super) const fn sign(
    family: Family,
    name: &'static str,
    marks: &'static [&'static str],
) -> Sign {
    Sign { family, name, marks }
}

/// A token in lower case.
#[derive(Debug)]
pub(super) struct Lowered {
    kind: Kind,
    text: String,
}

impl Lowered {
    pub(super) fn of(token: &Token<'_>) -> Lowered {
        Lowered { kind: token.kind, text: token.text.to_lowercase() }
    }

    pub(super) fn is_any(&self, texts: &[&str]) -> bool {
        self.kind != Kind::Literal && texts.contains(&self.text.as_str())
    }

    pub(super) fn is_word(&self) -> bool {
        self.kind == Kind::Word
    }

    pub(super) fn is_literal(&self) -> bool {
        self.kind == Kind::Literal
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    fn fits(&self, mark: &str) -> bool {
        if mark == "_" {
            return true;
        }
        if let Some(part) = mark.strip_prefix('~').filter(|part| !part.is_empty()) {
            return self.kind == Kind::Word && self.text.contains(part);
        }
        if let Some(part) = mark.strip_prefix('\'') {
            return self.kind == Kind::Literal && self.text.contains(part);
        }
        self.kind != Kind::Literal && self.text == mark
    }
}

impl Sign {
    /// How often it stands in a program.
    pub(super) fn count(&self, tokens: &[Lowered]) -> usize {
        self.marks.iter().map(|mark| count(mark, tokens)).sum()
    }
}

fn count(mark: &str, tokens: &[Lowered]) -> usize {
    let parts: Vec<&str> = mark.split(' ').collect();
    let fits =
        |window: &&[Lowered]| window.iter().zip(&parts).all(|(token, part)| token.fits(part));
    tokens.windows(parts.len()).filter(fits).count()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::case::Language;
    use crate::heuristic::{guards, sinks};
    use crate::mutant::tokens::tokens;
    use crate::weakness::COV_EVAL;

    #[test]
    fn marks_are_found_among_tokens() {
        let check = |mark: &'static str, text: &str, expect: usize| {
            let lowered: Vec<Lowered> =
                tokens(Language::Python, text).iter().map(Lowered::of).collect();
            assert_eq!(count(mark, &lowered), expect, "{mark} in {text}");
        };
        let text = "x = yaml.safe_load(a)  # yaml.load(b)\ny = Yaml . load(\"select ?\")\n";
        check("yaml . load (", text, 1);
        check("~safe", text, 1);
        check("'select", text, 1);
        check("load", text, 1);
        check(". _ (", text, 2);
        check("'load", text, 0);
        check("a b c d e f g", "x", 0);
    }

    /// What is no token of its own is never found.
    fn is_one_token(part: &str) -> bool {
        let is_part = part.starts_with(['~', '\'']);
        is_part || tokens(Language::Python, part).len() == 1
    }

    /// Every weakness of CoV-Eval has something that is looked for, and no sign has two rows.
    #[test]
    fn the_tables_are_whole() {
        let all = || guards::ALL.iter().chain(sinks::ALL);
        for weakness in &COV_EVAL {
            let families = families(weakness.cwe);
            assert!(!families.is_empty(), "{}", weakness.cwe);
            for family in families {
                assert!(guards::ALL.iter().any(|it| it.family == *family), "{family:?}");
                assert!(sinks::ALL.iter().any(|it| it.family == *family), "{family:?}");
            }
        }
        let mut seen = BTreeSet::new();
        for sign in all() {
            assert!(seen.insert((sign.family, sign.name)), "{sign:?} is there twice");
            for mark in sign.marks {
                assert!(!mark.is_empty() && *mark == mark.to_lowercase(), "{sign:?}");
                assert!(mark.split(' ').all(is_one_token), "{mark:?} of {sign:?}");
            }
        }
    }
}
