//! Reading JSON that others wrote, whose texts may hold what is no text: half of a
//! surrogate pair, as a server escapes an emoji that its model ends half way, or bytes
//! that are not UTF-8. Either is read as U+FFFD, for it is what a model said and no fault
//! of the connection.

use std::borrow::Cow;

use serde::de::DeserializeOwned;

/// The value of a JSON text.
pub(crate) fn parse<T: DeserializeOwned>(text: &str) -> serde_json::Result<T> {
    serde_json::from_str(text).or_else(|error| match with_whole_pairs(text) {
        Cow::Borrowed(_) => Err(error),
        Cow::Owned(text) => serde_json::from_str(&text),
    })
}

/// The same of bytes that should be UTF-8, perhaps after a byte order mark.
pub(crate) fn parse_bytes<T: DeserializeOwned>(bytes: &[u8]) -> serde_json::Result<T> {
    let text = String::from_utf8_lossy(bytes);
    parse(text.strip_prefix('\u{feff}').unwrap_or(&text))
}

/// The text with every escape of half a surrogate pair replaced by that of U+FFFD.
fn with_whole_pairs(text: &str) -> Cow<'_, str> {
    const REPLACEMENT: &str = "\\ufffd";
    let mut mended = String::new();
    // Up to where the text is in `mended`.
    let mut copied = 0;
    let mut at = 0;
    while let Some(found) = text[at..].find('\\') {
        let start = at + found;
        at = match unit_at(text, start) {
            // Another escape is two characters long, or begins with two that are.
            None => start + 1 + text[start + 1..].chars().next().map_or(0, char::len_utf8),
            Some(unit) => {
                let end = start + REPLACEMENT.len();
                let is_high = (0xd800..0xdc00).contains(&unit);
                let low = unit_at(text, end).filter(|unit| (0xdc00..0xe000).contains(unit));
                match (is_high, low) {
                    (true, Some(_)) => end + REPLACEMENT.len(),
                    _ if is_high || (0xdc00..0xe000).contains(&unit) => {
                        mended.push_str(&text[copied..start]);
                        mended.push_str(REPLACEMENT);
                        copied = end;
                        end
                    }
                    _ => end,
                }
            }
        };
    }
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    mended.push_str(&text[copied..]);
    Cow::Owned(mended)
}

/// The number in an escape `\uXXXX` at a place, if one is there.
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
}
