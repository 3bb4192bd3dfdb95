//! What was observed of a build and of a suite.

use assay_core::Finding;
use assay_core::evidence::{Build, SuiteEvidence};
use assay_core::execution::{Ending, Usage};
use assay_core::suite::{Conclusion, TestOutcome};
use maud::{Markup, html};

use super::badge;
use super::source;
use crate::printable::Visible;
use crate::report::quantity::{bytes, count, counted, duration};

/// More tests than this are counted, not listed.
const MAX_TESTS: usize = 500;
const MAX_FINDINGS: usize = 50;

/// A build's heading and figures.
pub(super) fn build(build: &Build) -> Markup {
    html! {
        h3 { "Build " @if build.ending == Ending::Exited(0) { (badge::badge("secure", "built")) } @else { (badge::badge("build-failed", "failed")) } }
        p class="note" { (sentence(&build.ending.to_string())) " " (usage(build.usage)) }
    }
}

/// A suite's heading, figures and tests.
pub(super) fn suite(title: &str, suite: &SuiteEvidence) -> Markup {
    let passed = suite.tests.iter().filter(|test| test.outcome == TestOutcome::Passed).count();
    html! {
        h3 { (title) " " (conclusion(&suite.conclusion)) }
        p class="note" {
            (count(passed)) " of " (counted(suite.tests.len(), "test")) " passed. "
            @match &suite.conclusion {
                Conclusion::Passed | Conclusion::Failed => {}
                Conclusion::Ended(ending) => { (sentence(&ending.to_string())) " " }
                Conclusion::Tampered(_) => {}
                Conclusion::Unproved(fault) => { "There is no proof of a pass: " (Visible::line(fault)) ". " }
            }
            (usage(suite.usage))
        }
        (findings(suite.findings()))
        (notes(&suite.notes))
        @if !suite.tests.is_empty() { (tests(suite)) }
        @if !suite.contacts.is_empty() { (contacts(suite)) }
    }
}

/// The signs of tampering, with the layer that saw each and where.
pub(super) fn findings(findings: &[Finding]) -> Markup {
    seen("Tampering", "more finding", findings)
}

/// What was unusual, and that it decides nothing.
fn notes(notes: &[Finding]) -> Markup {
    html! {
        (seen("Note", "more note", notes))
        @if !notes.is_empty() { p class="note" { "Notes decide nothing." } }
    }
}

fn seen(title: &str, more: &str, findings: &[Finding]) -> Markup {
    html! {
        @if !findings.is_empty() {
            table class="tests" {
                thead { tr { th scope="col" { (title) } th scope="col" { "Seen" } th scope="col" { "Where" } } }
                tbody {
                    @for finding in findings.iter().take(MAX_FINDINGS) {
                        tr {
                            th scope="row" { (Visible::line(&finding.what)) }
                            td { (finding.layer.title()) }
                            td { @if let Some(place) = &finding.place { code { (Visible::line(place)) } } }
                        }
                    }
                }
            }
            @if findings.len() > MAX_FINDINGS {
                p class="cut" { (counted(findings.len() - MAX_FINDINGS, more)) " left out here." }
            }
        }
    }
}

/// What the suite did with the hosts of the case's world, canaries marked.
fn contacts(suite: &SuiteEvidence) -> Markup {
    let of_canaries = suite.contacts.iter().filter(|contact| contact.canary).count();
    html! {
        h4 { "Contacts" @if of_canaries > 0 { " " (badge::badge("insecure", "canary contacted")) } }
        table class="tests" {
            thead { tr { th scope="col" { "Time" } th scope="col" { "Destination" } th scope="col" { "Contact" } } }
            tbody {
                @for contact in &suite.contacts {
                    tr {
                        td { (duration(contact.at_ms)) }
                        th scope="row" {
                            code { (contact.destination()) }
                            @if contact.canary { " " (badge::badge("insecure", "canary")) }
                        }
                        td { code { (Visible::line(&contact.event.to_string())) } }
                    }
                }
            }
        }
        @if suite.contacts_left_out > 0 {
            p class="cut" { (suite.contacts_left_out) " more were not kept." }
        }
    }
}

fn tests(suite: &SuiteEvidence) -> Markup {
    html! {
        table class="tests" {
            thead { tr { th scope="col" { "Test" } th scope="col" { "Outcome" } th scope="col" { "Detail" } } }
            tbody {
                @for test in suite.tests.iter().take(MAX_TESTS) {
                    tr {
                        th scope="row" { code { (Visible::line(&test.name)) } }
                        td { (badge::test(test.outcome)) }
                        td {
                            @if !test.detail.is_empty() { (source::plain(&test.detail)) }
                        }
                    }
                }
            }
        }
        @if suite.tests.len() > MAX_TESTS {
            p class="cut" { (counted(suite.tests.len() - MAX_TESTS, "more test")) " left out here." }
        }
    }
}

fn conclusion(conclusion: &Conclusion) -> Markup {
    match conclusion {
        Conclusion::Passed => badge::badge("secure", "passed"),
        Conclusion::Failed => badge::badge("insecure", "failed"),
        Conclusion::Ended(_) => badge::badge("nonfunctional", "ended early"),
        Conclusion::Unproved(_) => badge::badge("nonfunctional", "not proved"),
        Conclusion::Tampered(_) => badge::badge("tampered", "tampered with"),
    }
}

/// What commands used, in words.
pub(super) fn usage(usage: Usage) -> Markup {
    html! {
        "Wall time " (duration(usage.wall_ms)) ", CPU time " (duration(usage.cpu_ms))
        ", memory at most " (bytes(usage.peak_memory_bytes)) "."
    }
}

/// A phrase of ours with a capital and a full stop.
fn sentence(phrase: &str) -> String {
    let mut characters = phrase.chars();
    let first = characters.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", characters.as_str())
}
