//! [`Verdict`]: what a model answers to a question of a filter.

use serde::Deserialize;

/// What a model answers to a question of a filter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Verdict {
    pub(super) yes: bool,
    pub(super) reason: String,
}

/// The form that is asked for; what stands beside it is passed over.
#[derive(Deserialize)]
struct Written {
    #[serde(default)]
    reason: String,
    answer: Word,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Word {
    Truth(bool),
    Text(String),
}

/// The longest reason that is kept.
const LONGEST: usize = 400;

/// As much of an answer's end is read.
const MOST_BYTES: usize = 16 << 10;

/// The last JSON object of a text that has an answer, or why there is none.
pub(super) fn read(text: &str) -> Result<Verdict, String> {
    if text.trim().is_empty() {
        return Err("it is empty".to_owned());
    }
    // What is said last counts, and a text without end is not read to its beginning.
    let mut start = text.len().saturating_sub(MOST_BYTES);
    while !text.is_char_boundary(start) {
        start += 1;
    }
    let text = &text[start..];
    let mut found = Err("it holds no JSON object with \"answer\"".to_owned());
    for (start, _) in text.match_indices('{') {
        let mut values = serde_json::Deserializer::from_str(&text[start..]).into_iter::<Written>();
        if let Some(Ok(Written { reason, answer })) = values.next() {
            found = said(&answer)
                .map(|yes| Verdict { yes, reason: reason.trim().chars().take(LONGEST).collect() });
        }
    }
    found
}

fn said(word: &Word) -> Result<bool, String> {
    match word {
        Word::Truth(yes) => Ok(*yes),
        Word::Text(text) => match text.trim().to_ascii_lowercase().trim_end_matches('.') {
            "yes" => Ok(true),
            "no" => Ok(false),
            _ => Err("its answer is neither yes nor no".to_owned()),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verdict_is_read_wherever_it_stands_and_never_guessed() {
        let check = |text: &str, expect: Option<bool>| {
            assert_eq!(read(text).ok().map(|it| it.yes), expect, "{text}");
        };
        check("{\"reason\": \"line 3\", \"answer\": \"yes\"}", Some(true));
        check("I think so.\n```json\n{\"answer\": \"No.\"}\n```\n", Some(false));
        check("{\"answer\": \"yes\"} or rather {\"answer\": false}", Some(false));
        check("{\"answer\": \"yes or no\"}", None);
        check("{\"verdict\": \"yes\"}", None);
        check("yes", None);
        check("{{{{", None);
        check("", None);
    }
}
