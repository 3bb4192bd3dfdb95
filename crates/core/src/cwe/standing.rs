//! What a number of the enumeration stands for, and what was meant by one that stands for nothing.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::{Cwe, ENTRIES, VERSION};

/// Categories, views and what is deprecated; the header of the file says where it is from.
const OTHERS: &str = include_str!("others.tsv");

/// What a number stands for in the enumeration of [`VERSION`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// A weakness, with its name.
    Weakness(&'static str),
    /// A number that names no weakness.
    Other(&'static Other),
    /// A little higher than all weaknesses of this version, so perhaps one of a later version.
    Later,
    /// Of nothing.
    Unknown,
}

/// A number that names no weakness.
#[derive(Debug, PartialEq, Eq)]
pub struct Other {
    pub kind: OtherKind,
    pub name: &'static str,
    /// Weaknesses that may be named in its place.
    pub instead: Vec<Cwe>,
}

/// Why a number names no weakness.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OtherKind {
    Category,
    View,
    Deprecated,
}

static OTHER_ENTRIES: LazyLock<BTreeMap<Cwe, Other>> = LazyLock::new(|| {
    let lines = OTHERS.lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(other).collect()
});

fn other(line: &'static str) -> Option<(Cwe, Other)> {
    let mut columns = line.split('\t');
    let number = columns.next()?.parse().ok()?;
    let kind = match columns.next()? {
        "category" => OtherKind::Category,
        "view" => OtherKind::View,
        "deprecated" => OtherKind::Deprecated,
        _ => return None,
    };
    let instead = columns.next()?.split(',').filter_map(|it| it.parse().ok()).map(Cwe).collect();
    Some((Cwe(number), Other { kind, name: columns.next()?, instead }))
}

impl Cwe {
    /// What the number stands for.
    pub fn standing(self) -> Standing {
        if let Some(name) = self.name() {
            return Standing::Weakness(name);
        }
        if let Some(other) = OTHER_ENTRIES.get(&self) {
            return Standing::Other(other);
        }
        // What is added gets the next numbers; the number 2000 has long been a view.
        match ENTRIES.keys().next_back() {
            Some(highest) if (highest.0 + 1..2000).contains(&self.0) => Standing::Later,
            _ => Standing::Unknown,
        }
    }

    /// The number with the name of its weakness, where it has one.
    pub fn titled(self) -> String {
        self.name().map_or_else(|| self.to_string(), |name| format!("{self} ({name})"))
    }

    /// Why it is not to be named as the weakness of a case, with a remedy; `None` of a weakness.
    pub fn objection(self) -> Option<String> {
        let instead = |cwe: &[Cwe]| {
            let titled: Vec<String> = cwe.iter().map(|it| it.titled()).collect();
            titled.join(", ")
        };
        match self.standing() {
            Standing::Weakness(_) => None,
            Standing::Other(other) => {
                let is = match other.kind {
                    OtherKind::Category => "a category of weaknesses and not one of them",
                    OtherKind::View => "a view of the enumeration and no weakness",
                    OtherKind::Deprecated => "deprecated",
                };
                let name = match other.instead.as_slice() {
                    [] => "a weakness".to_owned(),
                    some => format!("one, such as {}", instead(some)),
                };
                Some(format!("{self} ({}) is {is}; name {name}", other.name))
            }
            Standing::Later => Some(format!(
                "{self} is higher than every weakness of CWE {VERSION}, the version that is known here"
            )),
            Standing::Unknown => {
                let near = match self.near().as_slice() {
                    [] => String::new(),
                    some => format!("; did you mean {}?", instead(some)),
                };
                Some(format!("there is no {self} in CWE {VERSION}{near}"))
            }
        }
    }

    /// Weaknesses whose numbers are one slip of the finger away, at most four: those with two digits
    /// exchanged, one wrong, one too many or one missing, in this order.
    pub fn near(self) -> Vec<Cwe> {
        let digits: Vec<u8> = self.0.to_string().into_bytes();
        let mut variants: Vec<Vec<u8>> = Vec::new();
        for place in 1..digits.len() {
            let mut exchanged = digits.clone();
            exchanged.swap(place - 1, place);
            variants.push(exchanged);
        }
        for place in 0..digits.len() {
            let mut shorter = digits.clone();
            shorter.remove(place);
            variants.push(shorter);
        }
        for digit in b'0'..=b'9' {
            for place in 0..digits.len() {
                let mut changed = digits.clone();
                changed[place] = digit;
                variants.push(changed);
            }
        }
        for digit in b'0'..=b'9' {
            for place in 0..=digits.len() {
                let mut longer = digits.clone();
                longer.insert(place, digit);
                variants.push(longer);
            }
        }
        let mut near: Vec<Cwe> = Vec::new();
        let numbers = variants.into_iter().filter(|digits| digits.first() != Some(&b'0'));
        for digits in numbers {
            let number = String::from_utf8(digits).ok().and_then(|text| text.parse().ok()).map(Cwe);
            near.extend(number.filter(|it| it.name().is_some() && !near.contains(it)));
        }
        near.truncate(4);
        near
    }

    /// The weaknesses whose names have all these words or beginnings of words, by number.
    pub fn named(words: &str) -> Vec<Cwe> {
        let words = words.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
        let words: Vec<String> = words.map(str::to_lowercase).collect();
        let has_all = |name: &str| {
            let name = name.to_lowercase();
            let parts: Vec<&str> = name.split(|c: char| !c.is_alphanumeric()).collect();
            words.iter().all(|word| parts.iter().any(|part| part.starts_with(word.as_str())))
        };
        let found = ENTRIES.iter().filter(|(_, entry)| !words.is_empty() && has_all(entry.name));
        found.map(|(cwe, _)| *cwe).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_data_has_every_number_once_and_refers_to_weaknesses() {
        let lines = OTHERS.lines().filter(|line| !line.starts_with('#')).count();
        assert_eq!(OTHER_ENTRIES.len(), lines);
        for (cwe, other) in OTHER_ENTRIES.iter() {
            assert_eq!(cwe.name(), None, "{cwe} is a weakness too");
            assert!(!other.name.is_empty(), "{cwe}");
            assert!(other.instead.iter().all(|it| it.name().is_some()), "{cwe}");
        }
    }

    #[test]
    fn a_number_that_names_no_weakness_is_objected_to_with_a_remedy() {
        let check = |number, expect: &[&str]| {
            let objection = Cwe(number).objection().unwrap_or_default();
            assert_eq!(objection.is_empty(), expect.is_empty(), "{objection}");
            assert!(expect.iter().all(|part| objection.contains(part)), "{objection}");
        };
        check(787, &[]);
        check(1426, &[]);
        check(399, &["CWE-399 (Resource Management Errors) is a category", "CWE-73 (External"]);
        check(247, &["is deprecated; name one, such as CWE-350 (Reliance on Reverse DNS"]);
        check(1000, &["(Research Concepts) is a view"]);
        check(1427, &["higher than every weakness of CWE 4.15"]);
        check(
            7877,
            &["there is no CWE-7877 in CWE 4.15; did you mean ", "CWE-787 (Out-of-bounds Write)"],
        );
        check(99999, &["there is no CWE-99999 in CWE 4.15"]);
        check(0, &["there is no CWE-0"]);
    }

    #[test]
    fn a_weakness_is_found_by_words_of_its_name() {
        assert!(Cwe::named("path traversal").contains(&Cwe(22)));
        assert_eq!(Cwe::named("double free"), [Cwe(415)]);
        assert_eq!(Cwe::named("nothing of the kind"), []);
        assert_eq!(Cwe::named(" "), []);
    }
}
