//! What an agent did on its way to an artifact, step by step.

use assay_core::Turn;
use assay_core::log::Log;
use maud::{Markup, html};

use super::page::brief;
use super::source;
use crate::report::quantity::{self, counted, duration};
use crate::report::timeline::{Step, Timeline};

/// The logs that are shown here, and not beside those of the validation.
pub(super) fn is_told(log: &Log) -> bool {
    log.name.starts_with("agent.")
}

/// The timeline of a turn, and what else is kept of the agent; nothing of a model.
pub(super) fn of_turn(turn: &Turn) -> Markup {
    let log = |name: &str| turn.logs.iter().find(|log| log.name == name);
    let timeline = log("agent.conversation").and_then(|log| Timeline::read(&log.text));
    html! {
        @if let Some(end) = log("agent.end") {
            h3 { "The agent's work" }
            @if let Some(timeline) = &timeline {
                p class="note" {
                    (counted(timeline.steps.len(), "request")) " to its model, "
                    (counted(timeline.calls(), "tool call")) "."
                }
                ol class="timeline" { @for step in &timeline.steps { li { (step_of(step)) } } }
            }
            (source::folding(&html! { "How it was started, and how it ended" }, &end.text, true))
            @for (name, title) in [
                ("agent.stdout", "What it printed"),
                ("agent.stderr", "Its errors"),
                ("agent.patch", "What else it changed, which does not count"),
            ] {
                @if let Some(log) = log(name) {
                    (source::folding(&html! { (title) }, &log.text, true))
                }
            }
        }
    }
}

fn step_of(step: &Step) -> Markup {
    let took = duration(step.ended_ms.saturating_sub(step.begun_ms));
    html! {
        p class="note" {
            "After " (duration(step.begun_ms)) ", in " (took)
            @if let Some((input, output)) = step.tokens {
                ", tokens in / out " (quantity::tokens(input)) " / " (quantity::tokens(output))
            }
            "."
        }
        @for text in &step.sent { (source::folding(&html! { "Told its model" }, text, true)) }
        @if let Some(thinking) = &step.thinking {
            (source::folding(&html! { "Thinking" }, thinking, true))
        }
        @if let Some(text) = &step.text { (source::folding(&html! { "Said" }, text, false)) }
        @for call in &step.calls {
            (source::folding(&html! { "Used " code { (brief(&call.name)) } }, &call.arguments, false))
        }
        @if let Some(failure) = &step.failure { p { strong { "Not answered: " } (brief(failure)) } }
    }
}
