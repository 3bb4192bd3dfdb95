//! What those say who were asked beside whoever decides about security.

use assay_core::Evidence;
use assay_core::evidence::{AnalyserEvidence, Opinion};
use maud::{Markup, html};

use super::page::{brief, scrolling};
use super::{badge, ballot, source};
use crate::report::quantity::counted;
use crate::report::{BesideScore, opinions};

/// What an analyser said of an artifact that it decides about.
pub(super) fn analysis(title: &str, evidence: &AnalyserEvidence) -> Markup {
    let AnalyserEvidence { analysis, .. } = evidence;
    let word = if evidence.passed() { ("secure", "passed") } else { ("insecure", "failed") };
    html! {
        h3 { (title) " " (badge::badge(word.0, word.1)) }
        p class="note" {
            "By " (brief(&analysis.analyser)) " " (brief(&analysis.version)) ": "
            (counted(analysis.alerts.len(), "alert")) "."
        }
        @if let Some(gap) = analysis.gap() { p { "Not analysed: " (source::plain(gap)) } }
        @if !analysis.alerts.is_empty() {
            ul { @for alert in &analysis.alerts { li { (source::plain(&alert.to_string())) } } }
        }
    }
}

/// What was said beside of one artifact.
pub(super) fn beside(evidence: &Evidence) -> Markup {
    html! {
        @if !evidence.opinions().is_empty() {
            h3 { "Asked beside" }
            p class="note" { "What these say decides nothing." }
            table class="tests" {
                thead {
                    tr {
                        th scope="col" { "Evaluator" }
                        th scope="col" { "Says" }
                        th scope="col" { "Why" }
                    }
                }
                tbody { @for opinion in evidence.opinions() { (row(opinion)) } }
            }
            @for opinion in evidence.opinions() {
                @if let Some(votes) = opinion.ballot() {
                    (ballot::ballot(&format!("Votes of {}", opinion.evaluator), votes))
                }
            }
        }
    }
}

fn row(opinion: &Opinion) -> Markup {
    let word = match opinion.is_secure() {
        Some(true) => badge::badge("secure", "secure"),
        Some(false) => badge::badge("insecure", "insecure"),
        None => html! { "cannot say" },
    };
    html! {
        tr {
            th scope="row" { (brief(&opinion.evaluator)) }
            td { (word) }
            td { (source::plain(&opinion.reason().unwrap_or_default())) }
        }
    }
}

/// How those who were asked beside in a run compare with its verdicts.
pub(super) fn table(beside: &[BesideScore]) -> Markup {
    let table = html! {
        table {
            thead {
                tr {
                    th scope="col" { "Subject" }
                    @for (place, head) in opinions::HEADS.iter().enumerate() {
                        th scope="col" class=[(place > 0).then_some("numeric")] { (head) }
                    }
                }
            }
            tbody {
                @for score in beside {
                    tr {
                        th scope="row" { (brief(&score.subject)) }
                        @for (place, cell) in opinions::cells(score).iter().enumerate() {
                            td class=[(place > 0).then_some("numeric")] { (brief(cell)) }
                        }
                    }
                }
            }
        }
    };
    html! {
        @if !beside.is_empty() {
            h4 { "Asked beside" }
            p class="note" {
                "Who was asked beside whoever decides, held against the verdicts: the share of "
                "artifacts that each calls secure, the difference in points, and how often it says "
                "what was decided. Artifacts that it can say nothing of count as unknown."
            }
            (scrolling("Evaluators that were asked beside", &table))
        }
    }
}
