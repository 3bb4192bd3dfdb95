//! Which words occur in which files of attempts, for the search of a report that was written: the
//! script then looks through those files alone.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use assay_core::AttemptRecord;
use assay_core::answer::Answer;
use serde_json::{Map, Value, json};

/// Characters of a word by which it is known.
const LONGEST: usize = 40;

/// Words of at least so many characters with a digit among them, such as addresses and digests,
/// are left out: there would be more of them than of all others.
const NO_WORD: usize = 12;

/// The words of a report's attempts, by the places of the files that have them.
#[derive(Debug, Default)]
pub(super) struct SearchWords {
    /// Each file's name in addresses, in order.
    parts: Vec<String>,
    words: HashMap<Box<str>, Vec<u32>>,
}

/// The words of one file.
#[derive(Debug, Default)]
pub(super) struct PartWords(BTreeSet<Box<str>>);

impl PartWords {
    /// Takes up all texts of an attempt.
    pub(super) fn take(&mut self, attempt: &AttemptRecord) {
        for turn in &attempt.turns {
            self.text(&turn.prompt);
            match &turn.answer {
                Answer::Text(text) => self.text(text),
                Answer::Files(files) => files.values().for_each(|text| self.text(text)),
            }
            self.text(turn.thinking.as_deref().unwrap_or_default());
            for text in turn.artifact.iter().flat_map(|artifact| artifact.files.values()) {
                self.text(text);
            }
            turn.logs.iter().for_each(|log| self.text(&log.text));
            self.text(&turn.evidence.first_failure().unwrap_or_default());
        }
    }

    fn text(&mut self, text: &str) {
        for word in words(text) {
            if !self.0.contains(word.as_str()) {
                self.0.insert(word.into());
            }
        }
    }
}

/// The words of a text, in small letters.
fn words(text: &str) -> impl Iterator<Item = String> {
    text.split(|c: char| !(c.is_alphanumeric() || c == '_')).flat_map(pieces).filter(|word| {
        let length = word.chars().count();
        let is_word = length > 1 || word.chars().all(stands_alone);
        is_word && !(length >= NO_WORD && word.bytes().any(|byte| byte.is_ascii_digit()))
    })
}

/// A word, or each letter of a script that puts no spaces between words.
fn pieces(word: &str) -> Vec<String> {
    let mut pieces: Vec<String> = Vec::new();
    let mut goes_on = false;
    for c in word.chars() {
        let alone = stands_alone(c);
        match pieces.last_mut() {
            Some(piece) if goes_on && !alone => {
                if piece.chars().count() < LONGEST {
                    piece.extend(c.to_lowercase());
                }
            }
            _ => pieces.push(c.to_lowercase().collect()),
        }
        goes_on = !alone;
    }
    pieces
}

fn stands_alone(c: char) -> bool {
    matches!(u32::from(c), 0x2e80..=0x9fff | 0xac00..=0xd7af | 0xf900..=0xfaff | 0x20000..=0x3ffff)
}

impl SearchWords {
    /// Takes up the words of a file of attempts.
    pub(super) fn take(&mut self, part: String, words: PartWords) {
        let place = u32::try_from(self.parts.len()).unwrap_or(u32::MAX);
        self.parts.push(part);
        for word in words.0 {
            self.words.entry(word).or_default().push(place);
        }
    }

    /// The files of the index by the names of their words' first letter, and what the script needs
    /// to know of all. `cases` are those of the report.
    pub(super) fn files(self, cases: &[Value]) -> (Value, BTreeMap<String, Value>) {
        let mut shards: BTreeMap<String, Map<String, Value>> = BTreeMap::new();
        for (word, places) in self.words {
            let mut last = 0;
            let steps = places.iter().map(|place| {
                let step = place - last;
                last = *place;
                json!(step)
            });
            let steps: Vec<Value> = steps.collect();
            shards.entry(shard(&word)).or_default().insert(word.into(), steps.into());
        }
        let names: Vec<&String> = shards.keys().collect();
        let about = json!({ "cases": cases, "parts": self.parts, "shards": names });
        // One run gives the same bytes each time.
        let sorted = |(name, mut words): (String, Map<String, Value>)| {
            words.sort_keys();
            (name, words.into())
        };
        (about, shards.into_iter().map(sorted).collect())
    }
}

fn shard(word: &str) -> String {
    match word.chars().next() {
        Some(c) if c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' => c.to_string(),
        _ => "other".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_what_a_reader_would_seek() {
        let check = |text: &str, expect: &[&str]| {
            assert_eq!(words(text).collect::<Vec<_>>(), expect, "{text}");
        };
        check("int frame_read(a, B2)", &["int", "frame_read", "b2"]);
        check("0x602000000071 Straße", &["straße"]);
        check("读取Frame数据", &["读", "取", "frame", "数", "据"]);
        check("-- * \n", &[]);
    }
}
