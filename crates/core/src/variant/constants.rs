//! Exchanges numbers that a brief states and that code and tests hold too.

use std::collections::BTreeSet;

/// Numbers that mean something by themselves: years, sizes of bytes and words, ports.
const KNOWN: &[u64] = &[
    16, 32, 64, 100, 127, 128, 255, 256, 365, 400, 401, 403, 404, 443, 500, 512, 1000, 1024, 1970,
    2000, 4096, 8080, 32767, 32768, 65535, 65536,
];

/// Where a number of decimal digits stands alone in a text: its value and its bytes.
fn numbers(text: &str) -> Vec<(u64, std::ops::Range<usize>)> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        if !bytes[at].is_ascii_digit() {
            at += 1;
            continue;
        }
        let start = at;
        while at < bytes.len() && bytes[at].is_ascii_digit() {
            at += 1;
        }
        let before = text[..start].chars().next_back();
        let after = &text[at..];
        let joined = |c: char| c.is_alphanumeric() || c == '_';
        let is_joined_before = before.is_some_and(|c| joined(c) || ".-:/+".contains(c));
        let is_joined_after = after.starts_with(joined)
            || (after.starts_with(['.', ':', '/', '-']) && after[1..].starts_with(joined));
        let has_plain_form = !text[start..].starts_with('0') || at - start == 1;
        if let (false, false, true, Ok(value)) =
            (is_joined_before, is_joined_after, has_plain_form, text[start..at].parse())
        {
            found.push((value, start..at));
        }
    }
    found
}

/// Numbers that a brief states and that may be others, the smallest first: they stand in each of
/// the `needed` texts too, and mean nothing by themselves.
pub(super) fn candidates(brief: &str, needed: &[String]) -> Vec<u64> {
    let stated = |text: &str| numbers(text).into_iter().map(|it| it.0).collect::<BTreeSet<u64>>();
    let others: Vec<BTreeSet<u64>> = needed.iter().map(|text| stated(text)).collect();
    let brief = stated(brief);
    let is_free = |value: &u64| {
        let is_small = (10..100_000).contains(value);
        let is_year = (1900..=2100).contains(value);
        is_small && !is_year && !KNOWN.contains(value)
    };
    let candidates = brief.into_iter().filter(is_free);
    candidates.filter(|value| others.iter().all(|other| other.contains(value))).collect()
}

/// A text in which a number, and those beside it that tests of a bound use, are others.
pub(super) fn exchange(text: &str, from: u64, to: u64) -> String {
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    for (value, place) in numbers(text) {
        let beside = |offset: u64| from.checked_add(offset) == Some(value);
        let other = match () {
            () if value == from => to,
            () if beside(1) => to + 1,
            () if value + 1 == from => to - 1,
            () => continue,
        };
        out.push_str(&text[done..place.start]);
        out.push_str(&other.to_string());
        done = place.end;
    }
    out.push_str(&text[done..]);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_exchanged_with_its_neighbours() {
        let text = "limit from 1 to 200; 201 and 199 in tests, v200, 2.200, 200.5, 1200, 0200";
        let expect = "limit from 1 to 180; 181 and 179 in tests, v200, 2.200, 200.5, 1200, 0200";
        assert_eq!(exchange(text, 200, 180), expect);
        assert_eq!(exchange("up to 200.", 200, 180), "up to 180.");
    }

    #[test]
    fn only_numbers_of_the_case_are_candidates() {
        let brief =
            "SHA-256, Python 3.11, port 8080, 47 characters, at most 230 and 90 of them, 1999";
        let needed = ["47, 230, 8080, 1999".to_owned(), "47 + 230".to_owned()];
        assert_eq!(candidates(brief, &needed), [47, 230]);
    }
}
