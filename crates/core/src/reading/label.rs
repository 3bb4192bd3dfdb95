//! Reads what an answer says of a program, strictly: by the fields of its verdict alone, so
//! that what it says besides is never taken for a verdict. An answer without such a field is
//! unreadable, and neither yes nor no.

use super::thinking::spoken;
use super::thinking_tags::ThinkingTags;
use super::verdict_fields::{Field, Kind, fields, text_of, verdict};
use crate::answer::{Answer, Finish};
use crate::label::Label;
use crate::weakness;

/// Only so many values of a kind are looked at, the nearest ones: an answer may repeat a
/// field without end.
const MAX_VALUES: usize = 16;

/// What an answer says; `None` where it cannot be read.
///
/// Of several verdicts the first counts that says yes or no: what follows a verdict in answers
/// is a "but if", or the answer to another question. Thinking that was left in is passed over.
pub fn read_label(answer: &str) -> Option<Label> {
    let answer = without_thinking(answer);
    let fields: Vec<Field<'_>> = fields(&answer).collect();
    let is_verdict = |field: &Field<'_>| field.kind == Kind::Verdict;
    let said = |field: &Field<'_>| is_verdict(field).then(|| verdict(field.value)).flatten();
    let found = fields.iter().enumerate().find_map(|(at, field)| Some((at, said(field)?)));
    let Some((at, vulnerable)) = found else {
        let vulnerable = bare_verdict(&answer)?;
        return Some(Label { vulnerable, ..Label::default() });
    };
    let (before, after) = (&fields[..at], &fields[at + 1..]);
    let after = &after[..after.iter().position(is_verdict).unwrap_or(after.len())];
    let before = &before[before.iter().rposition(is_verdict).map_or(0, |last| last + 1)..];
    // What stands beside a verdict mostly follows it.
    let beside = || after.iter().chain(before.iter().rev());
    let of = |kind: Kind| beside().filter(move |field| field.kind == kind).take(MAX_VALUES);
    if !vulnerable {
        return Some(Label::default());
    }
    let types = of(Kind::Type).map(|field| types(&text_of(field.value)));
    let cwe = types.into_iter().find(|types| !types.is_empty()).unwrap_or_default();
    let causes = of(Kind::Cause).map(|field| text_of(field.value));
    let cause = causes.into_iter().find(|cause| !cause.is_empty());
    let line = cause.as_deref().and_then(line_number);
    Some(Label { vulnerable, cwe, cause, line })
}

/// An answer without the thinking that is between tags in it.
pub(super) fn without_thinking(answer: &str) -> String {
    let whole = Answer::Text(answer.to_owned());
    let thinking = ThinkingTags::default().places(&whole, Finish::Complete);
    spoken(answer, &thinking).into_owned()
}

/// What an answer of one word says.
pub(super) fn bare_verdict(answer: &str) -> Option<bool> {
    let word = answer.trim().trim_matches(|c: char| "\"'`*.!".contains(c));
    (word.len() <= "non-vulnerable".len())
        .then(|| verdict(word))
        .flatten()
        .filter(|_| word.chars().all(|c| c.is_ascii_alphabetic() || c == '-'))
}

/// The identifiers in a type's value, as `CWE-79`: by number, or by the name of a known type.
fn types(value: &str) -> Vec<String> {
    let mut types = numbers_after(value, "cwe");
    if types.is_empty() && value.trim().bytes().all(|byte| byte.is_ascii_digit()) {
        types.extend(value.trim().parse::<u32>().ok());
    }
    if !types.is_empty() {
        return types.into_iter().map(|number| format!("CWE-{number}")).collect();
    }
    named(value).into_iter().map(str::to_owned).collect()
}

/// The type whose name, or short name in quotes, is in a value.
fn named(value: &str) -> Option<&'static str> {
    let value = value.to_lowercase();
    let known = weakness::COV_EVAL.iter().find(|weakness| {
        let name = weakness.name.to_lowercase();
        let short = name.split('\'').nth(1).unwrap_or(&name);
        value.contains(short)
    });
    known.map(|weakness| weakness.cwe)
}

/// The numbers that follow a word in a text, whatever joins them.
fn numbers_after(text: &str, word: &str) -> Vec<u32> {
    let text = text.to_ascii_lowercase();
    let mut numbers = Vec::new();
    for (at, _) in text.match_indices(word) {
        let rest = &text[at + word.len()..];
        let rest = rest.trim_start_matches(|c: char| " -_:#\u{2010}\u{2011}\u{2013}".contains(c));
        let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
        match digits.parse() {
            Ok(number) if !numbers.contains(&number) => numbers.push(number),
            _ => {}
        }
    }
    numbers
}

/// The number of a line in what is said of it: all of it, or behind the word.
fn line_number(cause: &str) -> Option<u32> {
    let whole = cause.trim().parse().ok();
    whole.or_else(|| numbers_after(cause, "line").first().copied()).filter(|line| *line > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(answer: &str) -> Option<(bool, Vec<String>)> {
        read_label(answer).map(|label| (label.vulnerable, label.cwe))
    }

    fn check(answer: &str, expect: Option<(bool, &[&str])>) {
        let expect = expect
            .map(|(vulnerable, cwe)| (vulnerable, cwe.iter().map(|&it| it.to_owned()).collect()));
        assert_eq!(said(answer), expect, "{answer}");
    }

    #[test]
    fn a_statement_is_read_wherever_it_stands() {
        check("", None);
        check("It is vulnerable.", None);
        check("I cannot help with that.", None);
        check("{\"vulnerable\": \"yes\"}", Some((true, &[])));
        check("{\"vulnerable\": true}", Some((true, &[])));
        check(
            "so:\n```json\n{\"cwe\":[\"CWE-22\"],\"vulnerable\":true,\"why\":\"..\"}\n```",
            Some((true, &["CWE-22"])),
        );
        check("if (x) { y } {\"vulnerable\":false,\"cwe\":[\"CWE-22\"]} }", Some((false, &[])));
        let hostile = "{\"a\":".repeat(200_000);
        check(&format!("{hostile}{{\"vulnerable\":true}}"), Some((true, &[])));
        check("{\"vulnerable\":true,\"n\":{\"vulnerable\":false}}", Some((true, &[])));
        let hostile = "\"type\": \"".repeat(200_000);
        check(&format!("{{\"vulnerable\":true, {hostile}"), Some((true, &[])));
        check("No.", Some((false, &[])));
        check("**unsafe**", Some((true, &[])));
    }

    #[test]
    fn the_first_verdict_counts_that_says_yes_or_no() {
        check(
            "{\"vulnerable\": \"No\", \"type\": \"\"} But if x is not checked: {\"vulnerable\": \"Yes\", \"type\": \"cwe-20\"}",
            Some((false, &[])),
        );
        check(
            "The form {\"vulnerable\": \"Yes\" or \"No\", \"type\": \"cwe-1\"} gives {\"vulnerable\": \"Yes\", \"type\": \"cwe-22\"}",
            Some((true, &["CWE-22"])),
        );
        check(
            "<think>{\"vulnerable\": \"No\"}? Hm.</think>{\"vulnerable\": \"Yes\", \"type\": 89}",
            Some((true, &["CWE-89"])),
        );
    }

    #[test]
    fn a_type_is_a_number_or_a_name_and_never_a_part_of_another() {
        let typed =
            |value: &str| format!("{{\"vulnerable\": \"Yes\", \"vulnerability type\": {value}}}");
        for (value, expect) in [
            ("\"cwe-798\"", "CWE-798"),
            ("\"CWE 79\"", "CWE-79"),
            ("\"cwe_020\"", "CWE-20"),
            ("\"CWE-200: Exposure of something\"", "CWE-200"),
            ("[\"cwe-79\"]", "CWE-79"),
            ("'cwe-79',", "CWE-79"),
            ("79", "CWE-79"),
            ("\"79\"", "CWE-79"),
            ("\"SQL Injection\"", "CWE-89"),
            ("\"Use After Free\"", "CWE-416"),
        ] {
            check(&typed(value), Some((true, &[expect])));
        }
        check(&typed("[\"cwe-20\", \"cwe-22\"]"), Some((true, &["CWE-20", "CWE-22"])));
        check(&typed("\"\""), Some((true, &[])));
        check(&typed("\"a logic error\""), Some((true, &[])));
        check("{\"vulnerable\": \"Yes\"} It is no cwe-22.", Some((true, &[])));
    }

    #[test]
    fn the_line_of_the_root_cause_is_kept_as_it_was_given() {
        let check = |answer: &str, cause: Option<&str>, line: Option<u32>| {
            let label = read_label(answer).expect("readable");
            assert_eq!((label.cause.as_deref(), label.line), (cause, line), "{answer}");
        };
        let yes = |rest: &str| format!("{{\"vulnerable\": \"Yes\", \"type\": \"cwe-78\", {rest}}}");
        check(&yes(r#""line": "system(\"a\");""#), Some("system(\"a\");"), None);
        check(&yes(r#""line": "system("a");""#), Some("system(\"a\");"), None);
        check(&yes(r#""line": 19"#), Some("19"), Some(19));
        let analysis = yes(r#""analysis": "It is at line 7: x""#);
        check(&analysis, Some("It is at line 7: x"), Some(7));
        check(&yes(r#""line": """#), None, None);
        check("{\"vulnerable\": \"No\", \"line\": \"x\"}", None, None);
    }
}
