//! The fields of a verdict in free text: `"vulnerable": "Yes"` and what stands beside it, with
//! the slips that models make in JSON, in a fence or not, or as a list in Markdown. No JSON is
//! parsed: a third of published answers hold none, mostly for quotes in a quoted line.

/// What a field is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Vulnerable or not, or safe or not.
    Verdict,
    /// Of which type.
    Type,
    /// Which line is the root cause.
    Cause,
}

/// A field, and the text from its value on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Field<'a> {
    pub(super) kind: Kind,
    pub(super) value: &'a str,
}

/// Names of fields, without what joins their words and in lower case.
const NAMES: [(&str, Kind); 18] = [
    ("vulnerable", Kind::Verdict),
    ("isvulnerable", Kind::Verdict),
    ("vulnerabilitytype", Kind::Type),
    ("vulnerabilitytypeid", Kind::Type),
    ("vulnerabilityid", Kind::Type),
    ("type", Kind::Type),
    ("typeid", Kind::Type),
    ("cwe", Kind::Type),
    ("cwes", Kind::Type),
    ("cweid", Kind::Type),
    ("line", Kind::Cause),
    ("linenumber", Kind::Cause),
    ("vulnerableline", Kind::Cause),
    ("rootcause", Kind::Cause),
    ("rootcauseline", Kind::Cause),
    ("rootcausepoint", Kind::Cause),
    ("cause", Kind::Cause),
    ("analysis", Kind::Cause),
];

/// The longest name that is looked for, with what may join its words.
const NAME_BYTES: usize = 32;

const QUOTES: [char; 3] = ['"', '\'', '`'];

/// Every field of a text, in order.
pub(super) fn fields(text: &str) -> impl Iterator<Item = Field<'_>> {
    text.match_indices(':').filter_map(|(colon, _)| {
        let kind = kind_before(text, colon)?;
        Some(Field { kind, value: &text[colon + 1..] })
    })
}

/// What the name is of that ends at a colon.
fn kind_before(text: &str, colon: usize) -> Option<Kind> {
    let mut start = colon.saturating_sub(NAME_BYTES);
    while !text.is_char_boundary(start) {
        start += 1;
    }
    let before = text[start..colon].trim_end_matches([' ', '*', '_']);
    let name = match before.strip_suffix(QUOTES) {
        Some(quoted) => {
            let quoted = quoted.trim_end_matches('\\');
            &quoted[quoted.rfind(QUOTES)? + 1..]
        }
        // Without quotes it begins where a line or a member does.
        None => {
            let begins = before.rfind(['\n', '{', ',', '*', '#', '>', '(', '[', '|']);
            if begins.is_none() && start > 0 {
                return None;
            }
            &before[begins.map_or(0, |at| at + 1)..]
        }
    };
    let joined = |c: &char| !matches!(c, ' ' | '_' | '-' | '\t');
    let plain: String = name.chars().filter(joined).map(|c| c.to_ascii_lowercase()).collect();
    NAMES.iter().find(|(known, _)| *known == plain).map(|(_, kind)| *kind)
}

/// What a value says of vulnerable or not; `None` where it says neither, or both.
pub(super) fn verdict(value: &str) -> Option<bool> {
    let opened = value.trim_start_matches(|c: char| c.is_whitespace() || "*\\\"'`".contains(c));
    let is_list = opened.starts_with(['[', '(', '{']);
    let inside = opened.trim_start_matches(|c: char| {
        c.is_whitespace() || "[({*\\".contains(c) || QUOTES.contains(&c)
    });
    let (said, rest) = word_of_verdict(inside)?;
    let rest = rest.trim_start_matches(|c: char| "*\\ \t".contains(c) || QUOTES.contains(&c));
    let is_choice = rest.starts_with(['/', '|'])
        || starts_with_word(rest, "or")
        || (is_list
            && rest.starts_with(',')
            && !rest[1..].trim_start().starts_with([']', '}', ')']));
    (!is_choice).then_some(said)
}

/// The words of a verdict, longer ones first.
const WORDS: [(&str, bool); 14] = [
    ("non-vulnerable", false),
    ("non vulnerable", false),
    ("not vulnerable", false),
    ("nonvulnerable", false),
    ("vulnerable", true),
    ("insecure", true),
    ("unsafe", true),
    ("secure", false),
    ("false", false),
    ("true", true),
    ("safe", false),
    ("yes", true),
    ("no", false),
    ("1", true),
];

fn word_of_verdict(text: &str) -> Option<(bool, &str)> {
    if starts_with_word(text, "0") {
        return Some((false, &text[1..]));
    }
    let known = WORDS.iter().find(|(word, _)| starts_with_word(text, word));
    known.map(|(word, said)| (*said, &text[word.len()..]))
}

fn starts_with_word(text: &str, word: &str) -> bool {
    let Some(start) = text.get(..word.len()) else { return false };
    let after = text[word.len()..].chars().next();
    let goes_on = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    start.eq_ignore_ascii_case(word) && !after.is_some_and(goes_on)
}

/// The longest value that is looked at, in bytes.
const VALUE_BYTES: usize = 4_096;

/// The text of a value: what is in its quotes or brackets, or the rest of its line.
pub(super) fn text_of(value: &str) -> String {
    let value = value.trim_start_matches(|c: char| c.is_whitespace() || c == '*');
    let value = within(value, VALUE_BYTES);
    let mut decoded = serde_json::Deserializer::from_str(value).into_iter::<String>();
    if let Some(Ok(text)) = decoded.next()
        && ends_member(&value[decoded.byte_offset()..])
    {
        return text.trim().to_owned();
    }
    let line = || value.split('\n').next().unwrap_or_default();
    let raw = if let Some(list) = value.strip_prefix('[') {
        list.split(']').next().unwrap_or(list)
    } else if let Some(inside) = value.strip_prefix(QUOTES) {
        let quote = &value[..1];
        &inside[..closing(inside, quote).unwrap_or_else(|| line().len().saturating_sub(1))]
    } else {
        line().trim_end().trim_end_matches([',', '}']).trim_end()
    };
    raw.trim().to_owned()
}

/// Where a text in quotes ends that may hold such quotes itself: at the one that a member's end
/// follows.
fn closing(text: &str, quote: &str) -> Option<usize> {
    let ends = text.match_indices(quote).map(|(at, _)| at);
    ends.into_iter().find(|at| ends_member(&text[at + quote.len()..]))
}

/// Whether a member of an object may end before this.
fn ends_member(text: &str) -> bool {
    let after = text.trim_start();
    after.is_empty() || after.starts_with([',', '}', ']'])
}

/// At most so many bytes of a text.
fn within(text: &str, bytes: usize) -> &str {
    let mut end = text.len().min(bytes);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verdict_is_read_with_the_slips_of_models() {
        let check = |text: &str, expect: Option<bool>| {
            let said = fields(text).filter(|it| it.kind == Kind::Verdict);
            assert_eq!(said.filter_map(|it| verdict(it.value)).next(), expect, "{text}");
        };
        for yes in [
            r#"{"vulnerable": "Yes"}"#,
            r#"{"vulnerable":["yes"]}"#,
            r#"{'vulnerable': 'YES',}"#,
            "{vulnerable: true}",
            "{\"Vulnerable\" : True}",
            "{{\n \"vulnerable\": [unsafe]\n}}",
            "- **Vulnerable**: yes, by its line 3",
            "**Vulnerable:** Yes",
            "# Vulnerable: Yes",
            "{\\\"vulnerable\\\": \\\"Yes\\\"}",
            r#"{"is_vulnerable": 1}"#,
            "{\"vulnerable\":\n\t\"vulnerable\"}",
        ] {
            check(yes, Some(true));
        }
        for no in [
            r#"{"vulnerable": ["No"]}"#,
            r#"{"vulnerable": "not vulnerable"}"#,
            r#"{"vulnerable": "Non-vulnerable"}"#,
            r#"{"vulnerable": false}"#,
            r#"{"vulnerable": "safe"}"#,
            "Vulnerable: No.",
            r#"{"vulnerable": 0}"#,
        ] {
            check(no, Some(false));
        }
        for neither in [
            r#"{"vulnerable": "Yes" or "No"}"#,
            r#"{"vulnerable": yes/no}"#,
            r#"{"vulnerable": ["Yes", "No"]}"#,
            r#"{"vulnerable": "nothing"}"#,
            r#"{"vulnerable": "unknown"}"#,
            r#"{"vulnerable": null}"#,
            r#"{"vulnerable": ""}"#,
            "The code is vulnerable: yes",
            "invulnerable: yes",
            "vulnerable = true",
            "",
        ] {
            check(neither, None);
        }
    }

    #[test]
    fn the_text_of_a_value_may_hold_quotes() {
        let check = |value: &str, expect: &str| assert_eq!(text_of(value), expect, "{value}");
        check(r#" "a \"b\" c", "d": 1}"#, "a \"b\" c");
        check(r#" "x = "a" + b", "d": 1}"#, "x = \"a\" + b");
        check(" 'it', }", "it");
        check(" \"two\nlines\"\n}", "two\nlines");
        check(" [\"CWE-22\", 'CWE-79'] }", "\"CWE-22\", 'CWE-79'");
        check(" 19 }", "19");
        check(" gets(line)\nnext", "gets(line)");
        check(" \"open\nnext", "open");
        check("", "");
    }
}
