//! What goes wrong most often among some attempts.

use std::collections::BTreeMap;

use maud::{Markup, html};

use super::page::{brief, scrolling};
use crate::report::quantity::count;
use crate::store::AttemptSummary;

/// As many kinds of failures are shown.
const MOST: usize = 8;

/// The commonest first failures, and how many attempts each ended.
pub(super) fn commonest<'a>(
    attempts: impl Iterator<Item = &'a AttemptSummary>,
) -> Vec<(String, usize)> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for attempt in attempts.filter(|attempt| attempt.outcome.verdict().is_some()) {
        if let Some(failure) = &attempt.first_failure {
            *counts.entry(kind(failure)).or_default() += 1;
        }
    }
    let mut counts: Vec<(String, usize)> = counts.into_iter().collect();
    counts.sort_by(|(_, a), (_, b)| b.cmp(a));
    counts
}

/// A failure without the part that is specific to one attempt: the detail in brackets.
fn kind(failure: &str) -> String {
    let test = failure.split(" (").next().unwrap_or(failure);
    test.trim_end().to_owned()
}

pub(super) fn table(failures: &[(String, usize)]) -> Markup {
    if failures.is_empty() {
        return html! { p class="note" { "Nothing went wrong." } };
    }
    let left: usize = failures.iter().skip(MOST).map(|(_, number)| number).sum();
    let table = html! {
        table class="failures" {
            thead { tr { th scope="col" { "First failure" } th scope="col" class="numeric" { "Attempts" } } }
            tbody {
                @for (failure, number) in failures.iter().take(MOST) {
                    tr { td { (brief(failure)) } td class="numeric" { (count(*number)) } }
                }
                @if left > 0 { tr { td class="none" { "others" } td class="numeric" { (count(left)) } } }
            }
        }
    };
    scrolling("Commonest failures", &table)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_of_one_test_are_of_one_kind() {
        for (failure, expect) in [
            ("security: test_a (AssertionError: got 3)", "security: test_a"),
            ("build: it exited with status 1", "build: it exited with status 1"),
            ("functional: A.b (x) (y)", "functional: A.b"),
        ] {
            assert_eq!(kind(failure), expect);
        }
    }
}
