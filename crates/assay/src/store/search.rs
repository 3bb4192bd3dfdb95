//! A search index of a run's texts in a file of its own: the run's file stays as it is, and the
//! index can be made anew at any time. It holds words and where they occur, and no text.

use std::path::{Path, PathBuf};

use assay_core::answer::Answer;
use rusqlite::{Connection, OptionalExtension as _, Transaction, params};

use super::{Store, StoreError};

/// The version of the tables; an index of another one is made anew.
const VERSION: i64 = 1;

/// Attempts that are taken up in one transaction.
const BATCH: usize = 500;

const TABLES: &str = "
CREATE TABLE state (version INTEGER NOT NULL, run TEXT NOT NULL, last INTEGER NOT NULL);
CREATE VIRTUAL TABLE words USING fts5 (text, content = '', columnsize = 0, tokenize = 'unicode61');
CREATE TABLE place (
    text INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    attempt INTEGER NOT NULL,
    PRIMARY KEY (text, kind, attempt)
) WITHOUT ROWID;
";

/// What a text is of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TextKind {
    Prompt,
    Answer,
    Log,
}

impl TextKind {
    pub const ALL: [TextKind; 3] = [TextKind::Prompt, TextKind::Answer, TextKind::Log];

    pub fn as_str(self) -> &'static str {
        match self {
            TextKind::Prompt => "prompts",
            TextKind::Answer => "answers",
            TextKind::Log => "logs",
        }
    }

    fn number(self) -> i64 {
        match self {
            TextKind::Prompt => 0,
            TextKind::Answer => 1,
            TextKind::Log => 2,
        }
    }
}

/// A text with all words that were sought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundText {
    pub kind: TextKind,
    /// As the run's file knows it.
    pub text: i64,
    /// Attempts that have it, by id, in order; no more than were asked for.
    pub attempts: Vec<i64>,
    /// How many attempts have it.
    pub all: usize,
}

/// What was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    pub texts: Vec<FoundText>,
    /// How many texts have the words, those included that are not listed.
    pub all: usize,
}

/// The index of one run.
#[derive(Debug)]
pub struct SearchIndex {
    connection: Connection,
    path: PathBuf,
}

impl SearchIndex {
    /// Opens the index of a run in a file, or begins it: one of another run, of another version, or
    /// that cannot be read is made anew.
    pub fn open(path: &Path, run: &str) -> Result<SearchIndex, StoreError> {
        if let Ok(index) = SearchIndex::connect(path)
            && index.is_of(run)
        {
            return Ok(index);
        }
        let unmakeable =
            |source| StoreError::Unmakeable { path: path.display().to_string(), source };
        if path.exists() {
            std::fs::remove_file(path).map_err(unmakeable)?;
        }
        std::fs::create_dir_all(crate::output::folder_of(path)).map_err(unmakeable)?;
        let index = SearchIndex::connect(path)?;
        let begin = || {
            index.connection.execute_batch(TABLES)?;
            let state = "INSERT INTO state VALUES (?1, ?2, 0)";
            index.connection.execute(state, params![VERSION, run])
        };
        begin().map_err(|source| index.failed(source))?;
        Ok(index)
    }

    fn connect(path: &Path) -> Result<SearchIndex, StoreError> {
        let failed = |source| StoreError::Sqlite { path: path.display().to_string(), source };
        let connection = Connection::open(path).map_err(failed)?;
        // What is lost with the power is made again.
        connection.pragma_update(None, "synchronous", "off").map_err(failed)?;
        connection.busy_timeout(std::time::Duration::from_secs(5)).map_err(failed)?;
        Ok(SearchIndex { connection, path: path.to_owned() })
    }

    fn is_of(&self, run: &str) -> bool {
        let query = "SELECT version = ?1 AND run = ?2 FROM state";
        self.connection.query_row(query, params![VERSION, run], |row| row.get(0)).unwrap_or(false)
    }

    /// How many attempts of the run are not in the index yet.
    pub fn lacks(&self, store: &Store) -> Result<usize, StoreError> {
        let last = self.last()?;
        let query = "SELECT count(*) FROM attempt WHERE id > ?1";
        store.connection.query_row(query, [last], |row| row.get(0)).map_err(|it| store.sqlite(it))
    }

    /// Takes up some more attempts of the run; returns whether any were left.
    pub fn take_more(&mut self, store: &Store) -> Result<bool, StoreError> {
        let last = self.last()?;
        let query = "SELECT id FROM attempt WHERE id > ?1 ORDER BY id LIMIT ?2";
        let ids: rusqlite::Result<Vec<i64>> = store
            .connection
            .prepare_cached(query)
            .and_then(|mut it| it.query_map(params![last, BATCH], |row| row.get(0))?.collect());
        let ids = ids.map_err(|source| store.sqlite(source))?;
        let Some(newest) = ids.last() else { return Ok(false) };
        let path = self.path.display().to_string();
        let failed = |source| StoreError::Sqlite { path: path.clone(), source };
        let transaction = self.connection.transaction().map_err(failed)?;
        let mut texts = Vec::new();
        for id in &ids {
            store.texts_of(*id, &mut texts)?;
            for (kind, text) in texts.drain(..) {
                take(&transaction, store, (*id, kind, text))?.map_err(failed)?;
            }
        }
        transaction.execute("UPDATE state SET last = ?1", [newest]).map_err(failed)?;
        transaction.commit().map_err(failed)?;
        Ok(true)
    }

    fn last(&self) -> Result<i64, StoreError> {
        let last = self.connection.query_row("SELECT last FROM state", [], |row| row.get(0));
        last.map_err(|source| self.failed(source))
    }

    /// The texts with all of these words, those that were stored first before others; `skip` of
    /// them are passed over, and `most` listed, each with no more than `of_each` attempts.
    pub fn find(
        &self,
        words: &str,
        kind: Option<TextKind>,
        (skip, most, of_each): (usize, usize, usize),
    ) -> Result<Found, StoreError> {
        let Some(sought) = expression(words) else { return Ok(Found::default()) };
        let kinds = kind.map_or(TextKind::ALL.to_vec(), |kind| vec![kind]);
        let numbers: Vec<String> = kinds.iter().map(|kind| kind.number().to_string()).collect();
        let from = format!(
            "FROM words WHERE words MATCH ?1 AND EXISTS
             (SELECT 1 FROM place WHERE text = words.rowid AND kind IN ({}))",
            numbers.join(", ")
        );
        let failed = |source| self.failed(source);
        let all = self
            .connection
            .query_row(&format!("SELECT count(*) {from}"), [&sought], |row| row.get(0))
            .map_err(failed)?;
        let query = format!("SELECT rowid {from} ORDER BY rowid LIMIT ?2 OFFSET ?3");
        let ids: rusqlite::Result<Vec<i64>> = self.connection.prepare(&query).and_then(|mut it| {
            it.query_map(params![sought, most, skip], |row| row.get(0))?.collect()
        });
        let mut texts = Vec::new();
        for id in ids.map_err(failed)? {
            for kind in &kinds {
                texts.extend(self.places(id, *kind, of_each).map_err(failed)?);
            }
        }
        Ok(Found { texts, all })
    }

    /// Where a text occurs as one of a kind, if it does.
    fn places(
        &self,
        text: i64,
        kind: TextKind,
        most: usize,
    ) -> rusqlite::Result<Option<FoundText>> {
        let count = "SELECT count(*) FROM place WHERE text = ?1 AND kind = ?2";
        let of = params![text, kind.number()];
        let all: usize = self.connection.prepare_cached(count)?.query_row(of, |row| row.get(0))?;
        if all == 0 {
            return Ok(None);
        }
        let query = "SELECT attempt FROM place WHERE text = ?1 AND kind = ?2 LIMIT ?3";
        let attempts = self
            .connection
            .prepare_cached(query)?
            .query_map(params![text, kind.number(), most], |row| row.get(0))?
            .collect::<rusqlite::Result<Vec<i64>>>()?;
        Ok(Some(FoundText { kind, text, attempts, all }))
    }

    fn failed(&self, source: rusqlite::Error) -> StoreError {
        StoreError::Sqlite { path: self.path.display().to_string(), source }
    }
}

/// Takes up one text of an attempt; its words only if no attempt before had it. The outer error is
/// of the run, the inner one of the index.
fn take(
    index: &Transaction<'_>,
    store: &Store,
    (attempt, kind, text): (i64, TextKind, i64),
) -> Result<rusqlite::Result<()>, StoreError> {
    let is_known = || {
        let known = "SELECT 1 FROM place WHERE text = ?1 LIMIT 1";
        let known: Option<i64> =
            index.prepare_cached(known)?.query_row([text], |row| row.get(0)).optional()?;
        Ok(known.is_some())
    };
    let words = match is_known() {
        Ok(true) => None,
        Ok(false) => Some(spread(&store.found_text(text)?)),
        Err(error) => return Ok(Err(error)),
    };
    let write = || {
        if let Some(words) = words {
            let insert = "INSERT INTO words (rowid, text) VALUES (?1, ?2)";
            index.prepare_cached(insert)?.execute(params![text, words])?;
        }
        let insert = "INSERT OR IGNORE INTO place VALUES (?1, ?2, ?3)";
        index.prepare_cached(insert)?.execute(params![text, kind.number(), attempt])?;
        Ok(())
    };
    Ok(write())
}

impl Store {
    /// The texts of an attempt that are sought in: those that subjects were asked, that they said,
    /// and that tools said of it.
    fn texts_of(&self, attempt: i64, texts: &mut Vec<(TextKind, i64)>) -> Result<(), StoreError> {
        let query = "SELECT 0, prompt FROM turn WHERE attempt = ?1
                     UNION SELECT 1, answer FROM turn WHERE attempt = ?1
                     UNION SELECT 1, thinking FROM turn WHERE attempt = ?1 AND thinking IS NOT NULL
                     UNION SELECT 2, text FROM log WHERE attempt = ?1";
        let kind = |number: i64| match number {
            0 => TextKind::Prompt,
            1 => TextKind::Answer,
            _ => TextKind::Log,
        };
        let found: rusqlite::Result<Vec<(TextKind, i64)>> =
            self.connection.prepare_cached(query).and_then(|mut it| {
                it.query_map([attempt], |row| Ok((kind(row.get(0)?), row.get(1)?)))?.collect()
            });
        texts.extend(found.map_err(|source| self.sqlite(source))?);
        Ok(())
    }

    /// A text that a search found, as it was said.
    pub fn found_text(&self, text: i64) -> Result<String, StoreError> {
        let stored = self.text(text)?;
        // Answers are stored as JSON, other texts as they are.
        Ok(match serde_json::from_str(&stored) {
            Ok(Answer::Text(text)) => text,
            Ok(Answer::Files(files)) => {
                files.into_iter().map(|(path, text)| format!("{path}\n{text}\n")).collect()
            }
            Err(_) => stored,
        })
    }
}

/// Whether a letter is of a script that puts no spaces between words: each is a word here.
fn stands_alone(c: char) -> bool {
    matches!(u32::from(c), 0x2e80..=0x9fff | 0xac00..=0xd7af | 0xf900..=0xfaff | 0x20000..=0x3ffff)
}

/// A text whose words can be told apart by what is between them.
fn spread(text: &str) -> String {
    let mut spread = String::with_capacity(text.len());
    for c in text.chars() {
        if stands_alone(c) {
            spread.extend([' ', c, ' ']);
        } else {
            spread.push(c);
        }
    }
    spread
}

/// What FTS5 is asked for: each word of a query, whose last part may go on, and all of them.
/// `None` where the query has no letter or digit.
fn expression(query: &str) -> Option<String> {
    let phrase = |word: &str| {
        let parts: String =
            spread(word).chars().map(|c| if c.is_alphanumeric() { c } else { ' ' }).collect();
        let parts: Vec<&str> = parts.split_whitespace().collect();
        (!parts.is_empty()).then(|| format!("\"{}\" *", parts.join(" ")))
    };
    let phrases: Vec<String> = query.split_whitespace().filter_map(phrase).collect();
    (!phrases.is_empty()).then(|| phrases.join(" AND "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_words_and_never_a_language() {
        let check = |query: &str, expect: Option<&str>| {
            assert_eq!(expression(query).as_deref(), expect, "{query}");
        };
        check("frame_read(", Some("\"frame read\" *"));
        check("a OR \"b", Some("\"a\" * AND \"OR\" * AND \"b\" *"));
        check("缓冲区", Some("\"缓 冲 区\" *"));
        check(" \"*() NEAR", Some("\"NEAR\" *"));
        check("*-", None);
        check("", None);
    }
}
