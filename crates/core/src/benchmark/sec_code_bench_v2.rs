//! SecCodeBench-V2: its four prompt scenarios (paper, Table 1) and their weights
//! (section 5).

use super::{Asks, Benchmark, ScenarioFacts};
use crate::scenario::Scenario;

pub static BENCHMARK: Benchmark = Benchmark {
    name: "sec-code-bench-v2",
    title: "SecCodeBench-V2",
    scenarios: &[
        ScenarioFacts { name: "gen", weight: 4.0, asks: Asks::Write, has_hint: false },
        ScenarioFacts { name: "gen-hints", weight: 1.0, asks: Asks::Write, has_hint: true },
        ScenarioFacts { name: "fix", weight: 4.0, asks: Asks::Mend, has_hint: false },
        ScenarioFacts { name: "fix-hints", weight: 1.0, asks: Asks::Mend, has_hint: true },
    ],
};

/// Write the artifact from a description.
pub const GEN: Scenario = Scenario::of(&BENCHMARK, 0);
/// The same, with a hint that security matters.
pub const GEN_HINTS: Scenario = Scenario::of(&BENCHMARK, 1);
/// Mend a given artifact that works but is insecure.
pub const FIX: Scenario = Scenario::of(&BENCHMARK, 2);
/// The same, told that it has a security flaw.
pub const FIX_HINTS: Scenario = Scenario::of(&BENCHMARK, 3);
