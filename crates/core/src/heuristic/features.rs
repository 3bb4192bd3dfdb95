//! What the heuristic sees of a program, in numbers that need no other program to be made: each is
//! a count as its logarithm, a density, or a one. Those that are 0 are not there.

use std::collections::BTreeMap;

use super::signs::{Lowered, families};
use super::{guards, sinks};
use crate::case::Language;
use crate::files::FileSet;
use crate::mutant::tokens::tokens;

/// The numbers of a program, by their names.
pub type Features = BTreeMap<String, f64>;

/// What a static analyser says of a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Looked {
    /// It has an alert of the program's weakness or its family.
    Alert,
    Clean,
    /// It is not installed, does not read the language, or could not look at the whole program.
    NotLooked,
}

impl Looked {
    fn as_str(self) -> &'static str {
        match self {
            Looked::Alert => "alert",
            Looked::Clean => "clean",
            Looked::NotLooked => "not looked",
        }
    }
}

/// A program as the heuristic looks at it.
#[derive(Debug, Clone, Copy)]
pub struct Viewed<'a> {
    pub language: Language,
    /// The weaknesses that it has or was meant to have, the main one first.
    pub about: &'a [String],
    pub files: &'a FileSet,
    /// What analysers say, by their names; empty where none is asked.
    pub analysers: &'a BTreeMap<String, Looked>,
}

/// What a program refuses with.
const REFUSALS: [&str; 12] = [
    "raise", "throw", "throws", "abort", "panic", "exit", "errorf", "error", "errors", "reject",
    "goto", "assert",
];

const CONDITIONS: [&str; 9] = ["if", "elif", "unless", "while", "case", "switch", "?", "&&", "||"];

const COMPARISONS: [&str; 10] = ["==", "!=", "<", ">", "<=", ">=", "===", "!==", "in", "is"];

/// Parts of names of what is there to check or to clean.
const DEFENSIVE: [&str; 14] = [
    "valid", "check", "verify", "safe", "escape", "sanit", "allow", "clean", "quote", "normal",
    "limit", "max", "permit", "trust",
];

/// The numbers of a program.
pub fn features(viewed: Viewed<'_>) -> Features {
    let tokens: Vec<Lowered> = viewed
        .files
        .values()
        .flat_map(|content| {
            let text = String::from_utf8_lossy(content);
            tokens(viewed.language, &text).iter().map(Lowered::of).collect::<Vec<_>>()
        })
        .collect();
    let mut features = Features::new();
    let mut put = |name: String, value: f64| {
        if value != 0.0 {
            features.insert(name, value);
        }
    };
    put(format!("language {}", viewed.language.as_str()), 1.0);
    if let Some(cwe) = viewed.about.first() {
        put(format!("weakness {cwe}"), 1.0);
    }
    let size = tokens.len();
    put("size".to_owned(), logarithm(size) / 4.0);
    put("files".to_owned(), logarithm(viewed.files.len()) - logarithm(1));
    let count = |is: &dyn Fn(&Lowered) -> bool| tokens.iter().filter(|token| is(token)).count();
    let mut density = |name: &str, count: usize| put(name.to_owned(), per_hundred(count, size));
    density("conditions", count(&|token| token.is_any(&CONDITIONS)));
    density("comparisons", count(&|token| token.is_any(&COMPARISONS)));
    density("refusals", count(&|token| token.is_any(&REFUSALS)));
    density("returns", count(&|token| token.is_any(&["return"])));
    density("literals", count(&Lowered::is_literal));
    let is_defensive = |token: &Lowered| {
        token.is_word() && DEFENSIVE.iter().any(|part| token.text().contains(part))
    };
    density("defensive names", count(&is_defensive));
    put_signs(&mut features, viewed.about, &tokens);
    for (analyser, looked) in viewed.analysers {
        features.insert(format!("analyser {analyser} {}", looked.as_str()), 1.0);
    }
    features
}

/// Guards and sinks of the program's weaknesses: each sign, all of a family, and all. So what is
/// seldom seen is judged by what it is a kind of.
fn put_signs(features: &mut Features, about: &[String], tokens: &[Lowered]) {
    let own: Vec<_> = about.iter().flat_map(|cwe| families(cwe)).collect();
    let mut kinds = [0_usize; 2];
    for (place, (title, table)) in
        [("guard", guards::ALL), ("sink", sinks::ALL)].into_iter().enumerate()
    {
        let mut of_family: BTreeMap<&str, usize> = BTreeMap::new();
        for sign in table.iter().filter(|it| own.contains(&&it.family)) {
            let found = sign.count(tokens);
            if found == 0 {
                continue;
            }
            let family = sign.family.as_str();
            kinds[place] += 1;
            *of_family.entry(family).or_default() += 1;
            features.insert(format!("{title} {family} {}", sign.name), logarithm(found));
        }
        for (family, found) in of_family {
            features.insert(format!("{title}s {family}"), logarithm(found));
        }
        if kinds[place] > 0 {
            features.insert(format!("{title}s"), logarithm(kinds[place]));
        }
    }
    match kinds {
        [0, sinks] if sinks > 0 => features.insert("sinks without a guard".to_owned(), 1.0),
        [guards, 0] if guards > 0 => features.insert("guards without a sink".to_owned(), 1.0),
        _ => None,
    };
}

#[expect(clippy::cast_precision_loss, reason = "tokens are few")]
fn logarithm(count: usize) -> f64 {
    (1.0 + count as f64).log2()
}

#[expect(clippy::cast_precision_loss, reason = "tokens are few")]
fn per_hundred(count: usize, size: usize) -> f64 {
    (1.0 + 100.0 * count as f64 / size.max(1) as f64).log2()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::SafePath;

    fn of(text: &str, about: &[&str], analysers: &BTreeMap<String, Looked>) -> Features {
        let path = SafePath::new("a.py").expect("a path");
        let files = FileSet::from([(path, text.as_bytes().to_vec())]);
        let about: Vec<String> = about.iter().map(|cwe| (*cwe).to_owned()).collect();
        features(Viewed { language: Language::Python, about: &about, files: &files, analysers })
    }

    #[test]
    fn guards_and_sinks_of_the_own_weakness_are_seen() {
        let none = BTreeMap::new();
        let joined = "db.execute(\"SELECT a FROM b WHERE c = '\" + c + \"'\")\n";
        let bound = "db.execute(\"SELECT a FROM b WHERE c = ?\", (c,))\n";
        let (joined, bound) = (of(joined, &["CWE-89"], &none), of(bound, &["CWE-89"], &none));
        assert!(joined.contains_key("sink sql joined-statement"), "{joined:?}");
        assert!(joined.contains_key("sinks without a guard"), "{joined:?}");
        assert!(bound.contains_key("guard sql placeholder"), "{bound:?}");
        assert!(!bound.contains_key("sinks without a guard"), "{bound:?}");
        let other = of("db.execute(\"SELECT ?\")\n", &["CWE-22"], &none);
        assert!(!other.keys().any(|name| name.contains("sql")), "{other:?}");
        let unknown = of("x = 1\n", &["CWE-4711"], &none);
        assert!(unknown.contains_key("weakness CWE-4711") && unknown.contains_key("size"));
    }

    #[test]
    fn what_did_not_look_is_told_from_what_found_nothing() {
        let said = BTreeMap::from([
            ("a".to_owned(), Looked::Alert),
            ("b".to_owned(), Looked::Clean),
            ("c".to_owned(), Looked::NotLooked),
        ]);
        let found = of("x = 1\n", &["CWE-89"], &said);
        for name in ["analyser a alert", "analyser b clean", "analyser c not looked"] {
            assert_eq!(found.get(name), Some(&1.0), "{name}");
        }
        let without = of("x = 1\n", &["CWE-89"], &BTreeMap::new());
        assert!(!without.keys().any(|name| name.starts_with("analyser")), "{without:?}");
    }

    #[test]
    fn an_empty_program_has_numbers_too() {
        let found = of("", &[], &BTreeMap::new());
        assert!(found.values().all(|value| value.is_finite()), "{found:?}");
    }
}
