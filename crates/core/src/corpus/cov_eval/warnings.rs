//! What of a checkout differs from the one that CoV-Eval published.

use std::collections::BTreeMap;

use super::checkout::{Checkout, Item};
use super::program::{Dialect, FenceState};
use super::set::Set;
use crate::case::Language;
use crate::count::counted;
use crate::weakness;

/// How many programs the published sets have, in all, in C and in Python.
fn expected(set: Set) -> (usize, usize, usize) {
    match set {
        Set::Seed => (54, 25, 29),
        Set::Evolved => (270, 125, 145),
        Set::Repair => (477, 258, 219),
        Set::Detection => (531, 282, 249),
        // One is in Java.
        Set::Train => (1_350, 544, 805),
    }
}

/// How many programs to be mended there are of each type, in the order of
/// [`weakness::COV_EVAL`].
const REPAIR: [usize; 18] =
    [21, 12, 24, 14, 55, 33, 17, 29, 32, 16, 28, 20, 58, 23, 23, 20, 40, 12];

/// How many programs of a type a set has, by the type's place in [`weakness::COV_EVAL`].
fn expected_of(set: Set, place: usize) -> usize {
    match set {
        Set::Seed => 3,
        Set::Evolved => 15,
        Set::Repair => REPAIR[place],
        // Three of each are not vulnerable.
        Set::Detection => REPAIR[place] + 3,
        Set::Train => 75,
    }
}

/// What differs, a sentence each.
pub(super) fn of(checkout: &Checkout) -> Vec<String> {
    let mut differing = Vec::new();
    for set in Set::ALL {
        let items = checkout.items(set);
        counts(&mut differing, set, items);
        drift(&mut differing, set, items);
        let unclosed = items.iter().filter(|item| item.program.fence == FenceState::Unclosed);
        for item in unclosed {
            let path = item.path.display();
            differing.push(format!("{path}: its fence is not closed; it is read to its end"));
        }
    }
    let clean = checkout.detection.iter().filter(|item| item.vulnerable == Some(false)).count();
    compare(&mut differing, "programs that are not vulnerable", Set::Detection, clean, 54);
    differing
}

fn compare(differing: &mut Vec<String>, what: &str, set: Set, found: usize, expected: usize) {
    if found != expected {
        let folder = set.folder();
        differing.push(format!("{folder} has {found} {what}; the published one has {expected}"));
    }
}

fn counts(differing: &mut Vec<String>, set: Set, items: &[Item]) {
    let (all, c, python) = expected(set);
    let of = |language| items.iter().filter(|it| it.program.dialect.language() == language).count();
    compare(differing, "programs", set, items.len(), all);
    compare(differing, "programs in C", set, of(Language::C), c);
    compare(differing, "programs in Python", set, of(Language::Python), python);
    let mut by_type: BTreeMap<&str, usize> = BTreeMap::new();
    for item in items {
        *by_type.entry(item.cwe.as_str()).or_default() += 1;
    }
    for (place, known) in weakness::COV_EVAL.iter().enumerate() {
        let found = by_type.remove(known.cwe).unwrap_or(0);
        let what = format!("programs about {}", known.cwe);
        compare(differing, &what, set, found, expected_of(set, place));
    }
    for (cwe, found) in by_type {
        compare(differing, &format!("programs about {cwe}"), set, found, 0);
    }
}

/// Programs in another language than their names say, a line for each pair of languages.
fn drift(differing: &mut Vec<String>, set: Set, items: &[Item]) {
    let mut pairs: BTreeMap<(Dialect, Dialect), Vec<&Item>> = BTreeMap::new();
    for item in items.iter().filter(|item| item.program.drifts()) {
        pairs.entry((item.program.named, item.program.dialect)).or_default().push(item);
    }
    for ((named, dialect), items) in pairs {
        let (files, first) = (counted(items.len(), "file"), items[0].path.display());
        let are = if items.len() == 1 { "is" } else { "are" };
        let (folder, extension) = (set.folder(), named.extension());
        differing.push(format!(
            "{folder}: {files} named .{extension} {are} {dialect} and read as such, {first} is the first"
        ));
    }
}
