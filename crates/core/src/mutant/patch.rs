//! Reads and applies patches in the unified form of `diff -u` (POSIX.1-2017, `diff`, "Diff -u
//! Output Format"), and writes changes so that people can read them.
//!
//! A hunk is applied where its lines are found exactly, as near as possible to the line that it
//! names. Nothing is guessed: a patch whose lines have gone is a fault, so that no mutant silently
//! becomes another one.

use similar::{ChangeTag, TextDiff};

use super::PatchMutant;
use crate::files::{FileSet, SafePath};

/// What is between the name of the solution and what is done to it, in a patch's file name.
const SEPARATOR: &str = "--";

/// What is wrong with a patch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PatchFault {
    /// From 1; `None` where the whole file is meant.
    pub line: Option<usize>,
    pub message: String,
}

fn fault<T>(line: usize, message: impl Into<String>) -> Result<T, PatchFault> {
    Err(PatchFault { line: Some(line), message: message.into() })
}

/// The solution that a patch's file is named after, and the file's name without `.patch`.
pub fn named(file: &str) -> Result<(&str, &str), PatchFault> {
    let wrong = || PatchFault {
        line: None,
        message: format!(
            "its name is not of the form SOLUTION{SEPARATOR}WHAT.patch, such as secure{SEPARATOR}length-unchecked.patch"
        ),
    };
    let name = file.strip_suffix(".patch").ok_or_else(wrong)?;
    match name.split_once(SEPARATOR) {
        Some((solution, what)) if !solution.is_empty() && !what.is_empty() => Ok((solution, name)),
        _ => Err(wrong()),
    }
}

/// The mutant that a patch makes of a solution.
pub fn mutant(
    (solution, name): (&str, &str),
    text: &str,
    files: &FileSet,
) -> Result<PatchMutant, PatchFault> {
    let patch = Patch::parse(text)?;
    let changed = patch.apply(files)?;
    if changed == *files {
        return Err(PatchFault { line: None, message: "changes nothing".to_owned() });
    }
    Ok(PatchMutant {
        name: name.to_owned(),
        solution: solution.to_owned(),
        removes: patch.says,
        files: changed,
    })
}

/// A patch of one or more files.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Patch {
    /// The sentence of its first line.
    says: String,
    files: Vec<FilePatch>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct FilePatch {
    /// Where it names the file, from 1.
    line: usize,
    path: SafePath,
    hunks: Vec<Hunk>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Hunk {
    /// Where its header is in the patch, from 1.
    line: usize,
    /// Where its lines were in the file, from 1.
    start: usize,
    old: Vec<String>,
    new: Vec<String>,
}

/// How many lines a hunk has of each side, and where the old ones begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Header {
    start: usize,
    old: usize,
    new: usize,
}

impl Header {
    /// Reads `@@ -3,7 +3,6 @@` and whatever follows it.
    fn parse(line: &str) -> Option<Header> {
        let ranges = line.strip_prefix("@@ -")?.split_once(" @@")?.0;
        let (old, new) = ranges.split_once(" +")?;
        let range = |text: &str| {
            let (start, count) = text.split_once(',').unwrap_or((text, "1"));
            Some((start.parse::<usize>().ok()?, count.parse::<usize>().ok()?))
        };
        let ((start, old), (_, new)) = (range(old)?, range(new)?);
        Some(Header { start, old, new })
    }
}

impl Patch {
    fn parse(text: &str) -> Result<Patch, PatchFault> {
        let mut lines = text.lines().enumerate().map(|(index, line)| (index + 1, line)).peekable();
        let says = match lines.next().and_then(|(_, line)| line.strip_prefix("# ")) {
            Some(says) if !says.trim().is_empty() => says.trim().to_owned(),
            _ => {
                return fault(
                    1,
                    "does not begin with `# ` and a sentence that says what defence the patch removes or weakens",
                );
            }
        };
        let mut files: Vec<FilePatch> = Vec::new();
        while let Some((number, line)) = lines.next() {
            if let Some(old) = line.strip_prefix("--- ") {
                let new = lines.next().and_then(|(_, line)| line.strip_prefix("+++ "));
                let Some(new) = new else {
                    return fault(number, "is not followed by a line that begins with `+++ `");
                };
                let path = both(old, new).ok_or_else(|| PatchFault {
                    line: Some(number),
                    message: "a patch names one file of a solution twice, as in `--- a/src/x.py` and `+++ b/src/x.py`".to_owned(),
                })?;
                files.push(FilePatch { line: number, path, hunks: Vec::new() });
            } else if line.starts_with("@@ ") {
                let Some(header) = Header::parse(line) else {
                    return fault(number, format!("{line:?} is not of the form `@@ -3,7 +3,6 @@`"));
                };
                let Some(file) = files.last_mut() else {
                    return fault(number, "comes before a file is named with `--- ` and `+++ `");
                };
                file.hunks.push(hunk(number, header, &mut lines)?);
            } else if !files.is_empty() && !line.is_empty() && !line.starts_with('\\') {
                return fault(number, "is in no hunk; the counts of the hunk before are too small");
            }
        }
        if let Some(empty) = files.iter().find(|file| file.hunks.is_empty()) {
            return fault(empty.line, "names a file and has no hunk that changes it");
        }
        if files.is_empty() {
            let message = "holds no change; write it in the form of `diff -u`".to_owned();
            return Err(PatchFault { line: None, message });
        }
        Ok(Patch { says, files })
    }

    /// The files with all changes.
    fn apply(&self, files: &FileSet) -> Result<FileSet, PatchFault> {
        let mut changed = files.clone();
        for file in &self.files {
            let content = changed.get(&file.path).and_then(|it| std::str::from_utf8(it).ok());
            let Some(text) = content else {
                return fault(file.line, format!("{} is no text file of the solution", file.path));
            };
            let text = file.apply(text)?;
            changed.insert(file.path.clone(), text.into_bytes());
        }
        Ok(changed)
    }
}

/// The path that both headers name, without what `diff` puts before and behind it.
fn both(old: &str, new: &str) -> Option<SafePath> {
    let path = |text: &str, prefix: &str| {
        let path = text.split('\t').next().unwrap_or(text);
        SafePath::new(path.strip_prefix(prefix)?).ok()
    };
    let (old, new) = (path(old, "a/")?, path(new, "b/")?);
    (old == new).then_some(old)
}

/// Reads the lines of a hunk, as many as its header says.
fn hunk<'a>(
    number: usize,
    header: Header,
    lines: &mut impl Iterator<Item = (usize, &'a str)>,
) -> Result<Hunk, PatchFault> {
    let (mut old, mut new) = (Vec::new(), Vec::new());
    while old.len() < header.old || new.len() < header.new {
        let Some((place, line)) = lines.next() else {
            return fault(number, "this hunk has fewer lines than its header says");
        };
        match line.split_at_checked(1) {
            Some(("-", rest)) => old.push(rest.to_owned()),
            Some(("+", rest)) => new.push(rest.to_owned()),
            Some(("\\", _)) => {}
            // Some editors take the space of an empty line away.
            Some((" ", _)) | None => {
                let rest = line.get(1..).unwrap_or_default();
                old.push(rest.to_owned());
                new.push(rest.to_owned());
            }
            Some(_) => {
                return fault(place, "a line of a hunk begins with a space, `-` or `+`");
            }
        }
    }
    if old.len() > header.old || new.len() > header.new {
        return fault(number, "this hunk has more lines than its header says");
    }
    Ok(Hunk { line: number, start: header.start, old, new })
}

impl FilePatch {
    fn apply(&self, text: &str) -> Result<String, PatchFault> {
        let ends = text.ends_with('\n');
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        // How much further down the lines are for what earlier hunks have put in.
        let mut shift: isize = 0;
        for hunk in &self.hunks {
            // An empty range lies behind the line that it names.
            let first = if hunk.old.is_empty() { hunk.start } else { hunk.start.saturating_sub(1) };
            let wanted = first.saturating_add_signed(shift);
            let Some(place) = nearest(&lines, &hunk.old, wanted) else {
                return fault(
                    hunk.line,
                    format!("the lines of this hunk are not in {}; make the patch anew", self.path),
                );
            };
            lines.splice(place..place + hunk.old.len(), hunk.new.iter().cloned());
            let more = hunk.new.len().cast_signed() - hunk.old.len().cast_signed();
            shift = place.cast_signed() - first.cast_signed() + more;
        }
        let mut text = lines.join("\n");
        if ends && !text.is_empty() {
            text.push('\n');
        }
        Ok(text)
    }
}

/// Where lines are found, as near as possible to a place, from 0.
fn nearest(lines: &[String], wanted: &[String], near: usize) -> Option<usize> {
    let last = lines.len().checked_sub(wanted.len())?;
    if wanted.is_empty() {
        return Some(near.min(lines.len()));
    }
    let fits = |place: &usize| lines[*place..*place + wanted.len()] == *wanted;
    (0..=last).filter(fits).min_by_key(|place| place.abs_diff(near))
}

/// What a change takes away and puts in: the lines of it, without those around them and without
/// the white space before and behind, each after `- ` or `+ `.
pub fn change_of(old: &FileSet, new: &FileSet) -> String {
    let mut lines = Vec::new();
    for (path, before) in old {
        let (before, after) = (text(before), text(new.get(path).map_or(&[][..], Vec::as_slice)));
        let diff = TextDiff::from_lines(before.as_str(), after.as_str());
        for change in diff.iter_all_changes() {
            let sign = match change.tag() {
                ChangeTag::Delete => '-',
                ChangeTag::Insert => '+',
                ChangeTag::Equal => continue,
            };
            let line = change.value().trim();
            if !line.is_empty() {
                lines.push(format!("{sign} {line}"));
            }
        }
    }
    lines.join("\n")
}

/// The first line that a change touches, with its file: from 1, in the old files.
pub fn place_of(old: &FileSet, new: &FileSet) -> Option<(SafePath, usize)> {
    old.iter().find_map(|(path, before)| {
        let after = new.get(path)?;
        if before == after {
            return None;
        }
        let (before, after) = (text(before), text(after));
        let same = before.lines().zip(after.lines()).take_while(|(a, b)| a == b).count();
        Some((path.clone(), same + 1))
    })
}

fn text(content: &[u8]) -> String {
    String::from_utf8_lossy(content).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATH: &str = "src/a.py";

    fn files(text: &str) -> FileSet {
        [(SafePath::new(PATH).expect("a path"), text.as_bytes().to_vec())].into()
    }

    fn patched(patch: &str, text: &str) -> Result<String, String> {
        let patch = format!("# It says what.\n--- a/{PATH}\n+++ b/{PATH}\n{patch}");
        let result = mutant(("secure", "secure--x"), &patch, &files(text));
        let told = |fault: PatchFault| format!("{:?} {}", fault.line, fault.message);
        let mutant = result.map_err(told)?;
        let content = mutant.files.into_values().next().expect("it has one file");
        Ok(String::from_utf8(content).expect("UTF-8"))
    }

    #[test]
    fn hunks_are_applied_where_their_lines_are() {
        let check = |patch: &str, text: &str, expect: &str| {
            assert_eq!(patched(patch, text).as_deref(), Ok(expect), "{patch}");
        };
        check("@@ -1,3 +1,2 @@\n a\n-b\n c\n", "a\nb\nc\n", "a\nc\n");
        // What was moved is found where it is now, and the nearest of several.
        check("@@ -1,2 +1,2 @@ f\n b\n-c\n+d\n", "x\ny\na\nb\nc\n", "x\ny\na\nb\nd\n");
        check("@@ -4 +4 @@\n-a\n+b\n", "a\nx\nx\nx\na\n", "a\nx\nx\nx\nb\n");
        // Hunks move the lines of those that follow.
        check(
            "@@ -1 +1,3 @@\n-a\n+1\n+2\n+3\n@@ -3 +5 @@\n-a\n+b\n",
            "a\nx\na\na\n",
            "1\n2\n3\nx\nb\na\n",
        );
        check("@@ -1,0 +2 @@\n+b\n", "a\nc\n", "a\nb\nc\n");
        // A last line without an end stays as it is.
        check("@@ -2 +2 @@\n-b\n\\ No newline at end of file\n+c\n", "a\nb", "a\nc");
        // An editor took the space of the empty line.
        check("@@ -1,3 +1,2 @@\n a\n\n-b\n", "a\n\nb\n", "a\n\n");
    }

    #[test]
    fn what_does_not_fit_is_a_fault_with_its_line() {
        let check = |patch: &str, expect: &str| {
            let told = patched(patch, "a\nb\n").expect_err(patch);
            assert!(told.contains(expect), "{patch}: {told}");
        };
        check("@@ -1 +1 @@\n-x\n+y\n", "Some(4) the lines of this hunk are not in src/a.py");
        check("@@ -1,2 +1 @@\n-a\n", "Some(4) this hunk has fewer lines");
        check("@@ -1 +1 @@\n-a\n+b\n+c\n", "Some(7) is in no hunk");
        check("@@ -1,2 +1 @@\n a\n b\n", "Some(4) this hunk has more lines");
        check("@@ 1 @@\n-a\n", "Some(4) \"@@ 1 @@\" is not of the form");
        check("", "Some(2) names a file and has no hunk");
        check("@@ -1 +1 @@\n-a\n+a\n", "None changes nothing");
        let of = |text| Patch::parse(text).expect_err("a fault").message;
        assert!(of("--- a/x\n").contains("does not begin with `# `"));
        assert!(of("# So.\n@@ -1 +1 @@\n-a\n+b\n").contains("comes before a file"));
        assert!(of("# So.\n--- a/x\n+++ b/y\n").contains("one file of a solution twice"));
        assert!(of("# So.\n--- a/../x\n+++ b/../x\n").contains("one file of a solution twice"));
        assert!(of("# So.\n").contains("holds no change"));
    }

    #[test]
    fn a_patch_is_named_after_its_solution() {
        assert_eq!(named("secure-a--b-c.patch"), Ok(("secure-a", "secure-a--b-c")));
        for wrong in ["secure.patch", "--x.patch", "secure--.patch", "secure--x.diff"] {
            assert!(named(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_change_is_told_without_its_place() {
        let (old, new) = (files("a\n  if b:\nc\n"), files("a\n  if not b:\nc\n"));
        assert_eq!(change_of(&old, &new), "- if b:\n+ if not b:");
        let moved = (files("x\na\nif b:\nc\n"), files("x\na\nif not b:\nc\n"));
        assert_eq!(change_of(&moved.0, &moved.1), change_of(&old, &new));
        assert_eq!(place_of(&old, &new).map(|(_, line)| line), Some(2));
    }
}
