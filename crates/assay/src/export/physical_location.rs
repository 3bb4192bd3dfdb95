//! [`PhysicalLocation`]: the line of an artifact that its evidence points to.

use assay_core::{Phase, SafePath, Turn};

/// A line of a file of an artifact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PhysicalLocation<'a> {
    pub(super) path: &'a SafePath,
    /// From 1.
    pub(super) line: usize,
    /// What the line says.
    pub(super) text: &'a str,
}

/// The first line of the artifact that the security tests or their output name, as
/// compilers, sanitizers and interpreters name lines; without one, the first of its
/// first file. `None` without an artifact.
pub(super) fn physical_location(turn: &Turn) -> Option<PhysicalLocation<'_>> {
    let files = &turn.artifact.as_ref()?.files;
    let suite = turn.evidence.suite(Phase::Security);
    let details = suite.into_iter().flat_map(|suite| &suite.tests).map(|test| &test.detail);
    let logs = turn.logs.iter().filter(|log| log.is_of_security()).map(|log| &log.text);
    for text in details.chain(logs) {
        let named = files.iter().filter_map(|(path, code)| {
            let (at, line) = lines_named(text, path.file_name())
                .find(|(_, line)| code.lines().nth(line - 1).is_some())?;
            Some((at, PhysicalLocation { path, line, text: code.lines().nth(line - 1)? }))
        });
        if let Some((_, location)) = named.min_by_key(|(at, _)| *at) {
            return Some(location);
        }
    }
    let (path, code) = files.first_key_value()?;
    Some(PhysicalLocation { path, line: 1, text: code.lines().next().unwrap_or_default() })
}

/// Where a text names lines of a file, and which: `frame.c:9` or `"store.py", line 7`.
fn lines_named<'a>(text: &'a str, file: &'a str) -> impl Iterator<Item = (usize, usize)> + 'a {
    text.match_indices(file).filter_map(move |(at, _)| {
        let before = text[..at].chars().next_back();
        if before.is_some_and(|c| c.is_alphanumeric() || "_-.".contains(c)) {
            return None;
        }
        let rest = &text[at + file.len()..];
        let rest = rest.strip_prefix(':').or_else(|| rest.strip_prefix("\", line "))?;
        let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let line = rest[..digits].parse().ok().filter(|line| *line > 0)?;
        Some((at, line))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_found_as_tools_name_them() {
        let check = |text: &str, file: &str, expect: &[usize]| {
            let found: Vec<usize> = lines_named(text, file).map(|(_, line)| line).collect();
            assert_eq!(found, expect, "{text}");
        };
        check("#1 0x4f8 in frame_read src/frame.c:9:5", "frame.c", &[9]);
        check("File \"/project/src/store.py\", line 7, in open", "store.py", &[7]);
        check("at shop.Cart.add(Cart.java:31)", "Cart.java", &[31]);
        check("tests/test_frame.c:21 and frame.c:0, frame.c", "frame.c", &[]);
        check("frame.c:99999999999999999999999 frame.c:3", "frame.c", &[3]);
    }
}
