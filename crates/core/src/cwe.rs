//! [`Cwe`]: a weakness of the Common Weakness Enumeration, and how two of them are related.

mod standing;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

pub use standing::{Other, OtherKind, Standing};

/// A weakness by its number. It may be one that the data does not have: a category, a
/// deprecated one, or one of a later version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Cwe(pub u32);

/// The version of the enumeration that the data is of.
pub const VERSION: &str = "4.15";

/// `ChildOf` of the view "Research Concepts" (CWE-1000); its header says where it is from.
const WEAKNESSES: &str = include_str!("cwe/weaknesses.tsv");

/// How a weakness that was found is related to one that is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Relation {
    None,
    /// Not the same, but one is an ancestor of the other below the pillars.
    Family,
    Exact,
}

/// What is known of a weakness.
#[derive(Debug)]
struct Entry {
    is_pillar: bool,
    /// The primary one first.
    parents: Vec<Cwe>,
    name: &'static str,
}

static ENTRIES: LazyLock<BTreeMap<Cwe, Entry>> = LazyLock::new(|| {
    let lines = WEAKNESSES.lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(entry).collect()
});

fn entry(line: &'static str) -> Option<(Cwe, Entry)> {
    let mut columns = line.split('\t');
    let number = columns.next()?.parse().ok()?;
    let is_pillar = columns.next()? == "pillar";
    let parents = columns.next()?.split(',').filter_map(|parent| parent.parse().ok());
    let parents = parents.map(Cwe).collect();
    Some((Cwe(number), Entry { is_pillar, parents, name: columns.next()? }))
}

impl Cwe {
    /// Its name in the enumeration; `None` of one that the data does not have.
    pub fn name(self) -> Option<&'static str> {
        Some(ENTRIES.get(&self)?.name)
    }

    /// The weaknesses that it is a kind of, the primary one first.
    pub fn parents(self) -> &'static [Cwe] {
        ENTRIES.get(&self).map(|entry| entry.parents.as_slice()).unwrap_or_default()
    }

    /// Whether it is one of the ten at the top, which say of a weakness hardly more than
    /// that it is one.
    pub fn is_pillar(self) -> bool {
        ENTRIES.get(&self).is_some_and(|entry| entry.is_pillar)
    }

    /// How this one, which was found, is related to the one that is looked for. A family
    /// are a weakness and all that is above it, on any path, up to but without the pillar:
    /// a finding of CWE-119 is in the family of CWE-787, and one of CWE-121 too; CWE-125,
    /// which has a parent in common with CWE-787, is not, and nothing is by CWE-664.
    pub fn relation(self, wanted: Cwe) -> Relation {
        if self == wanted {
            Relation::Exact
        } else if self.is_below(wanted) || wanted.is_below(self) {
            Relation::Family
        } else {
            Relation::None
        }
    }

    /// Whether `ancestor`, which is no pillar, is reached from this one by parents.
    fn is_below(self, ancestor: Cwe) -> bool {
        if ancestor.is_pillar() {
            return false;
        }
        let mut seen = BTreeSet::from([self]);
        let mut open = vec![self];
        while let Some(next) = open.pop() {
            for parent in next.parents() {
                if *parent == ancestor {
                    return true;
                }
                if seen.insert(*parent) {
                    open.push(*parent);
                }
            }
        }
        false
    }

    /// The weaknesses that a text names in the form `CWE-79`, in order, each once.
    pub fn all_in(text: &str) -> Vec<Cwe> {
        let mut found = Vec::new();
        let places = text.match_indices("CWE-").chain(text.match_indices("cwe-"));
        let mut places: Vec<usize> = places.map(|(place, _)| place).collect();
        places.sort_unstable();
        for place in places {
            let digits = &text[place + 4..];
            let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
            let number = digits[..end].parse().ok().map(Cwe);
            found.extend(number.filter(|cwe| !found.contains(cwe)));
        }
        found
    }
}

/// The closest relation of any of what was found to any of what is looked for.
pub fn relation(found: &[Cwe], wanted: &[Cwe]) -> Relation {
    let pairs = found.iter().flat_map(|found| wanted.iter().map(|wanted| found.relation(*wanted)));
    pairs.max().unwrap_or(Relation::None)
}

impl fmt::Display for Cwe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CWE-{}", self.0)
    }
}

/// Why a text names no weakness.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no weakness; write it as in CWE-79")]
pub struct NoCwe(String);

impl FromStr for Cwe {
    type Err = NoCwe;

    /// Reads `CWE-79`, `cwe-79` or `79`; zeros before the number do not matter.
    fn from_str(text: &str) -> Result<Cwe, NoCwe> {
        let text = text.trim();
        let has_word = text.get(..4).is_some_and(|word| word.eq_ignore_ascii_case("CWE-"));
        let digits = if has_word { &text[4..] } else { text };
        let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        let number = digits.parse().ok().filter(|_| is_number);
        number.map(Cwe).ok_or_else(|| NoCwe(text.chars().take(60).collect()))
    }
}

impl TryFrom<String> for Cwe {
    type Error = NoCwe;

    fn try_from(text: String) -> Result<Cwe, NoCwe> {
        text.parse()
    }
}

impl From<Cwe> for String {
    fn from(cwe: Cwe) -> String {
        cwe.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_parent_is_there_and_every_weakness_ends_at_a_pillar() {
        assert_eq!(ENTRIES.len(), WEAKNESSES.lines().filter(|line| !line.starts_with('#')).count());
        assert_eq!(ENTRIES.values().filter(|entry| entry.is_pillar).count(), 10);
        for (cwe, entry) in ENTRIES.iter() {
            assert_eq!(entry.parents.is_empty(), entry.is_pillar, "{cwe}");
            assert!(entry.parents.iter().all(|parent| ENTRIES.contains_key(parent)), "{cwe}");
            assert!(!cwe.is_below(*cwe), "{cwe} is below itself");
        }
    }

    #[test]
    fn weaknesses_are_related_exactly_by_family_or_not_at_all() {
        let check = |found, wanted, expect| {
            assert_eq!(Cwe(found).relation(Cwe(wanted)), expect, "{found} {wanted}");
            assert_eq!(Cwe(wanted).relation(Cwe(found)), expect, "{wanted} {found}");
        };
        check(787, 787, Relation::Exact);
        check(119, 787, Relation::Family);
        check(121, 787, Relation::Family);
        check(121, 119, Relation::Family);
        check(77, 78, Relation::Family);
        check(74, 89, Relation::Family);
        // Brothers are no family, nor is what only a pillar holds together.
        check(125, 787, Relation::None);
        check(120, 787, Relation::None);
        check(664, 787, Relation::None);
        check(703, 476, Relation::None);
        check(707, 79, Relation::None);
        check(664, 664, Relation::Exact);
        // Not in the data: a category.
        check(399, 399, Relation::Exact);
        check(399, 401, Relation::None);
        assert_eq!(relation(&[Cwe(78), Cwe(119)], &[Cwe(787)]), Relation::Family);
        assert_eq!(relation(&[], &[Cwe(787)]), Relation::None);
    }

    #[test]
    fn weaknesses_are_read_in_the_forms_that_tools_write() {
        let check = |text: &str, expect: Option<u32>| {
            assert_eq!(text.parse().ok(), expect.map(Cwe), "{text}");
        };
        check("CWE-79", Some(79));
        check(" cwe-022 ", Some(22));
        check("89", Some(89));
        check("CWE-", None);
        check("CWE-+7", None);
        check("79a", None);
        check("", None);
        check("CWE-99999999999", None);
        assert_eq!(Cwe::all_in("(CWE-119!/CWE-120, cwe-120) CWE-x"), [Cwe(119), Cwe(120)]);
        let names = |cwe| Cwe(cwe).name().unwrap_or_default();
        assert_eq!(names(416), "Use After Free");
        assert_eq!(names(798), "Use of Hard-coded Credentials");
    }
}
