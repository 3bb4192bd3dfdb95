//! The page that people read before they decide: each scenario beside its seed, with what each filter
//! said. It is one file that needs nothing else, and nothing in it runs.

use maud::{Markup, html};

use super::evolution::Evolution;
use super::filter::Standing;
use super::review::order;
use crate::printable::Visible;
use crate::report::html::alone;

/// The page as text.
pub fn page(evolution: &Evolution, standings: &[Standing], corpus: &str) -> String {
    let places = order(evolution, standings);
    let count = |wanted: &str| standings.iter().filter(|it| it.as_str() == wanted).count();
    let content = html! {
        h1 { "Review of evolved scenarios" }
        p {
            "From " code { (Visible::line(corpus)) } ": "
            (count("kept")) " kept, " (count("undecided")) " for people to decide, "
            (count("dropped")) " dropped, " (count("open")) " open. "
            "Decide in the columns decision (keep or drop), comment and who of " code { "review.csv" }
            ", and give it back with " code { "--decisions review.csv" } "."
        }
        @for place in places { (candidate(evolution, place, &standings[place])) }
    };
    alone("Review of evolved scenarios · Assay", content)
}

fn candidate(evolution: &Evolution, place: usize, standing: &Standing) -> Markup {
    let candidate = &evolution.candidates[place];
    let seed = evolution.seed(candidate);
    let (text, digest) = candidate.text().unwrap_or_default();
    let files = candidate.proved();
    html! {
        section {
            h2 { (Visible::line(&candidate.id)) }
            p {
                strong { (standing.as_str()) }
                @if let Standing::Dropped(filter, reason) | Standing::Undecided(filter, reason) = standing {
                    " by " (filter.as_str()) ": " (Visible::line(reason))
                }
            }
            p class="note" {
                (Visible::line(&seed.case.cwe.join(", "))) ", " (seed.language()) ", digest "
                code { (digest) }
            }
            ul {
                @for finding in evolution.findings(candidate) {
                    li { (Visible::line(&super::review::told(&finding))) }
                }
            }
            @if let Some(decision) = &candidate.decision {
                p { "Decided: " (decision.verdict.as_str()) ", " (Visible::line(&decision.reason())) }
            }
            div class="sides" {
                div class="side" { h3 { "Seed" } pre { code { (Visible::block(seed.text())) } } }
                div class="side" { h3 { "Evolved" } pre { code { (Visible::block(text)) } } }
            }
            @for (path, content) in files.into_iter().flatten() {
                details {
                    summary { (Visible::line(path.as_str())) }
                    pre { code { (Visible::block(&String::from_utf8_lossy(content))) } }
                }
            }
        }
    }
}
