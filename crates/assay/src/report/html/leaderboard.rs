//! The subjects of all runs, side by side.

use std::collections::BTreeSet;

use assay_core::score::{Leaderboard, Pair, RankRange, Scorecard};
use assay_core::{Language, Scenario, Severity};
use maud::{Markup, html};

use super::page::{brief, scrolling};
use super::reported_run::Entry;
use super::{badge, readings, spending};
use crate::report::quantity::{self, cost, count, counted, interval, overall, percent, tokens};

/// How subjects are named: two runs may have subjects of one name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Names {
    Alone,
    WithRun,
}

/// Ranks, scores and verdicts.
pub(super) fn leaderboard(
    entries: &[Entry<'_>],
    board: Option<&Leaderboard>,
    names: Names,
) -> Markup {
    let shown = Shown {
        unjudged: entries.iter().any(|entry| entry.score().card.unjudged > 0),
        spending: entries.iter().any(|entry| !entry.score().spending.is_nothing()),
    };
    let table = html! {
        table class="leaderboard sortable" {
            thead {
                tr {
                    th scope="col" class="numeric" { abbr title="The ranks that the subject may have, by differences beyond chance" { "Ranks" } }
                    th scope="col" { "Subject" }
                    th scope="col" data-descending="" aria-sort="descending" { "Overall" }
                    th scope="col" class="numeric" { abbr title="95 % interval of the overall score, in per cent" { "95 %" } }
                    th scope="col" class="numeric" { "Unweighted" }
                    th scope="col" class="numeric" { "Functional" }
                    th scope="col" { "Verdicts" }
                    th scope="col" class="numeric" { "Attempts" }
                    th scope="col" class="numeric" { "Errored" }
                    @if shown.unjudged { th scope="col" class="numeric" { "Unjudged" } }
                    @if shown.spending {
                        th scope="col" class="numeric" { "Tokens out" }
                        th scope="col" class="numeric" { "Cost" }
                    }
                }
            }
            tbody {
                @for (place, entry) in entries.iter().enumerate() {
                    @let ranks = board.and_then(|board| board.entries.get(place)?.ranks);
                    (line(place, entry, ranks, names, shown))
                }
            }
        }
    };
    html! {
        (scrolling("Leaderboard", &table))
        (compared(entries, board))
        (spending::brackets(entries))
        (readings::differences(entries))
    }
}

/// Columns that only some reports have.
#[derive(Debug, Clone, Copy)]
struct Shown {
    unjudged: bool,
    spending: bool,
}

/// What the script sorts a score by.
pub(super) fn key(score: Option<f64>) -> String {
    score.map_or_else(String::new, |score| score.to_string())
}

/// How many subjects differ beyond chance, in words.
fn compared(entries: &[Entry<'_>], board: Option<&Leaderboard>) -> Markup {
    let Some(board) = board.filter(|_| entries.len() > 1) else { return html! {} };
    let beyond =
        |pairs: &mut dyn Iterator<Item = &Pair>| pairs.filter(|it| it.is_significant()).count();
    let (neighbours, all) = (board.neighbours().count(), board.pairs.len());
    if all == 0 {
        return html! {
            p class="note" { "No two subjects have a case in the same version, so none are compared." }
        };
    }
    html! {
        p class="note" {
            (beyond(&mut board.neighbours())) " of the " (counted(neighbours, "pair"))
            " of neighbours differ beyond chance, and " (beyond(&mut board.pairs.iter())) " of all "
            (counted(all, "pair")) ": compared over the cases that both have in the same version, paired by case, with p-values adjusted for the number of pairs. A rank range gives the ranks that a subject may have."
        }
    }
}

fn line(
    place: usize,
    entry: &Entry<'_>,
    ranks: Option<RankRange>,
    names: Names,
    shown: Shown,
) -> Markup {
    let (card, spending) = (&entry.score().card, &entry.score().spending);
    let best = ranks.map_or_else(String::new, |ranks| ranks.best.to_string());
    html! {
        tr data-subject=(place) {
            td class="numeric rank" data-key=(best) { (quantity::ranks(ranks)) }
            th scope="row" class="name" { (name(entry, names)) }
            td class="overall" data-score="overall" data-key=(key(card.overall)) { strong class="value" { (overall(card)) } (badge::meter(card.overall)) }
            td class="numeric" data-score="interval" { span class="value" { (interval(card.intervals.overall)) } }
            td class="numeric" data-score="unweighted" { span class="value" { (percent(card.unweighted)) } }
            td class="numeric" data-score="functional" { span class="value" { (percent(card.functional)) } }
            td class="verdicts" data-score="verdicts" { (badge::verdict_bar(&card.verdicts)) }
            td class="numeric" data-score="attempts" { (count(card.attempts)) }
            td class="numeric" data-score="errored" {
                @if card.errored > 0 { span class="tally-errored" { (count(card.errored)) } } @else { "0" }
            }
            @if shown.unjudged { td class="numeric" data-score="unjudged" { (count(card.unjudged)) } }
            @if shown.spending {
                td class="numeric" data-score="tokens" { (tokens(spending.total.tokens.output)) }
                td class="numeric" data-score="cost" { (cost(&spending.total)) }
            }
        }
    }
}

fn name(entry: &Entry<'_>, names: Names) -> Markup {
    let is_finished = entry.run.data.completion().is_finished();
    html! {
        a class="subject-name" href=(entry.run.subject_path(entry.subject)) { (brief(&entry.score().name)) }
        @if names == Names::WithRun {
            a class="note" href={ "#run-" (entry.run.number) } { (brief(&entry.run.name)) }
        }
        @if !is_finished { span class="note" { "unfinished" } }
    }
}

/// The scores of parts of the corpus.
pub(super) fn breakdown(entries: &[Entry<'_>], names: Names) -> Markup {
    let scenarios: BTreeSet<Scenario> =
        entries.iter().flat_map(|entry| entry.score().card.scenarios.keys().copied()).collect();
    let languages: BTreeSet<Language> =
        entries.iter().flat_map(|entry| entry.score().card.languages.keys().copied()).collect();
    let present: BTreeSet<Severity> =
        entries.iter().flat_map(|entry| entry.score().card.severities.keys().copied()).collect();
    let severities: Vec<Severity> =
        Severity::ALL.into_iter().filter(|severity| present.contains(severity)).collect();
    let groups = [
        ("Scenario", scenarios.len()),
        ("Language", languages.len()),
        ("Severity", severities.len()),
    ];
    let groups = groups.iter().filter(|(_, columns)| *columns > 0);
    let table = html! {
        table class="breakdown sortable" {
            thead {
                tr class="groups" {
                    td {}
                    @for (label, columns) in groups { th scope="colgroup" colspan=(columns) { (label) } }
                }
                tr {
                    th scope="col" { "Subject" }
                    (heads("scenario", scenarios.iter().map(|it| (it.as_str(), it.as_str()))))
                    (heads("language", languages.iter().map(|it| (it.as_str(), it.title()))))
                    (heads("severity", severities.iter().map(|it| (it.as_str(), it.as_str()))))
                }
            }
            tbody {
                @for (place, entry) in entries.iter().enumerate() {
                    @let card = &entry.score().card;
                    tr data-subject=(place) {
                        th scope="row" class="name" { (name(entry, names)) }
                        (scores(scenarios.iter().map(|scenario| of_scenario(card, *scenario))))
                        (scores(languages.iter().map(|language| of_language(card, *language))))
                        (scores(severities.iter().map(|severity| of_severity(card, *severity))))
                    }
                }
            }
        }
    };
    scrolling("Scores by scenario, language and severity", &table)
}

fn of_scenario(card: &Scorecard, scenario: Scenario) -> Option<f64> {
    card.scenarios.get(&scenario).copied().flatten()
}

fn of_language(card: &Scorecard, language: Language) -> Option<f64> {
    card.languages.get(&language).and_then(|score| score.overall)
}

fn of_severity(card: &Scorecard, severity: Severity) -> Option<f64> {
    card.severities.get(&severity).copied().flatten()
}

/// The first column of a group is set off from the group before.
fn class(index: usize) -> &'static str {
    if index == 0 { "numeric group-start" } else { "numeric" }
}

/// The heads of parts of one kind, each with the name that the script knows it by.
fn heads(kind: &'static str, labels: impl Iterator<Item = (&'static str, &'static str)>) -> Markup {
    html! {
        @for (index, (name, label)) in labels.enumerate() {
            th scope="col" class=(class(index)) data-kind=(kind) data-part=(name) { (label) }
        }
    }
}

fn scores(scores: impl Iterator<Item = Option<f64>>) -> Markup {
    html! {
        @for (index, score) in scores.enumerate() {
            td class=(class(index)) {
                (percent(score))
                @if score.is_some() { (badge::meter(score)) }
            }
        }
    }
}
