//! The page of a case in a run: how each subject fared.

use assay_core::record::CaseSummary;
use maud::{Markup, html};

use super::page::{Page, brief, cwe, neighbours, scrolling};
use super::reported_run::{ReportedRun, Tally, success};
use super::{badge, failures, pair, solutions};
use crate::printable::Visible;
use crate::report::quantity::{count, duration};
use crate::store::AttemptSummary;

const ROOT: &str = "../";

/// `number` is the case's position in the run.
pub(super) fn page(runs: &[ReportedRun], run: &ReportedRun, number: usize) -> Page {
    let case = &run.data.info.cases[number];
    let content = html! {
        header class="heading" {
            p class="kicker" { "Case " code { (brief(&case.id)) } }
            h1 { (brief(&case.title)) }
            p class="tags" {
                span { (case.language.title()) }
                @for id in &case.cwe { (cwe(id)) }
                (badge::severity(case.severity))
            }
            (elsewhere(runs, run, case))
        }
        (matrix(run, number))
        (pair::form(runs, run, number))
        section {
            h2 { "What goes wrong most often" }
            (failures::table(&failures::commonest(run.attempts_of(number))))
        }
        @for (subject, score) in run.data.subjects.iter().enumerate() {
            section id=(run.subject_anchor(subject)) {
                h2 { a href={ (ROOT) (run.subject_path(subject)) } { (brief(&score.name)) } " " small { (badge::tally(run.tally(number, subject))) } }
                (attempts(run, number, subject))
            }
        }
        (solutions::section(case))
        p class="note" { "Digest of the case: " code { (brief(&case.digest)) } }
        (others(run, number))
    };
    Page {
        title: format!("{} · {} · Assay", case.id, case.title),
        root: ROOT,
        trail: vec![run.trail()],
        content,
    }
}

/// The cases before and after this one in the run.
fn others(run: &ReportedRun, number: usize) -> Markup {
    let cases = &run.data.info.cases;
    let other = |at: usize| {
        let case = cases.get(at)?;
        Some((case.id.as_str(), format!("{ROOT}{}", run.case_path(at))))
    };
    neighbours("Other cases", number.checked_sub(1).and_then(other), other(number + 1))
}

/// Links to the same case in other runs.
fn elsewhere(runs: &[ReportedRun], run: &ReportedRun, case: &CaseSummary) -> Markup {
    let others: Vec<(&ReportedRun, usize)> = runs
        .iter()
        .filter(|other| other.number != run.number)
        .filter_map(|other| Some((other, other.position_of(&case.id)?)))
        .collect();
    html! {
        @if !others.is_empty() {
            p class="note" {
                "Also in "
                @for (index, (other, number)) in others.iter().enumerate() {
                    @if index > 0 { ", " }
                    a href={ (ROOT) (other.case_path(*number)) } { (brief(&other.name)) }
                    @if other.data.info.cases[*number].digest != case.digest { " (another version of the case)" }
                }
            }
        }
    }
}

/// Subjects by scenarios.
fn matrix(run: &ReportedRun, number: usize) -> Markup {
    let scenarios: Vec<_> = run.scenarios().collect();
    let tally = |subject, scenario| {
        let attempts = run.attempts_by(number, subject);
        Tally::of(attempts.filter(|attempt| attempt.key.scenario == scenario))
    };
    let table = html! {
        table class="matrix" {
            caption { (success(std::slice::from_ref(run))) " of judged attempts" }
            thead {
                tr {
                    th scope="col" { "Subject" }
                    @for scenario in &scenarios { th scope="col" class="numeric" { (scenario) } }
                }
            }
            tbody {
                @for (subject, score) in run.data.subjects.iter().enumerate() {
                    tr {
                        th scope="row" { a href={ "#" (run.subject_anchor(subject)) } { (brief(&score.name)) } }
                        @for scenario in &scenarios {
                            td class="numeric" { (badge::tally(tally(subject, *scenario))) }
                        }
                    }
                }
            }
        }
    };
    scrolling("Subjects by scenarios", &table)
}

fn attempts(run: &ReportedRun, number: usize, subject: usize) -> Markup {
    let attempts: Vec<&AttemptSummary> = run.attempts_by(number, subject).collect();
    if attempts.is_empty() {
        return html! { p class="note" { "No attempt has finished." } };
    }
    let table = html! {
        table class="attempts sortable" {
            thead {
                tr {
                    th scope="col" { "Attempt" }
                    th scope="col" { "Verdict" }
                    th scope="col" { "First failure" }
                    th scope="col" class="numeric" { "Turns" }
                    th scope="col" { "End" }
                    th scope="col" class="numeric" { "Tokens in / out" }
                    th scope="col" class="numeric" { "Validating" }
                    th scope="col" { "Finished" }
                }
            }
            tbody {
                @for attempt in attempts { (row(run, number, attempt)) }
            }
        }
    };
    let name = &run.data.subjects[subject].name;
    scrolling(&format!("Attempts of {}", Visible::line(name)), &table)
}

fn row(run: &ReportedRun, number: usize, attempt: &AttemptSummary) -> Markup {
    let tokens = |tokens: u64| count(usize::try_from(tokens).unwrap_or(usize::MAX));
    html! {
        tr {
            th scope="row" class="name" {
                a href={ (ROOT) (run.attempt_path(number, attempt)) } {
                    (attempt.key.scenario) ", round " (attempt.key.round)
                }
            }
            td { (badge::outcome(&attempt.outcome)) }
            td class="failure" {
                @match &attempt.first_failure {
                    Some(failure) => (brief(failure)),
                    None => span class="none" { "–" },
                }
            }
            td class="numeric" { (attempt.turns) }
            td { (attempt.end().title()) }
            td class="numeric" { (tokens(attempt.tokens.input)) " / " (tokens(attempt.tokens.output)) }
            td class="numeric" { (duration(attempt.validated_ms)) }
            td { (brief(&attempt.finished_at)) }
        }
    }
}
