//! What a page shows about unfinished runs while it is open.

use maud::{Markup, html};

use super::badge;
use super::page::{brief, title};
use crate::report::quantity::{count, counted};
use crate::store::Pulse;

/// Asks the server what is new, and puts it into the page.
pub const SCRIPT: &str = include_str!("live.js");

/// A run in progress.
#[derive(Debug, Clone, Copy)]
pub struct LiveRun<'a> {
    pub name: &'a str,
    pub planned: usize,
    pub pulse: &'a Pulse,
    /// How many seconds of the last minute the run has been there.
    pub seconds: usize,
}

impl LiveRun<'_> {
    /// How many attempts end a minute, and how long the rest will take.
    fn speed(&self) -> String {
        let left = self.planned.saturating_sub(self.pulse.finished());
        let recent = self.pulse.last_minute;
        match (recent, left) {
            (0, _) => "none in the last minute".to_owned(),
            (_, 0) => format!("{} in the last minute", count(recent)),
            _ => {
                let minutes = (left * self.seconds).div_ceil(recent * 60);
                let time = match (minutes / 60, minutes % 60) {
                    (0, minutes) => format!("{minutes} min"),
                    (hours, minutes) => format!("{} h {minutes:02} min", count(hours)),
                };
                format!("{} in the last minute, about {time} left", count(recent))
            }
        }
    }
}

/// How far runs have come, and what cannot be shown.
pub fn strip(runs: &[LiveRun<'_>], faults: &[String]) -> Markup {
    html! {
        @for run in runs {
            @let finished = run.pulse.finished();
            section class="live" aria-label={ (title(run.name)) " goes on" } {
                p {
                    strong { (brief(run.name)) } " goes on: "
                    (count(finished)) " of " (counted(run.planned, "attempt")) " finished, " (run.speed())
                    @if run.pulse.paid > assay_core::Cost::ZERO { "; " (run.pulse.paid.to_string()) " spent" }
                    "."
                }
                progress max=(run.planned) value=(finished) aria-label="Finished attempts" {}
                p class="live-counts" {
                    (badge::verdict_bar(&run.pulse.verdicts))
                    @if run.pulse.others > 0 { " " (count(run.pulse.others)) " without a verdict on code" }
                    @if run.pulse.unjudged > 0 { " " (count(run.pulse.unjudged)) " unjudged" }
                    @if run.pulse.errored > 0 { " " (count(run.pulse.errored)) " errored" }
                }
            }
        }
        @for fault in faults {
            p class="live live-fault" { strong { "Not shown. " } (brief(fault)) }
        }
    }
}
