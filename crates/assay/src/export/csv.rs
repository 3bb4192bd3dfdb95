//! Comma-separated values that are safe to open in a spreadsheet: no cell is taken for
//! a formula, whatever a model wrote, and none is longer than a spreadsheet's may be.
//!
//! Texts are shown, not kept: JSON lines and Parquet have them as they are. The crate csv
//! writes an empty text like no value, or quotes both; here they differ, as in the tables.

use std::io::{self, Write};

use super::column::Cell;
use super::table::Table;
use super::{Contents, ExportError, Rows, Source, Watch};
use crate::printable::Visible;

/// The most characters of a cell; spreadsheets take 32,767.
const LONGEST: usize = 32_000;

pub(super) fn write(
    sources: &[Source],
    rows: Rows,
    mut out: impl Write,
    watch: Watch<'_>,
) -> Result<(), ExportError> {
    let table = Table::new(Contents { rows, with_texts: false });
    let names = table.columns.iter().map(|column| column.name);
    write_record(&mut out, std::iter::once("schema").chain(names).map(quoted))?;
    for source in sources {
        for attempt in source.attempts() {
            let attempt = attempt?;
            for cells in table.rows(&attempt) {
                let schema = std::iter::once(quoted(table.schema));
                write_record(&mut out, schema.chain(cells.iter().map(field)))?;
            }
            watch(&attempt.record.outcome);
        }
    }
    Ok(out.flush()?)
}

fn write_record(mut out: impl Write, fields: impl Iterator<Item = String>) -> io::Result<()> {
    let fields: Vec<String> = fields.collect();
    write!(out, "{}\r\n", fields.join(","))
}

/// Texts in quotes and nothing else, so that an empty text differs from no value.
fn field(cell: &Cell) -> String {
    match cell {
        Cell::Empty => String::new(),
        Cell::Truth(value) => value.to_string(),
        Cell::Count(value) => value.to_string(),
        Cell::Amount(value) => value.to_string(),
        Cell::Text(text) => quoted(&harmless(text)),
    }
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}

/// The text in one line in which nothing acts, and in which an apostrophe stands
/// before every sign that starts a formula. It may start one at the beginning of a
/// cell, and what a reader with another separator takes for that.
fn harmless(text: &str) -> String {
    let visible = Visible::line(text).to_string();
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
            ',' | ';' | '|' | '"' | '\'' => true,
            c => may_start && c.is_whitespace(),
        };
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_starts_a_formula() {
        let check = |text: &str, expect: &str| assert_eq!(harmless(text), expect, "{text:?}");
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
    }

    #[test]
    fn a_long_text_is_cut() {
        let cut = harmless(&"x".repeat(40_000));
        assert_eq!((cut.chars().count(), cut.ends_with('…')), (LONGEST + 1, true));
    }
}
