//! [`Names`]: what was drawn for a suite's run, to find what it stands for in what the
//! run reports and prints.

use std::collections::BTreeMap;

use super::super::suite_run::Restore;

/// Drawn names and numbers, and what they stand for.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// Classes, methods and source files, by the words that were drawn for them.
    pub(super) words: BTreeMap<String, String>,
    /// Lines, by the word for the source file and the number.
    pub(super) lines: BTreeMap<String, BTreeMap<u16, u16>>,
}

impl Names {
    /// A text with the names and lines that the drawn ones stand for.
    pub(super) fn restore(&self, text: &[u8]) -> Vec<u8> {
        let mut restored = Vec::with_capacity(text.len());
        let mut rest = text;
        while let Some(first) = rest.first() {
            if !first.is_ascii_alphabetic() {
                restored.push(*first);
                rest = &rest[1..];
                continue;
            }
            let end = rest.iter().position(|it| !it.is_ascii_alphabetic()).unwrap_or(rest.len());
            let (word, after) = rest.split_at(end);
            rest = after;
            let word = std::str::from_utf8(word).unwrap_or_default();
            let Some(name) = self.words.get(word) else {
                restored.extend(word.as_bytes());
                continue;
            };
            restored.extend(name.as_bytes());
            if let Some((number, length)) = line_number(rest)
                && let Some(line) = self.lines.get(word).and_then(|lines| lines.get(&number))
            {
                restored.extend(format!(".java:{line}").as_bytes());
                rest = &rest[length..];
            }
        }
        restored
    }
}

impl Restore for Names {
    fn restore_text(&self, text: &mut String) {
        *text = String::from_utf8_lossy(&self.restore(text.as_bytes())).into_owned();
    }

    /// A report with the names of tests as they are expected: `Outer.Inner.test`.
    fn restore_report(&self, report: &[u8]) -> Vec<u8> {
        const TEST: &[u8] = b"\"test\":\"";
        let mut restored = self.restore(report);
        let mut at = 0;
        while let Some(begin) = find(&restored[at..], TEST) {
            at += begin + TEST.len();
            while restored.get(at).is_some_and(|it| !b"\"([".contains(it)) {
                // A method may have this sign in its name; a class within another has it.
                if restored[at] == b'$' {
                    restored[at] = b'.';
                }
                at += 1;
            }
        }
        restored
    }
}

fn find(text: &[u8], what: &[u8]) -> Option<usize> {
    text.windows(what.len()).position(|window| window == what)
}

/// The number in `.java:123`, and how long all of it is.
fn line_number(text: &[u8]) -> Option<(u16, usize)> {
    let digits = text.strip_prefix(b".java:")?;
    let end = digits.iter().position(|it| !it.is_ascii_digit()).unwrap_or(digits.len());
    let number = std::str::from_utf8(&digits[..end]).ok()?.parse().ok()?;
    Some((number, text.len() - digits.len() + end))
}

/// The hash that a virtual machine has for a text of ASCII.
pub(super) fn java_hash(text: &str) -> i32 {
    text.bytes().fold(0i32, |hash, byte| hash.wrapping_mul(31).wrapping_add(i32::from(byte)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_drawn_is_found_in_traces_and_reports() {
        let word = |word: &str, name: &str| (word.to_owned(), name.to_owned());
        let names = Names {
            words: BTreeMap::from([
                word("Qwer", "OneTest"),
                word("Asdf", "OneTest$Inner"),
                word("yxcv", "refuses"),
            ]),
            lines: BTreeMap::from([("Qwer".to_owned(), BTreeMap::from([(30_001, 7)]))]),
        };
        let check = |text: &str, expect: &str| {
            assert_eq!(String::from_utf8_lossy(&names.restore(text.as_bytes())), expect);
        };
        check("at a.b.Qwer.yxcv(Qwer.java:30001)", "at a.b.OneTest.refuses(OneTest.java:7)");
        check(
            "a/Asdf$$Lambda$1 Qwer.java:9 Qwerty",
            "a/OneTest$Inner$$Lambda$1 OneTest.java:9 Qwerty",
        );
        let report = b"{\"test\":\"Asdf.yxcv[1]\",\"detail\":\"Asdf\"}\n";
        let expect = "{\"test\":\"OneTest.Inner.refuses[1]\",\"detail\":\"OneTest$Inner\"}\n";
        assert_eq!(String::from_utf8_lossy(&names.restore_report(report)), expect);
    }

    #[test]
    fn hashes_are_those_of_the_platform() {
        assert_eq!(java_hash("hello"), 99_162_322);
        assert_eq!(java_hash("polygenelubricants"), i32::MIN);
    }
}
