//! [`Column`]: a named and typed value of every row of a table.

use assay_core::{AttemptRecord, Turn};

use super::source::Exported;

/// A column, the same in every format of tables.
#[derive(Debug, Clone, Copy)]
pub(super) struct Column {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    value: fn(&Row<'_>) -> Cell,
}

/// What the cells of a column hold, if they are not empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Truth,
    Count,
    Amount,
    Text,
}

/// A value in a row.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Cell {
    /// What does not exist: not 0, and not an empty text.
    Empty,
    Truth(bool),
    Count(i64),
    Amount(f64),
    Text(String),
}

/// What a row is about.
#[derive(Debug)]
pub(super) struct Row<'a> {
    pub(super) attempt: &'a Exported<'a>,
    /// The turn, or the last one of an attempt; an attempt that errored at its first
    /// question has none.
    pub(super) turn: Option<&'a Turn>,
    /// Which turn it is, from 1.
    pub(super) number: usize,
}

impl<'a> Row<'a> {
    pub(super) fn record(&self) -> &AttemptRecord {
        &self.attempt.record
    }

    /// A value of the turn, if there is one.
    pub(super) fn of_turn<T: Into<Cell>>(&self, value: impl FnOnce(&'a Turn) -> T) -> Cell {
        self.turn.map_or(Cell::Empty, |turn| value(turn).into())
    }
}

impl Column {
    pub(super) fn value(&self, row: &Row<'_>) -> Cell {
        (self.value)(row)
    }
}

pub(super) const fn truth(name: &'static str, value: fn(&Row<'_>) -> Cell) -> Column {
    Column { name, kind: Kind::Truth, value }
}

pub(super) const fn count(name: &'static str, value: fn(&Row<'_>) -> Cell) -> Column {
    Column { name, kind: Kind::Count, value }
}

pub(super) const fn amount(name: &'static str, value: fn(&Row<'_>) -> Cell) -> Column {
    Column { name, kind: Kind::Amount, value }
}

pub(super) const fn text(name: &'static str, value: fn(&Row<'_>) -> Cell) -> Column {
    Column { name, kind: Kind::Text, value }
}

impl From<bool> for Cell {
    fn from(value: bool) -> Cell {
        Cell::Truth(value)
    }
}

impl From<u64> for Cell {
    /// Counts of anything stay far below the largest value.
    fn from(value: u64) -> Cell {
        Cell::Count(i64::try_from(value).unwrap_or(i64::MAX))
    }
}

impl From<u32> for Cell {
    fn from(value: u32) -> Cell {
        Cell::Count(value.into())
    }
}

impl From<usize> for Cell {
    fn from(value: usize) -> Cell {
        Cell::Count(i64::try_from(value).unwrap_or(i64::MAX))
    }
}

impl From<f64> for Cell {
    fn from(value: f64) -> Cell {
        Cell::Amount(value)
    }
}

impl From<&str> for Cell {
    fn from(value: &str) -> Cell {
        Cell::Text(value.to_owned())
    }
}

impl From<String> for Cell {
    fn from(value: String) -> Cell {
        Cell::Text(value)
    }
}

impl<T: Into<Cell>> From<Option<T>> for Cell {
    fn from(value: Option<T>) -> Cell {
        value.map_or(Cell::Empty, Into::into)
    }
}
