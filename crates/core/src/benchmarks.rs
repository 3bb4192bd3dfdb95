//! Every benchmark, and every scenario by its name.

use std::collections::BTreeMap;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, de};

#[cfg(test)]
use crate::benchmark::made_up;
use crate::benchmark::{Benchmark, cov_eval, human_eval, sec_code_bench_v2};
use crate::meant::did_you_mean;
use crate::scenario::Scenario;
use crate::verdict::Verdict;

/// Every benchmark. Names of scenarios are unique among all of them.
static BENCHMARKS: &[&Benchmark] = &[
    &sec_code_bench_v2::BENCHMARK,
    &cov_eval::BENCHMARK,
    &human_eval::BENCHMARK,
    #[cfg(test)]
    &made_up::BENCHMARK,
];

impl Benchmark {
    pub fn all() -> impl Iterator<Item = &'static Benchmark> {
        BENCHMARKS.iter().copied()
    }

    /// The verdicts that code can have in these scenarios, in order; if there are no scenarios,
    /// those of a benchmark that asks for both phases.
    pub fn verdicts(scenarios: impl Iterator<Item = Scenario>) -> Vec<Verdict> {
        let mut benchmarks: BTreeMap<&str, &Benchmark> =
            scenarios.map(|it| (it.benchmark().name, it.benchmark())).collect();
        if benchmarks.is_empty() {
            benchmarks.insert(sec_code_bench_v2::BENCHMARK.name, &sec_code_bench_v2::BENCHMARK);
        }
        let can_be = |verdict: &Verdict| benchmarks.values().any(|it| it.can_come_to(*verdict));
        Verdict::ALL.into_iter().filter(can_be).collect()
    }
}

impl Scenario {
    /// The scenarios of all benchmarks.
    pub fn all() -> impl Iterator<Item = Scenario> {
        Benchmark::all().flat_map(Benchmark::scenarios)
    }
}

impl FromStr for Scenario {
    type Err = String;

    fn from_str(text: &str) -> Result<Scenario, String> {
        Scenario::all().find(|scenario| scenario.as_str() == text).ok_or_else(|| {
            let names: Vec<&str> = Scenario::all().map(Scenario::as_str).collect();
            let (last, others) = names.split_last().unwrap_or((&"none", &[]));
            let meant = did_you_mean(text, names.iter().copied());
            let others = others.join(", ");
            format!("{text:?} is not a scenario{meant}; there are {others} and {last}")
        })
    }
}

impl<'de> Deserialize<'de> for Scenario {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Scenario, D::Error> {
        let name = String::deserialize(deserializer)?;
        name.parse().map_err(de::Error::custom)
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
            for scenario in benchmark.scenarios() {
                let followed = scenario.follows();
                assert!(followed.is_none_or(|it| it < scenario && it.follows().is_none()));
                assert_eq!(followed.is_some(), scenario.facts().follows.is_some(), "{scenario}");
            }
        }
        // What scores are called beside scenarios.
        let languages = crate::case::Language::ALL.map(crate::case::Language::as_str);
        for taken in ["overall", "unweighted", "functional"].into_iter().chain(languages) {
            assert!(!scenarios.contains(taken), "{taken}");
        }
    }
}
