//! What a program may be said to be, in the order of the paper's tables.

use std::collections::BTreeSet;

use assay_core::statistic::Class;
use assay_core::weakness::COV_EVAL;
use maud::{Markup, html};

use crate::printable::Visible;
use crate::report::html::filters::number_of;
use crate::report::html::page::{brief, cwe};

/// Weaknesses in the order of the paper's Table 2; others follow by number.
pub(super) fn in_order<'a>(cwes: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let cwes: BTreeSet<&str> = cwes.collect();
    let mut cwes: Vec<&str> = cwes.into_iter().collect();
    cwes.sort_by_key(|cwe| (place(cwe), number_of(cwe)));
    cwes
}

fn place(cwe: &str) -> usize {
    COV_EVAL.iter().position(|known| known.cwe == cwe).unwrap_or(COV_EVAL.len())
}

/// Classes in order: weaknesses, a weakness without its type, no weakness, and what could
/// not be read.
pub(super) fn sorted<'a>(classes: impl Iterator<Item = &'a Class>) -> Vec<&'a Class> {
    let classes: BTreeSet<&Class> = classes.collect();
    let mut classes: Vec<&Class> = classes.into_iter().collect();
    classes.sort_by_key(|class| match class {
        Class::Vulnerable(cwe) if cwe.is_empty() => (1, 0, 0),
        Class::Vulnerable(cwe) => (0, place(cwe), number_of(cwe)),
        Class::Secure => (2, 0, 0),
        Class::Unread => (3, 0, 0),
    });
    classes
}

/// The words for a class.
pub(super) fn title(class: &Class) -> Markup {
    html! {
        @match class {
            Class::Vulnerable(id) if id.is_empty() => "type not named",
            Class::Vulnerable(id) if id.starts_with("CWE-") => (cwe(id)),
            Class::Vulnerable(id) => (brief(id)),
            Class::Secure => "not vulnerable",
            Class::Unread => "unread",
        }
    }
}

/// A class at the head of a narrow column.
pub(super) fn short(class: &Class) -> Markup {
    let number = |id: &str| id.strip_prefix("CWE-").map(str::to_owned);
    html! {
        @match class {
            Class::Vulnerable(id) if id.is_empty() => abbr title="vulnerable, type not named" { "any" },
            Class::Vulnerable(id) => {
                @match number(id) {
                    Some(number) => abbr title={ (Visible::line(id)) } { (brief(&number)) },
                    None => (brief(id)),
                }
            }
            Class::Secure => abbr title="not vulnerable" { "none" },
            Class::Unread => "unread",
        }
    }
}
