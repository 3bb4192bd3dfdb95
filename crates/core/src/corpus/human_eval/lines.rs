//! The lines of a file of problems, gzipped or not, up to limits that no honest file meets.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read};
use std::path::Path;

use flate2::bufread::MultiGzDecoder;

use crate::corpus::{CorpusError, Fault};
use crate::text_file;

/// The most bytes of a file, unpacked. HumanEval has 0.2 MiB.
const MAX_FILE: usize = 64 << 20;

/// The most bytes of a line. The longest of HumanEval has 8 KiB.
const MAX_LINE: usize = 1 << 20;

const GZIP: &[u8] = &[0x1f, 0x8b];

/// The lines that are not blank, with their numbers from 1.
pub(super) fn read(path: &Path) -> Result<Vec<(usize, String)>, CorpusError> {
    let unread =
        |error: std::io::Error| Fault::in_file(path, format!("failed to read it: {error}"));
    let mut file = BufReader::new(File::open(path).map_err(unread)?);
    let bytes = match file.fill_buf().map_err(unread)?.starts_with(GZIP) {
        true => bounded(MultiGzDecoder::new(file)),
        false => bounded(file),
    };
    let Some(bytes) = bytes.map_err(unread)? else {
        let message =
            format!("holds more than {} MiB; it is not a file of HumanEval", MAX_FILE >> 20);
        return Err(Fault::in_file(path, message).into());
    };
    let text = text_file::decode(bytes).map_err(unread)?;
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    let line = |(place, line): (usize, &str)| match line.len() {
        0..=MAX_LINE => Ok((place + 1, line.to_owned())),
        _ => Err(Fault {
            place: path.display().to_string(),
            line: Some(place + 1),
            message: format!(
                "has more than {} KiB; no problem of HumanEval is so long",
                MAX_LINE >> 10
            ),
        }),
    };
    lines.map(line).collect::<Result<_, Fault>>().map_err(CorpusError::from)
}

/// All bytes; `None` if they are too many.
fn bounded(source: impl Read) -> std::io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    source.take(MAX_FILE as u64 + 1).read_to_end(&mut bytes)?;
    Ok((bytes.len() <= MAX_FILE).then_some(bytes))
}
