//! Writing to the terminal. Everything shown passes here, so that no control
//! character of a model's output reaches it.

use std::collections::BTreeMap;
use std::io::{self, IsTerminal as _, Write as _};
use std::os::fd::AsFd;
use std::sync::{Mutex, PoisonError};

use assay_core::Verdict;
use indicatif::{ProgressBar, WeakProgressBar};
use unicode_width::UnicodeWidthStr as _;

use crate::printable::{Visible, json};
use crate::table::{Table, cut, fold, fold_plain};

mod colour;
mod pager;

pub use colour::{ColourChoice, Tone, choose};
pub use pager::page;

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

/// A line of pieces, each in a tone of its own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Shown(Vec<(Tone, String)>);

impl Shown {
    /// A line that begins with this piece.
    pub fn of(tone: Tone, text: &str) -> Shown {
        let mut shown = Shown::default();
        shown.add(tone, text);
        shown
    }

    /// Adds a piece.
    pub fn add(&mut self, tone: Tone, text: &str) -> &mut Shown {
        self.0.push((tone, clean(text)));
        self
    }

    /// Adds a piece in no tone.
    #[must_use]
    pub fn then(mut self, text: &str) -> Shown {
        self.add(Tone::Plain, text);
        self
    }

    /// The line without spaces at its end, in colours or without.
    fn render(&self, is_coloured: bool) -> String {
        let is_blank = |(_, text): &(Tone, String)| text.trim_end().is_empty();
        let most = self.0.iter().rposition(|piece| !is_blank(piece)).map_or(0, |last| last + 1);
        let mut line = String::new();
        for (place, (tone, text)) in self.0[..most].iter().enumerate() {
            let text = if place + 1 == most { text.trim_end() } else { text };
            line.push_str(&tone.paint(text, is_coloured));
        }
        line
    }
}

/// Writes a line in tones to standard output.
pub fn show(line: &Shown) -> anyhow::Result<()> {
    let mut line = line.render(colour::on_output());
    line.push('\n');
    io::stdout().write_all(line.as_bytes())?;
    Ok(())
}

/// Writes a line to standard error, above a bar that is drawn there; if that fails, there is nobody
/// to tell.
pub fn complain(text: &str) {
    let mut line = complaint(text).render(colour::on_errors());
    line.push('\n');
    let write = || drop(io::stderr().write_all(line.as_bytes()));
    let bar = BAR.lock().unwrap_or_else(PoisonError::into_inner);
    let bar = bar.as_ref().and_then(WeakProgressBar::upgrade);
    match bar {
        Some(bar) => bar.suspend(write),
        None => write(),
    }
}

/// What begins with a word for how grave it is shows that word in its tone.
fn complaint(text: &str) -> Shown {
    let words = [("error:", Tone::Bad), ("warning:", Tone::Doubtful)];
    match words.iter().find_map(|(word, tone)| Some((word, tone, text.strip_prefix(word)?))) {
        Some((word, tone, rest)) => Shown::of(*tone, word).then(rest),
        None => Shown::default().then(text),
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

/// How many columns what is written to standard output may have: `None` where it is no terminal,
/// so that programs and files get all. COLUMNS, if it is set, is believed before the terminal.
pub fn width() -> Option<usize> {
    size().map(|(columns, _)| columns)
}

/// The columns and rows of the terminal that standard output is.
fn size() -> Option<(usize, usize)> {
    size_of(&io::stdout())
}

/// The columns and rows of a terminal, if it is one.
fn size_of(stream: &(impl io::IsTerminal + AsFd)) -> Option<(usize, usize)> {
    if !stream.is_terminal() {
        return None;
    }
    let set = |name| std::env::var(name).ok()?.parse().ok().filter(|number| *number > 0);
    let measured = terminal_size::terminal_size_of(stream);
    let (columns, rows) =
        measured.map_or((80, 24), |(columns, rows)| (columns.0.into(), rows.0.into()));
    Some((set("COLUMNS").unwrap_or(columns), set("LINES").unwrap_or(rows)))
}

/// As much of a line as a terminal that standard error is shows in one line, with room at its
/// end for what the terminal echoes of a key.
pub fn cut_to_errors(text: &str) -> String {
    let columns = size_of(&io::stderr()).map_or(usize::MAX, |(columns, _)| columns);
    cut(text, columns.saturating_sub(ECHO)).into_owned()
}

/// The columns of `^C`, and one that stays free.
const ECHO: usize = 3;

/// Writes sentences to standard output, broken between words where a terminal would break them
/// within one.
pub fn tell(text: &str) -> anyhow::Result<()> {
    say(&fold(text, width()))
}

/// Writes a line whose last piece may be long: on a terminal it is broken between words, and
/// continues below its own beginning.
pub fn show_hanging(mut line: Shown, last: &str) -> anyhow::Result<()> {
    let indent: usize = line.0.iter().map(|(_, text)| text.width()).sum();
    let room = width().map(|width| width.saturating_sub(indent).max(LEAST_HANGING));
    let folded = fold_plain(last, room).replace('\n', &format!("\n{}", " ".repeat(indent)));
    line.add(Tone::Plain, &folded);
    show(&line)
}

/// What hangs has at least so many columns.
const LEAST_HANGING: usize = 24;

/// Whether standard error is a terminal.
pub fn is_watched() -> bool {
    io::stderr().is_terminal()
}

/// Whether a command failed only because nobody reads its output any longer.
pub fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

/// Rows of cells as a table that fits on the terminal, if it is written to one; the titles are
/// those of [`Table::new`].
pub fn table(titles: &[&str], rows: &[Vec<String>]) -> String {
    Table::new(titles, rows).text(width())
}

/// Writes a table like [`table`] does, its cells in the tone that is chosen by their titles and
/// what they hold.
pub fn say_table(
    titles: &[&str],
    rows: &[Vec<String>],
    tone: impl Fn(&str, &str) -> Tone,
) -> anyhow::Result<()> {
    let table = Table::new(titles, rows);
    for (place, line) in table.lines(width()).iter().enumerate() {
        let mut shown = Shown::default();
        for cell in &line.cells {
            let tone = if place == 0 { Tone::Strong } else { tone(cell.title, cell.whole) };
            shown.add(tone, &cell.shown);
        }
        show(&shown)?;
    }
    Ok(())
}

/// `3 secure, 1 insecure`, in the order of verdicts, absent ones left out.
pub fn verdict_counts(counts: &BTreeMap<Verdict, usize>) -> String {
    let parts: Vec<String> = Verdict::ALL
        .into_iter()
        .filter_map(|verdict| Some(format!("{} {verdict}", counts.get(&verdict)?)))
        .collect();
    parts.join(", ")
}
