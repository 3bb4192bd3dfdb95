//! The `<result>` blocks of a text as a person reads them: tags in any letter case, with
//! attributes, in any order, and without their ends where it is plain what is meant.
//!
//! The marks of the text are found once. Each is looked at once or passed over as part of
//! a file's content, and what is asked of those further on is answered by a binary
//! search, so no text takes longer than in proportion to its size.

use std::ops::Range;

use super::entity::unescaped;
use super::fence;
use super::marks::{Kind, Mark, Tag, marks};
use super::without_margin_lines;

/// Files that belong together: one version of the answer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Block {
    /// Whether a `<result>` begins it.
    pub(super) in_result: bool,
    pub(super) items: Vec<Item>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Item {
    pub(super) path: Option<String>,
    /// `None` if it is blank.
    pub(super) content: Option<String>,
    /// Whether the text ends before the content does.
    pub(super) is_cut_off: bool,
    /// Where the content stands.
    pub(super) at: Range<usize>,
}

/// The blocks of a text.
#[derive(Debug, Default)]
pub(super) struct Blocks {
    pub(super) blocks: Vec<Block>,
}

impl Blocks {
    pub(super) fn of(text: &str) -> Blocks {
        let marks = marks(text);
        Parser::new(text, &marks).run()
    }
}

/// What is being read of an item.
#[derive(Debug, Default)]
struct Open {
    path: Option<String>,
    content: Option<Content>,
    /// Where the text of a `<code>` begins, if that is what opened it.
    code: Option<usize>,
}

#[derive(Debug)]
struct Content {
    text: Option<String>,
    is_cut_off: bool,
    at: Range<usize>,
}

struct Parser<'a> {
    text: &'a str,
    marks: &'a [Mark],
    /// The places in `marks` of what ends contents.
    cdata_ends: Vec<usize>,
    line_cdata_ends: Vec<usize>,
    all_cdata_closes: Vec<usize>,
    content_ends: Vec<usize>,
    any_content_closes: Vec<usize>,
    code_closes: Vec<usize>,
    result_closes: Vec<usize>,
    /// Tags that begin a line and open something.
    line_opens: Vec<usize>,
    /// Such a `<result>` with a `<code>` in it: the answer begins anew.
    restarts: Vec<usize>,
    blocks: Vec<Block>,
    block: Option<Block>,
    item: Open,
}

impl<'a> Parser<'a> {
    fn new(text: &'a str, marks: &'a [Mark]) -> Parser<'a> {
        let mut parser = Parser {
            text,
            marks,
            cdata_ends: Vec::new(),
            line_cdata_ends: Vec::new(),
            all_cdata_closes: Vec::new(),
            content_ends: Vec::new(),
            any_content_closes: Vec::new(),
            code_closes: Vec::new(),
            result_closes: Vec::new(),
            line_opens: Vec::new(),
            restarts: Vec::new(),
            blocks: Vec::new(),
            block: None,
            item: Open::default(),
        };
        for place in 0..marks.len() {
            parser.index(place);
        }
        parser
    }

    fn index(&mut self, place: usize) {
        let mark = &self.marks[place];
        let next = self.next_if_adjacent(place);
        let is_followed_by_a_tag = matches!(
            next,
            Some(
                Kind::Close(Tag::Content | Tag::Code | Tag::Result)
                    | Kind::Open(Tag::Code | Tag::Path | Tag::Result)
            )
        ) || self.is_last_word(place);
        match mark.kind {
            Kind::CdataClose => {
                self.all_cdata_closes.push(place);
                if is_followed_by_a_tag {
                    self.cdata_ends.push(place);
                    if mark.begins_line {
                        self.line_cdata_ends.push(place);
                    }
                }
            }
            Kind::Close(Tag::Content) => {
                self.any_content_closes.push(place);
                if is_followed_by_a_tag {
                    self.content_ends.push(place);
                }
            }
            Kind::Close(Tag::Code) => self.code_closes.push(place),
            Kind::Close(Tag::Result) => self.result_closes.push(place),
            Kind::Open(Tag::Result | Tag::Code | Tag::Path | Tag::Content) if mark.begins_line => {
                self.line_opens.push(place);
                let begins_anew =
                    mark.kind == Kind::Open(Tag::Result) && next == Some(Kind::Open(Tag::Code));
                if begins_anew {
                    self.restarts.push(place);
                }
            }
            _ => {}
        }
    }

    /// The mark after this one, if only white space is between them.
    fn next_if_adjacent(&self, place: usize) -> Option<Kind> {
        let (mark, next) = (&self.marks[place], self.marks.get(place + 1)?);
        let between = &self.text[mark.at.end..next.at.start];
        between.trim().is_empty().then_some(next.kind)
    }

    /// Whether nothing follows but white space and the end of a fence.
    fn is_last_word(&self, place: usize) -> bool {
        let after = &self.text[self.marks[place].at.end..];
        const LONGEST: usize = 64;
        after.len() <= LONGEST && after.trim_matches(|c| c == '`' || c == '~').trim().is_empty()
    }

    fn run(mut self) -> Blocks {
        let mut place = 0;
        while place < self.marks.len() {
            place = self.step(place);
        }
        self.end_block();
        Blocks { blocks: self.blocks }
    }

    /// Takes a mark, and says which is next.
    fn step(&mut self, place: usize) -> usize {
        let mark = self.marks[place].clone();
        match mark.kind {
            Kind::Open(Tag::Result) => {
                self.end_block();
                self.block = Some(Block { in_result: true, items: Vec::new() });
            }
            Kind::Close(Tag::Result) => self.end_block(),
            Kind::Open(Tag::Code) => {
                self.end_item();
                self.block.get_or_insert_default();
                self.item.code = Some(mark.at.end);
                self.item.path = path_attribute(&self.text[mark.at]);
            }
            Kind::Close(Tag::Code) => {
                self.take_bare_text(mark.at.start);
                self.end_item();
            }
            Kind::Open(Tag::Path) if self.block.is_some() => return self.path(place),
            Kind::Open(Tag::Content) | Kind::CdataOpen if self.block.is_some() => {
                return self.content(place);
            }
            _ => {}
        }
        place + 1
    }

    fn path(&mut self, place: usize) -> usize {
        const LONGEST: usize = 1024;
        if self.item.content.is_some() && self.item.path.is_some() {
            self.end_item();
        }
        let start = self.marks[place].at.end;
        // A path may be in CDATA.
        let is_section = |mark: &&Mark| matches!(mark.kind, Kind::CdataOpen | Kind::CdataClose);
        let close = self.marks[place + 1..].iter().take(3).find(|mark| !is_section(mark));
        let close = close.filter(|mark| mark.kind == Kind::Close(Tag::Path));
        let close = close.filter(|mark| mark.at.start - start <= LONGEST);
        let end = close.map(|mark| mark.at.start).unwrap_or_else(|| {
            let next = self.marks.get(place + 1).map_or(self.text.len(), |mark| mark.at.start);
            let line = self.text[start..next].find('\n').map_or(next, |at| start + at);
            line.min(next)
        });
        let text = self.text[start..end].trim();
        let text = text.strip_prefix("<![CDATA[").unwrap_or(text);
        let text = text.strip_suffix("]]>").unwrap_or(text);
        if !text.trim().is_empty() && text.len() <= LONGEST {
            self.item.path = Some(text.trim().to_owned());
        }
        if let Some(code) = &mut self.item.code {
            *code = close.map_or(end, |mark| mark.at.end);
        }
        self.first_from(end).max(place + 1)
    }

    fn content(&mut self, place: usize) -> usize {
        if self.item.content.is_some() {
            self.end_item();
        }
        let mark = &self.marks[place];
        if self.item.path.is_none() {
            self.item.path = path_attribute(&self.text[mark.at.clone()]);
        }
        let cdata = match mark.kind {
            Kind::CdataOpen => Some(place),
            _ if self.next_if_adjacent(place) == Some(Kind::CdataOpen) => Some(place + 1),
            _ => None,
        };
        let start = cdata.map_or(mark.at.end, |cdata| self.marks[cdata].at.end);
        let after = cdata.unwrap_or(place) + 1;
        let end = match cdata {
            Some(_) => self.cdata_end(after, start),
            None => self.plain_end(after),
        };
        let restart = first_after(&self.restarts, after).map(|it| self.marks[it].at.start);
        let (end, is_cut_off) = match (end, restart) {
            (Some(end), Some(restart)) if restart < end => (restart, true),
            (None, Some(restart)) => (restart, true),
            (Some(end), _) => (end, false),
            (None, None) => (self.text.len(), true),
        };
        let text = &self.text[start..end];
        let text = match cdata {
            Some(_) => text.replace("]]]]><![CDATA[>", "]]>"),
            None => plain_text(text),
        };
        let text = without_margin_lines(&text.replace("\r\n", "\n"));
        let text = text.as_deref().map(fence::without_fence);
        let text = text.filter(|text| !is_placeholder(text));
        self.item.content = Some(Content { text, is_cut_off, at: start..end });
        self.first_from(end).max(after)
    }

    /// Where a CDATA section ends. Source code may hold `]]>` itself, so only one counts
    /// that a tag follows; and code may hold a whole block in a string, so where the
    /// section has lines of its own, so has its end.
    fn cdata_end(&self, after: usize, start: usize) -> Option<usize> {
        let at = |place: usize| self.marks[place].at.start;
        if let Some(first) = first_after(&self.cdata_ends, after) {
            let has_lines =
                self.text[start..].trim_start_matches([' ', '\t', '\r']).starts_with('\n');
            let on_a_line = first_after(&self.line_cdata_ends, first).filter(|_| has_lines);
            if let Some(on_a_line) = on_a_line {
                let next_open = first_after(&self.line_opens, first);
                if next_open.is_none_or(|open| open > on_a_line) {
                    return Some(at(on_a_line));
                }
            }
            return Some(at(first));
        }
        let close = |places: &[usize]| first_after(places, after).map(at);
        close(&self.any_content_closes)
            .or_else(|| close(&self.all_cdata_closes))
            .or_else(|| close(&self.code_closes))
            .or_else(|| close(&self.result_closes))
    }

    fn plain_end(&self, after: usize) -> Option<usize> {
        let close = |places: &[usize]| first_after(places, after).map(|it| self.marks[it].at.start);
        let end = close(&self.content_ends).or_else(|| close(&self.any_content_closes));
        // Without an end of its own it ends with the item.
        let item = [close(&self.code_closes), close(&self.result_closes)];
        let item = item.into_iter().flatten().min();
        match (end, item) {
            (Some(end), Some(item)) => {
                let next = first_after(&self.line_opens, after).map(|it| self.marks[it].at.start);
                Some(if next.is_some_and(|next| item < next && next < end) { item } else { end })
            }
            (end, item) => end.or(item),
        }
    }

    /// The first mark that begins at a place of the text or later.
    fn first_from(&self, at: usize) -> usize {
        self.marks.partition_point(|mark| mark.at.start < at)
    }

    /// The text of a `<code>` that has no `<content>`.
    fn take_bare_text(&mut self, end: usize) {
        let is_in_result = self.block.as_ref().is_some_and(|block| block.in_result);
        let Some(start) = self.item.code.filter(|start| is_in_result && *start < end) else {
            return;
        };
        if self.item.content.is_some() {
            return;
        }
        let text = &self.text[start..end];
        let text = without_margin_lines(&plain_text(text).replace("\r\n", "\n"));
        let text = text.as_deref().map(fence::without_fence).filter(|text| !is_placeholder(text));
        if text.is_some() {
            self.item.content = Some(Content { text, is_cut_off: false, at: start..end });
        }
    }

    fn end_item(&mut self) {
        let Open { path, content, .. } = std::mem::take(&mut self.item);
        if let (Some(block), Some(content)) = (&mut self.block, content) {
            let Content { text, is_cut_off, at } = content;
            block.items.push(Item { path, content: text, is_cut_off, at });
        }
    }

    fn end_block(&mut self) {
        self.end_item();
        if let Some(block) = self.block.take()
            && !block.items.is_empty()
        {
            self.blocks.push(block);
        }
    }
}

/// The first of these places from one on.
fn first_after(places: &[usize], from: usize) -> Option<usize> {
    places.get(places.partition_point(|place| *place < from)).copied()
}

/// Content that is not in CDATA, with its entities resolved where it has some.
fn plain_text(text: &str) -> String {
    unescaped(text).unwrap_or_else(|| text.to_owned())
}

/// Whether it is what stands for code where the form is shown.
fn is_placeholder(text: &str) -> bool {
    let text = text.trim();
    text.is_empty() || text.chars().all(|c| matches!(c, '.' | '…'))
}

/// The path among a tag's attributes.
fn path_attribute(tag: &str) -> Option<String> {
    const NAMES: [&str; 5] = ["path", "file", "filename", "filepath", "name"];
    let attributes = tag.split_once(char::is_whitespace)?.1;
    NAMES.iter().find_map(|name| {
        let start = attributes.find(&format!("{name}="))?;
        let value = &attributes[start + name.len() + 1..];
        let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
        Some(value[1..].split_once(quote)?.0.to_owned())
    })
}
