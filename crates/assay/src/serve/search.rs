//! The search of live pages: an index of each run's texts, in a file of its own in the cache, which
//! is made when somebody first seeks and goes on in the background.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use percent_encoding::percent_decode_str;
use sha2::{Digest as _, Sha256};
use tracing::{debug, warn};

use crate::report::RunData;
use crate::report::html::search::{ATTEMPTS_NAMED, FoundInRun, Hit, ON_A_PAGE, Query, Scope};
use crate::store::{SearchIndex, Store, StoreError};

/// Characters that are shown around a word.
const AROUND: usize = 90;

/// Characters of a query that count.
const MOST_WORDS: usize = 200;

/// Seeks in runs. Several threads may use it.
#[derive(Debug)]
pub(super) struct Searcher {
    folder: PathBuf,
    /// The indexes that are being brought up to date.
    busy: Arc<Mutex<BTreeSet<PathBuf>>>,
}

/// What a request asks for, by what stands behind `?`.
pub(super) fn asked(query: &str) -> Query {
    let value = |name: &str| {
        let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        let value = pairs.find(|(known, _)| *known == name)?.1.replace('+', " ");
        Some(percent_decode_str(&value).decode_utf8_lossy().into_owned())
    };
    let words = value("q").unwrap_or_default().trim().chars().take(MOST_WORDS).collect();
    let scope = Scope::of(&value("in").unwrap_or_default());
    let page = value("page").and_then(|it| it.parse().ok()).unwrap_or(0).min(1_000_000);
    Query { words, scope, page }
}

impl Searcher {
    /// Keeps its files in a folder, which need not be there yet.
    pub(super) fn new(folder: PathBuf) -> Searcher {
        Searcher { folder, busy: Arc::default() }
    }

    /// What there is in each of these runs.
    pub(super) fn find(&self, runs: &[Arc<RunData>], query: &Query) -> Vec<FoundInRun> {
        let seek = |run: &Arc<RunData>| {
            if query.words.is_empty() || matches!(query.scope, Scope::Cases | Scope::Failures) {
                return FoundInRun::default();
            }
            self.find_in(run, query).unwrap_or_else(|error| {
                debug!(run = %run.file.display(), %error, "the run cannot be searched");
                FoundInRun { fault: Some(error.to_string()), ..FoundInRun::default() }
            })
        };
        runs.iter().map(seek).collect()
    }

    fn find_in(&self, run: &RunData, query: &Query) -> Result<FoundInRun, StoreError> {
        let store = Store::open_to_read(&run.file)?;
        let path = self.place(run);
        let index = SearchIndex::open(&path, &run.info.id)?;
        let waiting = index.lacks(&store)?;
        if waiting > 0 {
            self.bring_up(&path, &run.file, &run.info.id);
        }
        let kind = match query.scope {
            Scope::Texts(kind) => Some(kind),
            _ => None,
        };
        let part = (query.page * ON_A_PAGE, ON_A_PAGE, ATTEMPTS_NAMED);
        let found = index.find(&query.words, kind, part)?;
        let hits = found.texts.into_iter().map(|found| {
            let text = store.found_text(found.text)?;
            let [before, word, after] = excerpt(&text, &query.words);
            Ok(Hit { found, before, word, after })
        });
        let hits = hits.collect::<Result<_, StoreError>>()?;
        Ok(FoundInRun { hits, all: found.all, waiting, fault: None })
    }

    /// The index of a run: by where its file is, as several runs may be copies of one.
    fn place(&self, run: &RunData) -> PathBuf {
        let file = std::path::absolute(&run.file).unwrap_or_else(|_| run.file.clone());
        let digest = Sha256::digest(file.as_os_str().as_encoded_bytes());
        let name: String = digest.iter().take(12).map(|byte| format!("{byte:02x}")).collect();
        self.folder.join(format!("{name}.sqlite"))
    }

    /// Takes up what the index lacks in the background, unless that is being done.
    fn bring_up(&self, path: &Path, file: &Path, run: &str) {
        let busy = Arc::clone(&self.busy);
        if !busy.lock().unwrap_or_else(PoisonError::into_inner).insert(path.to_owned()) {
            return;
        }
        let (path, file, run) = (path.to_owned(), file.to_owned(), run.to_owned());
        thread::spawn(move || {
            let bring = || {
                let store = Store::open_to_read(&file)?;
                let mut index = SearchIndex::open(&path, &run)?;
                while index.take_more(&store)? {}
                Ok::<(), StoreError>(())
            };
            if let Err(error) = bring() {
                warn!("failed to make the search index of {}: {error}", file.display());
            }
            busy.lock().unwrap_or_else(PoisonError::into_inner).remove(&path);
        });
    }
}

/// What stands before the first of the words that a text has, the word, and what stands after it.
fn excerpt(text: &str, words: &str) -> [String; 3] {
    // Letters whose small form is longer or shorter would shift what follows.
    let small: Vec<char> = text.chars().map(|c| c.to_lowercase().next().unwrap_or(c)).collect();
    let letters: Vec<char> = text.chars().collect();
    let starts = words.split_whitespace().filter_map(|word| {
        let word: Vec<char> = word.chars().map(|c| c.to_lowercase().next().unwrap_or(c)).collect();
        let at = small.windows(word.len()).position(|window| window == word)?;
        Some((at, word.len()))
    });
    let (at, length) = starts.min().unwrap_or((0, 0));
    let line = |letters: &[char]| {
        let text: String = letters.iter().collect();
        let starts = text.starts_with(char::is_whitespace);
        let ends = text.ends_with(char::is_whitespace) && !text.trim().is_empty();
        let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
        format!("{}{words}{}", if starts { " " } else { "" }, if ends { " " } else { "" })
    };
    let from = at.saturating_sub(AROUND);
    let to = (at + length + AROUND).min(letters.len());
    let mut before = line(&letters[from..at]);
    let mut after = line(&letters[at + length..to]);
    if from > 0 {
        before.insert(0, '…');
    }
    if to < letters.len() {
        after.push('…');
    }
    [before, line(&letters[at..at + length]), after]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_excerpt_shows_the_first_word_and_a_line_around_it() {
        let long = "İ x ".repeat(100) + "the BUFFER\n\tof a frame" + &" y".repeat(200);
        let [before, word, after] = excerpt(&long, "frame buffer");
        assert!(before.starts_with('…') && before.ends_with("x the "), "{before}");
        assert_eq!(word, "BUFFER");
        assert!(after.starts_with(" of a frame y") && after.ends_with('…'), "{after}");
        assert_eq!(excerpt("short", "nothing"), ["", "", "short"].map(str::to_owned));
    }

    #[test]
    fn a_query_is_read_as_a_form_sends_it() {
        let query = asked("q=a+%22b%22%C3%A9&in=logs&page=2");
        assert_eq!((query.words.as_str(), query.page), ("a \"b\"é", 2));
        assert_eq!(query.scope, Scope::Texts(crate::store::TextKind::Log));
        assert_eq!(asked("x&q=%FF&in=<b>").scope, Scope::Everything);
    }
}
