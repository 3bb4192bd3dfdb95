//! What the answers of models took, and what errors do to scores, as tables and notes.

use maud::{Markup, html};

use super::page::{brief, scrolling};
use super::reported_run::{Entry, ReportedRun};
use crate::report::quantity::{
    amount, bracket, cost, count, counted, errors, paid, percent, tokens,
};

/// The tokens and cost of each subject of a run; nothing where no model was asked.
pub(super) fn table(run: &ReportedRun) -> Markup {
    let subjects = &run.data.subjects;
    let asked: Vec<_> = subjects.iter().filter(|it| !it.spending.is_nothing()).collect();
    if asked.is_empty() {
        return html! {};
    }
    let heads = [
        "Tokens in",
        "of these cached",
        "Tokens out",
        "of these reasoning",
        "Cost",
        "Cost an attempt",
        "Repairs",
        "Judges",
        "From the cache",
        "Paid in this run",
    ];
    let table = html! {
        table class="spending" {
            thead { tr {
                th scope="col" { "Subject" }
                @for head in heads { th scope="col" class="numeric" { (head) } }
            } }
            tbody {
                @for subject in &asked {
                    @let spending = &subject.spending;
                    @let all = &spending.total;
                    tr {
                        th scope="row" class="name" { span class="subject-name" { (brief(&subject.name)) } }
                        td class="numeric" { (tokens(all.tokens.input)) }
                        td class="numeric" { (tokens(all.tokens.cached)) }
                        td class="numeric" { (tokens(all.tokens.output)) }
                        td class="numeric" { (tokens(all.tokens.reasoning)) }
                        td class="numeric" { (cost(all)) }
                        td class="numeric" { (amount(spending.cost_each(subject.card.attempts))) }
                        td class="numeric" { (percent(spending.repairs.share_of(all))) }
                        td class="numeric" { (percent(spending.judges.share_of(all))) }
                        td class="numeric" { (percent(spending.from_cache.share_of(all))) }
                        td class="numeric" { (paid(spending)) }
                    }
                }
            }
        }
    };
    html! {
        (scrolling("Tokens and cost by subject", &table))
        @for subject in &asked {
            @if let Some(estimated) = subject.spending.estimated() {
                p class="note" { strong { (brief(&subject.name)) } ": " (estimated) "." }
            }
        }
        p class="note" {
            "Costs are in the currency of the configured prices; – means that no cost is known, ≥ that the cost of some answers is not known, and ≈ that tokens which a provider did not count are estimated. "
            "Shares are of the cost, or of the tokens if the cost of some answers is not known. Answers from the response cache have their original cost."
        }
    }
}

/// For each subject with errored attempts, which errors they were and what the overall
/// score can be.
pub(super) fn brackets(entries: &[Entry<'_>]) -> Markup {
    let errored: Vec<_> = entries.iter().filter(|it| it.score().card.errored > 0).collect();
    html! {
        @if !errored.is_empty() {
            ul class="brackets note" {
                @for entry in errored {
                    @let card = &entry.score().card;
                    li {
                        strong { (brief(&entry.score().name)) } ", " (brief(&entry.run.name)) ": "
                        @match &card.withheld {
                            Some(withheld) => { "overall score withheld, because " (withheld.to_string()) }
                            None => { (count(card.errored)) " of " (counted(card.attempts, "attempt")) " errored" }
                        }
                        " (" (errors(&card.errors)) "); overall " (bracket(&card.bracket)) "."
                    }
                }
            }
        }
    }
}
