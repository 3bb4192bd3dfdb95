//! Reads JSON that others wrote, whose strings may contain invalid text: half of a surrogate pair,
//! when a model stops in the middle of an emoji, or bytes that are not UTF-8. Either is read as
//! U+FFFD, because it is what a model said and not a fault of the connection. Numbers that Python
//! writes but JSON does not have become null, and unescaped characters in strings are accepted.

#[cfg(test)]
mod properties;

use std::borrow::Cow;

use serde::de::DeserializeOwned;

/// The value of a JSON text.
pub(crate) fn parse<T: DeserializeOwned>(text: &str) -> serde_json::Result<T> {
    serde_json::from_str(text).or_else(|error| match Mending::of(text) {
        Cow::Borrowed(_) => Err(error),
        Cow::Owned(text) => serde_json::from_str(&text),
    })
}

/// The values of a text that has one after the other.
pub(crate) fn parse_row<T: DeserializeOwned>(text: &str) -> serde_json::Result<Vec<T>> {
    let row = |text: &str| -> serde_json::Result<Vec<T>> {
        serde_json::Deserializer::from_str(text).into_iter().collect()
    };
    row(text).or_else(|error| match Mending::of(text) {
        Cow::Borrowed(_) => Err(error),
        Cow::Owned(text) => row(&text),
    })
}

/// The same of bytes that should be UTF-8, perhaps after a byte order mark.
pub(crate) fn parse_bytes<T: DeserializeOwned>(bytes: &[u8]) -> serde_json::Result<T> {
    let text = String::from_utf8_lossy(bytes);
    parse(text.strip_prefix('\u{feff}').unwrap_or(&text))
}

const REPLACEMENT: &str = "\\ufffd";

/// A text that is made one of JSON.
struct Mending<'a> {
    text: &'a str,
    mended: String,
    /// Up to where the text is in `mended`.
    copied: usize,
}

impl Mending<'_> {
    /// The text, with everything that JSON does not allow replaced by what it allows.
    fn of(text: &str) -> Cow<'_, str> {
        let mut mending = Mending { text, mended: String::new(), copied: 0 };
        let bytes = text.as_bytes();
        let mut at = 0;
        let mut is_in_text = false;
        while let Some(&byte) = bytes.get(at) {
            at = match byte {
                b'"' => {
                    is_in_text = !is_in_text;
                    at + 1
                }
                b'\\' if is_in_text => mending.escape(at),
                0..0x20 if is_in_text => mending.replace(at, at + 1, &format!("\\u{byte:04x}")),
                b'-' | b'+' | b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' if !is_in_text => {
                    mending.word(at)
                }
                _ => at + 1,
            };
        }
        if mending.copied == 0 {
            return Cow::Borrowed(text);
        }
        mending.mended.push_str(&text[mending.copied..]);
        Cow::Owned(mending.mended)
    }

    fn replace(&mut self, start: usize, end: usize, by: &str) -> usize {
        self.mended.push_str(&self.text[self.copied..start]);
        self.mended.push_str(by);
        self.copied = end;
        end
    }

    /// An escape of half a surrogate pair becomes that of U+FFFD.
    fn escape(&mut self, start: usize) -> usize {
        let Some(unit) = unit_at(self.text, start) else {
            // Another escape is two characters long, or begins with two that are.
            return start + 1 + self.text[start + 1..].chars().next().map_or(0, char::len_utf8);
        };
        let end = start + REPLACEMENT.len();
        let is_high = (0xd800..0xdc00).contains(&unit);
        let low = unit_at(self.text, end).filter(|unit| (0xdc00..0xe000).contains(unit));
        match (is_high, low) {
            (true, Some(_)) => end + REPLACEMENT.len(),
            _ if is_high || (0xdc00..0xe000).contains(&unit) => {
                self.replace(start, end, REPLACEMENT)
            }
            _ => end,
        }
    }

    /// NaN and infinite numbers become null.
    fn word(&mut self, start: usize) -> usize {
        let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || b"+-.".contains(byte);
        let bytes = &self.text.as_bytes()[start..];
        let end = start + bytes.iter().take_while(|byte| is_part(byte)).count();
        let number = self.text[start..end].parse::<f64>();
        match number.is_ok_and(|number| !number.is_finite()) {
            true => self.replace(start, end, "null"),
            false => end,
        }
    }
}

/// The number in an escape `\uXXXX` at this position, if there is one.
fn unit_at(text: &str, at: usize) -> Option<u16> {
    let digits = text.get(at..at + 6)?.strip_prefix("\\u")?;
    let is_number = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_number { u16::from_str_radix(digits, 16).ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_of_a_pair_is_the_replacement_character() {
        let check = |json: &str, expect: Option<&str>| {
            let text: Option<String> = parse(json).ok();
            assert_eq!(text.as_deref(), expect, "{json}");
        };
        check(r#""\ud83d""#, Some("\u{fffd}"));
        check(r#""\udc00 \uD83D\n""#, Some("\u{fffd} \u{fffd}\n"));
        check(r#""\ud83d\ude00""#, Some("\u{1f600}"));
        check(r#""\ud83d\ud83d\ude00\ude00""#, Some("\u{fffd}\u{1f600}\u{fffd}"));
        check(r#""\ud83d\u0041""#, Some("\u{fffd}A"));
        check(r#""\\ud83d""#, Some("\\ud83d"));
        check(r#""\\\ud83d""#, Some("\\\u{fffd}"));
        check(r#""\ud83dé""#, Some("\u{fffd}é"));
        check(r#""\ud83""#, None);
        check(r#""\ud83d"#, None);
        check(r#""\é\ud83d""#, None);
        check("\\", None);
    }

    #[test]
    fn bytes_that_are_no_text_are_the_replacement_character() {
        let parse = |bytes: &[u8]| parse_bytes::<String>(bytes).ok();
        assert_eq!(parse(b"\"a\xff\xfeb\"").as_deref(), Some("a\u{fffd}\u{fffd}b"));
        assert_eq!(parse(b"\xef\xbb\xbf\"a\"").as_deref(), Some("a"));
        assert_eq!(parse(b"\"\\ud83d\xf0\x9f\"").as_deref(), Some("\u{fffd}\u{fffd}"));
    }

    #[test]
    fn numbers_that_json_has_not_are_null() {
        let check = |json: &str, expect: &str| {
            let value: Option<serde_json::Value> = parse(json).ok();
            assert_eq!(value.map(|value| value.to_string()).as_deref(), Some(expect), "{json}");
        };
        check("[NaN, Infinity,-Infinity]", "[null,null,null]");
        check(
            r#"{"a":NaN,"b":"NaN \" NaN","c":-1.5e3}"#,
            r#"{"a":null,"b":"NaN \" NaN","c":-1500.0}"#,
        );
        check("[-nan,inf,1e999,true,null]", "[null,null,null,true,null]");
        check("[\"a\nb\tNaN\"]", r#"["a\nb\tNaN"]"#);
        for json in ["[Nan2]", "[NaN", "[nothing]", "NaN NaN", "--1"] {
            assert!(parse::<serde_json::Value>(json).is_err(), "{json}");
        }
    }

    #[test]
    fn a_row_has_every_value() {
        let row = |text: &str| parse_row::<serde_json::Value>(text).ok().map(|row| row.len());
        assert_eq!(row("{\"a\":NaN}\n{\"b\":\"\\ud83d\"}\n"), Some(2));
        assert_eq!(row("  "), Some(0));
        assert_eq!(row("{} {"), None);
        assert_eq!(row("<html>"), None);
    }
}
