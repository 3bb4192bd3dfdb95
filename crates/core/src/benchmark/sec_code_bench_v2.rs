//! SecCodeBench-V2: its four prompt scenarios (paper, Table 1) and their weights
//! (section 5).

use super::{Asks, Benchmark, ScenarioFacts};
use crate::phase::Phase;
use crate::scenario::Scenario;
use crate::statistic::Statistic;

pub static BENCHMARK: Benchmark = Benchmark {
    name: "sec-code-bench-v2",
    title: "SecCodeBench-V2",
    phases: &Phase::ALL,
    scenarios: &[
        scenario("gen", 4.0, Asks::Write, false),
        scenario("gen-hints", 1.0, Asks::Write, true),
        scenario("fix", 4.0, Asks::Mend, false),
        scenario("fix-hints", 1.0, Asks::Mend, true),
    ],
};

const fn scenario(name: &'static str, weight: f64, asks: Asks, has_hint: bool) -> ScenarioFacts {
    ScenarioFacts { name, weight, asks, has_hint, statistic: Statistic::PassAt(1), follows: None }
}

/// Write the artifact from a description.
pub const GEN: Scenario = Scenario::of(&BENCHMARK, 0);
/// The same, with a hint that security matters.
pub const GEN_HINTS: Scenario = Scenario::of(&BENCHMARK, 1);
/// Mend a given artifact that works but is insecure.
pub const FIX: Scenario = Scenario::of(&BENCHMARK, 2);
/// The same, told that it has a security flaw.
pub const FIX_HINTS: Scenario = Scenario::of(&BENCHMARK, 3);
