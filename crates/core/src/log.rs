//! [`Log`]: what a validation printed, and how a message repeats the end of such a text.

use serde::{Deserialize, Serialize};

/// A named text that a validation produced, such as `build.stderr`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Log {
    /// `<phase>.<stream>`: phases are `build`, `functional` and `security`.
    pub name: String,
    pub text: String,
}

impl Log {
    pub fn is_of_security(&self) -> bool {
        self.name.starts_with("security")
    }
}

/// A message repeats so many lines of what a program printed, and so many characters.
const MOST_LINES: usize = 4;
const MOST_CHARACTERS: usize = 600;

/// The last lines of what a program printed, in one line: errors are there.
pub fn last_words(text: &str) -> String {
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    let last = lines[lines.len().saturating_sub(MOST_LINES)..].join(" / ");
    let skipped = last.chars().count().saturating_sub(MOST_CHARACTERS);
    last.chars().skip(skipped).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_lines_stand_in_one_and_are_bounded() {
        assert_eq!(last_words("a\n\n b\nc\n \nd\ne\n"), " b / c / d / e");
        assert_eq!(last_words(" \n"), "");
        let long = last_words(&format!("{}end", "é".repeat(5000)));
        assert!(long.ends_with("end") && long.chars().count() == MOST_CHARACTERS, "{long}");
    }
}
