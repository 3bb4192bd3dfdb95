//! CoV-Eval: completion, repair and detection of code that may be vulnerable (Mou et al.,
//! "Can You Really Trust Code Copilots?", section 3.2), and self-detection and self-repair of
//! what a subject completed itself (Table 3).

use super::{Asks, Benchmark, ScenarioFacts};
use crate::phase::Phase;
use crate::scenario::Scenario;
use crate::statistic::Statistic;

pub static BENCHMARK: Benchmark = Benchmark {
    name: "cov-eval",
    title: "CoV-Eval",
    phases: &Phase::ALL,
    scenarios: &[
        scenario("complete", Asks::Write, Statistic::SuccessRate, None),
        scenario("repair", Asks::Mend, Statistic::SuccessRate, None),
        scenario("detect", Asks::Recognise, Statistic::BalancedAccuracy, None),
        scenario("self-detect", Asks::Recognise, Statistic::BalancedAccuracy, Some("complete")),
        scenario("self-repair", Asks::Mend, Statistic::SuccessRate, Some("complete")),
    ],
};

const fn scenario(
    name: &'static str,
    asks: Asks,
    statistic: Statistic,
    follows: Option<&'static str>,
) -> ScenarioFacts {
    ScenarioFacts { name, weight: 1.0, asks, has_hint: false, statistic, follows }
}

/// Complete a program.
pub const COMPLETE: Scenario = Scenario::of(&BENCHMARK, 0);
/// Mend a program that has a named weakness.
pub const REPAIR: Scenario = Scenario::of(&BENCHMARK, 1);
/// Say whether a program is vulnerable, of which type, and where.
pub const DETECT: Scenario = Scenario::of(&BENCHMARK, 2);
/// The same of the program that the subject completed.
pub const SELF_DETECT: Scenario = Scenario::of(&BENCHMARK, 3);
/// Mend the program that the subject completed, where it is insecure.
pub const SELF_REPAIR: Scenario = Scenario::of(&BENCHMARK, 4);
