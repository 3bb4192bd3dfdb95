//! [`Recognition`]: what was said of programs whose security is known, and the numbers that
//! are made of it.

use std::collections::BTreeMap;

use crate::judgement::LabelJudgement;
use crate::label::Label;
use crate::reading::upstream;
use crate::statistic::{Binary, CaseCounts, Class, Classes, Statistic};

/// Statements about programs, on vulnerable or not and on the type, which may have been read
/// apart.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Recognition {
    detection: CaseCounts,
    classification: CaseCounts,
}

impl Recognition {
    /// Takes a statement.
    pub fn add(&mut self, judgement: &LabelJudgement) {
        self.detection.add(judgement);
        self.classification.add(judgement);
    }

    /// Takes an answer as the program reads it that CoV-Eval published.
    pub fn add_as_published(&mut self, answer: &str, truth: &Label) {
        let (detected, classified) = upstream::labels(answer);
        let judged = |said| LabelJudgement { said: Some(said), truth: truth.clone() };
        self.detection.add(&judged(detected));
        self.classification.add(&judged(classified));
    }

    /// How many programs something was said of, read or not.
    pub fn judged(&self) -> usize {
        self.detection.judged
    }

    /// How many answers could not be read.
    pub fn unread(&self) -> usize {
        self.said(|said| *said == Class::Unread)
    }

    /// How many programs were said to be vulnerable.
    pub fn said_vulnerable(&self) -> usize {
        self.said(|said| matches!(said, Class::Vulnerable(_)))
    }

    /// How many programs were said not to be vulnerable.
    pub fn said_secure(&self) -> usize {
        self.said(|said| *said == Class::Secure)
    }

    fn said(&self, is: impl Fn(&Class) -> bool) -> usize {
        let cells = self.detection.confusion.iter().filter(|(classes, _)| is(&classes.said));
        cells.map(|(_, count)| count).sum()
    }

    /// Vulnerable or not.
    pub fn binary(&self) -> Binary {
        self.detection.binary()
    }

    /// How often each type was said of each, none among them.
    pub fn confusion(&self) -> &BTreeMap<Classes, usize> {
        &self.classification.confusion
    }

    /// How often the type is right, or that there is none.
    pub fn classified(&self) -> usize {
        let right = self.confusion().iter().filter(|(classes, _)| classes.truth == classes.said);
        right.map(|(_, count)| count).sum()
    }

    /// The share of types that are right.
    pub fn accuracy(&self) -> Option<f64> {
        super::Rate::new(self.classified(), self.judged()).share()
    }

    /// The mean of each type's F1, weighted by how many programs are of it; that of none is
    /// one of them.
    pub fn weighted_f1(&self) -> Option<f64> {
        Statistic::WeightedF1.value(std::slice::from_ref(&self.classification))
    }
}

/// Those who answer without looking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Baseline {
    AlwaysVulnerable,
    NeverVulnerable,
    /// The class that most programs are of; the first in order, where several are.
    MostFrequentClass,
}

impl Baseline {
    pub const ALL: [Baseline; 3] =
        [Baseline::AlwaysVulnerable, Baseline::NeverVulnerable, Baseline::MostFrequentClass];

    pub fn title(self) -> &'static str {
        match self {
            Baseline::AlwaysVulnerable => "always vulnerable",
            Baseline::NeverVulnerable => "never vulnerable",
            Baseline::MostFrequentClass => "most frequent class",
        }
    }

    /// What it says of every one of the programs with these truths.
    pub fn says(self, truths: &[Label]) -> Label {
        match self {
            Baseline::AlwaysVulnerable => Label { vulnerable: true, ..Label::default() },
            Baseline::NeverVulnerable => Label::default(),
            Baseline::MostFrequentClass => most_frequent(truths),
        }
    }

    /// Its statements about programs with these truths.
    pub fn answer(self, truths: &[Label]) -> Recognition {
        let said = self.says(truths);
        let mut recognition = Recognition::default();
        for truth in truths {
            recognition.add(&LabelJudgement { said: Some(said.clone()), truth: truth.clone() });
        }
        recognition
    }
}

fn most_frequent(truths: &[Label]) -> Label {
    let mut counts: BTreeMap<Option<&str>, usize> = BTreeMap::new();
    for truth in truths {
        let cwe = truth.cwe.first().map(String::as_str).filter(|_| truth.vulnerable);
        *counts.entry(cwe).or_default() += 1;
    }
    let most = counts.iter().rev().max_by_key(|(_, count)| **count);
    let cwe = most.and_then(|(cwe, _)| *cwe);
    let cwe: Vec<String> = cwe.map(str::to_owned).into_iter().collect();
    Label { vulnerable: !cwe.is_empty(), cwe, ..Label::default() }
}
