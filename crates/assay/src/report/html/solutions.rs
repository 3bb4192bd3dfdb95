//! What is known to solve a case, securely or not: code that answers are held against.

use std::collections::BTreeMap;

use assay_core::record::CaseSummary;
use maud::{Markup, html};
use serde_json::{Map, Value};

use super::source;
use crate::report::quantity::counted;

/// Whether the run keeps any.
pub(super) fn exist(case: &CaseSummary) -> bool {
    files(case).next().is_some()
}

/// The first of each kind, by the name that the script knows it by.
fn files(case: &CaseSummary) -> impl Iterator<Item = (&'static str, &BTreeMap<String, String>)> {
    let secure = case.secure.as_ref().map(|files| ("secure", files));
    let all = secure.into_iter().chain([("vulnerable", &case.vulnerable)]);
    all.filter(|(_, files)| !files.is_empty())
}

/// What the script compares artifacts with: the solutions as a page would show them, so
/// that a line is the same where it looks the same.
pub(super) fn data(case: &CaseSummary) -> Value {
    let markup = files(case).map(|(kind, files)| (kind.to_owned(), shown(files).into_string()));
    Value::from(markup.map(|(kind, text)| (kind, text.into())).collect::<Map<_, _>>())
}

fn shown(files: &BTreeMap<String, String>) -> Markup {
    html! { @for (path, text) in files { (source::file(path, text)) } }
}

/// Both kinds, for the page of their case.
pub(super) fn section(case: &CaseSummary) -> Markup {
    let secure = case.secure.as_ref().filter(|files| !files.is_empty());
    html! {
        @if !case.vulnerable.is_empty() {
            section {
                h2 { "The insecure code" }
                p class="note" { "It works, but its security tests fail. The fix scenarios ask to repair it." }
                details {
                    summary { (counted(case.vulnerable.len(), "file")) }
                    div id="insecure-code" { (shown(&case.vulnerable)) }
                }
            }
        }
        @if let Some(secure) = secure {
            @let against = (!case.vulnerable.is_empty()).then_some("insecure-code");
            section {
                h2 { "A secure solution" }
                p class="note" { "It passes all tests. Other solutions are possible: an answer need not look like this one." }
                details {
                    summary { (counted(secure.len(), "file")) }
                    div class="artifact" data-name="Solution" data-of="the secure solution" data-against=[against] { (shown(secure)) }
                }
            }
        }
        (not_kept(case))
    }
}

/// A note, if the run was made by a version that stored no secure solution.
pub(super) fn not_kept(case: &CaseSummary) -> Markup {
    html! {
        @if case.secure.is_none() {
            p class="note" { "No secure solution is shown: the version of Assay that made this run did not store any." }
        }
    }
}
