//! What all pages have in common.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest as _, Sha256};

use super::search;
use crate::printable::Visible;

/// Nothing but the files beside the pages may be loaded, and nothing may run but the
/// report's own script: should markup ever slip through, it stays inert.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
                      img-src 'self' data:; base-uri 'none'";

/// Where pages are read.
#[derive(Debug)]
pub enum Medium {
    /// From disk, or from any web server.
    Files,
    /// From `assay serve`, during runs.
    Live(Live),
    /// Alone: the page has its style in itself, and leads nowhere.
    Alone,
}

/// What a live page has beside its content.
#[derive(Debug)]
pub struct Live {
    /// Of what the page was made; another one makes another page.
    pub version: u64,
    /// The progress of the runs that are not finished.
    pub strip: Markup,
}

/// All styles of all pages.
pub(super) const STYLE: &str = concat!(
    include_str!("style.css"),
    include_str!("cov_eval.css"),
    include_str!("comparison.css")
);

/// The policy of a page alone: no script, and no style but its own, by its digest.
fn policy_alone() -> String {
    let digest = BASE64_STANDARD.encode(Sha256::digest(STYLE.as_bytes()));
    format!(
        "default-src 'none'; style-src 'sha256-{digest}'; img-src data:; base-uri 'none'; form-action 'none'"
    )
}

const ICON: &str = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' \
                    viewBox='0 0 16 16'%3E%3Crect y='2' width='16' height='3' fill='%231f8468'/%3E\
                    %3Crect y='6.5' width='11' height='3' fill='%23d18b13'/%3E\
                    %3Crect y='11' width='6' height='3' fill='%23c63a2f'/%3E%3C/svg%3E";

/// A page around its content.
pub(super) struct Page {
    /// Plain text; may hold anything.
    pub(super) title: String,
    /// The way from the page up to the report's root: empty, or `../` as often
    /// as it takes.
    pub(super) root: &'static str,
    /// Where the page belongs: labels and, from the root, paths.
    pub(super) trail: Vec<(String, String)>,
    pub(super) content: Markup,
}

impl Page {
    pub(super) fn render(self, medium: &Medium) -> Markup {
        let title = title(&self.title);
        let root = self.root;
        let live = match medium {
            Medium::Files | Medium::Alone => None,
            Medium::Live(live) => Some(live),
        };
        let is_alone = matches!(medium, Medium::Alone);
        html! {
            (DOCTYPE)
            html lang="en" data-root=(root) data-version=[live.map(|live| live.version)] {
                head {
                    meta charset="utf-8";
                    @match medium {
                        // Its script asks the server what is new.
                        Medium::Live(_) => meta http-equiv="Content-Security-Policy" content={ (POLICY) "; form-action 'self'; connect-src 'self'" };,
                        Medium::Files => meta http-equiv="Content-Security-Policy" content={ (POLICY) "; form-action 'none'" };,
                        Medium::Alone => meta http-equiv="Content-Security-Policy" content=(policy_alone());,
                    }
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    meta name="referrer" content="no-referrer";
                    title { (title) }
                    link rel="icon" href=(ICON);
                    @if is_alone {
                        style { (PreEscaped(STYLE)) }
                    } @else {
                        link rel="stylesheet" href={ (root) "style.css" };
                        script src={ (root) "report.js" } defer {}
                    }
                    @if live.is_some() { script src={ (root) "live.js" } defer {} }
                }
                body {
                    a class="skip" href="#content" { "Skip to the content" }
                    header class="top" {
                        nav aria-label="Breadcrumbs" {
                            ol {
                                li {
                                    @if is_alone {
                                        span class="mark" { (emblem()) "Assay" }
                                    } @else {
                                        a class="mark" href={ (root) "index.html" } { (emblem()) "Assay" }
                                    }
                                }
                                (trail(root, &self.trail))
                            }
                            // A page alone has no other page beside it.
                            @if !is_alone { a href={ (root) (search::PATH) } { "Search" } }
                        }
                    }
                    @if let Some(live) = live { div id="live" { (live.strip) } }
                    main id="content" { (self.content) }
                    footer { p { "Written by Assay " (env!("CARGO_PKG_VERSION")) ". Every score is computed from stored evidence." } }
                }
            }
        }
    }
}

/// A page that is complete in one file, around content of another room.
pub fn alone(title: &str, content: Markup) -> String {
    let page = Page { title: title.to_owned(), root: "", trail: Vec::new(), content };
    page.render(&Medium::Alone).into_string()
}

/// A title without what is hidden, and not longer than any honest one.
pub(super) fn title(text: &str) -> String {
    Visible::line(text).to_string().chars().take(300).collect()
}

/// Labels and paths as items of a list.
pub(super) fn trail(root: &str, trail: &[(String, String)]) -> Markup {
    html! {
        @for (label, path) in trail {
            li { a href={ (root) (path) } { (brief(label)) } }
        }
    }
}

fn emblem() -> Markup {
    html! {
        svg class="emblem" viewBox="0 0 16 16" aria-hidden="true" {
            rect class="fill-secure" y="2" width="16" height="3" {}
            rect class="fill-nonfunctional" y="6.5" width="11" height="3" {}
            rect class="fill-insecure" y="11" width="6" height="3" {}
        }
    }
}

/// The ways to the pages before and after this one, by their names and paths from the page.
pub(super) fn neighbours(
    label: &str,
    before: Option<(&str, String)>,
    after: Option<(&str, String)>,
) -> Markup {
    html! {
        @if before.is_some() || after.is_some() {
            nav class="neighbours" aria-label=(label) {
                @if let Some((name, path)) = before {
                    a rel="prev" href=(path) { span class="note" { "Before" } (brief(name)) }
                }
                @if let Some((name, path)) = after {
                    a rel="next" href=(path) { span class="note" { "Next" } (brief(name)) }
                }
            }
        }
    }
}

/// A CWE identifier, linked to its definition when it is one.
pub(super) fn cwe(id: &str) -> Markup {
    let number = id.strip_prefix("CWE-").filter(|number| {
        !number.is_empty() && number.len() < 6 && number.bytes().all(|byte| byte.is_ascii_digit())
    });
    html! {
        @match number {
            Some(number) => {
                a class="cwe" rel="noreferrer" href={ "https://cwe.mitre.org/data/definitions/" (number) ".html" } { (id) }
            }
            None => span { (brief(id)) },
        }
    }
}

/// A table in a region that scrolls by itself, so that its head stays in view
/// and the page never scrolls sideways.
pub(super) fn scrolling(label: &str, table: &Markup) -> Markup {
    html! {
        div class="scrolling" role="region" aria-label=(label) tabindex="0" { (table) }
    }
}

/// A name, a title or a phrase on one line, cut where it is longer than any
/// honest one.
pub(super) fn brief(text: &str) -> Markup {
    const MAX: usize = 160;
    let text = text.trim();
    html! {
        @match text.char_indices().nth(MAX) {
            Some((end, _)) => { (Visible::line(&text[..end])) "…" }
            None => (Visible::line(text)),
        }
    }
}
