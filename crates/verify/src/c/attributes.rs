//! The attributes of an artifact's functions and objects.
//!
//! A list of them may stand in another one, or have no end, and an artifact may hold many
//! thousands that begin and never end. So all lists are read in one pass: of those that
//! are open at a place, what counts is only how deep in parentheses each began, how it
//! ends, and whether a name comes next in it, and lists that are alike in that are one.

use std::collections::BTreeMap;

use super::remark::Remark;
use super::tokens::{Kind, Token};

/// Attributes that say something about a function or an object and change nothing that
/// the sanitizers or the linker do.
const ATTRIBUTES: &[&str] = &[
    "access",
    "aligned",
    "alloc_align",
    "alloc_size",
    "always_inline",
    "assume_aligned",
    "cleanup",
    "cold",
    "const",
    "deprecated",
    "designated_init",
    "fallthrough",
    "flatten",
    "format",
    "format_arg",
    "gnu_inline",
    "hot",
    "leaf",
    "malloc",
    "may_alias",
    "maybe_unused",
    "mode",
    "nodiscard",
    "noinline",
    "nonnull",
    "nonstring",
    "noreturn",
    "nothrow",
    "null_terminated_string_arg",
    "packed",
    "pure",
    "returns_nonnull",
    "scalar_storage_order",
    "sentinel",
    "transparent_union",
    "unavailable",
    "unused",
    "used",
    "vector_size",
    "visibility",
    "warn_if_not_aligned",
    "warn_unused_result",
    "warning",
];

/// Attributes that switch off what watches an artifact, or go around it.
const WATCHED: &[&str] = &[
    "function_return",
    "ifunc",
    "indirect_branch",
    "naked",
    "no_address_safety_analysis",
    "symver",
    "target_clones",
];

pub(super) const HIDDEN: &str = "has an attribute that is not written out";

/// What is said of attributes, and at which of the tokens its list begins; in no order.
pub(super) fn remarks(tokens: &[Token]) -> Vec<(Remark, usize)> {
    let mut lists = Lists::default();
    for (place, token) in tokens.iter().enumerate() {
        lists.take(tokens, place);
        let rest = &tokens[place + 1..];
        match &token.kind {
            Kind::Mark('[') if rest.first().is_some_and(|next| next.is('[')) => {
                lists.begin(place, 2, ']');
            }
            Kind::Word(word) if matches!(word.as_str(), "__attribute__" | "__attribute") => {
                match rest {
                    [first, second, ..] if first.is('(') && second.is('(') => {
                        lists.begin(place, 3, ')');
                    }
                    _ => lists.found.push((Remark::note(HIDDEN), place)),
                }
            }
            _ => {}
        }
    }
    lists.end_all();
    lists.found
}

/// Lists that are open, and what was found in all.
#[derive(Default)]
struct Lists {
    /// How many parentheses are open.
    depth: i64,
    /// By the depth that they began in.
    open: BTreeMap<i64, Vec<List>>,
    /// Lists whose marks at their beginning have not all been passed.
    coming: Vec<(usize, List)>,
    found: Vec<(Remark, usize)>,
}

/// A list that is open, or several of which the first began here.
#[derive(Clone, Copy)]
struct List {
    begins: usize,
    end: char,
    expects_name: bool,
}

impl Lists {
    /// A list begins with so many tokens.
    fn begin(&mut self, place: usize, tokens: usize, end: char) {
        let list = List { begins: place, end, expects_name: true };
        self.coming.push((place + tokens, list));
    }

    /// Goes past a token.
    fn take(&mut self, tokens: &[Token], place: usize) {
        let depth = self.depth;
        let begun: Vec<List> = self
            .coming
            .extract_if(.., |(first, _)| *first == place)
            .map(|(_, list)| list)
            .collect();
        begun.into_iter().for_each(|list| self.open(depth, list));
        match &tokens[place].kind {
            Kind::Mark('(') => self.depth += 1,
            Kind::Mark(')') => {
                self.end(')');
                self.depth -= 1;
            }
            Kind::Mark(']') => self.end(']'),
            Kind::Mark(',') => self.expect_names(),
            Kind::Word(word) => self.name(word, tokens, place),
            Kind::Paste => self.end_all(),
            _ => {}
        }
    }

    fn open(&mut self, depth: i64, list: List) {
        let lists = self.open.entry(depth).or_default();
        let is_like =
            |other: &&mut List| other.end == list.end && other.expects_name == list.expects_name;
        match lists.iter_mut().find(is_like) {
            Some(other) => other.begins = other.begins.min(list.begins),
            None => lists.push(list),
        }
    }

    /// Ends the lists at this depth that end so.
    fn end(&mut self, end: char) {
        if let Some(lists) = self.open.get_mut(&self.depth) {
            lists.retain(|list| list.end != end);
        }
    }

    fn expect_names(&mut self) {
        let lists = self.open.remove(&self.depth).unwrap_or_default();
        for list in lists {
            self.open(self.depth, List { expects_name: true, ..list });
        }
    }

    fn name(&mut self, word: &str, tokens: &[Token], place: usize) {
        let name = word.trim_matches('_');
        // The name of whoever defines the attribute.
        if name == "gnu" && tokens.get(place + 1).is_some_and(|next| next.is(':')) {
            return;
        }
        let lists = self.open.remove(&self.depth).unwrap_or_default();
        for list in lists {
            if list.expects_name {
                let remark = remark(name, &tokens[place..]);
                self.found.extend(remark.map(|remark| (remark, list.begins)));
            }
            self.open(self.depth, List { expects_name: false, ..list });
        }
    }

    /// What does not end, or is put together, is not known.
    fn end_all(&mut self) {
        let open = std::mem::take(&mut self.open).into_values().flatten();
        let coming = std::mem::take(&mut self.coming).into_iter().map(|(_, list)| list);
        let begins = open.chain(coming).map(|list| list.begins);
        self.found.extend(begins.map(|begins| (Remark::note(HIDDEN), begins)));
    }
}

/// What is said of an attribute, of the tokens from its name on.
pub(super) fn remark(name: &str, attribute: &[Token]) -> Option<Remark> {
    let has = format!("has the attribute {name}");
    if WATCHED.contains(&name) || is_special_section(name, attribute) {
        Some(Remark::Offence(has))
    } else if !ATTRIBUTES.contains(&name) && !name.starts_with("no_sanitize") {
        Some(Remark::Note(has))
    } else {
        None
    }
}

/// Whether this attribute puts something where code is taken from before anything runs.
fn is_special_section(name: &str, attribute: &[Token]) -> bool {
    let place = attribute.get(2).map(|token| &token.kind);
    name == "section"
        && matches!(place, Some(Kind::Text(text)) if text.contains("init") || text.contains("text"))
}
