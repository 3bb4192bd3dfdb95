//! Writing to the terminal. Everything shown passes here, so that no control
//! character of a model's output reaches it.

use std::collections::BTreeMap;
use std::io::{self, IsTerminal as _, Write as _};
use std::sync::{Mutex, PoisonError};

use assay_core::Verdict;
use indicatif::{ProgressBar, WeakProgressBar};
use unicode_width::UnicodeWidthStr as _;

use crate::printable::{Visible, json, pad_end, pad_start};

/// The text with every control or invisible character shown as a visible code.
pub fn clean(text: &str) -> String {
    Visible::block(text).to_string()
}

/// Writes a line to standard output.
pub fn say(text: &str) -> anyhow::Result<()> {
    let mut line = clean(text);
    line.push('\n');
    io::stdout().write_all(line.as_bytes())?;
    Ok(())
}

/// Writes a line to standard error, above a bar that is drawn there; if that fails, there is nobody
/// to tell.
pub fn complain(text: &str) {
    let mut line = clean(text);
    line.push('\n');
    let write = || drop(io::stderr().write_all(line.as_bytes()));
    let bar = BAR.lock().unwrap_or_else(PoisonError::into_inner);
    let bar = bar.as_ref().and_then(WeakProgressBar::upgrade);
    match bar {
        Some(bar) => bar.suspend(write),
        None => write(),
    }
}

/// The bar that is drawn on standard error, as long as there is one.
static BAR: Mutex<Option<WeakProgressBar>> = Mutex::new(None);

/// Lets lines on standard error, whoever writes them, spare a bar that is drawn there.
pub fn spare(bar: &ProgressBar) {
    *BAR.lock().unwrap_or_else(PoisonError::into_inner) = Some(bar.downgrade());
}

/// Writes a value as JSON to standard output.
pub fn say_json(value: &impl serde::Serialize) -> anyhow::Result<()> {
    let text = json(&serde_json::to_value(value)?);
    writeln!(io::stdout(), "{text}")?;
    Ok(())
}

/// Whether standard error is a terminal.
pub fn is_watched() -> bool {
    io::stderr().is_terminal()
}

/// Whether a command failed only because nobody reads its output any longer.
pub fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

/// Rows of cells as aligned columns, two spaces between them. Columns whose
/// title ends with `>` are aligned to the right.
pub fn table(titles: &[&str], rows: &[Vec<String>]) -> String {
    let right: Vec<bool> = titles.iter().map(|title| title.ends_with('>')).collect();
    let titles = titles.iter().map(|title| title.trim_end_matches('>').to_owned()).collect();
    let all: Vec<&Vec<String>> = std::iter::once(&titles).chain(rows).collect();
    let width =
        |column: usize| all.iter().filter_map(|row| row.get(column)).map(|cell| cell.width()).max();
    let widths: Vec<usize> = (0..right.len()).map(|column| width(column).unwrap_or(0)).collect();
    let mut text = String::new();
    for row in all {
        let mut line = String::new();
        for (column, cell) in row.iter().enumerate() {
            let pad = if right[column] { pad_start } else { pad_end };
            line.push_str(&pad(cell, widths[column]));
            line.push_str("  ");
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// `3 secure, 1 insecure`, in the order of verdicts, absent ones left out.
pub fn verdict_counts(counts: &BTreeMap<Verdict, usize>) -> String {
    let parts: Vec<String> = Verdict::ALL
        .into_iter()
        .filter_map(|verdict| Some(format!("{} {verdict}", counts.get(&verdict)?)))
        .collect();
    parts.join(", ")
}
