//! [`Table`]: numbers of subjects as rows and columns of plain text.

use unicode_width::UnicodeWidthStr as _;

use crate::printable::{pad_end, pad_start, short};

/// Names are cut to this many characters.
const MAX_NAME: usize = 36;

const GAP: &str = "  ";

/// Rows with names, and what stands in each.
pub(super) struct Table {
    pub(super) names: Column,
    pub(super) columns: Vec<Column>,
}

/// One column, as many cells as rows.
pub(super) struct Column {
    pub(super) head: String,
    pub(super) cells: Vec<String>,
}

impl Column {
    fn width(&self) -> usize {
        let cells = self.cells.iter().map(|cell| cell.width());
        cells.max().unwrap_or(0).max(self.head.width())
    }

    /// The head is row 0.
    fn line(&self, row: usize) -> &str {
        match row {
            0 => &self.head,
            _ => &self.cells[row - 1],
        }
    }
}

impl Table {
    /// The table as text, each part of its columns below an empty line: what does not fit into
    /// the width continues below, with the names repeated. `None` is a width without limit.
    pub(super) fn render(self, width: Option<usize>) -> String {
        let mut text = String::new();
        let Table { names, columns } = self;
        for panel in panels(names.width(), columns, width.unwrap_or(usize::MAX)) {
            text.push('\n');
            for row in 0..=names.cells.len() {
                let mut line = pad_end(names.line(row), names.width());
                for column in &panel {
                    line.push_str(GAP);
                    line.push_str(&pad_start(column.line(row), column.width()));
                }
                text.push_str(line.trim_end());
                text.push('\n');
            }
        }
        text
    }
}

/// Breaks the columns so that no panel is wider than this.
fn panels(name_width: usize, columns: Vec<Column>, most: usize) -> Vec<Vec<Column>> {
    let mut panels: Vec<Vec<Column>> = Vec::new();
    let mut room = 0;
    for column in columns {
        let width = GAP.len() + column.width();
        match panels.last_mut() {
            Some(panel) if width <= room => {
                panel.push(column);
                room -= width;
            }
            _ => {
                room = most.saturating_sub(name_width + width);
                panels.push(vec![column]);
            }
        }
    }
    panels
}

pub(super) fn cut(name: &str) -> String {
    short(name, MAX_NAME)
}
