//! The confusion matrix: which types were said of programs of each type.

use assay_core::score::Recognition;
use assay_core::statistic::{Class, Classes};
use maud::{Markup, html};

use super::classes::{short, sorted, title};
use super::tenths;
use crate::report::html::page::scrolling;
use crate::report::quantity::count;

/// A row for each true type and a column for each that was said; answers that could not be
/// read have a column of their own, even where there is none.
pub(super) fn matrix(recognition: &Recognition) -> Markup {
    let confusion = recognition.confusion();
    let truths = sorted(confusion.keys().map(|classes| &classes.truth));
    let unread = Class::Unread;
    let both = confusion.keys().flat_map(|classes| [&classes.truth, &classes.said]);
    let said = sorted(both.chain([&unread]));
    let cell = |truth: &Class, said: &Class| {
        let classes = Classes { truth: truth.clone(), said: said.clone() };
        confusion.get(&classes).copied().unwrap_or_default()
    };
    let table = html! {
        table class="shades confusion" {
            caption { "Rows: what programs are. Columns: what was said of them, by the numbers of CWEs; none is not vulnerable. Right answers are framed; shades are shares of a row." }
            thead { tr {
                th scope="col" { "True type" }
                @for said in &said { th scope="col" class="numeric" { (short(said)) } }
                th scope="col" class="numeric" { "All" }
            } }
            tbody {
                @for truth in &truths {
                    @let all = said.iter().map(|said| cell(truth, said)).sum();
                    tr {
                        th scope="row" { (title(truth)) }
                        @for said in &said { (counted(cell(truth, said), all, truth == said)) }
                        td class="numeric" { (count(all)) }
                    }
                }
            }
        }
    };
    scrolling("Types that were said, by types that are true", &table)
}

fn counted(number: usize, all: usize, is_right: bool) -> Markup {
    let right = if is_right { " right" } else { "" };
    html! {
        @match number {
            0 => td class={ "numeric" (right) } { span class="none" { "·" } },
            _ => td class={ "numeric shade share-" (tenths(number, all)) (right) } { (count(number)) },
        }
    }
}
