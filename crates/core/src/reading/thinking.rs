//! Which parts of a text are thinking that its server left in it. They are set apart when
//! a person would read the text; what is stored is the text as it came.
//!
//! Thinking stands between two tags, or before a tag that closes it: then the prompt held
//! the tag that opens it, as many chat templates have it. A tag within code or in quotes is
//! a part of the answer like any other.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;

use super::code_places::CodePlaces;
use super::thinking_tags::{Found, ThinkingTags};
use crate::answer::{Answer, Finish};

/// Thinking in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Thinking {
    /// With its tags.
    pub at: Range<usize>,
    /// Without them.
    pub inside: Range<usize>,
}

impl ThinkingTags {
    /// Where thinking stands in an answer, in order.
    pub fn places(&self, answer: &Answer, finish: Finish) -> Vec<Range<usize>> {
        let found = match answer {
            Answer::Text(text) => self.find_in(text, finish),
            Answer::Files(_) => Vec::new(),
        };
        found.into_iter().map(|thinking| thinking.at).collect()
    }

    /// The thinking in a text, in order.
    pub fn find_in(&self, text: &str, finish: Finish) -> Vec<Thinking> {
        let found = self.between_tags(text, finish);
        let never_ends = finish == Finish::Truncated && self.are_opened_by_the_prompt();
        if found.is_empty() && never_ends && !text.is_empty() {
            return vec![Thinking { at: 0..text.len(), inside: 0..text.len() }];
        }
        found
    }

    fn between_tags(&self, text: &str, finish: Finish) -> Vec<Thinking> {
        let tags = self.in_text(text);
        if tags.is_empty() {
            return Vec::new();
        }
        let mut of_pair: BTreeMap<usize, (Vec<usize>, Vec<usize>)> = BTreeMap::new();
        for (place, tag) in tags.iter().enumerate() {
            let (all, closing) = of_pair.entry(tag.pair).or_default();
            all.push(place);
            if tag.closes {
                closing.push(place);
            }
        }
        let code = CodePlaces::of(&without_tags(text, &tags));
        Search { text, finish, tags, of_pair, code, found: Vec::new() }.run()
    }
}

/// The text with ends of lines in place of each tag, for code may begin right behind one
/// and end right before one.
fn without_tags(text: &str, tags: &[Found]) -> String {
    let mut parts = String::with_capacity(text.len());
    for tag in tags {
        parts.push_str(&text[parts.len()..tag.at.start]);
        parts.extend(std::iter::repeat_n('\n', tag.at.len()));
    }
    parts.push_str(&text[parts.len()..]);
    parts
}

/// A text without its thinking, which stands at these places, in order.
pub fn spoken<'a>(text: &'a str, thinking: &[Range<usize>]) -> Cow<'a, str> {
    let mut before = String::new();
    let mut at = 0;
    for range in thinking {
        before.push_str(text.get(at..range.start).unwrap_or_default());
        at = range.end;
    }
    let rest = text.get(at..).unwrap_or_default();
    match before.is_empty() {
        true => Cow::Borrowed(rest),
        false => Cow::Owned(before + rest),
    }
}

/// What was thought in a text, without the tags; `None` if that is blank.
pub fn thought(text: &str, thinking: &[Thinking]) -> Option<String> {
    let parts: Vec<&str> = thinking.iter().map(|it| &text[it.inside.clone()]).collect();
    Some(parts.join("\n")).filter(|text| !text.trim().is_empty())
}

struct Search<'a> {
    text: &'a str,
    finish: Finish,
    tags: Vec<Found>,
    /// The places in `tags` of those of each pair, and of those of them that close.
    of_pair: BTreeMap<usize, (Vec<usize>, Vec<usize>)>,
    code: CodePlaces,
    found: Vec<Thinking>,
}

impl Search<'_> {
    fn run(mut self) -> Vec<Thinking> {
        let mut place = 0;
        while place < self.tags.len() {
            let tag = self.tags[place].clone();
            place = match tag.closes {
                _ if !self.counts(&tag) => place + 1,
                true => self.close(place, &tag),
                false => self.open(place, &tag),
            };
        }
        self.found
    }

    /// Where the last thinking ends that was found.
    fn end(&self) -> usize {
        self.found.last().map_or(0, |last| last.at.end)
    }

    /// Whether a tag stands for itself: neither in code nor in quotes.
    fn counts(&self, tag: &Found) -> bool {
        let is_in_open_code = self.code.leaves_open(tag.at.start) && !self.is_at_edge(&tag.at);
        !self.code.encloses(tag.at.start) && !is_in_open_code && !self.is_quoted(&tag.at)
    }

    fn is_quoted(&self, at: &Range<usize>) -> bool {
        let bytes = self.text.as_bytes();
        let before = at.start.checked_sub(1).map(|before| bytes[before]);
        let after = bytes.get(at.end).copied();
        before.is_some_and(|quote| {
            b"`'\"".contains(&quote) && (after == Some(quote) || after == Some(b'\\'))
        })
    }

    /// Whether nothing but white space stands before it on its line, or behind it.
    fn is_at_edge(&self, at: &Range<usize>) -> bool {
        self.begins_line(at.start) || {
            let after = self.text[at.end..].trim_start_matches([' ', '\t', '\r']);
            after.is_empty() || after.starts_with('\n')
        }
    }

    fn begins_line(&self, at: usize) -> bool {
        let before = self.text[..at].trim_end_matches([' ', '\t', '\u{feff}']);
        before.is_empty() || before.ends_with('\n') || before.len() <= self.end()
    }

    fn push(&mut self, at: Range<usize>, inside: Range<usize>) {
        self.found.push(Thinking { at, inside });
    }

    /// A tag that closes what none opened: all is thinking that stands before it. Where
    /// thinking was found already, it may be one too many.
    fn close(&mut self, place: usize, tag: &Found) -> usize {
        let start = self.end();
        let is_draft = self.found.is_empty()
            || !self.code.begins_in(start..tag.at.start)
            || self.code.begins_in(tag.at.end..self.text.len());
        if is_draft {
            self.push(start..tag.at.end, start..tag.at.start);
        }
        place + 1
    }

    fn open(&mut self, place: usize, tag: &Found) -> usize {
        let Some(closing) = self.closing(place, tag) else {
            return self.open_to_the_end(place, tag);
        };
        let close = self.tags[closing].at.clone();
        let end = self.end();
        let follows_prose = !self.begins_line(tag.at.start);
        // It is but mentioned in thinking whose beginning is in the prompt.
        let is_mention = follows_prose
            && self.found.is_empty()
            && self.code.begins_in(end..tag.at.start)
            && self.code.begins_in(close.end..self.text.len());
        let (start, inside) = match is_mention {
            true => (end, end),
            false => (tag.at.start, tag.at.end),
        };
        self.push(start..close.end, inside..close.start);
        closing + 1
    }

    /// The tag that closes what one opens: of those before the next that opens as much,
    /// the first that stands for itself, else the first that is not in quotes, else the
    /// first.
    fn closing(&self, place: usize, tag: &Found) -> Option<usize> {
        let (all, closing) = self.of_pair.get(&tag.pair)?;
        let first = *closing.get(closing.partition_point(|close| *close <= place))?;
        let from = all.partition_point(|other| *other < first);
        let mut best: Option<(u8, usize)> = None;
        for place in all[from..].iter().copied().take_while(|place| self.tags[*place].closes) {
            let other = &self.tags[place];
            let rank = match (self.counts(other), self.is_quoted(&other.at)) {
                (true, _) => return Some(place),
                (false, false) => 1,
                (false, true) => 0,
            };
            if best.is_none_or(|(known, _)| rank > known) {
                best = Some((rank, place));
            }
        }
        best.map(|(_, place)| place)
    }

    /// Thinking that does not end: the rest, unless the answer is whole and its only code
    /// stands there.
    fn open_to_the_end(&mut self, place: usize, tag: &Found) -> usize {
        let (start, end) = (tag.at.start, self.text.len());
        let follows_code = self.code.begins_in(self.end()..start);
        let holds_the_answer = self.finish == Finish::Complete
            && !follows_code
            && self.code.begins_in(tag.at.end..end);
        let is_mention = !self.begins_line(start) && !follows_code;
        if holds_the_answer || is_mention {
            return place + 1;
        }
        self.push(start..end, tag.at.end..end);
        self.tags.len()
    }
}
