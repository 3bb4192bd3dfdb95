//! Where the tags of the asked form stand in a text, however they are written.

use std::ops::Range;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tag {
    Result,
    Code,
    Path,
    Content,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Open(Tag),
    Close(Tag),
    CdataOpen,
    CdataClose,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mark {
    pub(super) kind: Kind,
    pub(super) at: Range<usize>,
    /// Whether only white space stands before it on its line.
    pub(super) begins_line: bool,
}

const TAGS: [(&str, Tag); 4] =
    [("result", Tag::Result), ("code", Tag::Code), ("path", Tag::Path), ("content", Tag::Content)];

/// The longest text between a tag's name and its end.
const LONGEST_ATTRIBUTES: usize = 512;

const CDATA: &str = "<![CDATA[";

/// All marks of a text, in order.
pub(super) fn marks(text: &str) -> Vec<Mark> {
    let bytes = text.as_bytes();
    let mut marks = Vec::new();
    let (mut at, mut begins_line) = (0, true);
    while at < bytes.len() {
        let found = match bytes[at] {
            b'<' => tag_at(text, at),
            b']' if bytes[at..].starts_with(b"]]>") => Some((Kind::CdataClose, at + 3)),
            _ => None,
        };
        match found {
            Some((kind, end)) => {
                marks.push(Mark { kind, at: at..end, begins_line });
                begins_line = false;
                at = end;
            }
            None => {
                match bytes[at] {
                    b'\n' => begins_line = true,
                    byte if !byte.is_ascii_whitespace() => begins_line = false,
                    _ => {}
                }
                at += 1;
            }
        }
    }
    marks
}

/// The tag that begins at a place, and where it ends.
fn tag_at(text: &str, at: usize) -> Option<(Kind, usize)> {
    let bytes = text.as_bytes();
    if bytes[at..].len() >= CDATA.len()
        && bytes[at..at + CDATA.len()].eq_ignore_ascii_case(CDATA.as_bytes())
    {
        return Some((Kind::CdataOpen, at + CDATA.len()));
    }
    let closes = bytes.get(at + 1) == Some(&b'/');
    let start = at + 1 + usize::from(closes);
    let length = bytes[start..].iter().take(16).take_while(|it| it.is_ascii_alphabetic()).count();
    let name = &text[start..start + length];
    let (_, tag) = TAGS.iter().find(|(known, _)| known.eq_ignore_ascii_case(name))?;
    let after = &bytes[start + length..];
    let end = after.iter().take(LONGEST_ATTRIBUTES).position(|it| matches!(it, b'>' | b'<'))?;
    let is_apart = end == 0 || after[0].is_ascii_whitespace();
    if after[end] != b'>' || !is_apart || (end > 0 && after[end - 1] == b'/') {
        return None;
    }
    // A tag in backticks is a mention; a path may be in backticks of its own.
    let end = start + length + end + 1;
    let is_quoted = at > 0 && bytes[at - 1] == b'`';
    if is_quoted && (!closes || bytes.get(end) == Some(&b'`')) {
        return None;
    }
    let kind = if closes { Kind::Close(*tag) } else { Kind::Open(*tag) };
    Some((kind, end))
}
