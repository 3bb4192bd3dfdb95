//! Comma-separated values: cells that are safe to open in a spreadsheet, and rows of a table that
//! somebody wrote, each with its line.

use serde::de::DeserializeOwned;

use crate::printable::Visible;

/// The most characters of a cell; spreadsheets take 32,767.
const LONGEST: usize = 32_000;

/// The text in one line in which nothing acts, and in which an apostrophe stands
/// before every sign that starts a formula. It may start one at the beginning of a
/// cell, and what a reader with another separator takes for that.
pub(crate) fn line(text: &str) -> String {
    harmless(&Visible::line(text).to_string())
}

/// The same of a text that keeps its lines.
pub(crate) fn block(text: &str) -> String {
    harmless(&Visible::block(text).to_string())
}

fn harmless(visible: &str) -> String {
    let mut safe = String::with_capacity(visible.len());
    let mut may_start = true;
    for (place, c) in visible.chars().enumerate() {
        if place == LONGEST {
            safe.push('…');
            break;
        }
        let is_sign = matches!(c, '=' | '+' | '-' | '@' | '＝' | '＋' | '－' | '＠');
        if is_sign && may_start {
            safe.push('\'');
        }
        safe.push(c);
        may_start = match c {
            ',' | ';' | '|' | '"' | '\'' | '\n' => true,
            c => may_start && c.is_whitespace(),
        };
    }
    safe
}

/// Something in a table that cannot be taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RowFault {
    /// From 1.
    pub(crate) line: u64,
    pub(crate) message: String,
}

/// The rows of a table, each with the line on which it begins.
pub(crate) struct Rows<'a> {
    reader: csv::Reader<&'a [u8]>,
    columns: csv::StringRecord,
    lines: Lines<'a>,
}

impl<'a> Rows<'a> {
    /// The rows below the titles of a text whose values are separated by commas.
    pub(crate) fn of(text: &'a str) -> Result<Rows<'a>, RowFault> {
        Rows::separated(text, b',')
    }

    /// The same by what the titles are separated by: some spreadsheets write semicolons or tabs.
    pub(crate) fn of_any(text: &'a str) -> Result<Rows<'a>, RowFault> {
        let titles = text.lines().next().unwrap_or_default();
        let count = |separator: &u8| titles.bytes().filter(|byte| byte == separator).count();
        let separator = *b",;\t".iter().rev().max_by_key(|it| count(it)).unwrap_or(&b',');
        Rows::separated(text, separator)
    }

    fn separated(text: &'a str, separator: u8) -> Result<Rows<'a>, RowFault> {
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(separator)
            .trim(csv::Trim::All)
            .from_reader(text.as_bytes());
        let columns = reader.headers().map_err(|error| fault(1, &error))?.clone();
        Ok(Rows { reader, columns, lines: Lines { text, at: 0, line: 1 } })
    }

    /// The next row and its line; `None` after the last.
    pub(crate) fn next<T: DeserializeOwned>(&mut self) -> Option<Result<(u64, T), RowFault>> {
        let line = self.lines.of_row_after(self.reader.position().byte());
        let mut row = csv::StringRecord::new();
        match self.reader.read_record(&mut row) {
            Ok(false) => None,
            Ok(true) => {
                let read = row.deserialize(Some(&self.columns));
                Some(read.map(|row| (line, row)).map_err(|error| fault(line, &error)))
            }
            Err(error) => Some(Err(fault(line, &error))),
        }
    }
}

/// Tells lines of a text, from its beginning to its end. The reader of the table takes the blank
/// lines before a row for a part of it.
struct Lines<'a> {
    text: &'a str,
    /// A place in the text, in bytes, and its line, from 1.
    at: usize,
    line: u64,
}

impl Lines<'_> {
    /// The line of the first row that begins at this byte or after it.
    fn of_row_after(&mut self, byte: u64) -> u64 {
        let byte = usize::try_from(byte).unwrap_or(usize::MAX);
        let rest = self.text.as_bytes().get(byte..).unwrap_or_default();
        let blank = rest.iter().take_while(|byte| b"\r\n".contains(byte)).count();
        let passed = self.text.as_bytes().get(self.at..byte + blank).unwrap_or_default();
        self.line += passed.iter().filter(|byte| **byte == b'\n').count() as u64;
        self.at += passed.len();
        self.line
    }
}

/// What is wrong with a row, without a place in it, which the reader has its own count of.
fn fault(line: u64, error: &csv::Error) -> RowFault {
    let message = match error.kind() {
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            format!("it has {len} values where there are {expected_len} columns")
        }
        csv::ErrorKind::Deserialize { err, .. } => err.kind().to_string(),
        _ => error.to_string(),
    };
    RowFault { line, message }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_starts_a_formula() {
        let check = |text: &str, expect: &str| assert_eq!(line(text), expect, "{text:?}");
        check("plain", "plain");
        check("a-b = c", "a-b = c");
        check("=1+1", "'=1+1");
        check("  @SUM(A1)", "  '@SUM(A1)");
        check("-2", "'-2");
        check("+cmd|' /C calc'!A0", "'+cmd|' /C calc'!A0");
        check("a;=HYPERLINK(1)", "a;'=HYPERLINK(1)");
        check("x\",=1", "x\",'=1");
        check("\t=1", "⟨TAB⟩=1");
        check("＝1", "'＝1");
        check("\u{feff}=1", "⟨U+FEFF⟩=1");
        assert_eq!(block("a\n=1"), "a\n'=1");
        assert_eq!(block("\u{1b}[2J"), "⟨ESC⟩[2J");
    }

    #[test]
    fn a_long_text_is_cut() {
        let cut = line(&"x".repeat(40_000));
        assert_eq!((cut.chars().count(), cut.ends_with('…')), (LONGEST + 1, true));
    }

    #[test]
    fn rows_are_read_with_their_lines_whatever_separates_them() {
        let check = |text: &str| {
            let mut rows = Rows::of_any(text).expect("titles");
            let mut next = || rows.next::<(String, String)>().map(|row| row.expect("a row"));
            assert_eq!(next(), Some((2, ("x".to_owned(), "1\n2".to_owned()))), "{text}");
            assert_eq!(next(), Some((5, ("y".to_owned(), "3".to_owned()))), "{text}");
            assert_eq!(next(), None);
        };
        check("a,b\nx,\"1\n2\"\n\ny,3\n");
        check("a;b\nx;\"1\n2\"\n\ny;3\n");
        check("a\tb\nx\t\"1\n2\"\n\ny\t3\n");
    }
}
