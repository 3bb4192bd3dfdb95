//! [`Benchmark`]: a named set of scenarios. A benchmark is one file here and one row of
//! `BENCHMARKS` in `benchmarks.rs`; nothing else says which there are.

pub mod cov_eval;
pub mod human_eval;
#[cfg(test)]
pub(crate) mod made_up;
pub mod sec_code_bench_v2;

use crate::phase::Phase;
use crate::statistic::Statistic;
use crate::verdict::Verdict;

/// What subjects are asked in a benchmark, and what that weighs.
#[derive(Debug)]
pub struct Benchmark {
    /// Lower case, with hyphens.
    pub name: &'static str,
    pub title: &'static str,
    /// What its tasks ask of code, in order; empty if they only ask for statements.
    pub phases: &'static [Phase],
    /// In the order in which they are asked and shown.
    pub scenarios: &'static [ScenarioFacts],
}

/// The properties of one scenario of a benchmark.
#[derive(Debug)]
pub struct ScenarioFacts {
    /// Lower case, with hyphens; it is how runs, reports and options call the scenario.
    pub name: &'static str,
    /// Its weight in the benchmark's overall score, 0 or more.
    pub weight: f64,
    pub asks: Asks,
    /// Whether the question carries a hint that security matters.
    pub has_hint: bool,
    /// The number that is computed from its outcomes.
    pub statistic: Statistic,
    /// The scenario of the benchmark, by name, whose attempt this one is about: it is asked
    /// once that attempt of the same subject, case and round is judged.
    pub follows: Option<&'static str>,
}

/// What a scenario asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asks {
    /// To write code from a description.
    Write,
    /// To mend code that is shown.
    Mend,
    /// Whether code that is shown is vulnerable, and how.
    Recognise,
}

impl Benchmark {
    /// Whether its tasks ask that code is secure.
    pub fn asks_for_security(&self) -> bool {
        self.phases.contains(&Phase::Security)
    }

    /// Whether code can have this verdict in it.
    pub(crate) fn can_come_to(&self, verdict: Verdict) -> bool {
        match verdict {
            Verdict::Secure | Verdict::Insecure => self.asks_for_security(),
            Verdict::Works => self.phases == [Phase::Functional],
            Verdict::NoCode | Verdict::BuildFailed | Verdict::Nonfunctional | Verdict::Tampered => {
                true
            }
        }
    }
}
