//! What was said of a program beside the truth, and the line that is said to be the root
//! cause, shown in the program.

use std::collections::BTreeMap;

use assay_core::record::AttemptRecord;
use assay_core::{Judgement, Label};
use maud::{Markup, html};

use super::page::brief;
use super::{badge, source};
use crate::printable::Visible;

/// The files of the program that a statement is about, by path.
pub(super) type Program = BTreeMap<String, String>;

/// A short line may be in a program many times.
const MAX_PLACES: usize = 10;

/// Nothing of an attempt that says nothing of a program.
pub(super) fn section(record: &AttemptRecord, program: &Program) -> Markup {
    let Some(Judgement::Label(label)) = record.outcome.judgement() else { return html! {} };
    let said = label.said.clone().unwrap_or_default();
    html! {
        section id="root-cause" {
            h2 { "What was said, and what is true" }
            dl class="facts" {
                dt { "Said" }
                dd {
                    @match &label.said {
                        Some(said) => (brief(&said.to_string())),
                        None => "could not be read",
                    }
                    " " (badge::outcome(&record.outcome))
                }
                dt { "True" } dd { (brief(&label.truth.to_string())) }
                (cause("Root cause, as it was said", &said, program))
                (cause("True root cause", &label.truth, program))
            }
            (shown(program, &said, &label.truth))
        }
    }
}

fn cause(title: &str, label: &Label, program: &Program) -> Markup {
    html! {
        @match (&label.cause, label.line) {
            (Some(cause), _) => { dt { (title) } dd { code { (Visible::line(cause)) } " " (places(label, program)) } }
            (None, Some(line)) => { dt { (title) } dd { "line " (line) } }
            (None, None) => {}
        }
    }
}

/// Where the lines are, as a program may be long.
fn places(label: &Label, program: &Program) -> Markup {
    let places = program.iter().flat_map(|(path, text)| {
        label.lines_in(text).into_iter().map(move |line| format!("{path}:{line}"))
    });
    let places: Vec<String> = places.take(MAX_PLACES).collect();
    html! {
        @if !places.is_empty() { span class="note" { (Visible::line(&places.join(", "))) } }
    }
}

fn shown(program: &Program, said: &Label, truth: &Label) -> Markup {
    if program.is_empty() {
        return html! { p class="note" { "The program is in the prompt below: the run does not keep it apart." } };
    }
    let is_found = program.values().any(|text| !said.lines_in(text).is_empty());
    html! {
        @if said.cause.is_some() && !is_found {
            p class="note" { "The program has no line like the one that was said." }
        }
        @for (path, text) in program {
            @let (said, truth) = (said.lines_in(text), truth.lines_in(text));
            (source::marked_file(path, text, &|line| mark(said.contains(&line), truth.contains(&line))))
        }
    }
}

/// The class of a line; the style sheet adds the words.
fn mark(is_said: bool, is_true: bool) -> Option<&'static str> {
    match (is_said, is_true) {
        (true, true) => Some("said-and-true"),
        (true, false) => Some("said"),
        (false, true) => Some("true"),
        (false, false) => None,
    }
}
