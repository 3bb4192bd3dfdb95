//! Conditions of a program, and what they consist of, as far as tokens and indentation tell.

use std::ops::Range;

use super::tokens::{Kind, Token};
use crate::case::Language;

/// The condition of an `if`, or of an `unless` of Ruby.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Condition {
    /// Its tokens, without parentheses around all of it.
    pub(super) tokens: Range<usize>,
    /// Its bytes.
    bytes: Range<usize>,
    language: Language,
    is_negated: bool,
    /// Whether what it guards ends something: an error, a `return`, a jump.
    pub(super) refuses: bool,
}

impl Condition {
    /// Edits by which it never holds. It is still computed, for what that does beside.
    pub(super) fn never(&self) -> Vec<(Range<usize>, String)> {
        let ending = match (self.language, self.is_negated) {
            (Language::C, _) => ") && 0",
            (Language::Python, _) => ") and False",
            (_, false) => ") && false",
            (_, true) => ") || true",
        };
        let Range { start, end } = self.bytes;
        vec![(start..start, "(".to_owned()), (end..end, ending.to_owned())]
    }
}

/// Words that end what they stand in.
const ENDS: [&str; 12] = [
    "return", "throw", "raise", "goto", "break", "continue", "next", "panic", "abort", "exit",
    "die", "reject",
];

/// Words that join the parts of a condition.
const JOINTS: [&str; 4] = ["||", "&&", "or", "and"];

/// All conditions of a program, in their order.
pub(super) fn all(language: Language, text: &str, tokens: &[Token<'_>]) -> Vec<Condition> {
    let words: &[&str] = match language {
        Language::Python => &["if", "elif"],
        Language::Ruby => &["if", "elsif", "unless"],
        _ => &["if"],
    };
    let places = (0..tokens.len()).filter(|place| tokens[*place].is_any(words));
    places.filter_map(|place| condition(language, text, tokens, place)).collect()
}

fn condition(
    language: Language,
    text: &str,
    tokens: &[Token<'_>],
    place: usize,
) -> Option<Condition> {
    let (inside, body) = match language {
        Language::C | Language::Java | Language::NodeJs => {
            let close = closing(tokens, place + 1)?;
            (place + 2..close, close + 1)
        }
        Language::Go => {
            let open = (place..tokens.len()).find(|at| {
                tokens[*at].is("{")
                    && text[tokens[*at].end()..].trim_start_matches(' ').starts_with('\n')
            })?;
            // What stands before a semicolon is done first.
            let init = (place..open).rev().find(|at| tokens[*at].is(";"));
            (init.unwrap_or(place) + 1..open, open)
        }
        Language::Python => {
            let colon = until(text, tokens, place + 1, &[":"], false)?;
            // One in an expression has no colon, and `else` instead.
            if !begins_line(text, tokens[place].start) {
                return None;
            }
            (place + 1..colon, colon + 1)
        }
        Language::Ruby => {
            let end = until(text, tokens, place + 1, &["then"], true)?;
            (place + 1..end, end)
        }
    };
    if inside.is_empty() {
        return None;
    }
    let is_modifier = language == Language::Ruby && !begins_line(text, tokens[place].start);
    let refuses = match is_modifier {
        true => line_before(text, tokens, place).iter().any(|token| token.is_any(&ENDS)),
        false => ends_something(language, text, tokens, place, body),
    };
    let bytes = tokens[inside.start].start..tokens[inside.end - 1].end();
    let is_negated = tokens[place].is("unless");
    Some(Condition { tokens: inside, bytes, language, is_negated, refuses })
}

/// Whether only white space is before a byte on its line, or the end of a block.
fn begins_line(text: &str, at: usize) -> bool {
    let start = text[..at].rfind('\n').map_or(0, |line| line + 1);
    text[start..at].trim().is_empty()
}

/// The tokens on the same line before a place.
fn line_before<'a, 'b>(text: &str, tokens: &'b [Token<'a>], place: usize) -> &'b [Token<'a>] {
    let start = text[..tokens[place].start].rfind('\n').map_or(0, |line| line + 1);
    let first = tokens.iter().position(|token| token.start >= start).unwrap_or(place);
    &tokens[first..place]
}

/// The first token at no greater depth that is one of `ends`; the end of the line too, if asked.
fn until(
    text: &str,
    tokens: &[Token<'_>],
    from: usize,
    ends: &[&str],
    ends_with_line: bool,
) -> Option<usize> {
    let mut depth = 0_usize;
    for at in from..tokens.len() {
        let token = tokens[at];
        let is_next_line = at > from && text[tokens[at - 1].end()..token.start].contains('\n');
        let goes_on = at > from && (tokens[at - 1].is_any(&JOINTS) || tokens[at - 1].is(","));
        if depth == 0 && ends_with_line && is_next_line && !goes_on {
            return Some(at);
        }
        if depth == 0 && token.is_any(ends) {
            return Some(at);
        }
        if token.is_any(&["(", "[", "{"]) {
            depth += 1;
        } else if token.is_any(&[")", "]", "}"]) {
            depth = depth.checked_sub(1)?;
        }
    }
    ends_with_line.then_some(tokens.len())
}

/// Whether what follows a condition ends something: for languages of braces its block or its one
/// statement, for the others the lines that stand further in.
fn ends_something(
    language: Language,
    text: &str,
    tokens: &[Token<'_>],
    place: usize,
    body: usize,
) -> bool {
    let end = match language {
        Language::Python | Language::Ruby => {
            let indent = |at: usize| {
                let start = text[..at].rfind('\n').map_or(0, |line| line + 1);
                text[start..].len() - text[start..].trim_start_matches([' ', '\t']).len()
            };
            let own = indent(tokens[place].start);
            (body..tokens.len())
                .find(|at| begins_line(text, tokens[*at].start) && indent(tokens[*at].start) <= own)
                .unwrap_or(tokens.len())
        }
        _ if tokens.get(body).is_some_and(|token| token.is("{")) => {
            closing(tokens, body).unwrap_or(tokens.len())
        }
        _ => (body..tokens.len()).find(|at| tokens[*at].is(";")).unwrap_or(tokens.len()),
    };
    /// A longer block does something else.
    const LONGEST: usize = 60;
    let body = &tokens[body.min(end)..end];
    body.len() <= LONGEST && body.iter().any(|token| token.is_any(&ENDS))
}

/// The token that closes the parenthesis, bracket or brace at a place.
pub(super) fn closing(tokens: &[Token<'_>], open: usize) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate().skip(open) {
        if token.is_any(&["(", "[", "{"]) {
            depth += 1;
        } else if token.is_any(&[")", "]", "}"]) {
            depth = depth.checked_sub(1)?;
        }
        if depth == 0 {
            return (at > open).then_some(at);
        }
    }
    None
}

/// The pieces of some tokens between separators that stand in no parentheses.
pub(super) fn split(
    tokens: &[Token<'_>],
    range: Range<usize>,
    separators: &[&str],
) -> Vec<Range<usize>> {
    let mut pieces = Vec::new();
    let mut depth = 0_usize;
    let mut start = range.start;
    for at in range.clone() {
        let token = tokens[at];
        if token.is_any(&["(", "[", "{"]) {
            depth += 1;
        } else if token.is_any(&[")", "]", "}"]) {
            depth = depth.saturating_sub(1);
        } else if depth == 0 && token.is_any(separators) {
            pieces.push(start..at);
            start = at + 1;
        }
    }
    pieces.push(start..range.end);
    pieces
}

/// The parts of a condition that are joined by the loosest of its joints.
pub(super) fn parts(tokens: &[Token<'_>], condition: Range<usize>) -> Vec<Range<usize>> {
    let any = split(tokens, condition.clone(), &["||", "or"]);
    let parts = if any.len() > 1 { any } else { split(tokens, condition, &["&&", "and"]) };
    if parts.iter().any(Range::is_empty) { Vec::new() } else { parts }
}

/// The operand behind a comparison: all that binds more tightly.
pub(super) fn operand_after(
    language: Language,
    text: &str,
    tokens: &[Token<'_>],
    place: usize,
) -> Option<Range<usize>> {
    const BOUNDS: [&str; 22] = [
        "||", "&&", "or", "and", ";", ",", "?", ":", "{", "<", ">", "<=", ">=", "==", "!=", "===",
        "!==", "if", "unless", "then", "do", "else",
    ];
    let mut depth = 0_usize;
    let mut end = place + 1;
    while let Some(token) = tokens.get(end) {
        let breaks = end > place + 1
            && matches!(language, Language::Python | Language::Ruby | Language::Go)
            && text[tokens[end - 1].end()..token.start].contains('\n');
        if depth == 0 && (token.is_any(&BOUNDS) || token.is_any(&[")", "]", "}"]) || breaks) {
            break;
        }
        if token.is_any(&["(", "[", "{"]) {
            depth += 1;
        } else if token.is_any(&[")", "]", "}"]) {
            depth -= 1;
        }
        end += 1;
    }
    let is_value = tokens.get(place + 1).is_some_and(|it| it.kind != Kind::Sign || it.is("("));
    (end > place + 1 && is_value).then_some(place + 1..end)
}
