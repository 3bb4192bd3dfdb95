//! What an agent did on its way to an artifact, step by step, and the search over it.

use assay_core::log::Log;
use assay_core::{AttemptRecord, Turn};
use maud::{Markup, html};

use super::page::brief;
use super::source;
use crate::report::quantity::{self, counted, duration};
use crate::timeline::{CONVERSATION_LOG, END_LOG, PATCH_LOG, Step, Timeline};

/// The logs that are shown here, and not beside those of the validation.
pub(super) fn is_told(log: &Log) -> bool {
    log.name.starts_with("agent.")
}

/// The search over the steps of all turns, which the script makes work; nothing of a model.
pub(super) fn search(record: &AttemptRecord) -> Markup {
    let is_of_steps = |log: &Log| log.name == CONVERSATION_LOG;
    if !record.turns.iter().any(|turn| turn.logs.iter().any(is_of_steps)) {
        return html! {};
    }
    html! {
        form class="filters steps" role="search" aria-label="Steps of the agent" {
            label class="field" {
                span { "Find in the steps" }
                input type="search" name="find" autocomplete="off" spellcheck="false" aria-keyshortcuts="/" aria-describedby="steps-keys";
            }
            label {
                span { "In" }
                select name="in" {
                    option value="" { "all but thinking" }
                    option value="message" { "messages" }
                    option value="tool" { "tools and commands" }
                    option value="output" { "outputs of tools" }
                    option value="thinking" { "thinking" }
                    option value="all" { "everything" }
                }
            }
            span class="buttons" {
                button type="button" data-by="-1" aria-label="Step before that has it" { "↑" }
                button type="button" data-by="1" aria-label="Next step that has it" { "↓" }
            }
            output aria-live="polite" {}
            p class="note" id="steps-keys" { kbd { "/" } " to come here, " kbd { "Enter" } " and " kbd { "Shift Enter" } " to go on and back, " kbd { "Escape" } " for all steps." }
        }
    }
}

/// The timeline of a turn, and what else is kept of the agent; nothing of a model.
pub(super) fn of_turn(turn: &Turn) -> Markup {
    let log = |name: &str| turn.logs.iter().find(|log| log.name == name);
    let timeline = log(CONVERSATION_LOG).and_then(|log| Timeline::read(&log.text));
    html! {
        @if let Some(end) = log(END_LOG) {
            h3 { "The agent's work" }
            @if let Some(timeline) = &timeline {
                p class="note" {
                    (counted(timeline.steps.len(), "request")) " to its model, "
                    (counted(timeline.calls(), "tool call")) "."
                }
                // The numbers stay when some are hidden.
                ol class="timeline" {
                    @for (step, number) in timeline.steps.iter().zip(1..) {
                        li value=(number) { (step_of(number, step)) }
                    }
                }
            }
            (source::folding(&html! { "How it was started, and how it ended" }, &end.text, true))
            @for (name, title) in [
                ("agent.stdout", "What it printed"),
                ("agent.stderr", "Its errors"),
                (PATCH_LOG, "What else it changed, which does not count"),
            ] {
                @if let Some(log) = log(name) {
                    (source::folding(&html! { (title) }, &log.text, true))
                }
            }
        }
    }
}

fn step_of(number: usize, step: &Step) -> Markup {
    let took = duration(step.ended_ms.saturating_sub(step.begun_ms));
    html! {
        p class="note" {
            strong { "Step " (number) } " after " (duration(step.begun_ms)) ", in " (took)
            @if let Some((input, output)) = step.tokens {
                ", tokens in / out " (quantity::tokens(input)) " / " (quantity::tokens(output))
            }
            "."
        }
        @for sent in &step.sent {
            @let (kind, title) = match sent.is_output {
                true => ("output", "A tool gave"),
                false => ("message", "Told its model"),
            };
            (part(kind, &html! { (title) }, &sent.text, true))
        }
        @if let Some(thinking) = &step.thinking {
            (part("thinking", &html! { "Thinking" }, thinking, true))
        }
        @if let Some(text) = &step.text { (part("message", &html! { "Said" }, text, false)) }
        @for call in &step.calls {
            @let title = html! { "Used " code { (brief(&call.name)) } };
            (part("tool", &title, &call.arguments, false))
        }
        @if let Some(failure) = &step.failure {
            p data-kind="message" { strong { "Not answered: " } (brief(failure)) }
        }
    }
}

/// A text of a step, which the search finds as one of its kind.
fn part(kind: &str, title: &Markup, text: &str, folded: bool) -> Markup {
    html! { div data-kind=(kind) { (source::folding(title, text, folded)) } }
}
