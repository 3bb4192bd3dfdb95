//! Long texts: source files with line numbers, answers, prompts and logs.

use maud::{Markup, html};

use crate::printable::Visible;
use crate::report::quantity::{bytes, counted};

/// Of longer texts only the start and the end are shown.
const MAX_BYTES: usize = 128 << 10;

/// How much of [`MAX_BYTES`] is left for the end, where logs say most.
const END_BYTES: usize = 32 << 10;

/// Texts of more lines or bytes are folded away until asked for.
const MAX_OPEN_LINES: usize = 40;
const MAX_OPEN_BYTES: usize = 4 << 10;

/// A text, or what is shown of it.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Excerpt<'a> {
    Whole(&'a str),
    Cut { start: &'a str, left_out: usize, end: &'a str },
}

impl<'a> Excerpt<'a> {
    pub(super) fn of(text: &'a str) -> Excerpt<'a> {
        if text.len() <= MAX_BYTES {
            return Excerpt::Whole(text);
        }
        let start = boundary_before(text, MAX_BYTES - END_BYTES);
        let end = boundary_after(text, text.len() - END_BYTES);
        Excerpt::Cut { start: &text[..start], left_out: end - start, end: &text[end..] }
    }
}

fn boundary_before(text: &str, at: usize) -> usize {
    (0..=at).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

fn boundary_after(text: &str, at: usize) -> usize {
    (at..text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(text.len())
}

/// Text as it is, without line numbers.
pub(super) fn plain(text: &str) -> Markup {
    html! {
        @match Excerpt::of(text) {
            Excerpt::Whole(text) => (block(text)),
            Excerpt::Cut { start, left_out, end } => {
                (block(start))
                (cut(left_out))
                (block(end))
            }
        }
    }
}

/// A text in one block. Browsers drop a line end with which one begins, so such a text gets one
/// more.
fn block(text: &str) -> Markup {
    html! {
        pre class="text" tabindex="0" { @if text.starts_with('\n') { "\n" } (Visible::block(text)) }
    }
}

/// A source file with its lines numbered by the style sheet, so that selecting
/// the code does not select the numbers.
fn numbered(text: &str, mark: Mark<'_>) -> Markup {
    let lines = |text: &str| {
        html! {
            pre class="code" tabindex="0" {
                @for (line, number) in text.split_inclusive('\n').zip(1..) {
                    @match mark(number) {
                        Some(class) => mark class={ "line " (class) } { (Visible::block(line)) },
                        None => span class="line" { (Visible::block(line)) },
                    }
                }
            }
        }
    };
    html! {
        @match Excerpt::of(text) {
            Excerpt::Whole("") => p class="note" { "The file is empty." },
            Excerpt::Whole(text) => (lines(text)),
            // The lines after a gap have no numbers: they would be wrong.
            Excerpt::Cut { start, left_out, end } => {
                (lines(start))
                (cut(left_out))
                (block(end))
            }
        }
    }
}

/// The class that a line stands out by, by its number from 1.
type Mark<'a> = &'a dyn Fn(usize) -> Option<&'static str>;

/// A file with its path and its text.
pub(super) fn file(path: &str, text: &str) -> Markup {
    marked_file(path, text, &|_| None)
}

/// The same, with lines that stand out.
pub(super) fn marked_file(path: &str, text: &str, mark: Mark<'_>) -> Markup {
    html! {
        figure class="file" {
            figcaption { code { (Visible::line(path)) } " " span class="note" { (extent(text)) } }
            (numbered(text, mark))
        }
    }
}

/// A titled text that can be folded; short ones are open unless `folded`.
pub(super) fn folding(title: &Markup, text: &str, folded: bool) -> Markup {
    let is_short = text.len() <= MAX_OPEN_BYTES && text.lines().count() <= MAX_OPEN_LINES;
    let is_open = is_short && !folded;
    html! {
        @if text.is_empty() {
            p class="empty-text" { (title) " " span class="note" { "empty" } }
        } @else {
            details open[is_open] {
                summary { (title) " " span class="note" { (extent(text)) } }
                (plain(text))
            }
        }
    }
}

/// How long a text is.
fn extent(text: &str) -> String {
    let size = bytes(u64::try_from(text.len()).unwrap_or(u64::MAX));
    format!("{}, {size}", counted(text.lines().count(), "line"))
}

fn cut(left_out: usize) -> Markup {
    let size = bytes(u64::try_from(left_out).unwrap_or(u64::MAX));
    html! {
        p class="cut" { (size) " left out here; the run's file has the whole text." }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_are_cut_between_characters() {
        let text = "é".repeat(MAX_BYTES);
        let Excerpt::Cut { start, left_out, end } = Excerpt::of(&text) else {
            panic!("the text was not cut");
        };
        assert_eq!(start.len() + left_out + end.len(), text.len());
        assert!(start.len() + end.len() <= MAX_BYTES);
        assert_eq!(Excerpt::of("short"), Excerpt::Whole("short"));
    }
}
