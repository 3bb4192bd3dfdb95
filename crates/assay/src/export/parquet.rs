//! Apache Parquet, for pandas, polars and DuckDB.

use std::io::{self, Write};
use std::sync::Arc;

use parquet::basic::{
    Compression, ConvertedType, GzipLevel, LogicalType, Repetition, Type as Physical,
};
use parquet::column::writer::ColumnWriter;
use parquet::data_type::ByteArray;
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::{Type, TypePtr};

use super::column::{Cell, Kind};
use super::table::Table;
use super::{Contents, ExportError, Source, Watch};

/// Rows are written in groups of at most this many, or this many bytes of text.
const GROUP_ROWS: usize = 20_000;
const GROUP_BYTES: usize = 16 << 20;

pub(super) fn write(
    sources: &[Source],
    contents: Contents,
    out: impl Write + Send,
    watch: Watch<'_>,
) -> Result<(), ExportError> {
    let table = Table::new(contents);
    let properties = WriterProperties::builder()
        .set_compression(Compression::GZIP(GzipLevel::default()))
        .set_created_by(format!("assay {}", env!("CARGO_PKG_VERSION")))
        .set_key_value_metadata(Some(vec![KeyValue::new(
            "schema".to_owned(),
            table.schema.to_owned(),
        )]))
        .build();
    let schema = schema(&table).map_err(failed)?;
    let mut writer =
        SerializedFileWriter::new(out, schema, Arc::new(properties)).map_err(failed)?;
    let mut group = Group::new(&table);
    for source in sources {
        for attempt in source.attempts() {
            let attempt = attempt?;
            for cells in table.rows(&attempt) {
                group.add(table.schema, cells);
            }
            if group.is_full() {
                group.write(&mut writer).map_err(failed)?;
            }
            watch(&attempt.record.outcome);
        }
    }
    group.write(&mut writer).map_err(failed)?;
    writer.finish().map_err(failed)?;
    Ok(writer.inner_mut().flush()?)
}

fn failed(error: ParquetError) -> ExportError {
    ExportError::Write(io::Error::other(error))
}

/// Every column may be empty.
fn schema(table: &Table) -> Result<TypePtr, ParquetError> {
    let names = table.columns.iter().map(|column| (column.name, column.kind));
    let fields = std::iter::once(("schema", Kind::Text)).chain(names).map(|(name, kind)| {
        let (physical, logical, converted) = match kind {
            Kind::Truth => (Physical::BOOLEAN, None, ConvertedType::NONE),
            Kind::Count => (Physical::INT64, None, ConvertedType::NONE),
            Kind::Amount => (Physical::DOUBLE, None, ConvertedType::NONE),
            Kind::Text => (Physical::BYTE_ARRAY, Some(LogicalType::String), ConvertedType::UTF8),
        };
        Type::primitive_type_builder(name, physical)
            .with_repetition(Repetition::OPTIONAL)
            .with_logical_type(logical)
            .with_converted_type(converted)
            .build()
            .map(Arc::new)
    });
    let fields = fields.collect::<Result<Vec<TypePtr>, ParquetError>>()?;
    Ok(Arc::new(Type::group_type_builder("assay").with_fields(fields).build()?))
}

/// Rows that are not written yet, by column.
struct Group {
    columns: Vec<Values>,
    rows: usize,
    bytes: usize,
}

/// The values of a column, and for each row whether it has one.
struct Values {
    values: Typed,
    levels: Vec<i16>,
}

enum Typed {
    Truth(Vec<bool>),
    Count(Vec<i64>),
    Amount(Vec<f64>),
    Text(Vec<ByteArray>),
}

impl Group {
    fn new(table: &Table) -> Group {
        let kinds = table.columns.iter().map(|column| column.kind);
        let columns = std::iter::once(Kind::Text).chain(kinds).map(Values::new).collect();
        Group { columns, rows: 0, bytes: 0 }
    }

    fn add(&mut self, schema: &str, cells: Vec<Cell>) {
        let cells = std::iter::once(Cell::from(schema)).chain(cells);
        for (column, cell) in self.columns.iter_mut().zip(cells) {
            self.bytes += column.add(cell);
        }
        self.rows += 1;
    }

    fn is_full(&self) -> bool {
        self.rows >= GROUP_ROWS || self.bytes >= GROUP_BYTES
    }

    /// Writes the collected rows, and is empty afterwards.
    fn write<W: Write + Send>(
        &mut self,
        writer: &mut SerializedFileWriter<W>,
    ) -> Result<(), ParquetError> {
        if self.rows == 0 {
            return Ok(());
        }
        let mut group = writer.next_row_group()?;
        for column in &mut self.columns {
            if let Some(mut place) = group.next_column()? {
                column.write(place.untyped())?;
                place.close()?;
            }
        }
        group.close()?;
        (self.rows, self.bytes) = (0, 0);
        Ok(())
    }
}

impl Values {
    fn new(kind: Kind) -> Values {
        let values = match kind {
            Kind::Truth => Typed::Truth(Vec::new()),
            Kind::Count => Typed::Count(Vec::new()),
            Kind::Amount => Typed::Amount(Vec::new()),
            Kind::Text => Typed::Text(Vec::new()),
        };
        Values { values, levels: Vec::new() }
    }

    /// Returns the bytes of text that it holds now in addition.
    fn add(&mut self, cell: Cell) -> usize {
        let mut bytes = 0;
        let is_there = match (&mut self.values, cell) {
            (Typed::Truth(values), Cell::Truth(value)) => {
                values.push(value);
                true
            }
            (Typed::Count(values), Cell::Count(value)) => {
                values.push(value);
                true
            }
            (Typed::Amount(values), Cell::Amount(value)) => {
                values.push(value);
                true
            }
            (Typed::Text(values), Cell::Text(value)) => {
                bytes = value.len();
                values.push(value.into_bytes().into());
                true
            }
            _ => false,
        };
        self.levels.push(is_there.into());
        bytes
    }

    fn write(&mut self, writer: &mut ColumnWriter<'_>) -> Result<(), ParquetError> {
        let levels = Some(self.levels.as_slice());
        match (&mut self.values, writer) {
            (Typed::Truth(values), ColumnWriter::BoolColumnWriter(writer)) => {
                writer.write_batch(values, levels, None)?;
                values.clear();
            }
            (Typed::Count(values), ColumnWriter::Int64ColumnWriter(writer)) => {
                writer.write_batch(values, levels, None)?;
                values.clear();
            }
            (Typed::Amount(values), ColumnWriter::DoubleColumnWriter(writer)) => {
                writer.write_batch(values, levels, None)?;
                values.clear();
            }
            (Typed::Text(values), ColumnWriter::ByteArrayColumnWriter(writer)) => {
                writer.write_batch(values, levels, None)?;
                values.clear();
            }
            _ => return Err(ParquetError::General("a column of another type".to_owned())),
        }
        self.levels.clear();
        Ok(())
    }
}
