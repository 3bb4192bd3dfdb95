//! What an artifact changes, as unified diffs.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use maud::{Markup, html};
use similar::{ChangeTag, InlineChange, TextDiff};

use crate::printable::Visible;

/// Larger files are not compared.
const MAX_BYTES: usize = 256 << 10;

/// After this the comparison goes on more coarsely: hostile texts can make it
/// slow.
const PATIENCE: Duration = Duration::from_secs(1);

/// Unchanged lines around a change.
const CONTEXT: usize = 4;

/// The changes from one set of files to another.
pub(super) fn files(old: &BTreeMap<&str, &str>, new: &BTreeMap<&str, &str>) -> Markup {
    let paths: BTreeSet<&str> = old.keys().chain(new.keys()).copied().collect();
    html! {
        @for path in paths {
            figure class="file" {
                figcaption {
                    code { (Visible::line(path)) }
                    @match (old.get(path), new.get(path)) {
                        (None, _) => span class="note" { " added" },
                        (_, None) => span class="note" { " not in the artifact" },
                        _ => {}
                    }
                }
                @if let Some(new) = new.get(path) {
                    (file(old.get(path).copied().unwrap_or_default(), new))
                }
            }
        }
    }
}

fn file(old: &str, new: &str) -> Markup {
    if old == new {
        return html! { p class="note" { "Unchanged." } };
    }
    if old.len().max(new.len()) > MAX_BYTES {
        return html! { p class="cut" { "The files are too large to be compared here." } };
    }
    let diff = TextDiff::configure().timeout(PATIENCE).diff_lines(old, new);
    html! {
        table class="diff" {
            @for (number, group) in diff.grouped_ops(CONTEXT).iter().enumerate() {
                tbody {
                    @if number > 0 {
                        tr class="gap" { td colspan="3" aria-label="Unchanged lines left out" { "⋯" } }
                    }
                    @for op in group {
                        @for change in diff.iter_inline_changes(op) { (line(&change)) }
                    }
                }
            }
        }
    }
}

fn line(change: &InlineChange<'_, str>) -> Markup {
    let (class, sign) = match change.tag() {
        ChangeTag::Equal => ("same", " "),
        ChangeTag::Delete => ("removed", "−"),
        ChangeTag::Insert => ("added", "+"),
    };
    let number = |index: Option<usize>| index.map(|index| (index + 1).to_string());
    html! {
        tr class=(class) {
            td class="number" { (number(change.old_index()).unwrap_or_default()) }
            td class="number" { (number(change.new_index()).unwrap_or_default()) }
            td class="change" {
                span class="sign" { (sign) }
                @for (is_emphasized, text) in change.iter_strings_lossy() {
                    @let text = text.trim_end_matches('\n');
                    @if is_emphasized { b { (Visible::block(text)) } } @else { (Visible::block(text)) }
                }
                @if change.missing_newline() { span class="note" { " no line end at the end of the file" } }
            }
        }
    }
}
