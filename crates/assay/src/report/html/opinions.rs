//! What those say who were asked beside whoever decides about security, and other tables with
//! rows of subjects.

use assay_core::Evidence;
use assay_core::evidence::{AnalyserEvidence, Opinion};
use maud::{Markup, html};

use super::page::{brief, scrolling};
use super::{badge, ballot, source};
use crate::report::quantity::counted;
use crate::report::{BesideScore, VariantScore, opinions, variants};

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
    let rows = beside.iter().map(|score| (score.subject.as_str(), opinions::cells(score)));
    let table = rows_of_subjects(&opinions::HEADS, rows);
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

/// How subjects do on variants of cases.
pub(super) fn variants(scores: &[VariantScore]) -> Markup {
    let rows = scores.iter().map(|score| (score.subject.as_str(), score.cells()));
    let table = rows_of_subjects(&variants::HEADS, rows);
    html! {
        @if !scores.is_empty() {
            h4 { "Variants beside their originals" }
            p class="note" {
                "A variant is a case under other names, with other numbers and in another order of "
                "words, which the same kind of tests prove. Who does worse on variants may know "
                "the originals by heart. Cases count alike; changes are in points, with 95 % "
                "intervals, and p is that of a permutation test which exchanges the two case by "
                "case."
            }
            (scrolling("Variants beside their originals", &table))
        }
    }
}

/// A table whose rows each begin with a subject, and then with a word.
fn rows_of_subjects<'a, const N: usize>(
    heads: &[&str; N],
    rows: impl Iterator<Item = (&'a str, [String; N])>,
) -> Markup {
    html! {
        table {
            thead {
                tr {
                    th scope="col" { "Subject" }
                    @for (place, head) in heads.iter().enumerate() {
                        th scope="col" class=[(place > 0).then_some("numeric")] { (head) }
                    }
                }
            }
            tbody {
                @for (subject, cells) in rows {
                    tr {
                        th scope="row" { (brief(subject)) }
                        @for (place, cell) in cells.iter().enumerate() {
                            td class=[(place > 0).then_some("numeric")] { (brief(cell)) }
                        }
                    }
                }
            }
        }
    }
}
