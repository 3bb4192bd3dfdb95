//! What a reader may choose of the cases and subjects; the script shows that part on the whole
//! page, and the page's address says what is chosen.

use std::collections::BTreeSet;

use assay_core::Severity;
use maud::{Markup, html};

use super::reported_run::ReportedRun;
use crate::printable::Visible;

/// Shown by the script once it has what it takes.
pub(super) fn form(runs: &[ReportedRun]) -> Markup {
    let cases = || runs.iter().flat_map(|run| &run.data.info.cases);
    let languages: BTreeSet<_> = cases().map(|case| case.language).collect();
    let cwes = cwes(runs).into_iter().map(|cwe| twice(Visible::line(cwe).to_string()));
    let present: BTreeSet<Severity> = cases().map(|case| case.severity).collect();
    let severities = Severity::ALL.into_iter().filter(|severity| present.contains(severity));
    let scenarios: BTreeSet<_> = runs.iter().flat_map(ReportedRun::scenarios).collect();
    let languages = languages.iter().map(|it| (it.as_str().to_owned(), it.title().to_owned()));
    html! {
        form id="filters" class="filters" aria-label="What is shown on this page" hidden {
            (choice("language", "Language", languages))
            (choice("cwe", "CWE", cwes))
            (choice("severity", "Severity", severities.map(same)))
            (choice("scenario", "Scenario", scenarios.into_iter().map(same)))
            (words("case", "Case has", "id or title"))
            (words("subject", "Subject has", "a, or b"))
            button type="reset" { "Show all" }
            output id="chosen" aria-live="polite" {}
        }
    }
}

fn same<T: ToString + Copy>(value: T) -> (String, String) {
    twice(value.to_string())
}

fn twice(text: String) -> (String, String) {
    (text.clone(), text)
}

/// What the cases carry, by their numbers.
pub(super) fn cwes(runs: &[ReportedRun]) -> Vec<&str> {
    let cases = runs.iter().flat_map(|run| &run.data.info.cases);
    let cwes: BTreeSet<&str> = cases.flat_map(|case| case.cwe.iter().map(String::as_str)).collect();
    let mut cwes: Vec<&str> = cwes.into_iter().collect();
    cwes.sort_by_key(|cwe| number_of(cwe));
    cwes
}

/// `CWE-79` comes before `CWE-798`; a text that is not a CWE comes last.
pub(super) fn number_of(cwe: &str) -> u32 {
    cwe.trim_start_matches("CWE-").parse().unwrap_or(u32::MAX)
}

fn choice(name: &str, label: &str, values: impl Iterator<Item = (String, String)>) -> Markup {
    html! {
        label {
            span { (label) }
            select name=(name) {
                option value="" { "all" }
                @for (value, text) in values { option value=(value) { (text) } }
            }
        }
    }
}

fn words(name: &str, label: &str, hint: &str) -> Markup {
    html! {
        label {
            span { (label) }
            input type="search" name=(name) placeholder=(hint) autocomplete="off" spellcheck="false";
        }
    }
}
