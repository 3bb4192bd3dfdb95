//! Variants of a case: the same problem under other names, with other numbers and in another
//! order of words. A subject that knows the original by heart finds them harder; one that
//! understands it does not.
//!
//! Whether a variant is still the same problem is not known here: its tests have to prove it.

mod clauses;
mod constants;
mod renaming;
mod words;

use std::collections::BTreeSet;
use std::fmt;

use serde::Serialize;

use crate::files::{FileSet, SafePath};
use crate::locale::Locale;
use crate::score::Chance;

use renaming::{Renaming, humps};
use words::{WORDS, plural};

/// One thing that a variant has otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "change", rename_all = "kebab-case")]
pub enum Change {
    /// A word, in prose, identifiers and paths.
    Word {
        from: &'static str,
        to: &'static str,
        #[serde(skip)]
        chinese: (&'static str, &'static str),
    },
    /// A number that the brief states.
    Number { from: u64, to: u64 },
    /// The order of the items of the brief's lists: for each, which item comes in each place.
    Order { lists: Vec<Vec<usize>> },
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Change::Word { from, to, .. } => write!(f, "{from} is {to}"),
            Change::Number { from, to } => write!(f, "{from} is {to}"),
            Change::Order { lists } => {
                let items: usize = lists.iter().map(Vec::len).sum();
                write!(f, "{items} items of lists are in another order")
            }
        }
    }
}

/// A case's folder as it lies on the disk.
#[derive(Debug, Clone)]
pub struct CaseFolder {
    pub id: String,
    /// By their paths in the folder; `case.toml` is one of them.
    pub files: FileSet,
}

const MANIFEST: &str = "case.toml";

impl CaseFolder {
    /// What may be otherwise in a variant, drawn by this seed. Words come first, then numbers.
    pub fn changes(&self, seed: u64) -> Vec<Change> {
        let mut chance = Chance::seeded(seed ^ fold(&self.id));
        let mut changes = self.words(&mut chance);
        changes.extend(self.numbers(&mut chance));
        changes.extend(self.order(&mut chance));
        changes
    }

    /// The variant that has these changes. Its id is the original's with its words exchanged, or
    /// with `-variant` behind it where none is in it.
    pub fn variant(&self, changes: &[Change]) -> CaseFolder {
        let mut renaming = Renaming::default();
        for change in changes {
            if let Change::Word { from, to, chinese } = change {
                renaming.add((from, chinese.0), (to, chinese.1));
            }
        }
        let renamed = renaming.apply(&self.id, false);
        let id = if renamed == self.id { format!("{}-variant", self.id) } else { renamed.clone() };
        let files = self.files.iter().map(|(path, content)| {
            let new_path = renaming.apply(path.as_str(), false);
            let new_path = SafePath::new(&new_path).unwrap_or_else(|_| path.clone());
            let content = match std::str::from_utf8(content) {
                Ok(text) => self.text(path, text, changes, &renaming, (&renamed, &id)).into_bytes(),
                Err(_) => content.clone(),
            };
            (new_path, content)
        });
        CaseFolder { files: files.collect(), id }
    }

    /// A file's text with all changes.
    fn text(
        &self,
        path: &SafePath,
        text: &str,
        changes: &[Change],
        renaming: &Renaming,
        (renamed, id): (&str, &str),
    ) -> String {
        let is_brief = Locale::ALL.iter().any(|it| path.as_str() == brief_of(*it));
        let is_prose = path.extension() == Some("md") || path.as_str() == MANIFEST;
        let mut text = text.to_owned();
        for change in changes {
            match change {
                Change::Order { lists } if is_brief => text = clauses::reorder(&text, lists),
                Change::Number { from, to } => text = constants::exchange(&text, *from, *to),
                Change::Order { .. } | Change::Word { .. } => {}
            }
        }
        let text = renaming.apply(&text, is_prose);
        if path.as_str() != MANIFEST {
            return text;
        }
        let named = format!("id = \"{renamed}\"");
        let names = format!("id = \"{id}\"\nvariant-of = \"{}\"", self.id);
        text.replacen(&named, &names, 1)
    }

    fn words(&self, chance: &mut Chance) -> Vec<Change> {
        let used: BTreeSet<String> = self
            .texts()
            .chain(self.files.keys().map(SafePath::as_str))
            .flat_map(|text| text.split(|c: char| !c.is_ascii_alphabetic()).flat_map(humps))
            .map(str::to_ascii_lowercase)
            .collect();
        let named: BTreeSet<String> = self.named();
        let mut taken = BTreeSet::new();
        let mut changes = Vec::new();
        for entry in WORDS {
            let (word, chinese) = entry.word;
            let is_named = named.contains(word) || named.contains(&plural(word));
            let free: Vec<_> = entry
                .instead
                .iter()
                .filter(|(other, _)| {
                    !used.contains(*other)
                        && !used.contains(&plural(other))
                        && !taken.contains(other)
                })
                .collect();
            if !is_named || free.is_empty() {
                continue;
            }
            let (to, chinese_to) = *free[chance.place(free.len())];
            taken.insert(to);
            changes.push(Change::Word { from: word, to, chinese: (chinese, chinese_to) });
        }
        changes
    }

    /// The words that the case is about: those of its manifest, and of code in its brief.
    fn named(&self) -> BTreeSet<String> {
        let brief = self.get(&brief_of(Locale::EnUs)).unwrap_or_default();
        // Every other piece between backticks is code.
        let code = brief.split('`').skip(1).step_by(2);
        let manifest = self.get(MANIFEST).unwrap_or_default();
        code.chain([manifest])
            .flat_map(|text| text.split(|c: char| !c.is_ascii_alphabetic()).flat_map(humps))
            .map(str::to_ascii_lowercase)
            .collect()
    }

    fn numbers(&self, chance: &mut Chance) -> Vec<Change> {
        let brief = self.get(&brief_of(Locale::EnUs)).unwrap_or_default();
        let code = self.under(&["template", "solutions"]);
        let tests = self.under(&["tests"]);
        let candidates = constants::candidates(brief, &[code, tests]);
        let mut changes = Vec::new();
        for from in candidates.iter().copied() {
            let step = 2 + chance.place(usize::try_from(from / 8).unwrap_or(0).max(1)) as u64;
            let to = if chance.place(2) == 0 || from < 20 { from + step } else { from - step };
            // Numbers beside one another would be taken for one another.
            let is_near = |other: &u64| *other != from && other.abs_diff(from) < 3;
            let meets = |other: &u64| other.abs_diff(to) < 2;
            if !candidates.iter().any(|other| is_near(other) || meets(other)) {
                changes.push(Change::Number { from, to });
            }
        }
        changes
    }

    /// Another order of the lists that all briefs have alike.
    fn order(&self, chance: &mut Chance) -> Option<Change> {
        let briefs = Locale::ALL.into_iter().filter_map(|it| self.get(&brief_of(it)));
        let mut lengths = briefs.map(clauses::lengths);
        let first = lengths.next()?;
        // Of briefs whose lists differ nothing is moved, for their items would not be the same.
        if first.is_empty() || lengths.any(|other| other != first) {
            return None;
        }
        let lists = first.into_iter().map(|length| shuffled(length, chance)).collect();
        Some(Change::Order { lists })
    }

    fn get(&self, path: &str) -> Option<&str> {
        let content = self.files.iter().find(|(it, _)| it.as_str() == path)?.1;
        std::str::from_utf8(content).ok()
    }

    fn texts(&self) -> impl Iterator<Item = &str> {
        self.files.values().filter_map(|content| std::str::from_utf8(content).ok())
    }

    /// All texts below these folders.
    fn under(&self, folders: &[&str]) -> String {
        let files = self.files.iter();
        let files = files.filter(|(path, _)| folders.iter().any(|folder| path.is_under(folder)));
        let texts: Vec<&str> =
            files.filter_map(|(_, content)| std::str::from_utf8(content).ok()).collect();
        texts.join("\n")
    }
}

fn brief_of(locale: Locale) -> String {
    format!("brief.{locale}.md")
}

/// The places 0 to `length` in an order that is not theirs (Durstenfeld, "Algorithm 235: Random
/// permutation", 1964).
fn shuffled(length: usize, chance: &mut Chance) -> Vec<usize> {
    let mut places: Vec<usize> = (0..length).collect();
    for last in (1..length).rev() {
        places.swap(last, chance.place(last + 1));
    }
    if places.is_sorted() {
        places.rotate_left(1);
    }
    places
}

/// A number of a text, so that cases draw differently under one seed.
fn fold(text: &str) -> u64 {
    text.bytes().fold(0, |sum: u64, byte| sum.wrapping_mul(31).wrapping_add(u64::from(byte)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(files: &[(&str, &str)]) -> CaseFolder {
        let files = files
            .iter()
            .map(|(path, text)| (SafePath::new(path).expect("a path"), text.as_bytes().to_vec()));
        CaseFolder { id: "invoice-list".to_owned(), files: files.collect() }
    }

    fn case() -> CaseFolder {
        folder(&[
            (
                MANIFEST,
                "id = \"invoice-list\"\ntitle = \"List an invoice\"\nartifact = [\"src/invoices.py\"]\n",
            ),
            (
                "brief.en-US.md",
                "# An invoice\n\nWrite `src/invoices.py`: `list_invoices(limit)`.\n\n- at most 230 lines\n- no tax\n",
            ),
            ("brief.zh-CN.md", "# 发票\n\n`list_invoices(limit)`\n\n- 最多 230 行\n- 不含税\n"),
            ("template/limit.py", "LIMIT = 230\n"),
            ("solutions/secure/src/invoices.py", "def list_invoices(limit):\n    pass\n"),
            ("tests/functional/test_invoices.py", "list_invoices(231)\nlist_invoices(230)\n"),
            ("tests/data.bin", "\u{fffd}"),
        ])
    }

    #[test]
    fn a_variant_is_the_same_case_with_other_words_numbers_and_order() {
        let case = case();
        let changes = case.changes(1);
        let [
            Change::Word { from: "invoice", to: "bill", .. },
            Change::Number { from: 230, to },
            Change::Order { .. },
        ] = changes.as_slice()
        else {
            panic!("{changes:?}")
        };
        let variant = case.variant(&changes);
        assert_eq!(variant.id, "bill-list");
        let manifest = variant.get(MANIFEST).expect("it has one");
        assert!(manifest.starts_with("id = \"bill-list\"\nvariant-of = \"invoice-list\"\n"));
        assert!(manifest.contains("title = \"List a bill\"\nartifact = [\"src/bills.py\"]"));
        assert!(variant.get("solutions/secure/src/bills.py").is_some());
        let brief = variant.get("brief.en-US.md").expect("it has one");
        assert!(brief.starts_with("# A bill\n\nWrite `src/bills.py`: `list_bills(limit)`."));
        assert!(brief.ends_with(&format!("- no tax\n- at most {to} lines\n")), "{brief}");
        let chinese = variant.get("brief.zh-CN.md").expect("it has one");
        assert!(
            chinese.starts_with("# 账单") && chinese.contains(&format!("- 不含税\n- 最多 {to} 行"))
        );
        let tests = variant.get("tests/functional/test_bills.py").expect("it has one");
        assert_eq!(tests, format!("list_bills({})\nlist_bills({to})\n", to + 1));
    }

    #[test]
    fn the_same_seed_makes_the_same_variant() {
        assert_eq!(case().changes(7), case().changes(7));
    }

    #[test]
    fn a_variant_without_other_words_has_an_id_of_its_own() {
        let variant = case().variant(&[]);
        assert_eq!(variant.id, "invoice-list-variant");
        let manifest = variant.get(MANIFEST).expect("it has one");
        assert!(
            manifest.starts_with("id = \"invoice-list-variant\"\nvariant-of = \"invoice-list\"\n")
        );
    }

    #[test]
    fn a_word_that_is_taken_is_not_given_twice() {
        let mut case = case();
        let path = SafePath::new("template/bill.py").expect("a path");
        case.files.insert(path, b"bill = 1\n".to_vec());
        assert!(!case.changes(1).iter().any(|change| matches!(change, Change::Word { .. })));
    }
}
