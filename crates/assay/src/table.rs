//! [`Table`]: rows of cells as aligned columns that fit into the width there is.
//!
//! Where there is less room than the cells need, in this order: long texts are cut, columns that
//! matter least are left out and named below the table, and what still does not fit continues
//! below, with the first column repeated. Nothing ever wraps in the middle of a row.

use std::borrow::Cow;

use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use crate::printable::{Visible, pad_end, pad_start};

/// Between two columns.
const GAP: &str = "  ";

/// Texts are cut to no fewer columns of the terminal than this.
const SHORTEST: usize = 16;

/// The same of the last column, which holds what a row is read for.
const SHORTEST_LAST: usize = 24;

/// A table, before it is known how wide it may be.
#[derive(Debug, Clone)]
pub struct Table {
    columns: Vec<Column>,
}

#[derive(Debug, Clone)]
struct Column {
    title: String,
    is_right: bool,
    is_optional: bool,
    cells: Vec<String>,
}

impl Column {
    fn width(&self) -> usize {
        let cells = self.cells.iter().map(|cell| cell.width());
        cells.max().unwrap_or(0).max(self.title.width())
    }
}

/// A line of a table as it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line<'a> {
    pub cells: Vec<Cell<'a>>,
}

/// A cell as it is shown: padded, and perhaps cut.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell<'a> {
    pub title: &'a str,
    /// What the whole cell holds, and the title in the first line.
    pub whole: &'a str,
    /// What is shown of it, the gap before it included.
    pub shown: String,
}

impl Table {
    /// Columns whose title ends with `>` are aligned to the right and never cut; those whose
    /// title ends with `?`, or `>?`, may be left out, the last of them first.
    pub fn new(titles: &[&str], rows: &[Vec<String>]) -> Table {
        let column = |(place, title): (usize, &&str)| {
            let required = title.trim_end_matches('?');
            let name = required.trim_end_matches('>');
            let cell = |row: &Vec<String>| {
                let cell = row.get(place).map(String::as_str).unwrap_or_default();
                Visible::line(cell).to_string()
            };
            Column {
                title: name.to_owned(),
                is_right: required.len() > name.len(),
                is_optional: title.len() > required.len(),
                cells: rows.iter().map(cell).collect(),
            }
        };
        Table { columns: titles.iter().enumerate().map(column).collect() }
    }

    /// The table as text, each line with its end; `None` is a width without limit.
    pub fn text(&self, width: Option<usize>) -> String {
        let mut text = String::new();
        for line in self.lines(width) {
            let line: String = line.cells.iter().map(|cell| cell.shown.as_str()).collect();
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text
    }

    /// The lines that are shown within this width.
    pub fn lines(&self, width: Option<usize>) -> Vec<Line<'_>> {
        let Fit { kept, widths, panels, left_out } = self.fit(width.unwrap_or(usize::MAX));
        let rows = self.columns.first().map_or(0, |column| column.cells.len());
        let mut lines = Vec::new();
        for (number, panel) in panels.iter().enumerate() {
            if number > 0 {
                lines.push(Line { cells: Vec::new() });
            }
            for row in 0..=rows {
                let cell = |(place, at): (usize, &usize)| {
                    let column = &self.columns[kept[*at]];
                    let whole = match row {
                        0 => column.title.as_str(),
                        _ => column.cells[row - 1].as_str(),
                    };
                    let pad = if column.is_right { pad_start } else { pad_end };
                    let gap = if place == 0 { "" } else { GAP };
                    let shown = format!("{gap}{}", pad(&cut(whole, widths[*at]), widths[*at]));
                    Cell { title: &column.title, whole, shown }
                };
                lines.push(Line { cells: panel.iter().enumerate().map(cell).collect() });
            }
        }
        if !left_out.is_empty() {
            let names: Vec<&str> =
                left_out.iter().map(|place| self.columns[*place].title.as_str()).collect();
            let shown = format!("(no room for: {})", names.join(", "));
            lines.push(Line { cells: vec![Cell { title: "", whole: "", shown }] });
        }
        lines
    }

    fn fit(&self, room: usize) -> Fit {
        let all: Vec<usize> = (0..self.columns.len()).collect();
        let mut kept = all.clone();
        loop {
            if let Some(widths) = self.cut_to_fit(&kept, room) {
                let left_out = all.iter().copied().filter(|place| !kept.contains(place)).collect();
                let panels = vec![(0..kept.len()).collect()];
                return Fit { kept, widths, panels, left_out };
            }
            match kept.iter().rposition(|place| self.columns[*place].is_optional) {
                Some(at) => drop(kept.remove(at)),
                None => break,
            }
        }
        // Whatever is left out, it does not fit into one line.
        let widths = self.widths_of_panels(room);
        let panels = panels(&widths, room);
        Fit { kept: all, widths, panels, left_out: Vec::new() }
    }

    /// The widths of these columns if they fit into a line, the longest texts cut as far as need
    /// be.
    fn cut_to_fit(&self, kept: &[usize], room: usize) -> Option<Vec<usize>> {
        let mut widths: Vec<usize> =
            kept.iter().map(|place| self.columns[*place].width()).collect();
        let gaps = GAP.len() * kept.len().saturating_sub(1);
        let mut excess = (widths.iter().sum::<usize>() + gaps).saturating_sub(room);
        let floor = |at: usize| {
            let column = &self.columns[kept[at]];
            let least = if at + 1 == kept.len() { SHORTEST_LAST } else { SHORTEST };
            if column.is_right { usize::MAX } else { least.max(column.title.width()) }
        };
        while excess > 0 {
            // The widest gives way until it is as wide as the next.
            let at = (0..kept.len())
                .filter(|at| widths[*at] > floor(*at))
                .max_by_key(|at| widths[*at])?;
            widths[at] -= 1;
            excess -= 1;
        }
        Some(widths)
    }

    /// The widths of all columns where each line has the first one and at least one more.
    fn widths_of_panels(&self, room: usize) -> Vec<usize> {
        let mut widths: Vec<usize> = self.columns.iter().map(Column::width).collect();
        let Some(first) = widths.first().copied() else { return widths };
        let widest = widths.iter().skip(1).copied().max().unwrap_or(0).min(room / 2);
        let first = first.min(room.saturating_sub(GAP.len() + widest).max(SHORTEST));
        widths[0] = first;
        let rest = room.saturating_sub(first + GAP.len()).max(SHORTEST);
        for (width, column) in widths.iter_mut().zip(&self.columns).skip(1) {
            if !column.is_right {
                *width = (*width).min(rest);
            }
        }
        widths
    }
}

/// What of a table is shown, and how.
struct Fit {
    /// The columns that are shown, by their places in the table.
    kept: Vec<usize>,
    /// Of those that are shown.
    widths: Vec<usize>,
    /// Which of those that are shown stand beside each other.
    panels: Vec<Vec<usize>>,
    left_out: Vec<usize>,
}

/// Breaks columns so that no line is wider than there is room, as far as possible; each has the
/// first column.
fn panels(widths: &[usize], room: usize) -> Vec<Vec<usize>> {
    let first = widths.first().copied().unwrap_or(0);
    let mut panels: Vec<Vec<usize>> = Vec::new();
    let mut left = 0;
    for (place, width) in widths.iter().enumerate().skip(1) {
        let needed = GAP.len() + width;
        match panels.last_mut() {
            Some(panel) if needed <= left => {
                panel.push(place);
                left -= needed;
            }
            _ => {
                panels.push(vec![0, place]);
                left = room.saturating_sub(first + needed);
            }
        }
    }
    if panels.is_empty() { vec![vec![0; widths.len().min(1)]] } else { panels }
}

/// The text, with a mark at its end if it is wider than this and so was cut.
pub(crate) fn cut(text: &str, width: usize) -> Cow<'_, str> {
    if text.width() <= width {
        return Cow::Borrowed(text);
    }
    let mut left = width.saturating_sub(1);
    let mut start = String::new();
    for c in text.chars() {
        match left.checked_sub(c.width().unwrap_or(0)) {
            Some(rest) => left = rest,
            None => break,
        }
        start.push(c);
    }
    let start = start.trim_end();
    Cow::Owned(format!("{start}…"))
}

/// The text with its lines broken between words, so that none is wider than this as far as its
/// words allow. What continues a line is set in as far as the line, and two columns more.
pub(crate) fn fold(text: &str, width: Option<usize>) -> String {
    folded(text, width, 2)
}

/// The same with what continues a line set in as far as the line.
pub(crate) fn fold_plain(text: &str, width: Option<usize>) -> String {
    folded(text, width, 0)
}

fn folded(text: &str, width: Option<usize>, more: usize) -> String {
    let Some(width) = width else { return text.to_owned() };
    let mut folded = String::new();
    for line in text.split_inclusive('\n') {
        if line.trim_end().width() <= width {
            folded.push_str(line);
            continue;
        }
        let indent = line.len() - line.trim_start().len();
        let mut used = 0;
        for (place, word) in line.trim_start().split_inclusive(' ').enumerate() {
            if place == 0 || used + word.trim_end().width() > width {
                let set_in = if place == 0 { indent } else { indent + more };
                if place > 0 {
                    folded.truncate(folded.trim_end().len());
                    folded.push('\n');
                }
                folded.push_str(&" ".repeat(set_in));
                used = set_in;
            }
            folded.push_str(word);
            used += word.width();
        }
    }
    folded
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cases() -> Table {
        let row = |cells: [&str; 5]| cells.map(str::to_owned).to_vec();
        let rows = [
            row([
                "archive-list",
                "C",
                "critical",
                "14",
                "List the contents of an uploaded archive",
            ]),
            row([
                "reset-link",
                "Python",
                "medium",
                "9",
                "Mail a link that sets a new password 漢字",
            ]),
        ];
        Table::new(&["case", "language?", "severity?", "tests>", "title"], &rows)
    }

    #[test]
    fn what_there_is_room_for_is_shown() {
        let check = |width: Option<usize>, expect: &[&str]| {
            let text = cases().text(width);
            assert_eq!(text.lines().collect::<Vec<_>>(), expect, "{width:?}\n{text}");
            let widest = text.lines().map(|line| line.width()).max().expect("a line");
            assert!(width.is_none_or(|width| widest <= width), "{widest} in {width:?}");
        };
        let whole = [
            "case          language  severity  tests  title",
            "archive-list  C         critical     14  List the contents of an uploaded archive",
            "reset-link    Python    medium        9  Mail a link that sets a new password 漢字",
        ];
        check(None, &whole);
        check(Some(82), &whole);
        check(
            Some(70),
            &[
                "case          language  severity  tests  title",
                "archive-list  C         critical     14  List the contents of an uplo…",
                "reset-link    Python    medium        9  Mail a link that sets a new…",
            ],
        );
        check(
            Some(60),
            &[
                "case          language  tests  title",
                "archive-list  C            14  List the contents of an uplo…",
                "reset-link    Python        9  Mail a link that sets a new…",
                "(no room for: severity)",
            ],
        );
        check(
            Some(46),
            &[
                "case          tests  title",
                "archive-list     14  List the contents of an…",
                "reset-link        9  Mail a link that sets a…",
                "(no room for: language, severity)",
            ],
        );
    }

    #[test]
    fn what_cannot_be_cut_continues_below() {
        let row = |name: &str| [name, "1234567", "2345678", "3456789"].map(str::to_owned).to_vec();
        let table = Table::new(&["subject", "a>", "b>", "c>"], &[row("reference"), row("empty")]);
        assert_eq!(
            table.text(Some(28)),
            "subject          a        b\nreference  1234567  2345678\nempty      1234567  2345678\n\
             \nsubject          c\nreference  3456789\nempty      3456789\n"
        );
        assert_eq!(table.text(None).lines().count(), 3);
        // However little room there is, it comes to an end.
        for width in 0..40 {
            assert!(!table.text(Some(width)).is_empty());
            assert!(!cases().text(Some(width)).is_empty());
        }
        assert_eq!(Table::new(&[], &[]).text(Some(3)), "\n");
    }

    #[test]
    fn sentences_are_broken_between_words() {
        let check = |text: &str, width: Option<usize>, expect: &str| {
            assert_eq!(fold(text, width), expect, "{text:?}");
        };
        check("one two three\nfour", None, "one two three\nfour");
        check("one two three\nfour", Some(13), "one two three\nfour");
        check("one two three\nfour", Some(9), "one two\n  three\nfour");
        check("  one two three", Some(9), "  one two\n    three");
        check("\nlonger-than-that it is", Some(9), "\nlonger-than-that\n  it is");
        check("漢字 漢字 漢字\n", Some(10), "漢字 漢字\n  漢字\n");
    }

    #[test]
    fn cells_stay_in_their_line() {
        let rows = [vec!["a\u{1b}[1m\nb".to_owned()]];
        assert_eq!(Table::new(&["x"], &rows).text(None), "x\na⟨ESC⟩[1m⟨LF⟩b\n");
    }
}
