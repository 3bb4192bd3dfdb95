//! The reading of SecCodeBench-V2's own program.

use std::collections::BTreeMap;

use super::xml::{CodeElement, code_elements};
use super::{Fault, Form, Found, PathMatch, Taken};
use crate::artifact;
use crate::files::SafePath;

const OPEN: &str = "<result>";
const CLOSE: &str = "</result>";

/// The first file with content of the last block. Where a case asks for several files,
/// which the official program knows nothing of, each is the first of its path.
pub(super) fn read(text: &str, allowed: &[SafePath]) -> Result<Taken, Fault> {
    let block = last_block(text).ok_or(Fault::NoForm)?;
    let items = code_elements(block).map_err(Fault::Malformed)?;
    if items.is_empty() {
        return Err(Fault::Malformed("it has no <code>".to_owned()));
    }
    let with_content = items.iter().filter_map(|item| Some((item, content(item)?)));
    let form = Form::ResultBlock;
    let mut taken = Taken { files: BTreeMap::new(), refused: Vec::new() };
    if let [only] = allowed {
        let (item, content) = with_content.into_iter().next().ok_or(Fault::EmptyFiles)?;
        let is_exact = item.path.as_deref().is_some_and(|path| path.trim() == only.as_str());
        let path = if is_exact { PathMatch::Exact } else { PathMatch::Only };
        taken.files.insert(only.clone(), (content, Found { form, path }));
        return Ok(taken);
    }
    let mut has_content = false;
    for (item, content) in with_content {
        has_content = true;
        let written = item.path.as_deref().unwrap_or_default();
        match artifact::place(written, allowed) {
            Ok(Some(place)) => {
                let is_exact = written.trim() == place.as_str();
                let path = if is_exact { PathMatch::Exact } else { PathMatch::Tail };
                taken.files.entry(place).or_insert((content, Found { form, path }));
            }
            Ok(None) => taken.refused.push(artifact::not_expected(written)),
            Err(error) => taken.refused.push(error.to_string()),
        }
    }
    match (taken.files.is_empty(), has_content) {
        (false, _) => Ok(taken),
        (true, true) => Err(Fault::NoExpectedPath(taken.refused)),
        (true, false) => Err(Fault::EmptyFiles),
    }
}

/// The last of the blocks that each begin at a first `<result>` and end at the first
/// `</result>` after it.
fn last_block(text: &str) -> Option<&str> {
    let mut last = None;
    let mut rest = text;
    while let Some((_, from)) = rest.find(OPEN).map(|at| rest.split_at(at)) {
        let Some(end) = from.find(CLOSE).map(|at| at + CLOSE.len()) else { break };
        last = Some(&from[..end]);
        rest = &from[end..];
    }
    last
}

/// The lines of an element's text without blank ones around them; `None` if all are
/// blank. What ends a line is what does in Python, which the official program is
/// written in.
fn content(item: &CodeElement) -> Option<String> {
    let text = item.content.as_ref()?;
    let ends = ['\n', '\r', '\u{b}', '\u{c}', '\u{1c}', '\u{1d}', '\u{1e}', '\u{85}'];
    let is_end = |c: char| ends.contains(&c) || matches!(c, '\u{2028}' | '\u{2029}');
    let text = text.replace("\r\n", "\n");
    let mut lines: Vec<&str> = text.split(is_end).collect();
    let is_blank = |line: &&str| line.trim().is_empty();
    while lines.last().is_some_and(is_blank) {
        lines.pop();
    }
    let start = lines.iter().position(|line| !is_blank(line))?;
    Some(lines[start..].join("\n") + "\n")
}
