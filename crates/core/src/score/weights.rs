//! What cases and scenarios weigh in a score.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::benchmark::sec_code_bench_v2;
use crate::case::Severity;
use crate::scenario::Scenario;

/// The weights of severities and scenarios, none negative.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Table")]
pub struct Weights {
    pub severity: BTreeMap<Severity, f64>,
    pub scenario: BTreeMap<Scenario, f64>,
}

impl Weights {
    /// Those of the paper, section 5.
    pub fn paper() -> Weights {
        let scenarios = sec_code_bench_v2::BENCHMARK.scenarios();
        Weights::from(Severity::weight, scenarios.map(|it| (it, it.weight())))
    }

    /// Every weight is 1.
    pub fn equal() -> Weights {
        Weights::from(|_| 1.0, Scenario::all().map(|it| (it, 1.0)))
    }

    fn from(
        severity: fn(Severity) -> f64,
        scenarios: impl Iterator<Item = (Scenario, f64)>,
    ) -> Weights {
        let severities = Severity::ALL.into_iter().map(|it| (it, severity(it)));
        Weights { severity: severities.collect(), scenario: scenarios.collect() }
    }

    pub fn of_severity(&self, severity: Severity) -> f64 {
        self.severity.get(&severity).copied().unwrap_or(0.0)
    }

    /// That of its benchmark, if it is not among these.
    pub fn of_scenario(&self, scenario: Scenario) -> f64 {
        self.scenario.get(&scenario).copied().unwrap_or_else(|| scenario.weight())
    }
}

impl Default for Weights {
    fn default() -> Weights {
        Weights::paper()
    }
}

/// Weights as they are written: what is not named weighs as in the paper.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    #[serde(default)]
    severity: BTreeMap<Severity, f64>,
    #[serde(default)]
    scenario: BTreeMap<Scenario, f64>,
}

impl TryFrom<Table> for Weights {
    type Error = String;

    fn try_from(table: Table) -> Result<Weights, String> {
        let mut weights = Weights::paper();
        weights.severity.extend(table.severity);
        weights.scenario.extend(table.scenario);
        let severities = weights.severity.iter().map(|(it, weight)| (it.to_string(), *weight));
        let scenarios = weights.scenario.iter().map(|(it, weight)| (it.to_string(), *weight));
        let all: Vec<(String, f64)> = severities.chain(scenarios).collect();
        match all.iter().find(|(_, weight)| !weight.is_finite() || *weight < 0.0) {
            Some((name, weight)) => {
                Err(format!("the weight of {name} is {weight}; a weight is 0 or more"))
            }
            None => Ok(weights),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_named_weighs_as_in_the_paper() {
        let check = |text: &str| serde_json::from_str::<Weights>(text).map_err(|it| it.to_string());
        let weights = check(r#"{"severity":{"high":3}}"#).expect("weights");
        assert_eq!(weights.of_severity(Severity::High), 3.0);
        assert_eq!(weights.of_severity(Severity::Critical), 4.0);
        assert_eq!(weights.of_scenario(sec_code_bench_v2::GEN_HINTS), 1.0);
        assert!(check(r#"{"severity":{"high":-1}}"#).is_err_and(|it| it.contains("high is -1")));
        assert!(check(r#"{"severities":{}}"#).is_err());
    }
}
