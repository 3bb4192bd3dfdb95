//! [`Label`]: what is known, or said, of a program's security.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::files::FileSet;

/// Whether a program is vulnerable, and how.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Label {
    pub vulnerable: bool,
    /// The CWE identifiers of its weaknesses, `CWE-787` for example; none of a program that
    /// is not vulnerable.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cwe: Vec<String>,
    /// The line that is said to be the root cause, as it was given: source, or a remark on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
    /// The number of that line from 1, where one was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
}

impl Label {
    /// The line of a program, from 1, that is said to be the root cause: the one that is quoted,
    /// the longest of several, or else the one whose number is given.
    pub fn cause_line(&self, program: &str) -> Option<usize> {
        let cause = self.cause.as_deref()?;
        let lines = || (1..).zip(program.lines().map(str::trim));
        let quoted = lines().filter(|(_, line)| is_telling(line) && cause.contains(line));
        let longest = quoted.max_by_key(|(number, line)| (line.len(), usize::MAX - number));
        let given = || usize::try_from(self.line?).ok();
        let number = longest.map(|(number, _)| number).or_else(given)?;
        lines().any(|(other, _)| other == number).then_some(number)
    }
}

/// Whether a line can be told from others: a lone bracket is in every quotation.
fn is_telling(line: &str) -> bool {
    line.chars().filter(|c| c.is_alphanumeric()).count() > 2
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.vulnerable, self.cwe.as_slice()) {
            (false, _) => f.write_str("not vulnerable"),
            (true, []) => f.write_str("vulnerable"),
            (true, cwe) => write!(f, "vulnerable ({})", cwe.join(", ")),
        }
    }
}

/// A program whose security is known.
#[derive(Debug, Clone)]
pub struct LabelledProgram {
    pub files: FileSet,
    pub truth: Label,
    /// What it shares with programs that do the same, vulnerable or not: the id of the case
    /// of which it is a solution.
    pub origin: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_of_the_root_cause_is_found_in_the_program() {
        let program = "int main(void) {\n    char b[8];\n    gets(b);\n}\n";
        let check = |cause: Option<&str>, line: Option<u32>, expect: Option<usize>| {
            let cause = cause.map(str::to_owned);
            let label = Label { vulnerable: true, cause, line, ..Label::default() };
            assert_eq!(label.cause_line(program), expect, "{label:?}");
        };
        check(Some("gets(b);"), None, Some(3));
        check(Some("At line 9, `char b[8];` is too small"), Some(9), Some(2));
        check(Some("line 3"), Some(3), Some(3));
        check(Some("line 9 }"), Some(9), None);
        check(Some("somewhere"), None, None);
        check(None, None, None);
    }
}
