//! Subjects and baselines beside each other: whether programs are vulnerable, and of twins.

use assay_core::score::Detection;
use maud::{Markup, html};

use super::{ROOT, Row, key, number};
use crate::report::html::badge;
use crate::report::html::page::{brief, scrolling};
use crate::report::html::reported_run::ReportedRun;
use crate::report::quantity::{coefficient, count, interval, percent};

/// Every subject, then every baseline.
fn all<'a>(run: &'a ReportedRun, rows: &[Row<'a>]) -> Vec<(Markup, &'a Detection)> {
    let subject = |(at, name, card): &Row<'a>| {
        let link = html! {
            a class="subject-name" href={ (ROOT) (run.cov_eval_subject_path(*at)) } { (brief(name)) }
        };
        (link, &card.detection)
    };
    let baselines = run.data.baselines.iter();
    let baselines = baselines.map(|it| {
        (html! { span class="baseline" { "(" (it.baseline.title()) ")" } }, &it.detection)
    });
    rows.iter().map(subject).chain(baselines).collect()
}

pub(super) fn table(run: &ReportedRun, rows: &[Row<'_>]) -> Markup {
    let table = html! {
        table class="breakdown sortable" {
            thead { tr {
                th scope="col" { "Subject" }
                th scope="col" data-descending="" { "Balanced accuracy" }
                th scope="col" class="numeric" { "95 %" }
                th scope="col" class="numeric" data-descending="" { "MCC" }
                th scope="col" class="numeric" data-descending="" { "Specificity" }
                th scope="col" class="numeric" data-descending="" { "F1" }
                th scope="col" class="numeric" data-descending="" { "Recall" }
                th scope="col" class="numeric" data-descending="" { "Type F1" }
                th scope="col" class="numeric" data-descending="" { "Type accuracy" }
                th scope="col" class="numeric" { "Unread" }
                th scope="col" class="numeric" { "Programs" }
            } }
            tbody { @for (name, detection) in all(run, rows) { (row(&name, detection)) } }
        }
    };
    scrolling("Detection by subjects and baselines", &table)
}

fn row(name: &Markup, detection: &Detection) -> Markup {
    let recognition = &detection.recognition;
    let binary = recognition.binary();
    html! {
        tr {
            th scope="row" class="name" { (name) }
            td class="overall" data-key=(key(binary.balanced_accuracy())) {
                strong { (percent(binary.balanced_accuracy())) } (badge::meter(binary.balanced_accuracy()))
            }
            td class="numeric" { (interval(detection.balanced_accuracy_interval)) }
            td class="numeric" data-key=(key(binary.mcc())) { (coefficient(binary.mcc())) }
            (number(binary.specificity()))
            (number(binary.f1()))
            (number(binary.recall()))
            (number(recognition.weighted_f1()))
            (number(recognition.accuracy()))
            td class="numeric" { (count(recognition.unread())) }
            td class="numeric" { (count(recognition.judged())) }
        }
    }
}

/// What pairs came to.
pub(super) fn twins(run: &ReportedRun, rows: &[Row<'_>]) -> Markup {
    let all = all(run, rows);
    if all.iter().all(|(_, detection)| detection.twins.pairs() == 0) {
        return html! { p { "This run has no pairs: no two of its programs are known to be twins." } };
    }
    let table = html! {
        table class="breakdown sortable" {
            thead { tr {
                th scope="col" { "Subject" }
                th scope="col" class="numeric" data-descending="" { "Both right" }
                th scope="col" class="numeric" data-descending="" { "Only the vulnerable one right" }
                th scope="col" class="numeric" data-descending="" { "Only the clean one right" }
                th scope="col" class="numeric" data-descending="" { "Both wrong" }
                th scope="col" class="numeric" { "Pairs" }
            } }
            tbody {
                @for (name, detection) in all {
                    @let twins = detection.twins;
                    tr {
                        th scope="row" class="name" { (name) }
                        @for number in [twins.both, twins.only_vulnerable, twins.only_secure, twins.neither] {
                            (of_pairs(number, twins.pairs()))
                        }
                        td class="numeric" { (count(twins.pairs())) }
                    }
                }
            }
        }
    };
    scrolling("Pairs of twins by subjects and baselines", &table)
}

fn of_pairs(number: usize, pairs: usize) -> Markup {
    let share = assay_core::score::Rate::new(number, pairs).share();
    html! {
        td class="numeric" data-key=(key(share)) {
            @match pairs {
                0 => span class="none" { "–" },
                _ => { (count(number)) " " span class="note" { (percent(share)) } }
            }
        }
    }
}
