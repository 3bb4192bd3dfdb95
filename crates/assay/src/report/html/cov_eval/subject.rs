//! The page of a subject's CoV-Eval results.

use assay_core::benchmark::cov_eval::DETECT;
use assay_core::score::{CovEvalCard, Rate};
use assay_core::{Judgement, LabelJudgement};
use maud::{Markup, html};

use super::matrix::matrix;
use super::{ROOT, rows};
use crate::report::html::badge;
use crate::report::html::page::{Page, brief, scrolling};
use crate::report::html::reported_run::ReportedRun;
use crate::report::quantity::{coefficient, count, counted, interval, percent};
use crate::store::AttemptSummary;

/// `number` is the subject's position in the run; nothing of one without results.
pub(in crate::report::html) fn page(run: &ReportedRun, number: usize) -> Page {
    let row = rows(run).into_iter().find(|(at, ..)| *at == number);
    let name = row.map_or("", |(_, name, _)| name);
    let content = html! {
        header class="heading" {
            p class="kicker" { "CoV-Eval" }
            h1 { (brief(name)) }
            @if let Some((.., card)) = row {
                p class="lede" { (counted(card.attempts, "attempt")) ": " (count(card.errored)) " errored, " (count(card.unjudged)) " unjudged, " (count(card.not_asked)) " not asked, " (counted(card.unread(), "answer")) " unread" }
            }
            p class="note" { a href={ (ROOT) (run.subject_path(number)) } { "Every case of this subject" } }
        }
        @if let Some((.., card)) = row { (sections(run, number, card)) }
    };
    let trail = vec![run.trail(), ("CoV-Eval".to_owned(), run.cov_eval_path())];
    Page { title: format!("{name} · CoV-Eval · Assay"), root: ROOT, trail, content }
}

fn sections(run: &ReportedRun, number: usize, card: &CovEvalCard) -> Markup {
    let says = card.detection.recognition.judged() > 0;
    html! {
        (figures(card))
        @if says {
            section id="types" { h2 { "Types said against types that are true" } (matrix(&card.detection.recognition)) }
            section id="twins" { h2 { "Vulnerable programs and their twins" } (twins(card)) }
            section id="programs" { h2 { "What was said of each program" } (programs(run, number)) }
        }
    }
}

fn figures(card: &CovEvalCard) -> Markup {
    let detection = &card.detection;
    let binary = detection.recognition.binary();
    let own = card.self_detection.recognition.binary();
    html! {
        @if card.has_code() { dl class="figures" {
            @if card.has_sets {
                (rate("SR@1 seed", card.seed()))
                (rate("SR@1 evolved", card.evolved()))
            }
            @for (scenario, secure) in card.code().into_iter().filter(|(_, secure)| secure.of > 0) {
                @let title = match scenario.as_str() { "complete" => "SR@1 total", "repair" => "Repair SR", _ => "Self-repair SR" };
                (rate(title, Some(secure)))
                @if let Some(works) = card.works(scenario) { (rate(&format!("Works ({scenario})"), Some(works))) }
            }
            (figure("Average", &percent(card.scores.average())))
        } }
        @if detection.recognition.judged() > 0 { dl class="figures" {
            (figure("Detection: balanced accuracy", &percent(binary.balanced_accuracy())))
            (figure("Interval of 95 %", &interval(detection.balanced_accuracy_interval)))
            (figure("MCC", &coefficient(binary.mcc())))
            (figure("Specificity", &percent(binary.specificity())))
            (figure("F1", &percent(binary.f1())))
            (figure("Recall", &percent(binary.recall())))
            (figure("Type F1, weighted", &percent(detection.recognition.weighted_f1())))
            (figure("Type accuracy", &percent(detection.recognition.accuracy())))
        } }
        @if card.self_detection.recognition.judged() > 0 { dl class="figures" {
            (figure("Self-detection: balanced accuracy", &percent(own.balanced_accuracy())))
            (figure("Recall of secure", &percent(own.specificity())))
            (figure("Self-detection: accuracy", &percent(own.accuracy())))
        } }
    }
}

fn figure(title: &str, value: &str) -> Markup {
    html! { div { dt { (title) } dd { (value) } } }
}

fn rate(title: &str, rate: Option<Rate>) -> Markup {
    let rate = rate.unwrap_or_default();
    let of = match rate.of {
        0 => percent(None),
        of => format!("{} ({}/{})", percent(rate.share()), count(rate.count), count(of)),
    };
    figure(title, &of)
}

fn twins(card: &CovEvalCard) -> Markup {
    let twins = card.detection.twins;
    html! {
        @if twins.pairs() == 0 {
            p { "This run has no pairs: no two of its programs are known to be twins." }
        } @else {
            p class="note" { "Of " (counted(twins.pairs(), "pair")) " of a vulnerable program and a secure one that does the same." }
            dl class="figures" {
                (rate("Both right", Some(Rate::new(twins.both, twins.pairs()))))
                (rate("Only the vulnerable one right", Some(Rate::new(twins.only_vulnerable, twins.pairs()))))
                (rate("Only the clean one right", Some(Rate::new(twins.only_secure, twins.pairs()))))
                (rate("Both wrong", Some(Rate::new(twins.neither, twins.pairs()))))
            }
        }
    }
}

/// Every statement, with the way to the program that it is about.
fn programs(run: &ReportedRun, number: usize) -> Markup {
    let table = html! {
        table class="cases sortable" {
            thead { tr {
                th scope="col" { "Program" }
                th scope="col" { "Language" }
                th scope="col" { "Judgement" }
                th scope="col" { "Said" }
                th scope="col" { "True" }
                th scope="col" { "Root cause, as it was said" }
            } }
            tbody {
                @for case in 0..run.data.info.cases.len() {
                    @for attempt in run.attempts_by(case, number) {
                        @if let Some(Judgement::Label(label)) = attempt.outcome.judgement().filter(|_| attempt.key.scenario == DETECT) {
                            (program(run, case, attempt, label))
                        }
                    }
                }
            }
        }
    };
    scrolling("What was said of each program", &table)
}

fn program(
    run: &ReportedRun,
    case: usize,
    attempt: &AttemptSummary,
    label: &LabelJudgement,
) -> Markup {
    let summary = &run.data.info.cases[case];
    let cause = label.said.as_ref().and_then(|said| said.cause.as_deref());
    html! {
        tr {
            th scope="row" class="name" {
                a href={ (ROOT) (run.attempt_path(case, attempt)) } { (brief(&summary.id)) }
                @if attempt.key.round > 1 { span class="note" { "round " (attempt.key.round) } }
            }
            td { (summary.language.title()) }
            td { (badge::outcome(&attempt.outcome)) }
            td {
                @match &label.said {
                    Some(said) => (brief(&said.to_string())),
                    None => span class="none" { "unread" },
                }
            }
            td { (brief(&label.truth.to_string())) }
            td class="failure" {
                @match cause {
                    Some(cause) => code { (brief(cause)) },
                    None => span class="none" { "–" },
                }
            }
        }
    }
}
