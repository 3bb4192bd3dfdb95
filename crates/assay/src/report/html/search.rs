//! The page of the search. `assay serve` answers it from an index; in a report that was written,
//! the script searches the report's own files (search.js).

use std::collections::BTreeMap;

use maud::{Markup, html};

use super::badge;
use super::page::{Page, brief};
use super::reported_run::ReportedRun;
use crate::printable::Visible;
use crate::report::quantity::{count, counted};
use crate::store::{AttemptSummary, FoundText, TextKind};

pub(super) const PATH: &str = "search.html";

/// Cases and failures that are listed, and attempts that are named of a text.
const MOST: usize = 20;
pub const ATTEMPTS_NAMED: usize = 4;

/// Where is sought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    Everything,
    Cases,
    Failures,
    Texts(TextKind),
}

impl Scope {
    const ALL: [Scope; 6] = [
        Scope::Everything,
        Scope::Cases,
        Scope::Failures,
        Scope::Texts(TextKind::Prompt),
        Scope::Texts(TextKind::Answer),
        Scope::Texts(TextKind::Log),
    ];

    /// The scope of a name; what has no such name is everything.
    pub fn of(name: &str) -> Scope {
        Scope::ALL.into_iter().find(|it| it.as_str() == name).unwrap_or(Scope::Everything)
    }

    fn as_str(self) -> &'static str {
        match self {
            Scope::Everything => "everything",
            Scope::Cases => "cases",
            Scope::Failures => "failures",
            Scope::Texts(kind) => kind.as_str(),
        }
    }
}

/// What a reader asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    pub words: String,
    pub scope: Scope,
    /// From 0.
    pub page: usize,
}

/// A text that was found, and what stands around the first word in it.
#[derive(Debug, Clone)]
pub struct Hit {
    pub found: FoundText,
    pub before: String,
    pub word: String,
    pub after: String,
}

/// What was found in the texts of a run.
#[derive(Debug, Clone, Default)]
pub struct FoundInRun {
    pub hits: Vec<Hit>,
    /// How many texts there are.
    pub all: usize,
    /// Attempts whose texts are not in the index yet.
    pub waiting: usize,
    /// Why its texts cannot be sought in.
    pub fault: Option<String>,
}

/// Texts of a run on one page of results.
pub const ON_A_PAGE: usize = 20;

/// The page, with what was found; `found` is in the order of the runs.
pub(super) fn page(runs: &[ReportedRun], asked: Option<(&Query, &[FoundInRun])>) -> Page {
    let content = html! {
        header class="heading" { h1 { "Search" } }
        (form(asked.map(|(query, _)| query)))
        div id="found" aria-live="polite" {
            @if let Some((query, found)) = asked { (results(runs, query, found)) }
        }
    };
    let title = match asked {
        Some((query, _)) if !query.words.is_empty() => format!("{} · Search · Assay", query.words),
        _ => "Search · Assay".to_owned(),
    };
    Page { title, root: "", trail: Vec::new(), content }
}

fn form(query: Option<&Query>) -> Markup {
    let (words, chosen) =
        query.map_or(("", Scope::Everything), |query| (query.words.as_str(), query.scope));
    html! {
        form id="search" method="get" action=(PATH) role="search" {
            label {
                span { "Words, all of which a text has" }
                input type="search" name="q" value=(words) autocomplete="off" spellcheck="false" maxlength="200";
            }
            label {
                span { "In" }
                select name="in" {
                    @for scope in Scope::ALL {
                        option value=(scope.as_str()) selected[scope == chosen] { (scope.as_str()) }
                    }
                }
            }
            button type="submit" { "Search" }
        }
    }
}

fn results(runs: &[ReportedRun], query: &Query, found: &[FoundInRun]) -> Markup {
    let words: Vec<String> = query.words.split_whitespace().map(str::to_lowercase).collect();
    if words.is_empty() {
        return html! {};
    }
    let seeks = |scope| query.scope == Scope::Everything || query.scope == scope;
    let is_first = query.page == 0;
    html! {
        @if is_first && seeks(Scope::Cases) { (cases(runs, &words)) }
        @if is_first && seeks(Scope::Failures) { (failures(runs, &words)) }
        @for (run, found) in runs.iter().zip(found) {
            @if !matches!(query.scope, Scope::Cases | Scope::Failures) { (texts(runs, run, query, found)) }
        }
    }
}

fn has_all(text: &str, words: &[String]) -> bool {
    let text = text.to_lowercase();
    words.iter().all(|word| text.contains(word))
}

fn cases(runs: &[ReportedRun], words: &[String]) -> Markup {
    let all = runs.iter().flat_map(|run| {
        run.data.info.cases.iter().enumerate().map(move |(place, case)| (run, place, case))
    });
    let found: Vec<_> =
        all.filter(|(_, _, case)| has_all(&format!("{} {}", case.id, case.title), words)).collect();
    html! {
        h2 { "Cases " small class="note" { (count(found.len())) } }
        ul class="found" {
            @for (run, place, case) in found.iter().take(MOST) {
                li {
                    a href=(run.case_path(*place)) { (brief(&case.id)) }
                    " " span class="note" { (brief(&case.title)) @if runs.len() > 1 { " · " (brief(&run.name)) } }
                }
            }
        }
        (more(found.len()))
    }
}

fn failures(runs: &[ReportedRun], words: &[String]) -> Markup {
    let attempts = runs.iter().flat_map(|run| run.data.attempts.iter().map(move |it| (run, it)));
    let failed = attempts.filter_map(|(run, it)| Some((run, it, it.first_failure.as_deref()?)));
    let mut all = 0;
    let mut found: BTreeMap<&str, (usize, &ReportedRun, &AttemptSummary)> = BTreeMap::new();
    for (run, attempt, failure) in failed.filter(|(_, _, failure)| has_all(failure, words)) {
        all += 1;
        found.entry(failure).or_insert((0, run, attempt)).0 += 1;
    }
    html! {
        h2 { "First failures " small class="note" { (counted(all, "attempt")) } }
        ul class="found" {
            @for (failure, (number, run, attempt)) in found.iter().take(MOST) {
                li {
                    p { (brief(failure)) }
                    p class="note" { (way(run, attempt)) @if *number > 1 { " and " (counted(number - 1, "more attempt")) } }
                }
            }
        }
        (more(found.len()))
    }
}

fn more(found: usize) -> Markup {
    html! {
        @if found > MOST { p class="note" { (count(found - MOST)) " more are left out here; add a word to narrow it down." } }
    }
}

/// The way to an attempt.
fn way(run: &ReportedRun, attempt: &AttemptSummary) -> Markup {
    let key = &attempt.key;
    let case = run.position_of(&key.case).unwrap_or_default();
    html! {
        a href=(run.attempt_path(case, attempt)) {
            (brief(&key.subject)) " · " (brief(&key.case)) " · " (key.scenario) " · round " (key.round)
        }
        " " (badge::outcome(&attempt.outcome))
    }
}

fn texts(runs: &[ReportedRun], run: &ReportedRun, query: &Query, found: &FoundInRun) -> Markup {
    let named: Vec<i64> = found.hits.iter().flat_map(|hit| hit.found.attempts.clone()).collect();
    let mut attempts: BTreeMap<i64, &AttemptSummary> = BTreeMap::new();
    for attempt in run.data.attempts.iter().filter(|it| named.contains(&it.id)) {
        attempts.insert(attempt.id, attempt);
    }
    let last = (query.page + 1) * ON_A_PAGE;
    html! {
        h2 {
            "Texts " @if runs.len() > 1 { "of " (brief(&run.name)) " " }
            small class="note" { (count(found.all)) }
        }
        @if let Some(fault) = &found.fault { p class="cut" { (brief(fault)) } }
        @if found.waiting > 0 {
            p class="cut" data-waiting=(found.waiting) { "The texts of " (counted(found.waiting, "attempt")) " are still being read for the search; ask again in a moment." }
        }
        ol class="found" start=(query.page * ON_A_PAGE + 1) {
            @for hit in &found.hits {
                li {
                    p class="excerpt" { span class="kind" { (singular(hit.found.kind)) } " " (Visible::line(&hit.before)) mark { (Visible::line(&hit.word)) } (Visible::line(&hit.after)) }
                    @let shown: Vec<_> = hit.found.attempts.iter().filter_map(|id| attempts.get(id)).collect();
                    ul class="note" {
                        @for attempt in &shown { li { (way(run, attempt)) } }
                        @if hit.found.all > shown.len() { li { "and " (counted(hit.found.all - shown.len(), "more attempt")) } }
                    }
                }
            }
        }
        @if query.page > 0 || found.all > last {
            nav class="neighbours" aria-label="More texts" {
                @if query.page > 0 { a rel="prev" href=(address(query, query.page - 1)) { "Texts before" } }
                @if found.all > last { a rel="next" href=(address(query, query.page + 1)) { "Next texts" } }
            }
        }
    }
}

fn singular(kind: TextKind) -> &'static str {
    match kind {
        TextKind::Prompt => "Prompt",
        TextKind::Answer => "Answer",
        TextKind::Log => "Log",
    }
}

/// The address of a page of the same results.
fn address(query: &Query, page: usize) -> String {
    let words: String = query.words.bytes().fold(String::new(), |mut text, byte| {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' | b'-' | b'.' => text.push(byte.into()),
            byte => text.push_str(&format!("%{byte:02X}")),
        }
        text
    });
    format!("{PATH}?q={words}&in={}&page={page}", query.scope.as_str())
}
