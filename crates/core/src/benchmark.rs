//! [`Benchmark`]: a named set of scenarios. A benchmark is one file here and one row of
//! [`BENCHMARKS`]; nothing else says which there are.

pub mod human_eval;
#[cfg(test)]
mod made_up;
pub mod sec_code_bench_v2;

use std::collections::BTreeMap;

use crate::phase::Phase;
use crate::scenario::Scenario;
use crate::statistic::Statistic;
use crate::verdict::Verdict;

/// Every benchmark. Names of scenarios are unique among all of them.
static BENCHMARKS: &[&Benchmark] = &[
    &sec_code_bench_v2::BENCHMARK,
    &human_eval::BENCHMARK,
    #[cfg(test)]
    &made_up::BENCHMARK,
];

/// What subjects are asked in a benchmark, and what that weighs.
#[derive(Debug)]
pub struct Benchmark {
    /// Lower case, with hyphens.
    pub name: &'static str,
    pub title: &'static str,
    /// What its tasks ask of code, in order; nothing where they ask for statements.
    pub phases: &'static [Phase],
    /// In the order in which they are asked and shown.
    pub scenarios: &'static [ScenarioFacts],
}

/// What a benchmark says of one of its scenarios.
#[derive(Debug)]
pub struct ScenarioFacts {
    /// Lower case, with hyphens; it is how runs, reports and options call the scenario.
    pub name: &'static str,
    /// Its weight in the benchmark's overall score, 0 or more.
    pub weight: f64,
    pub asks: Asks,
    /// Whether the question carries a hint that security matters.
    pub has_hint: bool,
    /// The number that is made of what came of it.
    pub statistic: Statistic,
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
    pub fn all() -> impl Iterator<Item = &'static Benchmark> {
        BENCHMARKS.iter().copied()
    }

    /// Whether its tasks ask that code is secure.
    pub fn asks_for_security(&self) -> bool {
        self.phases.contains(&Phase::Security)
    }

    /// Whether code can have this verdict in it.
    fn can_come_to(&self, verdict: Verdict) -> bool {
        match verdict {
            Verdict::Secure | Verdict::Insecure => self.asks_for_security(),
            Verdict::Works => self.phases == [Phase::Functional],
            Verdict::NoCode | Verdict::BuildFailed | Verdict::Nonfunctional | Verdict::Tampered => {
                true
            }
        }
    }

    /// The verdicts that code can have in these scenarios, in order; where there is none,
    /// those of a benchmark that asks for all.
    pub fn verdicts(scenarios: impl Iterator<Item = Scenario>) -> Vec<Verdict> {
        let mut benchmarks: BTreeMap<&str, &Benchmark> =
            scenarios.map(|it| (it.benchmark().name, it.benchmark())).collect();
        if benchmarks.is_empty() {
            benchmarks.insert(sec_code_bench_v2::BENCHMARK.name, &sec_code_bench_v2::BENCHMARK);
        }
        let can_be = |verdict: &Verdict| benchmarks.values().any(|it| it.can_come_to(*verdict));
        Verdict::ALL.into_iter().filter(can_be).collect()
    }

    /// Its scenarios, in order.
    pub fn scenarios(&'static self) -> impl Iterator<Item = Scenario> {
        (0..self.scenarios.len()).map(move |place| Scenario::of(self, place))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_name_is_of_one_benchmark_or_scenario_alone() {
        let is_plain = |name: &str| {
            let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
            !name.is_empty() && name.chars().all(is_plain)
        };
        let (mut benchmarks, mut scenarios) = (BTreeSet::new(), BTreeSet::new());
        for benchmark in Benchmark::all() {
            assert!(is_plain(benchmark.name) && benchmarks.insert(benchmark.name));
            for scenario in benchmark.scenarios {
                let name = scenario.name;
                assert!(is_plain(name) && scenarios.insert(name), "{name}");
                assert!(scenario.weight.is_finite() && scenario.weight >= 0.0, "{name}");
            }
        }
        // What scores are called beside scenarios.
        for taken in ["overall", "unweighted", "functional", "c", "go", "java", "nodejs", "python"]
        {
            assert!(!scenarios.contains(taken), "{taken}");
        }
    }
}
