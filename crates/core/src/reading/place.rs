//! Which file of a case a path means that a subject wrote.

use super::PathMatch;
use crate::files::SafePath;

/// Folders of tests: a file in one is not a file that was asked for, whatever its name.
const TEST_FOLDERS: [&str; 6] = ["test", "tests", "__tests__", "spec", "specs", "testing"];

/// The file that a path can only mean; `None` where it can mean none or several.
pub(super) fn place(written: &str, allowed: &[SafePath]) -> Option<(SafePath, PathMatch)> {
    const LONGEST: usize = 1024;
    if written.len() > LONGEST {
        return None;
    }
    if let Some(place) = allowed.iter().find(|place| place.as_str() == written.trim()) {
        return Some((place.clone(), PathMatch::Exact));
    }
    let cleaned = cleaned(written)?;
    let only = |matches: &dyn Fn(&str) -> bool| {
        let mut found = allowed.iter().filter(|place| matches(place.as_str()));
        match (found.next(), found.next()) {
            (Some(only), None) => Some(only.clone()),
            _ => None,
        }
    };
    let tail = format!("/{cleaned}");
    let is_plain = SafePath::new(written).is_ok_and(|path| path.as_str() == cleaned);
    let by_tail = only(&|place| place == cleaned || place.ends_with(&tail));
    if let Some(found) = by_tail {
        let is_equal = found.as_str() == cleaned;
        let how = match (is_plain, is_equal) {
            (true, true) => PathMatch::Exact,
            (true, false) => PathMatch::Tail,
            (false, _) => PathMatch::Mended,
        };
        return Some((found, how));
    }
    let lower = cleaned.to_lowercase();
    let (tail, folder) = (format!("/{lower}"), format!("/{lower}"));
    let found = only(&|place| folder.ends_with(&format!("/{place}")) || folder == *place)
        .or_else(|| {
            only(&|place| {
                let place = place.to_lowercase();
                place == lower || format!("/{place}").ends_with(&tail)
            })
        })
        .or_else(|| only(&|place| folder.ends_with(&format!("/{}", place.to_lowercase()))))
        .or_else(|| by_name(&lower, allowed));
    found.map(|found| (found, PathMatch::Mended))
}

/// The only file of this name, if the path does not lie among tests.
fn by_name(lower: &str, allowed: &[SafePath]) -> Option<SafePath> {
    let name = |path: &str| path.rsplit('/').next().unwrap_or_default().to_lowercase();
    let mut found = allowed.iter().filter(|place| name(place.as_str()) == name(lower));
    let (Some(only), None) = (found.next(), found.next()) else { return None };
    let is_among_tests = lower.split('/').any(|folder| {
        TEST_FOLDERS.contains(&folder) && !only.as_str().split('/').any(|own| own == folder)
    });
    (!is_among_tests).then(|| only.clone())
}

/// The path with `/` between its parts, and without a root, a drive, quotes or marks of
/// Markdown around it; `None` if it leaves its folder, or is no path.
fn cleaned(written: &str) -> Option<String> {
    let around = |c: char| c.is_whitespace() || "`'\"*<>()[]{},;:".contains(c);
    let text = written.trim_matches(around).replace('\\', "/");
    let text = text.strip_prefix("file://").unwrap_or(&text);
    let text = match text.as_bytes() {
        [drive, b':', b'/', ..] if drive.is_ascii_alphabetic() => &text[2..],
        _ => text,
    };
    let mut parts = Vec::new();
    for part in text.split('/') {
        match part {
            "" | "." => {}
            ".." => return None,
            part if part.chars().any(char::is_control) => return None,
            part => parts.push(part),
        }
    }
    (!parts.is_empty()).then(|| parts.join("/"))
}

/// Whether a path that is none of the case's could be another name for a file: its ending
/// is the same, or it is a word without one. `path1` is a placeholder, and `README.md` another
/// file.
pub(super) fn could_be(written: &str, file: &SafePath) -> bool {
    let Some(cleaned) = cleaned(written) else { return written.trim().is_empty() };
    let lower = cleaned.to_lowercase();
    let is_among_tests = lower.split('/').any(|folder| TEST_FOLDERS.contains(&folder));
    let name = cleaned.rsplit('/').next().unwrap_or_default();
    match name.rsplit_once('.') {
        None => !is_among_tests && !cleaned.contains('/'),
        Some((_, ending)) => {
            !is_among_tests && file.extension().is_some_and(|own| own.eq_ignore_ascii_case(ending))
        }
    }
}

/// The only file that a line of prose names, if it names one.
pub(super) fn named_in(line: &str, allowed: &[SafePath]) -> Option<(SafePath, PathMatch)> {
    const LONGEST: usize = 400;
    if line.len() > LONGEST {
        return None;
    }
    let apart = |c: char| c.is_whitespace() || "`'\"*=,;()[]{}<>|".contains(c);
    let mut named: Option<(SafePath, PathMatch)> = None;
    for word in line.split(apart).flat_map(|word| [word, after_colon(word)]) {
        let word = word.trim_matches(|c: char| ":.#!?".contains(c));
        // A word without an ending is no name of a file, though it may be one's folder.
        if !word.contains('.') {
            continue;
        }
        let Some(found) = place(word, allowed) else { continue };
        match &named {
            Some(known) if known.0 != found.0 => return None,
            _ => named = Some(found),
        }
    }
    named
}

/// `src/a.py` of `python:src/a.py`, but all of `C:\src\a.py`.
fn after_colon(word: &str) -> &str {
    match word.split_once(':') {
        Some((before, after)) if before.len() > 1 => after,
        _ => word,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_means_the_only_file_that_it_can() {
        let allowed: Vec<SafePath> = ["src/a.c", "src/b/x.c", "src/c/x.c"]
            .map(|path| SafePath::new(path).expect("safe"))
            .to_vec();
        let check = |written: &str, expect: Option<(&str, PathMatch)>| {
            let found = place(written, &allowed);
            let found = found.as_ref().map(|(place, how)| (place.as_str(), *how));
            assert_eq!(found, expect, "{written:?}");
        };
        use PathMatch::{Exact, Mended, Tail};
        check("src/a.c", Some(("src/a.c", Exact)));
        check(" ./src//a.c\n", Some(("src/a.c", Exact)));
        check("a.c", Some(("src/a.c", Tail)));
        check("b/x.c", Some(("src/b/x.c", Tail)));
        check("/src/a.c", Some(("src/a.c", Mended)));
        check("/home/me/project/src/a.c", Some(("src/a.c", Mended)));
        check("project/src/b/x.c", Some(("src/b/x.c", Mended)));
        check(r"C:\work\src\c\x.c", Some(("src/c/x.c", Mended)));
        check(r"src\a.c", Some(("src/a.c", Mended)));
        check("`src/a.c`", Some(("src/a.c", Mended)));
        check("**src/a.c**:", Some(("src/a.c", Mended)));
        check("SRC/A.C", Some(("src/a.c", Mended)));
        check("lib/a.c", Some(("src/a.c", Mended)));
        check("file:///src/a.c", Some(("src/a.c", Mended)));
        check("x.c", None);
        check("project/x.c", None);
        check("src/../src/a.c", None);
        check("tests/a.c", None);
        check("src/test/a.c", None);
        check("src/d.c", None);
        check("", None);
    }
}
