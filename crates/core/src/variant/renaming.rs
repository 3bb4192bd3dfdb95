//! Exchanges words wherever they stand: in prose, in identifiers of any style, in paths.

use std::collections::BTreeMap;

use super::words::plural;

/// Which words become which others, in lower case, plurals included, and Chinese ones beside.
#[derive(Debug, Clone, Default)]
pub(super) struct Renaming {
    words: BTreeMap<String, String>,
    chinese: Vec<(String, String)>,
}

impl Renaming {
    /// Exchanges a word, in the singular and in the plural.
    pub(super) fn add(&mut self, from: (&str, &str), to: (&str, &str)) {
        self.words.insert(from.0.to_owned(), to.0.to_owned());
        self.words.insert(plural(from.0), plural(to.0));
        self.chinese.push((from.1.to_owned(), to.1.to_owned()));
    }

    /// A text with its words exchanged. In `prose`, a "a" or "an" before one of them is made fit, and
    /// Chinese words are exchanged too.
    pub(super) fn apply(&self, text: &str, prose: bool) -> String {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(start) = rest.find(|c: char| c.is_ascii_alphabetic()) {
            out.push_str(&rest[..start]);
            rest = &rest[start..];
            let end = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
            let (run, after) = rest.split_at(end);
            let before_run = out.len();
            for hump in humps(run) {
                out.push_str(&self.hump(hump));
            }
            if prose && out[before_run..] != *run {
                fit_article(&mut out, before_run);
            }
            rest = after;
        }
        out.push_str(rest);
        if prose {
            for (from, to) in &self.chinese {
                out = out.replace(from.as_str(), to);
            }
        }
        out
    }

    /// One hump of an identifier, in its own case.
    fn hump(&self, hump: &str) -> String {
        let Some(other) = self.words.get(&hump.to_ascii_lowercase()) else {
            return hump.to_owned();
        };
        let upper = |c: char| c.is_ascii_uppercase();
        match () {
            () if hump.len() > 1 && hump.chars().all(upper) => other.to_ascii_uppercase(),
            () if hump.starts_with(upper) => capitalised(other),
            () => other.clone(),
        }
    }
}

/// The words that a run of letters is made of: `parseHTTPDate` has `parse`, `HTTP` and `Date`.
pub(super) fn humps(run: &str) -> Vec<&str> {
    let bytes = run.as_bytes();
    let mut humps = Vec::new();
    let mut start = 0;
    for at in 1..bytes.len() {
        let begins = bytes[at].is_ascii_uppercase()
            && (bytes[at - 1].is_ascii_lowercase()
                || bytes.get(at + 1).is_some_and(u8::is_ascii_lowercase));
        if begins {
            humps.push(&run[start..at]);
            start = at;
        }
    }
    humps.push(&run[start..]);
    humps
}

fn capitalised(word: &str) -> String {
    let (first, rest) = word.split_at(1);
    first.to_ascii_uppercase() + rest
}

/// Makes the article before the word at `place` fit it, if there is one.
fn fit_article(out: &mut String, place: usize) {
    let is_vowel = |c: char| "aeiouAEIOU".contains(c);
    let wants_n = out[place..].starts_with(is_vowel);
    let before = &out[..place];
    let bare = before.trim_end_matches(['`', '*', '"']);
    let Some(words) = bare.strip_suffix(' ') else { return };
    let article = words.rsplit(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default();
    let end = words.len();
    match (article, wants_n) {
        ("a" | "A", true) => out.insert(end, 'n'),
        ("an" | "An", false) => drop(out.remove(end - 1)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn renaming() -> Renaming {
        let mut renaming = Renaming::default();
        renaming.add(("invoice", "发票"), ("bill", "账单"));
        renaming.add(("tenant", "租户"), ("organisation", "机构"));
        renaming.add(("delivery", "投递"), ("dispatch", "派送"));
        renaming
    }

    #[test]
    fn words_are_exchanged_in_identifiers_of_every_style() {
        let text =
            "search_invoices InvoiceSearch invoiceID TENANT_ID tenantInvoices invoiced deliveries";
        let expect =
            "search_bills BillSearch billID ORGANISATION_ID organisationBills invoiced dispatches";
        assert_eq!(renaming().apply(text, false), expect);
    }

    #[test]
    fn articles_fit_the_words_behind_them() {
        let text = "An invoice of a `tenant`; Data invoice. A tenant, an invoice";
        let expect = "A bill of an `organisation`; Data bill. An organisation, a bill";
        assert_eq!(renaming().apply(text, true), expect);
    }

    #[test]
    fn chinese_words_are_exchanged_in_prose_alone() {
        assert_eq!(renaming().apply("租户的发票 `invoice`", true), "机构的账单 `bill`");
        assert_eq!(renaming().apply("租户", false), "租户");
    }

    #[test]
    fn humps_are_those_of_readers() {
        assert_eq!(humps("parseHTTPDate"), ["parse", "HTTP", "Date"]);
        assert_eq!(humps("IO"), ["IO"]);
        assert_eq!(humps("a"), ["a"]);
    }
}
