//! Small marks: verdicts in colour and word, stacked bars, meters.

use std::collections::BTreeMap;

use assay_core::suite::TestOutcome;
use assay_core::{Judgement, LabelJudgement, Outcome, Severity, Verdict};
use maud::{Markup, html};

use super::reported_run::Tally;
use crate::report::quantity::count;

pub(super) fn outcome(outcome: &Outcome) -> Markup {
    match outcome {
        Outcome::Judged(judgement) => badge(class_of(judgement), word(judgement)),
        Outcome::Errored(_) if outcome.is_unjudged() => badge("errored", "unjudged"),
        Outcome::Errored(_) => errored(),
    }
}

pub(super) fn errored() -> Markup {
    badge("errored", "errored")
}

pub(super) fn severity(severity: Severity) -> Markup {
    html! { span class={ "severity severity-" (severity) } { (severity) } }
}

pub(super) fn test(outcome: TestOutcome) -> Markup {
    match outcome {
        TestOutcome::Passed => badge("secure", "passed"),
        TestOutcome::Failed => badge("insecure", "failed"),
        TestOutcome::Errored => badge("nonfunctional", "errored"),
        TestOutcome::Skipped => badge("no-code", "skipped"),
        TestOutcome::Missing => badge("build-failed", "missing"),
    }
}

pub(super) fn badge(class: &str, label: &str) -> Markup {
    html! { span class={ "badge badge-" (class) } { (label) } }
}

/// The words for a verdict.
pub(super) fn label(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::NoCode => "no code",
        Verdict::BuildFailed => "build failed",
        Verdict::Nonfunctional => "nonfunctional",
        Verdict::Insecure => "insecure",
        Verdict::Secure => "secure",
        Verdict::Works => "works",
        Verdict::Tampered => "tampered",
    }
}

/// The part of a class name that gives a verdict its colour.
pub(super) fn class(verdict: Verdict) -> &'static str {
    verdict.as_str()
}

/// What an attempt came to, in a word.
pub(super) fn word_of(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Judged(judgement) => word(judgement),
        Outcome::Errored(_) if outcome.is_unjudged() => "unjudged",
        Outcome::Errored(_) => "errored",
    }
}

fn word(judgement: &Judgement) -> &'static str {
    judgement.verdict().map_or(judgement.as_str(), label)
}

/// The part of a class name that gives a judgement its colour: what is said of a program
/// has the colours of good and bad code.
pub(super) fn class_of(judgement: &Judgement) -> &'static str {
    match judgement {
        Judgement::Code(verdict) => class(*verdict),
        Judgement::Label(LabelJudgement { said: None, .. }) => class(Verdict::NoCode),
        Judgement::Label(label) if label.is_right() => class(Verdict::Secure),
        Judgement::Label(_) => class(Verdict::Insecure),
        Judgement::NotAsked(_) => "not-asked",
    }
}

/// How many attempts got each verdict: a bar, and the same in words for those
/// who do not see it.
pub(super) fn verdict_bar(verdicts: &BTreeMap<Verdict, usize>) -> Markup {
    let total: usize = verdicts.values().sum();
    if total == 0 {
        return html! { span class="none" { "none judged" } };
    }
    let shares: Vec<(Verdict, usize)> = Verdict::ALL
        .into_iter()
        .filter_map(|verdict| Some((verdict, verdicts.get(&verdict).copied()?)))
        .collect();
    let words: Vec<String> = shares
        .iter()
        .map(|(verdict, number)| format!("{} {}", count(*number), label(*verdict)))
        .collect();
    let starts = shares.iter().scan(0, |end, (_, number)| {
        let start = *end;
        *end += number;
        Some(start)
    });
    html! {
        svg class="bar" role="img" aria-label=(words.join(", ")) {
            @for (((verdict, number), words), start) in shares.iter().zip(&words).zip(starts) {
                rect class={ "fill-" (class(*verdict)) } height="100%"
                    x=(share(start, total)) width=(share(*number, total)) {
                    title { (words) }
                }
            }
        }
        span class="bar-words" {
            @for (verdict, number) in &shares {
                span class={ "count count-" (class(*verdict)) } { strong { (count(*number)) } " " (label(*verdict)) }
            }
        }
    }
}

/// A bar as long as a score; the number stands beside it.
pub(super) fn meter(score: Option<f64>) -> Markup {
    let width = format!("{:.2}%", score.unwrap_or(0.0) * 100.0);
    html! {
        svg class="meter" aria-hidden="true" {
            rect class="meter-track" width="100%" height="100%" {}
            rect class="meter-value" width=(width) height="100%" {}
        }
    }
}

/// `successes/judged`, coloured by their ratio.
pub(super) fn tally(tally: Tally) -> Markup {
    let Tally { successes, judged, errored, unjudged } = tally;
    html! {
        @if judged > 0 {
            @let shade = match successes {
                0 => "none",
                _ if successes == judged => "all",
                _ if successes * 2 >= judged => "most",
                _ => "some",
            };
            span class={ "tally tally-" (shade) } { (successes) "/" (judged) }
        } @else if errored + unjudged == 0 {
            span class="none" { "–" }
        }
        @if unjudged > 0 {
            " " span class="tally-errored" { (unjudged) " unjudged" }
        }
        @if errored > 0 {
            " " span class="tally-errored" { (errored) " errored" }
        }
    }
}

/// A part of a whole as an SVG length.
fn share(part: usize, total: usize) -> String {
    let hundredths = part * 10_000 / total;
    format!("{}.{:02}%", hundredths / 100, hundredths % 100)
}
