//! Comma-separated values that are safe to open in a spreadsheet: no cell is taken for
//! a formula, whatever a model wrote, and none is longer than a spreadsheet's may be.
//!
//! Texts are shown, not kept: JSON lines and Parquet have them as they are. The crate csv
//! writes an empty text like no value, or quotes both; here they differ, as in the tables.

use std::io::{self, Write};

use super::column::Cell;
use super::table::Table;
use super::{Contents, ExportError, Rows, Source, Watch};
use crate::spreadsheet::line;

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
        Cell::Text(text) => quoted(&line(text)),
    }
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}
