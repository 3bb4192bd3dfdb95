//! HumanEval (Chen et al., "Evaluating Large Language Models Trained on Code", 2021):
//! whether code works, in one scenario. Nothing is asked about security.

use super::{Asks, Benchmark, ScenarioFacts};
use crate::phase::Phase;
use crate::scenario::Scenario;
use crate::statistic::Statistic;

pub static BENCHMARK: Benchmark = Benchmark {
    name: "human-eval",
    title: "HumanEval",
    phases: &[Phase::Functional],
    scenarios: &[ScenarioFacts {
        name: "solve",
        weight: 1.0,
        asks: Asks::Write,
        has_hint: false,
        statistic: Statistic::PassAt(1),
        follows: None,
    }],
};

/// Write a function from its signature and description.
pub const SOLVE: Scenario = Scenario::of(&BENCHMARK, 0);
