//! [`Blind`]: the names that were drawn for what an artifact could see of its tests, and
//! what they stand for.

use std::collections::BTreeMap;

use assay_core::Finding;
use assay_core::log::Log;
use serde::Deserialize;

/// What the tool drew for one build.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Blind {
    /// Drawn words, which occur nowhere else.
    words: BTreeMap<String, String>,
    /// Longer texts that begin with a drawn word.
    texts: BTreeMap<String, String>,
    /// The true line for each line that is shown of a file, by the file's drawn name.
    lines: BTreeMap<String, BTreeMap<u64, u64>>,
    /// The folder that the tests run in.
    pub(super) folder: String,
}

/// What stands between the drawn name of a file and the number of a line.
const BEFORE_LINE: &str = ".go:";

impl Blind {
    /// A text with true names in the place of drawn ones.
    pub(super) fn reveal(&self, text: &str) -> String {
        let is_part = |c: char| c.is_alphanumeric() || c == '_';
        let mut revealed = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(start) = rest.find(is_part) {
            let (before, word_on) = rest.split_at(start);
            revealed.push_str(before);
            let end = word_on.find(|c| !is_part(c)).unwrap_or(word_on.len());
            let (mut word, mut after) = word_on.split_at(end);
            // Folders are called by the name of a test, with a number behind it.
            let letters = word.trim_end_matches(|c: char| c.is_ascii_digit()).len();
            if self.words.contains_key(&word[..letters]) {
                (word, after) = word_on.split_at(letters);
            }
            rest = after;
            match self.words.get(word) {
                None => revealed.push_str(word),
                Some(real) => {
                    revealed.push_str(real);
                    if let Some((line, after)) = self.line(word, after) {
                        revealed.push_str(&format!("{BEFORE_LINE}{line}"));
                        rest = after;
                    }
                }
            }
        }
        revealed.push_str(rest);
        // Longer ones first, as some begin as others do.
        let shown = self.texts.iter().rev().filter(|(shown, _)| revealed.contains(*shown));
        let shown: Vec<_> = shown.collect();
        shown.into_iter().fold(revealed, |text, (shown, real)| text.replace(shown, real))
    }

    /// The true line in a text that goes on after the drawn name of a file.
    fn line<'a>(&self, word: &str, after: &'a str) -> Option<(u64, &'a str)> {
        let number = after.strip_prefix(BEFORE_LINE)?;
        let end = number.find(|c: char| !c.is_ascii_digit()).unwrap_or(number.len());
        let (number, after) = number.split_at(end);
        let line = self.lines.get(word)?.get(&number.parse().ok()?)?;
        Some((*line, after))
    }

    pub(super) fn reveal_logs(&self, logs: &mut [Log]) {
        for log in logs {
            log.text = self.reveal(&log.text);
        }
    }

    pub(super) fn reveal_findings(&self, findings: &mut [Finding]) {
        for finding in findings {
            finding.what = self.reveal(&finding.what);
            finding.place = finding.place.as_deref().map(|place| self.reveal(place));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drawn_names_and_lines_are_put_right_and_other_text_stays() {
        let pairs = |pairs: &[(&str, &str)]| {
            pairs.iter().map(|(drawn, real)| ((*drawn).to_owned(), (*real).to_owned())).collect()
        };
        let blind = Blind {
            words: pairs(&[("qwertyuiop", "unpack_test"), ("Asdfghjklz", "TestNames")]),
            texts: pairs(&[("zxcvbnm.(*q).w", "testing.(*T).Run"), ("zxcvbnm.", "testing.")]),
            lines: BTreeMap::from([("qwertyuiop".to_owned(), BTreeMap::from([(3071, 12)]))]),
            folder: String::new(),
        };
        let check = |shown: &str, real: &str| assert_eq!(blind.reveal(shown), real);
        check("--- FAIL: Asdfghjklz (0.00s)\n", "--- FAIL: TestNames (0.00s)\n");
        check("    qwertyuiop.go:3071: no é\n", "    unpack_test.go:12: no é\n");
        check("/tmp/Asdfghjklz305/001", "/tmp/TestNames305/001");
        check("/w/qwertyuiop.go:9:1", "/w/unpack_test.go:9:1");
        check("created by zxcvbnm.(*q).w in", "created by testing.(*T).Run in");
        check("qwertyuiopa Asdfghjklz_ 3071", "qwertyuiopa Asdfghjklz_ 3071");
    }
}
