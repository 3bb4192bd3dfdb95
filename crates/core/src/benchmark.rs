//! [`Benchmark`]: a named set of scenarios. A benchmark is one file here and one row of
//! [`BENCHMARKS`]; nothing else says which there are.

#[cfg(test)]
mod made_up;
pub mod sec_code_bench_v2;

use crate::scenario::Scenario;
use crate::statistic::Statistic;

/// Every benchmark. Names of scenarios are unique among all of them.
static BENCHMARKS: &[&Benchmark] = &[
    &sec_code_bench_v2::BENCHMARK,
    #[cfg(test)]
    &made_up::BENCHMARK,
];

/// What subjects are asked in a benchmark, and what that weighs.
#[derive(Debug)]
pub struct Benchmark {
    /// Lower case, with hyphens.
    pub name: &'static str,
    pub title: &'static str,
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
        let languages = crate::case::Language::ALL.map(crate::case::Language::as_str);
        for taken in ["overall", "unweighted", "functional"].into_iter().chain(languages) {
            assert!(!scenarios.contains(taken), "{taken}");
        }
    }
}
