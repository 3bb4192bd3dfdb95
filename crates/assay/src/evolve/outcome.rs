//! [`Outcome`]: an evolution in numbers, for people and for programs.

use std::collections::BTreeMap;

use assay_core::corpus::cov_eval::{Complexity, PUBLISHED, Program};
use assay_core::counted;
use serde::Serialize;
use serde_json::{Value, json};

use super::evolution::Evolution;
use super::filter::{Filter, Standing};
use super::seed;
use crate::terminal::table;

/// An evolution in numbers.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Outcome {
    pub seeds: usize,
    /// Candidates that are wanted, and those that the writer has made.
    pub planned: usize,
    pub raw: usize,
    pub kept: usize,
    pub undecided: usize,
    pub open: usize,
    pub dropped: BTreeMap<&'static str, usize>,
    /// The share of raw ones that hold the defence already, by rules or by asking.
    pub guarded: Option<f64>,
    pub complexity: ComplexityPair,
}

/// How complex seeds are, and what was kept.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct ComplexityPair {
    pub seeds: Complexity,
    pub kept: Complexity,
}

/// How many of raw scenarios held a defence in the paper (CoV-Eval, section 3.3).
const PUBLISHED_GUARDED: f64 = 0.4;

impl Outcome {
    pub fn of(evolution: &Evolution, standings: &[Standing]) -> Outcome {
        let count = |wanted: &str| standings.iter().filter(|it| it.as_str() == wanted).count();
        let mut dropped: BTreeMap<&'static str, usize> = BTreeMap::new();
        for standing in standings {
            if let Standing::Dropped(filter, _) = standing {
                *dropped.entry(filter.as_str()).or_default() += 1;
            }
        }
        let raw = evolution.candidates.iter().filter(|it| it.scenario.is_some()).count();
        let is_guard = |filter| matches!(filter, Filter::GuardRules | Filter::GuardAsked);
        let is_guarded = |place: &usize| {
            let findings = evolution.findings(&evolution.candidates[*place]);
            findings.iter().any(|it| is_guard(it.filter) && it.passed == Some(false))
        };
        let guarded = (0..standings.len()).filter(is_guarded).count();
        Outcome {
            seeds: evolution.seeds.len(),
            planned: standings.len(),
            raw,
            kept: count("kept"),
            undecided: count("undecided"),
            open: count("open"),
            dropped,
            guarded: share(guarded, raw),
            complexity: ComplexityPair {
                seeds: of_programs(evolution.seeds.iter().filter_map(seed::Seed::program)),
                kept: of_programs(kept(evolution, standings)),
            },
        }
    }

    /// The figures beside those of the paper.
    pub fn to_json(&self) -> Value {
        let published = |(lines, imports, distinct): (f64, f64, usize)| json!({"mean-lines": lines, "mean-imports": imports, "distinct-imports": distinct});
        let mut value = serde_json::to_value(self).unwrap_or_default();
        if let Some(complexity) = value.get_mut("complexity").and_then(Value::as_object_mut) {
            complexity.insert("published-seeds".to_owned(), published(PUBLISHED[0]));
            complexity.insert("published-evolved".to_owned(), published(PUBLISHED[1]));
        }
        if let Some(object) = value.as_object_mut() {
            object.insert("published-guarded".to_owned(), json!(PUBLISHED_GUARDED));
        }
        value
    }

    /// What people are told.
    pub fn text(&self) -> String {
        let mut text = format!(
            "{} from {}: {} raw, {} kept",
            counted(self.planned, "candidate"),
            counted(self.seeds, "seed"),
            self.raw,
            self.kept
        );
        for (count, what) in [(self.undecided, "for people to decide"), (self.open, "open")] {
            if count > 0 {
                text.push_str(&format!(", {count} {what}"));
            }
        }
        text.push('\n');
        let dropped = Filter::ALL.into_iter().filter_map(|filter| {
            let count = self.dropped.get(filter.as_str())?;
            Some(vec![count.to_string(), filter.as_str().to_owned(), filter.title().to_owned()])
        });
        let dropped: Vec<Vec<String>> = dropped.collect();
        if !dropped.is_empty() {
            text.push_str(&format!("\n{}", table(&["dropped", "by", "because"], &dropped)));
        }
        if let Some(share) = self.guarded {
            text.push_str(&format!(
                "\n{:.1} % of raw scenarios hold the defence already; in the paper {:.0} %\n",
                share * 100.0,
                PUBLISHED_GUARDED * 100.0
            ));
        }
        let ComplexityPair { seeds, kept } = &self.complexity;
        let row = |name: &str, own: &Complexity, published: (f64, f64, usize)| {
            vec![
                name.to_owned(),
                own.programs.to_string(),
                number(own.mean_lines),
                format!("{:.1}", published.0),
                number(own.mean_imports),
                format!("{:.1}", published.1),
                own.distinct_imports.to_string(),
                published.2.to_string(),
            ]
        };
        let rows = [row("seeds", seeds, PUBLISHED[0]), row("kept", kept, PUBLISHED[1])];
        let titles =
            ["", "programs", "lines", "paper", "imports", "paper", "distinct imports", "paper"];
        text.push_str(&format!("\n{}", table(&titles, &rows)));
        text
    }
}

/// The programs of what is kept: scenarios, or first secure solutions of cases.
fn kept<'a>(
    evolution: &'a Evolution,
    standings: &'a [Standing],
) -> impl Iterator<Item = Program> + 'a {
    evolution.candidates.iter().zip(standings).filter_map(|(candidate, standing)| {
        if *standing != Standing::Kept {
            return None;
        }
        match candidate.written()?.program.clone() {
            Some(program) => Some(program),
            None => seed::solution_of(candidate.proved()?, evolution.seed(candidate)),
        }
    })
}

fn of_programs(programs: impl Iterator<Item = Program>) -> Complexity {
    Complexity::of(&programs.collect::<Vec<_>>())
}

#[expect(clippy::cast_precision_loss, reason = "candidates are few")]
fn share(count: usize, all: usize) -> Option<f64> {
    (all > 0).then(|| count as f64 / all as f64)
}

fn number(value: Option<f64>) -> String {
    value.map_or_else(|| "–".to_owned(), |value| format!("{value:.1}"))
}
