//! The votes of judges on a phase.

use assay_core::score::PanelScore;
use assay_core::{Ballot, CitedCertificate};
use maud::{Markup, html};

use super::badge;
use super::page::brief;
use super::source;
use crate::printable::Visible;
use crate::report::quantity::{count, counted};
use crate::report::{certificate, panel};

/// A ballot's heading and its votes, each with its reason and what it took.
pub(super) fn ballot(title: &str, ballot: &Ballot) -> Markup {
    let votes = ballot.votes();
    html! {
        h3 { (title) " " (word(ballot.passed())) }
        p class="note" {
            (votes.len() - ballot.against()) " of " (counted(votes.len(), "vote")) " for it"
            @if ballot.is_unanimous() && votes.len() > 1 { ", unanimous" }
            "."
        }
        table class="tests" {
            thead {
                tr {
                    th scope="col" { "Judge" }
                    th scope="col" { "Vote" }
                    th scope="col" { "Reason" }
                    th scope="col" class="numeric" { "Tokens in / out" }
                    th scope="col" class="numeric" { "Cost" }
                }
            }
            tbody {
                @for vote in votes {
                    tr {
                        th scope="row" {
                            (brief(&vote.judge))
                            @if vote.sample > 1 { " " span class="note" { "vote " (vote.sample) } }
                        }
                        td { (word(vote.passed)) }
                        td { (source::plain(&vote.reason)) }
                        td class="numeric" { (panel::tokens(&vote.usage)) }
                        td class="numeric" { (panel::cost(&vote.usage)) }
                    }
                }
            }
        }
    }
}

/// The panel of a run, among its facts.
pub(super) fn facts(panel: &PanelScore, cited: Option<&CitedCertificate>) -> Markup {
    html! {
        dt { "Ballots" } dd { (panel::summary(panel)) }
        dt { "Certificate" } dd { (Visible::line(&certificate::sentence(panel, cited))) }
        @for (name, judge) in &panel.judges {
            dt { "Judge " (brief(name)) }
            dd {
                (counted(judge.votes, "vote")) ", " (count(judge.passed)) " of them pass; "
                (count(judge.with_majority)) " with the majority; tokens in / out "
                (panel::tokens(&judge.usage)) ", cost " (panel::cost(&judge.usage))
            }
        }
    }
}

fn word(passed: bool) -> Markup {
    if passed { badge::badge("secure", "pass") } else { badge::badge("insecure", "fail") }
}
