//! The page of one attempt: every question, answer and observation.

use assay_core::answer::{Answer, Finish};
use assay_core::benchmark::Asks;
use assay_core::evidence::BuildEvidence;
use assay_core::execution::Usage;
use assay_core::log::Log;
use assay_core::record::CaseSummary;
use assay_core::{Artifact, AttemptRecord, Bill, Outcome, Phase, Tokens, Turn};
use maud::{Markup, html};

use super::page::{Page, brief, title, trail};
use super::reported_run::ReportedRun;
use super::root_cause::{self, Program};
use super::{badge, ballot, opinions, readings, served, solutions, source, suite, timeline, work};
use crate::printable::Visible;
use crate::report::quantity::{self, bytes, cost, duration};
use crate::store::AttemptSummary;

/// An attempt and its place in a report.
pub(super) struct ReportedAttempt<'a> {
    pub(super) summary: &'a AttemptSummary,
    run: &'a ReportedRun,
    /// The case's position in the run.
    case: usize,
    /// The attempt's position among those at the case.
    position: usize,
}

impl<'a> ReportedAttempt<'a> {
    /// The attempts of a subject at a case, in order of scenario and round.
    pub(super) fn all(
        run: &'a ReportedRun,
        case: usize,
        subject: usize,
    ) -> impl Iterator<Item = ReportedAttempt<'a>> {
        let name = &run.data.subjects[subject].name;
        let attempts = run.attempts_of(case).enumerate();
        attempts
            .filter(move |(_, summary)| summary.key.subject == *name)
            .map(move |(position, summary)| ReportedAttempt { summary, run, case, position })
    }

    fn path(&self) -> String {
        self.run.attempt_path(self.case, self.summary)
    }

    fn case(&self) -> &'a CaseSummary {
        &self.run.data.info.cases[self.case]
    }

    /// The same subject's attempt at another case, in the same scenario and round.
    fn at_case(&self, case: usize) -> Option<&'a AttemptSummary> {
        let key = &self.summary.key;
        let subject = self.run.subject_position(&key.subject)?;
        let is_there = case < self.run.data.info.cases.len();
        is_there
            .then(|| self.run.attempts_by(case, subject))?
            .find(|other| (other.key.scenario, other.key.round) == (key.scenario, key.round))
    }

    fn neighbour(&self, position: Option<usize>) -> Option<ReportedAttempt<'a>> {
        let position = position?;
        let summary = self.run.attempts_of(self.case).nth(position)?;
        Some(ReportedAttempt { summary, position, ..*self })
    }
}

/// The page that shows the attempt which its address names.
pub(super) fn shell() -> Page {
    let content = html! {
        div id="attempt" aria-live="polite" {
            p class="note" { "The attempt is loaded by the report's script, which has not run." }
        }
    };
    Page { title: "Attempt · Assay".to_owned(), root: "", trail: Vec::new(), content }
}

/// The program that an attempt came to; empty of none.
pub(super) fn program(record: &AttemptRecord) -> Program {
    let artifact = record.turns.last().and_then(|turn| turn.artifact.as_ref());
    let files = artifact.into_iter().flat_map(|artifact| &artifact.files);
    files.map(|(path, text)| (path.as_str().to_owned(), text.clone())).collect()
}

/// What is shown of an attempt: its title and its content, whose links begin at the
/// report's root. The program is what the attempt says something of, if it does.
pub(super) fn parts(
    attempt: &ReportedAttempt<'_>,
    record: &AttemptRecord,
    program: &Program,
) -> (String, Markup) {
    let case = attempt.case();
    let key = &record.key;
    let name = format!("{} · {} · round {}", key.subject, key.scenario, key.round);
    let way = [attempt.run.trail(), (case.id.clone(), attempt.run.case_path(attempt.case))];
    let content = html! {
        nav class="way" aria-label="Way to this attempt" { ol { (trail("", &way)) } }
        header class="heading" {
            p class="kicker" { "Attempt" }
            h1 { (badge::outcome(&record.outcome)) " " (brief(&name)) }
            p class="lede" { (brief(&case.title)) }
        }
        (failure(record))
        (context_full(record))
        (figures(attempt, record))
        (root_cause::section(record, program))
        (timeline::search(record))
        @for (number, turn) in record.turns.iter().enumerate() {
            (turn_section(attempt, record, number, turn))
        }
        @if record.turns.is_empty() {
            p { "No question of this attempt was answered." }
        }
        (neighbours(attempt))
    };
    (title(&format!("{name} · {} · Assay", key.case)), content)
}

fn failure(record: &AttemptRecord) -> Markup {
    let first = record.turns.last().and_then(|turn| turn.evidence.first_failure());
    html! {
        @match &record.outcome {
            Outcome::Errored(error) => {
                div class="callout callout-errored" {
                    p {
                        strong { "Not judged. " }
                        "A fault that the subject did not cause ended the attempt; it counts in no score."
                    }
                    p { strong { "Class: " } (error.class) }
                    (source::plain(&error.message))
                }
            }
            Outcome::Judged(judgement) => {
                @if let Some(first) = first {
                    div class={ "callout callout-" (badge::class_of(judgement)) } {
                        p { strong { "First failure. " } (brief(&first)) }
                    }
                }
            }
        }
    }
}

/// Why the subject was asked no further, where its context was full.
fn context_full(record: &AttemptRecord) -> Markup {
    html! {
        @if let Some(said) = &record.context_full {
            div class="callout callout-unfinished" {
                p {
                    strong { "Context full. " }
                    "The next question no longer fitted the model's context, so the attempt is judged by its last answer."
                }
                (source::plain(said))
            }
        }
    }
}

fn figures(attempt: &ReportedAttempt<'_>, record: &AttemptRecord) -> Markup {
    let case = attempt.case();
    let mut usage = Usage::default();
    for turn in &record.turns {
        usage += turn.evidence.usage();
    }
    let sum = |time: fn(&Turn) -> u64| duration(record.turns.iter().map(time).sum());
    let subject =
        attempt.run.data.subjects.iter().position(|known| known.name == record.key.subject);
    let subject_href = attempt.run.subject_path(subject.unwrap_or_default());
    html! {
        dl class="figures" {
            div { dt { "Subject" } dd { a href=(subject_href) { (brief(&record.key.subject)) } } }
            div { dt { "Case" } dd { a href=(attempt.run.case_path(attempt.case)) { (brief(&case.id)) } } }
            div { dt { "Scenario" } dd { (record.key.scenario) } }
            div { dt { "Round" } dd { (record.key.round) } }
            div { dt { "Language" } dd { (case.language.title()) } }
            div { dt { "Turns" } dd { (record.turns.len()) } }
            div { dt { "End" } dd { (record.end().title()) } }
            div { dt { "Finished" } dd { (brief(&attempt.summary.finished_at)) } }
            div { dt { "Tokens in / out" } dd { (tokens(&record.turns)) } }
            div { dt { "Cost" } dd { (cost(&bill(&record.turns))) } }
            (work::figures(attempt.run.data.works.get(&attempt.summary.id)))
            div { dt { "Answering" } dd { (sum(|turn| turn.asked_ms)) } }
            div { dt { "Validating" } dd { (sum(|turn| turn.validated_ms)) } }
            div { dt { "CPU time" } dd { (duration(usage.cpu_ms)) } }
            div { dt { "Memory at most" } dd { (bytes(usage.peak_memory_bytes)) } }
        }
    }
}

/// The sum of what the provider counted; a dash if it never did.
fn tokens(turns: &[Turn]) -> String {
    let bill = bill(turns);
    if bill.replies == bill.uncounted {
        return "–".to_owned();
    }
    let Tokens { input, cached, output, reasoning, .. } = bill.tokens;
    let of = |number: u64, what: &str| match number {
        0 => String::new(),
        number => format!(" ({} {what})", quantity::tokens(number)),
    };
    format!(
        "{}{} / {}{}",
        quantity::tokens(input),
        of(cached, "cached"),
        quantity::tokens(output),
        of(reasoning, "reasoning")
    )
}

/// What the replies of these turns took.
fn bill(turns: &[Turn]) -> Bill {
    let mut bill = Bill::default();
    for turn in turns {
        bill += Bill::from(turn.usage);
    }
    bill
}

fn turn_section(
    attempt: &ReportedAttempt<'_>,
    record: &AttemptRecord,
    number: usize,
    turn: &Turn,
) -> Markup {
    let heading = html! {
        "Turn " (number + 1) " of " (record.turns.len()) " "
        (badge::outcome(&turn.evidence.outcome()))
    };
    html! {
        section class="turn" {
            h2 { (heading) }
            p class="note" {
                "Answered in " (duration(turn.asked_ms)) ", validated in " (duration(turn.validated_ms))
                @if let Some(other) = &turn.shared_with {
                    " as an artifact identical to that of " (Visible::line(&other.to_string()))
                }
                @if turn.usage.tokens.is_some() { ", tokens in / out " (tokens(std::slice::from_ref(turn))) }
                @if let Some(cost) = turn.usage.cost { ", cost " (cost.to_string()) }
                (served::of_turn(&turn.served))
                @if let Some(estimate) = &turn.usage.estimate {
                    ", tokens in / out not counted, estimated at " (quantity::tokens(estimate.tokens.input)) " / " (quantity::tokens(estimate.tokens.output))
                    @if let Some(cost) = estimate.cost { ", cost ≈" (cost.to_string()) }
                }
                @if turn.usage.from_cache { "; the answer came from the response cache" }
                "."
            }
            (source::folding(&html! { "Prompt" }, &turn.prompt, false))
            // It may hold code that the model threw away, so it is never open beside the answer.
            @if let Some(thinking) = &turn.thinking {
                (source::folding(&html! { "Thinking, not part of the answer" }, thinking, true))
            }
            @if turn.finish != Finish::Complete {
                p class="note" { "The answer ended as " (turn.finish.as_str()) "." }
            }
            (timeline::of_turn(turn))
            (answer(turn))
            @if let Some(reading) = &turn.reading { (readings::of_turn(reading)) }
            @match &turn.artifact {
                Some(artifact) => (artifact_section(attempt, artifact)),
                // A statement has none.
                None if record.key.scenario.asks() == Asks::Recognise => {}
                None => {
                    h3 { "Artifact" }
                    p { "None." @if let Some(reason) = turn.evidence.why_no_code() { " No code: " (Visible::line(&reason.to_string())) "." } }
                }
            }
            (observations(turn))
        }
    }
}

/// The answer as it came, but for thinking that stood in it; folded where the artifact below
/// says it again.
fn answer(turn: &Turn) -> Markup {
    let folded = turn.artifact.is_some();
    html! {
        @match &turn.answer {
            Answer::Text(_) => {
                @let text = turn.spoken().unwrap_or_default();
                (source::folding(&html! { "Answer, as it came" }, &text, folded))
            }
            Answer::Files(files) => {
                @for (path, text) in files {
                    (source::folding(&html! { "Answer: " code { (Visible::line(path)) } }, text, folded))
                }
            }
        }
    }
}

/// The artifact; the script offers what it changes in the solutions of the case, and in the
/// artifact of the turn before.
fn artifact_section(attempt: &ReportedAttempt<'_>, artifact: &Artifact) -> Markup {
    let solutions = attempt.run.solutions_path(attempt.case);
    html! {
        h3 { "Artifact" }
        div class="artifact" data-name="Artifact" data-of="the artifact" data-solutions=[solutions] {
            @for (path, text) in &artifact.files { (source::file(path.as_str(), text)) }
        }
        (solutions::not_kept(attempt.case()))
        @if !artifact.refused.is_empty() {
            p { "Left out of the answer's files:" }
            ul { @for reason in &artifact.refused { li { (Visible::line(reason)) } } }
        }
    }
}

/// Each phase with its logs.
fn observations(turn: &Turn) -> Markup {
    let evidence = &turn.evidence;
    let failed_to_build = matches!(evidence.build_evidence(), BuildEvidence::Failed(_));
    let of =
        |phase: &str| turn.logs.iter().filter(|log| phase_of(log) == phase).collect::<Vec<_>>();
    let other = |log: &&Log| {
        !matches!(phase_of(log), "build" | "functional" | "security") && !timeline::is_told(log)
    };
    let others: Vec<&Log> = turn.logs.iter().filter(other).collect();
    html! {
        @if let Some(build) = evidence.build() { (suite::build(build)) }
        @if let BuildEvidence::Tampered { findings, .. } = evidence.build_evidence() {
            h3 { "Nothing was run " (badge::badge("tampered", "tampered")) }
            (suite::findings(findings))
        }
        (logs(&of("build"), failed_to_build))
        @for phase in Phase::ALL {
            @let word = match phase { Phase::Functional => "Functional", Phase::Security => "Security" };
            @if let Some(suite) = evidence.suite(phase) { (suite::suite(&format!("{word} tests"), suite)) }
            @if let Some(ballot) = evidence.ballot(phase) { (ballot::ballot(&format!("{word} judgement"), ballot)) }
            @if let Some(said) = evidence.analysis(phase) { (opinions::analysis(&format!("{word} analysis"), said)) }
            (logs(&of(phase.as_str()), false))
        }
        (opinions::beside(evidence))
        @if !others.is_empty() { h3 { "Other logs" } }
        (logs(&others, false))
    }
}

fn phase_of(log: &Log) -> &str {
    log.name.split('.').next().unwrap_or_default()
}

fn logs(logs: &[&Log], are_open: bool) -> Markup {
    html! {
        @for log in logs {
            (source::folding(&html! { "Log " code { (Visible::line(&log.name)) } }, &log.text, !are_open))
        }
    }
}

fn neighbours(attempt: &ReportedAttempt<'_>) -> Markup {
    let link = |attempt: &ReportedAttempt<'_>, rel: &str, label: &str| {
        let key = &attempt.summary.key;
        html! {
            a rel=(rel) href=(attempt.path()) {
                span class="note" { (label) }
                (brief(&key.subject)) " · " (key.scenario) " · round " (key.round)
            }
        }
    };
    let elsewhere = |case: Option<usize>, key: &str, label: &str| {
        let (case, run) = (case?, attempt.run);
        let same = attempt.at_case(case)?;
        let id = &run.data.info.cases[case].id;
        Some(html! {
            a data-key=(key) href=(run.attempt_path(case, same)) {
                span class="note" { (label) }
                (brief(id))
            }
        })
    };
    let before = elsewhere(attempt.case.checked_sub(1), "P", "The same at the case before");
    let after = elsewhere(Some(attempt.case + 1), "N", "The same at the next case");
    html! {
        nav class="neighbours" aria-label="Other attempts at this case" {
            @if let Some(previous) = attempt.neighbour(attempt.position.checked_sub(1)) { (link(&previous, "prev", "Attempt before")) }
            @if let Some(next) = attempt.neighbour(Some(attempt.position + 1)) { (link(&next, "next", "Next attempt")) }
        }
        @if before.is_some() || after.is_some() {
            nav class="neighbours" aria-label="The same at other cases" {
                @if let Some(before) = before { (before) }
                @if let Some(after) = after { (after) }
            }
        }
    }
}
