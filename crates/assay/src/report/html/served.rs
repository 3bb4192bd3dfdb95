//! Who answered: the models that servers named, and what is to be known of that.

use assay_core::Served;
use maud::{Markup, html};

use super::page::brief;
use crate::report::Serving;

/// What a reader of the scores has to know.
pub(super) fn warnings<'a>(served: impl IntoIterator<Item = &'a Serving>) -> Markup {
    let warnings: Vec<String> = served.into_iter().flat_map(Serving::warnings).collect();
    html! {
        @for warning in warnings {
            div class="callout callout-unfinished" { p { strong { "Warning. " } (warning) "." } }
        }
    }
}

/// Who answered, where that is not just what was asked for.
pub(super) fn facts(served: &[Serving]) -> Markup {
    html! {
        @for (serving, summary) in served.iter().filter_map(|it| Some((it, it.summary()?))) {
            dt { (serving.who()) } dd { (summary) }
        }
    }
}

/// Who gave one answer, as part of a sentence about it.
pub(super) fn of_turn(served: &Served) -> Markup {
    html! {
        @if let Some(model) = &served.model { ", by " code { (brief(model)) } }
        @if let Some(fingerprint) = &served.fingerprint {
            ", fingerprint " code { (brief(fingerprint)) }
        }
    }
}
