//! How answers were read: scores under both readings, and where each file was found.

use assay_core::reading::{OtherReading, TurnReading};
use maud::{Markup, html};

use super::badge;
use super::page::brief;
use super::reported_run::Entry;
use crate::printable::Visible;
use crate::report::readings::summary;

/// The scores under the other reading; nothing if it makes no difference.
pub(super) fn differences(entries: &[Entry<'_>]) -> Markup {
    let told: Vec<(&str, String)> = entries
        .iter()
        .filter_map(|entry| Some((entry.score().name.as_str(), summary(entry.score())?)))
        .collect();
    html! {
        @if !told.is_empty() {
            p class="note" {
                "Answers are read in two ways: strict, exactly by the requested form, and lenient, as a person would read. The scores above use the reading that is named first; in some answers the other reading finds a different artifact:"
            }
            ul class="note readings" {
                @for (name, summary) in &told { li { strong { (brief(name)) } ": " (summary) "." } }
            }
        }
    }
}

/// Where the files of a turn's artifact were found, and what the other reading finds.
pub(super) fn of_turn(reading: &TurnReading) -> Markup {
    let other = reading.reading.other();
    html! {
        @if !reading.found.is_empty() {
            p class="note" {
                "Read by the " (reading.reading) " reading"
                @for (path, found) in &reading.found {
                    "; " code { (Visible::line(path.as_str())) } " was found as " (found)
                }
                "."
            }
        }
        @if let Some(found) = &reading.other {
            p class="note reading-differs" {
                "The " (other) " reading " (made_of_it(found)) "."
            }
        }
    }
}

fn made_of_it(other: &OtherReading) -> Markup {
    html! {
        @match (&other.artifact, &other.observed) {
            (_, Err(error)) => { "finds another artifact, which was not validated: " (Visible::line(&error.to_string())) }
            (None, Ok(evidence)) => {
                "finds no code: " (Visible::line(&evidence.first_failure().unwrap_or_default()))
            }
            (Some(_), Ok(evidence)) => {
                "finds another artifact, which is " (badge::outcome(&evidence.outcome()))
                @if let Some(failure) = evidence.first_failure() { " (" (Visible::line(&failure)) ")" }
            }
        }
    }
}
