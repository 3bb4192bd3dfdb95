//! Fenced blocks of Markdown, as a person pairs them.

use std::ops::Range;

/// A fenced block of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fence {
    /// What follows the opening fence on its line.
    pub(super) info: String,
    /// The last line before it that is not blank.
    pub(super) heading: String,
    pub(super) content: String,
    /// Whether the text ends before the block does.
    pub(super) is_cut_off: bool,
}

/// A line that may open or close a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Bar<'a> {
    mark: u8,
    length: usize,
    indent: usize,
    info: &'a str,
}

impl<'a> Bar<'a> {
    fn of(line: &'a str) -> Option<Bar<'a>> {
        let text = line.trim_start_matches([' ', '\t']);
        let mark = *text.as_bytes().first()?;
        if !matches!(mark, b'`' | b'~') {
            return None;
        }
        let length = text.bytes().take_while(|byte| *byte == mark).count();
        let info = text[length..].trim();
        // A line such as ```x``` is code in a line of prose.
        let is_inline = mark == b'`' && info.contains('`');
        (length >= 3 && !is_inline).then(|| Bar {
            mark,
            length,
            indent: line.len() - text.len(),
            info,
        })
    }

    fn closes(&self, open: &Bar<'_>) -> bool {
        self.mark == open.mark && self.length >= open.length && self.info.is_empty()
    }

    fn is_of_markdown(&self) -> bool {
        ["markdown", "md"].iter().any(|name| self.info.eq_ignore_ascii_case(name))
    }
}

/// Where lines begin that may open or close a block.
pub(super) fn bars(text: &str) -> Vec<usize> {
    let mut at = 0;
    let mut bars = Vec::new();
    for line in text.split_inclusive('\n') {
        if Bar::of(line.trim_end_matches(['\n', '\r'])).is_some() {
            bars.push(at);
        }
        at += line.len();
    }
    bars
}

/// The blocks of a text that do not begin in thinking. A block in a block of Markdown is
/// taken by itself; one in a block of code is a part of that.
pub(super) fn fences(text: &str, thinking: &[Range<usize>]) -> Vec<Fence> {
    let mut lines = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let is_thought = thinking.get(thinking.partition_point(|range| range.end <= at));
        let is_thought = is_thought.is_some_and(|range| range.start <= at);
        lines.push(if is_thought { None } else { Some(line.trim_end_matches(['\n', '\r'])) });
        at += line.len();
    }
    let mut found = Vec::new();
    let mut heading = "";
    // Blocks in blocks are paired until a text turns out not to pair them.
    let mut nests = true;
    let mut in_markdown: Option<Bar<'_>> = None;
    let mut place = 0;
    while place < lines.len() {
        let Some(line) = lines[place] else {
            place += 1;
            continue;
        };
        let Some(open) = Bar::of(line) else {
            if !line.trim().is_empty() {
                heading = line;
            }
            place += 1;
            continue;
        };
        if in_markdown.is_some_and(|outer| open.closes(&outer)) {
            in_markdown = None;
            place += 1;
            continue;
        }
        if open.is_of_markdown() && in_markdown.is_none() {
            in_markdown = Some(open);
            place += 1;
            continue;
        }
        let mut end = nests.then(|| end_of(&lines, place, &open, true)).flatten();
        if end.is_none() {
            nests = false;
            end = end_of(&lines, place, &open, false);
        }
        let last = end.unwrap_or(lines.len());
        let body = lines[place + 1..last].iter().flatten();
        let mut content = String::new();
        for line in body {
            content.push_str(without_indent(line, open.indent));
            content.push('\n');
        }
        found.push(Fence {
            info: open.info.to_owned(),
            heading: heading.trim().to_owned(),
            content,
            is_cut_off: end.is_none(),
        });
        heading = "";
        place = last + 1;
    }
    found
}

/// The line that closes a block. If blocks nest, a line that opens one in it is not one
/// that could be closed by the same line.
fn end_of(lines: &[Option<&str>], place: usize, open: &Bar<'_>, nests: bool) -> Option<usize> {
    let mut depth = 1_usize;
    for (offset, line) in lines[place + 1..].iter().enumerate() {
        let Some(line) = line else { return Some(place + 1 + offset) };
        let Some(bar) = Bar::of(line) else { continue };
        if bar.closes(open) {
            depth -= 1;
            if depth == 0 {
                return Some(place + 1 + offset);
            }
        } else if nests && bar.mark == open.mark && bar.length >= open.length {
            depth += 1;
        }
    }
    None
}

/// The line without as much white space as stands before the opening fence.
fn without_indent(line: &str, indent: usize) -> &str {
    let blank = line.bytes().take(indent).take_while(|it| matches!(it, b' ' | b'\t')).count();
    &line[blank..]
}

/// The text in a fence, if one stands around it, or only before or behind it.
pub(super) fn without_fence(text: &str) -> String {
    let lines: Vec<&str> = text.trim_end_matches('\n').split('\n').collect();
    let (Some(first), Some(last)) = (lines.first(), lines.last()) else { return text.to_owned() };
    let open = Bar::of(first);
    let close = Bar::of(last).filter(|bar| lines.len() > 1 && bar.info.is_empty());
    let pairs = match (open, close) {
        (Some(open), Some(close)) => close.closes(&open),
        // One alone pairs with nothing within.
        (Some(open), None) => {
            !lines[1..].iter().filter_map(|line| Bar::of(line)).any(|bar| bar.closes(&open))
        }
        (None, Some(close)) => {
            let bars = lines[..lines.len() - 1].iter().filter_map(|line| Bar::of(line));
            bars.filter(|bar| bar.mark == close.mark).count() % 2 == 0
        }
        (None, None) => false,
    };
    if !pairs {
        return text.to_owned();
    }
    let start = usize::from(open.is_some());
    let end = lines.len() - usize::from(close.is_some());
    let indent = open.map_or(0, |open| open.indent);
    let body: Vec<&str> =
        lines[start..end].iter().map(|line| without_indent(line, indent)).collect();
    super::without_margin_lines(&body.join("\n")).unwrap_or_default()
}
