//! [`Selection`]: which cases of a corpus take part.

use std::collections::BTreeSet;

use anyhow::bail;
use assay_core::case::Severity;
use assay_core::meant::did_you_mean;
use assay_core::{Case, Corpus, Language};
use clap::Args;
use serde::{Deserialize, Serialize};

/// Which cases take part; an empty list lets all through.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Selection {
    pub cases: Vec<String>,
    pub traits: Traits,
}

/// What cases are chosen by, beside their ids.
#[derive(Debug, Clone, Default, PartialEq, Args, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Traits {
    /// All but these cases, by id; may be repeated
    #[arg(long = "exclude-case", value_name = "CASE")]
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exclude_cases: Vec<String>,
    /// Only cases in these languages; may be repeated
    #[arg(long = "language", value_name = "LANGUAGE")]
    #[serde(default)]
    pub languages: Vec<Language>,
    /// Only cases with these weaknesses, such as CWE-89 or 89; may be repeated
    #[arg(long = "cwe", value_name = "CWE")]
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cwes: Vec<String>,
    /// Only cases that are so severe: critical, high or medium; may be repeated
    #[arg(long = "severity", value_name = "SEVERITY")]
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub severities: Vec<Severity>,
}

impl Traits {
    /// These filters; one that is not given is taken from the other.
    #[must_use]
    pub fn or(&self, other: &Traits) -> Traits {
        fn first<T: Clone>(given: &[T], other: &[T]) -> Vec<T> {
            if given.is_empty() { other.to_vec() } else { given.to_vec() }
        }
        Traits {
            exclude_cases: first(&self.exclude_cases, &other.exclude_cases),
            languages: first(&self.languages, &other.languages),
            cwes: first(&self.cwes, &other.cwes),
            severities: first(&self.severities, &other.severities),
        }
    }
}

impl Selection {
    /// The cases, in the order of the corpus. A value that no case has is an error: it is a typing
    /// mistake, and the cases that were meant would silently be left out.
    pub fn of<'a>(&self, corpus: &'a Corpus) -> anyhow::Result<Vec<&'a Case>> {
        self.check(corpus)?;
        let cases: Vec<&Case> = corpus.cases.iter().filter(|case| self.has(case)).collect();
        if cases.is_empty() {
            bail!(
                "no case passes all the given filters: each lets some through, but together none"
            );
        }
        Ok(cases)
    }

    fn has(&self, case: &Case) -> bool {
        fn holds<T: PartialEq>(list: &[T], value: &T) -> bool {
            list.is_empty() || list.contains(value)
        }
        let Traits { exclude_cases, languages, cwes, severities } = &self.traits;
        holds(&self.cases, &case.id)
            && !exclude_cases.contains(&case.id)
            && holds(languages, &case.language)
            && holds(severities, &case.severity)
            && (cwes.is_empty() || cwes.iter().any(|cwe| case.cwe.contains(&full(cwe))))
    }

    fn check(&self, corpus: &Corpus) -> anyhow::Result<()> {
        let ids: BTreeSet<&str> = corpus.cases.iter().map(|case| case.id.as_str()).collect();
        let Traits { exclude_cases, languages, cwes, severities } = &self.traits;
        for id in self.cases.iter().chain(exclude_cases) {
            if !ids.contains(id.as_str()) {
                let meant = did_you_mean(id, ids.iter().copied());
                bail!("the corpus has no case {id:?}{meant}; `assay cases` lists those it has");
            }
        }
        let all = |names: BTreeSet<String>| Vec::from_iter(names).join(", ");
        for cwe in cwes {
            let known: BTreeSet<String> =
                corpus.cases.iter().flat_map(|case| &case.cwe).cloned().collect();
            if !known.contains(&full(cwe)) {
                let meant = did_you_mean(&full(cwe), known.iter().map(String::as_str));
                bail!("the corpus has no case of {}{meant}; it has {}", full(cwe), all(known));
            }
        }
        for language in languages {
            if !corpus.cases.iter().any(|case| case.language == *language) {
                let known = corpus.cases.iter().map(|case| case.language.to_string()).collect();
                bail!("the corpus has no case in {language}; it has {}", all(known));
            }
        }
        for severity in severities {
            if !corpus.cases.iter().any(|case| case.severity == *severity) {
                let known = corpus.cases.iter().map(|case| case.severity.to_string()).collect();
                bail!("the corpus has no {severity} case; it has {}", all(known));
            }
        }
        Ok(())
    }
}

/// A weakness as cases name it, of `89`, `cwe-89` and `CWE-89` alike.
fn full(cwe: &str) -> String {
    let text = cwe.trim().to_ascii_uppercase();
    let number = text.strip_prefix("CWE").unwrap_or(&text).trim_start_matches(['-', '_', ' ']);
    format!("CWE-{number}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_weakness_may_be_named_by_its_number() {
        for text in ["89", "CWE-89", "cwe-89", "cwe89", " CWE 89"] {
            assert_eq!(full(text), "CWE-89", "{text}");
        }
    }
}
