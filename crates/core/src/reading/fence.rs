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
    /// Where its content stands.
    pub(super) at: Range<usize>,
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

/// The lines that may open or close a block.
pub(super) fn bars(text: &str) -> Vec<Range<usize>> {
    let mut at = 0;
    let mut bars = Vec::new();
    for line in text.split_inclusive('\n') {
        let end = at + line.len();
        if Bar::of(without_end(line)).is_some() {
            bars.push(at..end);
        }
        at = end;
    }
    bars
}

fn without_end(line: &str) -> &str {
    line.trim_end_matches(['\n', '\r'])
}

/// The lines of a text that may open or close a block.
struct Bars<'a> {
    text: &'a str,
    lines: Vec<Range<usize>>,
}

impl<'a> Bars<'a> {
    fn get(&self, place: usize) -> Option<Bar<'a>> {
        Bar::of(without_end(&self.text[self.lines.get(place)?.clone()]))
    }

    /// The bar that closes the one at a place. If blocks nest, one that opens a block in
    /// it is not one that could be closed by the same line.
    fn end_of(&self, place: usize, open: &Bar<'_>, nests: bool) -> Option<usize> {
        let mut depth = 1_usize;
        for other in place + 1..self.lines.len() {
            let bar = self.get(other)?;
            if bar.closes(open) {
                depth -= 1;
                if depth == 0 {
                    return Some(other);
                }
            } else if nests && bar.mark == open.mark && bar.length >= open.length {
                depth += 1;
            }
        }
        None
    }

    /// Where what a block holds begins for sure: behind the last bar in it that opens
    /// another, of which one end is lacking.
    fn surely_from(&self, place: usize, end: usize, open: &Bar<'_>) -> usize {
        let opens = |other: &usize| {
            let bar = self.get(*other);
            bar.is_some_and(|it| it.mark == open.mark && it.length >= open.length)
        };
        let last = (place + 1..end).rev().find(opens).unwrap_or(place);
        self.lines[last].end
    }
}

/// The last line of a part that is not blank.
fn last_words(part: &str) -> Option<&str> {
    let line = part.trim_end().rsplit('\n').next()?.trim();
    (!line.is_empty()).then_some(line)
}

/// The blocks of a text. A block in a block of Markdown is taken by itself; one in a block
/// of code is a part of that.
pub(super) fn fences(text: &str) -> Vec<Fence> {
    let bars = Bars { text, lines: bars(text) };
    let mut found = Vec::new();
    // Blocks in blocks are paired until a text turns out not to pair them.
    let mut nests = true;
    let mut in_markdown: Option<Bar<'_>> = None;
    let mut heading = "";
    // Where the last bar ends.
    let mut since = 0;
    let mut place = 0;
    while let Some(open) = bars.get(place) {
        let line = bars.lines[place].clone();
        heading = last_words(&text[since..line.start]).unwrap_or(heading);
        since = line.end;
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
        let mut end = nests.then(|| bars.end_of(place, &open, true)).flatten();
        let pairs = end.is_some();
        if end.is_none() {
            nests = false;
            end = bars.end_of(place, &open, false);
        }
        let last = end.map_or(text.len(), |end| bars.lines[end].start);
        let mut content = String::new();
        for line in text[line.end..last].split_inclusive('\n') {
            content.push_str(without_indent(without_end(line), open.indent));
            content.push('\n');
        }
        let start = match end {
            Some(end) if !pairs => bars.surely_from(place, end, &open),
            _ => line.end,
        };
        found.push(Fence {
            info: open.info.to_owned(),
            heading: heading.to_owned(),
            content,
            is_cut_off: end.is_none(),
            at: start..last,
        });
        let Some(end) = end else { break };
        heading = "";
        since = bars.lines[end].end;
        place = end + 1;
    }
    found
}

/// The line without as much white space as stands before the opening fence.
fn without_indent(line: &str, indent: usize) -> &str {
    let blank = line.bytes().take(indent).take_while(|it| matches!(it, b' ' | b'\t')).count();
    &line[blank..]
}

/// The text in a fence, if one stands around it, or only before or behind it.
pub(super) fn without_fence(text: &str) -> String {
    let ends = [text.split('\n').next(), text.trim_end_matches('\n').rsplit('\n').next()];
    if ends.into_iter().flatten().all(|line| Bar::of(line).is_none()) {
        return text.to_owned();
    }
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
