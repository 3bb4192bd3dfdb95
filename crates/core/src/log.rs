//! [`Log`]: what a validation printed, and how a message repeats the end of such a text.

use serde::{Deserialize, Serialize};

/// A named text that a validation produced, such as `build.stderr`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Log {
    /// `<phase>.<stream>`: phases are `build`, `functional` and `security`.
    pub name: String,
    pub text: String,
}

impl Log {
    pub fn is_of_security(&self) -> bool {
        self.name.starts_with("security")
    }
}

/// A message repeats so many lines of what a program printed, and so many characters.
const MOST_LINES: usize = 4;
const MOST_CHARACTERS: usize = 600;

/// The last lines of what a program printed, in one line: errors are there.
pub fn last_words(text: &str) -> String {
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    let last = lines[lines.len().saturating_sub(MOST_LINES)..].join(" / ");
    let skipped = last.chars().count().saturating_sub(MOST_CHARACTERS);
    last.chars().skip(skipped).collect()
}

/// The text without the sequences by which tools colour it on a terminal and erase the rest of a
/// line. Whatever else would drive a terminal stays, as it may hide something.
pub fn without_colours(text: &str) -> String {
    let mut rest = text;
    let mut plain = String::new();
    while let Some(at) = rest.find("\u{1b}[") {
        let (before, sequence) = rest.split_at(at);
        plain.push_str(before);
        let parameters = &sequence[2..];
        let is_parameter = |c: char| c.is_ascii_digit() || c == ';' || c == ':';
        let end = parameters.find(|c| !is_parameter(c)).unwrap_or(parameters.len());
        rest = match parameters[end..].strip_prefix(['m', 'K']) {
            Some(rest) => rest,
            None => {
                plain.push_str(&sequence[..2]);
                parameters
            }
        };
    }
    plain.push_str(rest);
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_lines_stand_in_one_and_are_bounded() {
        assert_eq!(last_words("a\n\n b\nc\n \nd\ne\n"), " b / c / d / e");
        assert_eq!(last_words(" \n"), "");
        let long = last_words(&format!("{}end", "é".repeat(5000)));
        assert!(long.ends_with("end") && long.chars().count() == MOST_CHARACTERS, "{long}");
    }

    #[test]
    fn colours_go_and_nothing_else() {
        let check = |text, expect| assert_eq!(without_colours(text), expect, "{text:?}");
        check("a.c:1: \u{1b}[01;31m\u{1b}[Kerror: \u{1b}[m\u{1b}[Kno", "a.c:1: error: no");
        check("\u{1b}[38:5:1mx\u{1b}[0m\n", "x\n");
        check("\u{1b}[2Jx \u{1b}]0;y\u{7} \u{1b}[", "\u{1b}[2Jx \u{1b}]0;y\u{7} \u{1b}[");
        check("\u{1b}[1", "\u{1b}[1");
    }
}
