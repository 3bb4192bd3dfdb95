//! Which lines of a secure solution are its defence.
//!
//! A rule cannot know what a line is for. Two things tell: what the author of the case weakened in
//! its patches, and what a vulnerable solution lacks that is otherwise the same program. One of
//! another design lacks nearly everything, and tells nothing.

use std::collections::BTreeSet;

use similar::{ChangeTag, TextDiff};

use crate::files::{FileSet, SafePath};

/// A line by its file and its number, from 1.
pub(super) type Line = (SafePath, usize);

/// Of so many lines a solution may lack one, and is the same program otherwise.
const LIKE: usize = 4;

/// The lines of a solution that its patched forms change, and those that the most similar of the
/// vulnerable ones lacks, if that is otherwise the same program.
pub(super) fn lines<'a>(
    solution: &FileSet,
    patched: impl Iterator<Item = &'a FileSet>,
    vulnerable: impl Iterator<Item = &'a FileSet>,
) -> BTreeSet<Line> {
    let mut lines: BTreeSet<Line> = patched.flat_map(|it| touched(solution, it)).collect();
    let nearest = vulnerable.map(|other| lacking(solution, other)).min_by_key(BTreeSet::len);
    let all: usize = solution.values().map(|content| trimmed(content).lines().count()).sum();
    lines.extend(nearest.filter(|lacking| lacking.len() * LIKE <= all).unwrap_or_default());
    lines
}

/// The lines of `files` that `other` lacks. White space at the ends of lines counts for nothing.
fn lacking(files: &FileSet, other: &FileSet) -> BTreeSet<Line> {
    let mut found = BTreeSet::new();
    for (path, content) in files {
        let (new, old) = (trimmed(content), other.get(path).map(|it| trimmed(it)));
        let old = old.unwrap_or_default();
        let diff = TextDiff::from_lines(old.as_str(), new.as_str());
        for change in diff.iter_all_changes() {
            if let (ChangeTag::Insert, Some(index)) = (change.tag(), change.new_index()) {
                found.insert((path.clone(), index + 1));
            }
        }
    }
    found
}

fn trimmed(content: &[u8]) -> String {
    String::from_utf8_lossy(content).lines().map(|line| format!("{}\n", line.trim())).collect()
}

/// The lines of the old files that a change takes away or writes otherwise.
pub(super) fn touched(old: &FileSet, new: &FileSet) -> BTreeSet<Line> {
    let mut found = BTreeSet::new();
    for (path, before) in old {
        let Some(after) = new.get(path).filter(|after| *after != before) else { continue };
        let (before, after) = (String::from_utf8_lossy(before), String::from_utf8_lossy(after));
        for change in TextDiff::from_lines(&*before, &*after).iter_all_changes() {
            if let (ChangeTag::Delete, Some(index)) = (change.tag(), change.old_index()) {
                found.insert((path.clone(), index + 1));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(text: &str) -> FileSet {
        [(SafePath::new("a.c").expect("a path"), text.as_bytes().to_vec())].into()
    }

    fn check(patched: &[&str], vulnerable: &[&str], expect: &[usize]) {
        let solution = files("one\ntwo\nthree\nfour\nfive\nsix\nseven\neight\n");
        let [patched, vulnerable] =
            [patched, vulnerable].map(|texts| texts.iter().map(|it| files(it)).collect::<Vec<_>>());
        let found = lines(&solution, patched.iter(), vulnerable.iter());
        assert_eq!(found.into_iter().map(|(_, line)| line).collect::<Vec<_>>(), expect);
    }

    #[test]
    fn the_defence_is_what_patches_change_and_a_similar_vulnerable_solution_lacks() {
        check(&[], &[], &[]);
        let similar = "one\n  two\n3\nfour\nfive\nsix\nseven\neight\n";
        check(&[], &[similar], &[3]);
        // Another design says nothing, and the most similar one counts.
        check(&[], &["one\n2\n3\n4\n"], &[]);
        check(&[], &["one\n2\n3\n4\n", similar], &[3]);
        let patched = "one\ntwo\nthree\nfour\nfive\n6\nseven\n";
        check(&[patched], &[similar], &[3, 6, 8]);
    }
}
