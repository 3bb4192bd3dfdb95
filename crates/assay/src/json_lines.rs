//! Reading JSON lines, gzipped or not, with the number of each line.

#[cfg(test)]
mod properties;

use std::fs::File;
use std::io::{self, BufRead, BufReader, Cursor, Read as _};
use std::path::Path;

use anyhow::Context as _;
use assay_core::text_file::{self, Encoding, LONGEST_MARK};
use flate2::bufread::MultiGzDecoder;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::json_text;

/// The records of a file, each with its line number, from 1. Blank lines are
/// passed over.
pub(crate) fn read<T: DeserializeOwned>(
    path: &Path,
) -> anyhow::Result<impl Iterator<Item = anyhow::Result<(usize, T)>>> {
    let place = path.display().to_string();
    let lines = open(path).with_context(|| format!("failed to read {place}"))?;
    Ok(lines.split(b'\n').enumerate().filter_map(move |(place_in_file, line)| {
        let number = place_in_file + 1;
        let line = match line.with_context(|| format!("failed to read {place}:{number}")) {
            Ok(line) if line.trim_ascii().is_empty() => return None,
            Ok(line) => line,
            Err(error) => return Some(Err(error)),
        };
        let record = json_text::parse_bytes(&line)
            .map_err(|error| anyhow::anyhow!("{place}:{number}: {}", fault(&error)));
        Some(record.map(|record| (number, record)))
    }))
}

/// What is wrong with a line. The error's own line number is always 1 and would
/// contradict the file's.
pub(crate) fn fault(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let text = text.split(" at line ").next().unwrap_or(&text);
    format!("{text} (column {})", error.column())
}

/// Opens a file of JSON lines; gzip is known by its first bytes, and so is the encoding of
/// the text.
pub(crate) fn open(path: &Path) -> io::Result<Box<dyn BufRead>> {
    let mut file = BufReader::new(File::open(path)?);
    let is_gzip = file.fill_buf()?.starts_with(&[0x1f, 0x8b]);
    let mut text: Box<dyn BufRead> = match is_gzip {
        true => Box::new(BufReader::new(MultiGzDecoder::new(file))),
        false => Box::new(file),
    };
    let mut start = Vec::new();
    text.by_ref().take(LONGEST_MARK as u64).read_to_end(&mut start)?;
    match Encoding::of(&start) {
        (Encoding::Utf8, mark) => {
            start.drain(..mark);
            Ok(Box::new(Cursor::new(start).chain(text)))
        }
        _ => {
            text.read_to_end(&mut start)?;
            Ok(Box::new(Cursor::new(text_file::decode(start)?)))
        }
    }
}

/// A whole number, written as one or as text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Scalar")]
pub(crate) struct Number(pub(crate) u32);

/// A truth value, written as one or as `"True"` or `"False"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Scalar")]
pub(crate) struct Truth(pub(crate) bool);

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Scalar {
    Bool(bool),
    Number(u32),
    Text(String),
}

impl TryFrom<Scalar> for Number {
    type Error = String;

    fn try_from(scalar: Scalar) -> Result<Number, String> {
        match scalar {
            Scalar::Number(number) => Ok(Number(number)),
            Scalar::Text(text) => text
                .trim()
                .parse()
                .map(Number)
                .map_err(|_| format!("{text:?} is not a whole number")),
            Scalar::Bool(value) => Err(format!("{value} is not a whole number")),
        }
    }
}

impl TryFrom<Scalar> for Truth {
    type Error = String;

    fn try_from(scalar: Scalar) -> Result<Truth, String> {
        match scalar {
            Scalar::Bool(value) => Ok(Truth(value)),
            Scalar::Text(text) if text.eq_ignore_ascii_case("true") => Ok(Truth(true)),
            Scalar::Text(text) if text.eq_ignore_ascii_case("false") => Ok(Truth(false)),
            other => Err(format!("{other:?} is neither true nor false")),
        }
    }
}
