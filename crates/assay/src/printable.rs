//! Text of unknown origin, made safe to look at.
//!
//! Control characters drive a terminal, and bidirectional overrides and invisible characters let a
//! reader see another program than the compiler does. All of them are shown as visible codes.

#[cfg(test)]
mod properties;

use std::fmt;

use maud::{Escaper, Render};
use serde_json::Value;
use unicode_width::UnicodeWidthStr as _;

/// A text in which no character is hidden and none acts.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Visible<'a> {
    text: &'a str,
    layout: Layout,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Layout {
    /// Line ends and tabs stand for themselves.
    Block,
    /// They are shown as well: the text must not leave its line.
    Line,
}

impl<'a> Visible<'a> {
    pub(crate) fn block(text: &'a str) -> Visible<'a> {
        Visible { text, layout: Layout::Block }
    }

    pub(crate) fn line(text: &'a str) -> Visible<'a> {
        Visible { text, layout: Layout::Line }
    }

    /// Hands over each stretch of plain text and each replaced character.
    fn each(self, mut take: impl FnMut(Piece<'a>) -> fmt::Result) -> fmt::Result {
        let mut start = 0;
        for (at, c) in self.text.char_indices() {
            if !self.replaces(c) {
                continue;
            }
            if start < at {
                take(Piece::Plain(&self.text[start..at]))?;
            }
            take(Piece::Replaced(c))?;
            start = at + c.len_utf8();
        }
        match &self.text[start..] {
            "" => Ok(()),
            rest => take(Piece::Plain(rest)),
        }
    }

    fn replaces(self, c: char) -> bool {
        match c {
            '\n' | '\t' => self.layout == Layout::Line,
            _ => is_hidden(c),
        }
    }
}

enum Piece<'a> {
    Plain(&'a str),
    Replaced(char),
}

impl fmt::Display for Visible<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.each(|piece| match piece {
            Piece::Plain(text) => f.write_str(text),
            Piece::Replaced(c) => f.write_str(&stand_in(c)),
        })
    }
}

impl Render for Visible<'_> {
    /// Replaced characters are marked, so that they differ from a text that
    /// holds the replacement itself.
    fn render_to(&self, buffer: &mut String) {
        // Writing to a string does not fail.
        let _ = self.each(|piece| {
            match piece {
                Piece::Plain(text) => text.render_to(buffer),
                Piece::Replaced(c) => {
                    buffer.push_str("<span class=\"hidden-character\" title=\"");
                    fmt::Write::write_fmt(
                        &mut Escaper::new(buffer),
                        format_args!("U+{:04X}", u32::from(c)),
                    )?;
                    buffer.push_str("\">");
                    stand_in(c).render_to(buffer);
                    buffer.push_str("</span>");
                }
            }
            Ok(())
        });
    }
}

/// A name on one line, cut where it has more characters than this.
pub(crate) fn short(name: &str, most: usize) -> String {
    let name = Visible::line(name).to_string();
    if name.chars().count() <= most {
        return name;
    }
    let mut start: String = name.chars().take(most.saturating_sub(1)).collect();
    start.push('…');
    start
}

/// Whether a character acts on the text around it, or takes no place in it.
pub(crate) fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}'
            | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// The name of an ASCII control character, the code point of others. Unicode's
/// pictures of control characters are missing from many fonts.
fn stand_in(c: char) -> String {
    const NAMES: [&str; 32] = [
        "NUL", "SOH", "STX", "ETX", "EOT", "ENQ", "ACK", "BEL", "BS", "TAB", "LF", "VT", "FF",
        "CR", "SO", "SI", "DLE", "DC1", "DC2", "DC3", "DC4", "NAK", "SYN", "ETB", "CAN", "EM",
        "SUB", "ESC", "FS", "GS", "RS", "US",
    ];
    let code = u32::from(c);
    let name = usize::try_from(code).ok().and_then(|code| NAMES.get(code));
    match name {
        Some(name) => format!("⟨{name}⟩"),
        None if c == '\u{7f}' => "⟨DEL⟩".to_owned(),
        None => format!("⟨U+{code:04X}⟩"),
    }
}

/// A value of JSON as text that is safe to show in a terminal: characters that JSON
/// lets stand although they act or hide are escaped, which changes no value.
pub fn json(value: &Value) -> String {
    let mut text = String::new();
    for c in format!("{value:#}").chars() {
        if c == '\n' || !is_hidden(c) {
            text.push(c);
            continue;
        }
        let mut units = [0; 2];
        for unit in c.encode_utf16(&mut units) {
            text.push_str(&format!("\\u{unit:04x}"));
        }
    }
    text
}

/// The text with spaces after it, as wide as this on a terminal.
pub(crate) fn pad_end(text: &str, width: usize) -> String {
    format!("{text}{}", " ".repeat(width.saturating_sub(text.width())))
}

/// The text with spaces before it, as wide as this on a terminal.
pub(crate) fn pad_start(text: &str, width: usize) -> String {
    format!("{}{text}", " ".repeat(width.saturating_sub(text.width())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_that_act_are_shown() {
        let check = |text: &str, line: &str, block: &str| {
            assert_eq!(Visible::line(text).to_string(), line, "{text:?}");
            assert_eq!(Visible::block(text).to_string(), block, "{text:?}");
        };
        check("plain ü 漢 👩‍💻", "plain ü 漢 👩‍💻", "plain ü 漢 👩‍💻");
        check("a\n\tb", "a⟨LF⟩⟨TAB⟩b", "a\n\tb");
        check(
            "\u{1b}[31mred\r\0\u{7f}",
            "⟨ESC⟩[31mred⟨CR⟩⟨NUL⟩⟨DEL⟩",
            "⟨ESC⟩[31mred⟨CR⟩⟨NUL⟩⟨DEL⟩",
        );
        check("\u{9b}2J", "⟨U+009B⟩2J", "⟨U+009B⟩2J");
        check("a\u{202e}b\u{2066}", "a⟨U+202E⟩b⟨U+2066⟩", "a⟨U+202E⟩b⟨U+2066⟩");
        check("\u{e0041}\u{200b}", "⟨U+E0041⟩⟨U+200B⟩", "⟨U+E0041⟩⟨U+200B⟩");
    }

    #[test]
    fn markup_is_escaped_around_replaced_characters() {
        assert_eq!(
            Visible::line("<b>\u{1b}\"&").render().into_string(),
            "&lt;b&gt;<span class=\"hidden-character\" title=\"U+001B\">⟨ESC⟩</span>&quot;&amp;"
        );
    }
}
