//! JSON lines: an object for each row, members in the order of the columns.

use std::io::{self, Write};

use serde::ser::{Serialize, SerializeMap as _, Serializer};

use super::column::{Cell, Column};
use super::json_stream::write_value;
use super::table::Table;
use super::{Contents, ExportError, Source, Watch};

pub(super) fn write(
    sources: &[Source],
    contents: Contents,
    mut out: impl Write,
    watch: Watch<'_>,
) -> Result<(), ExportError> {
    let table = Table::new(contents);
    for source in sources {
        for attempt in source.attempts() {
            let attempt = attempt?;
            for cells in table.rows(&attempt) {
                write_line(&mut out, &table, &cells)?;
            }
            watch(&attempt.record.outcome);
        }
    }
    Ok(out.flush()?)
}

fn write_line(mut out: impl Write, table: &Table, cells: &[Cell]) -> io::Result<()> {
    write_value(&mut out, &Line { schema: table.schema, columns: &table.columns, cells })?;
    out.write_all(b"\n")
}

struct Line<'a> {
    schema: &'static str,
    columns: &'a [Column],
    cells: &'a [Cell],
}

impl Serialize for Line<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.columns.len() + 1))?;
        map.serialize_entry("schema", self.schema)?;
        for (column, cell) in self.columns.iter().zip(self.cells) {
            map.serialize_entry(column.name, cell)?;
        }
        map.end()
    }
}

impl Serialize for Cell {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Cell::Empty => serializer.serialize_unit(),
            Cell::Truth(value) => serializer.serialize_bool(*value),
            Cell::Count(value) => serializer.serialize_i64(*value),
            Cell::Amount(value) => serializer.serialize_f64(*value),
            Cell::Text(value) => serializer.serialize_str(value),
        }
    }
}
