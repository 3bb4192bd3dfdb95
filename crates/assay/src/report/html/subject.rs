//! The page of a subject in a run: its scores, and how it fared at each case.

use assay_core::Severity;
use assay_core::score::{Interval, Scorecard};
use maud::{Markup, html};

use super::filters::number_of;
use super::leaderboard::key;
use super::page::{Page, brief, cwe, neighbours, scrolling};
use super::reported_run::{ReportedRun, success};
use super::{badge, failures, served, work};
use crate::report::quantity::{count, counted, interval, overall, percent, ranks};
use crate::report::{readings, repeats, telling};

const ROOT: &str = "../";

/// `number` is the subject's position in the run.
pub(super) fn page(run: &ReportedRun, number: usize) -> Page {
    let score = &run.data.subjects[number];
    let card = &score.card;
    let attempts = || run.data.attempts.iter().filter(|it| it.key.subject == score.name);
    let ranks = ranks(run.data.board.entries.get(number).and_then(|entry| entry.ranks));
    let content = html! {
        header class="heading" {
            p class="kicker" { "Subject" }
            h1 { (brief(&score.name)) }
            p class="lede" { (counted(card.attempts, "attempt")) " at " (counted(run.data.info.cases.len(), "case")) }
            @if score.cov_eval.is_some() {
                p { a href={ (ROOT) (run.cov_eval_subject_path(number)) } { "Its results in CoV-Eval" } }
            }
        }
        dl class="figures" {
            div { dt { "Overall" } dd { strong { (overall(card)) } } }
            div { dt { "Interval of 95 %" } dd { (interval(card.intervals.overall)) } }
            @if let Some(others) = card.intervals.overall_by_others {
                div { dt { "By a bootstrap" } dd { (interval(Some(others.bootstrap))) } }
                div { dt { "Bayesian" } dd { (interval(Some(others.bayesian))) } }
            }
            div { dt { "Ranks in this run" } dd { (ranks) } }
            div { dt { "Unweighted" } dd { (percent(card.unweighted)) } }
            div { dt { "Functional" } dd { (percent(card.functional)) } }
            @for (k, score) in card.pass_at.iter().filter(|(k, _)| matches!(k, 3 | 5 | 10)) {
                div { dt { "Pass@" (k) } dd { (percent(*score)) } }
                div { dt { "Pass^" (k) } dd { (percent(card.pass_all.get(k).copied().flatten())) } }
            }
            @if let Some(repair) = card.repair {
                div { dt { "Before repairs" } dd { (percent(Some(repair.first))) } }
            }
            div { dt { "Errored" } dd { (count(card.errored)) } }
        }
        @if card.variance.is_some() {
            p class="note" {
                "Of how its attempts vary, " (telling::share(card.variance, 0)) " lies between cases, "
                (telling::share(card.variance, 1)) " between the scenarios of a case, and "
                (telling::share(card.variance, 2)) " between rounds of the same question."
            }
        }
        (badge::verdict_bar(&card.verdicts))
        @if let Some(withheld) = &card.withheld {
            div class="callout callout-unfinished" { p { "The overall score is withheld: " (withheld.to_string()) "." } }
        }
        @if let Some(ended) = score.context_full() {
            div class="callout callout-unfinished" { p { (ended) "." } }
        }
        @if let Some(summary) = repeats::summary(score) {
            div class="callout callout-unfinished" { p { strong { "Not independent. " } "Its " (summary) "." } }
        }
        @if let Some(summary) = readings::summary(score) {
            div class="callout callout-unfinished" { p { strong { "Two readings. " } (summary) "." } }
        }
        (served::warnings(run.data.served.iter().filter(|it| it.is_of_subject(&score.name))))
        section { h2 { "Scores" } (scores(card)) }
        (work::section(score.work.as_ref()))
        section {
            h2 { "What goes wrong most often" }
            (failures::table(&failures::commonest(attempts())))
        }
        section { h2 { "Cases" } (cases(run, number)) }
        (others(run, number))
    };
    let trail = vec![run.trail()];
    let title = format!("{} · Assay", score.name);
    Page { title, root: ROOT, trail, content }
}

/// The subjects before and after this one, by their scores.
fn others(run: &ReportedRun, number: usize) -> Markup {
    let other = |at: usize| {
        let subject = run.data.subjects.get(at)?;
        Some((subject.name.as_str(), format!("{ROOT}{}", run.subject_path(at))))
    };
    neighbours("Other subjects", number.checked_sub(1).and_then(other), other(number + 1))
}

/// Every part of the corpus that has a score, with its interval.
fn scores(card: &Scorecard) -> Markup {
    let intervals = &card.intervals;
    let scenarios = card.scenarios.iter().map(|(it, score)| {
        ("scenario", it.to_string(), *score, intervals.scenarios.get(it).copied().flatten())
    });
    let languages = card.languages.iter().map(|(it, score)| {
        let interval = intervals.languages.get(it).copied().flatten();
        ("language", it.title().to_owned(), score.overall, interval)
    });
    let severities = Severity::ALL.into_iter().filter_map(|it| {
        let score = card.severities.get(&it)?;
        let interval = intervals.severities.get(&it).copied().flatten();
        Some(("severity", it.to_string(), *score, interval))
    });
    let mut cwes: Vec<_> = card.cwes.iter().collect();
    cwes.sort_by_key(|(cwe, _)| number_of(cwe));
    let cwes = cwes.into_iter().map(|(it, score)| {
        ("CWE", it.to_owned(), *score, intervals.cwes.get(it).copied().flatten())
    });
    let rows: Vec<(&str, String, Option<f64>, Option<Interval>)> =
        scenarios.chain(languages).chain(severities).chain(cwes).collect();
    let table = html! {
        table class="scores sortable" {
            thead { tr {
                th scope="col" { "Of" }
                th scope="col" { "Part" }
                th scope="col" data-descending="" { "Score" }
                th scope="col" class="numeric" { "95 %" }
            } }
            tbody {
                @for (kind, part, score, ends) in &rows {
                    tr {
                        td class="none" { (kind) }
                        th scope="row" { @if *kind == "CWE" { (cwe(part)) } @else { (brief(part)) } }
                        td class="overall" data-key=(key(*score)) { (percent(*score)) (badge::meter(*score)) }
                        td class="numeric" { (interval(*ends)) }
                    }
                }
            }
        }
    };
    scrolling("Scores by scenario, language, severity and CWE", &table)
}

fn cases(run: &ReportedRun, number: usize) -> Markup {
    let table = html! {
        table class="cases sortable" {
            thead { tr {
                th scope="col" { "Case" }
                th scope="col" { "Language" }
                th scope="col" { "CWE" }
                th scope="col" { "Severity" }
                th scope="col" class="numeric" { (success(std::slice::from_ref(run))) }
                th scope="col" { "Commonest failure" }
            } }
            tbody {
                @for (position, case) in run.data.info.cases.iter().enumerate() {
                    @let failures = failures::commonest(run.attempts_by(position, number));
                    @let tally = run.tally(position, number);
                    tr {
                        th scope="row" class="name" {
                            a href={ (ROOT) (run.case_path(position)) "#" (run.subject_anchor(number)) } { (brief(&case.id)) }
                            span class="note" { (brief(&case.title)) }
                        }
                        td { (case.language.title()) }
                        td class="cwes" { @for id in &case.cwe { (cwe(id)) " " } }
                        td { (badge::severity(case.severity)) }
                        td class="numeric" data-key=(tally.key()) { (badge::tally(tally)) }
                        td class="failure" {
                            @match failures.first() {
                                Some((failure, _)) => (brief(failure)),
                                None => span class="none" { "–" },
                            }
                        }
                    }
                }
            }
        }
    };
    scrolling("Cases", &table)
}
