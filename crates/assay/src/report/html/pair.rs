//! Two attempts at a case side by side: the way there from a case, and the page that shows any two.

use maud::{Markup, html};

use super::page::{Page, title};
use super::reported_run::ReportedRun;

/// The page that shows the attempts which its address names.
pub(super) fn shell() -> Page {
    let content = html! {
        div id="pair" aria-live="polite" {
            p class="note" { "The attempts are loaded by the report's script, which has not run." }
        }
    };
    Page { title: "Side by side · Assay".to_owned(), root: "", trail: Vec::new(), content }
}

/// Lets a reader choose two of all who have attempts at a case; shown by the script.
pub(super) fn form(runs: &[ReportedRun], run: &ReportedRun, case: usize) -> Markup {
    let choices = choices(runs, run, case);
    html! {
        @if choices.len() > 1 {
            form id="pair-form" class="filters" data-page="../pair.html" aria-label="Two subjects side by side" hidden {
                @for (side, label) in ["First", "Second"].into_iter().enumerate() {
                    label {
                        span { (label) }
                        select name=(label.to_lowercase()) {
                            @for (place, (part, name)) in choices.iter().enumerate() {
                                option value=(part) selected[place == side] { (name) }
                            }
                        }
                    }
                }
                button type="submit" { "Side by side" }
            }
        }
    }
}

/// Who has attempts at a case of this id, those of this run first: the names of their files, and
/// how they are called.
fn choices(runs: &[ReportedRun], run: &ReportedRun, case: usize) -> Vec<(String, String)> {
    let shown = &run.data.info.cases[case];
    let mut choices = Vec::new();
    let others = runs.iter().filter(|other| other.number != run.number);
    for other in std::iter::once(run).chain(others) {
        let Some(position) = other.position_of(&shown.id) else { continue };
        for subject in other.subjects_at(position) {
            let mut name = other.data.subjects[subject].name.clone();
            if runs.len() > 1 {
                name.push_str(&format!(" · {}", other.name));
            }
            if other.data.info.cases[position].digest != shown.digest {
                name.push_str(" (another version of the case)");
            }
            choices.push((other.attempts_stem(position, subject), title(&name)));
        }
    }
    choices
}
