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

/// The scenario of a program of a checkout to be told vulnerable or not, by its id: what is left
/// without the number of the program. Of another id it is the whole.
pub fn scenario_of_program(id: &str) -> &str {
    let of_program = id.strip_prefix("detect-").and_then(|rest| rest.rsplit_once('-'));
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|it| it.is_ascii_digit());
    match of_program {
        Some((scenario, number)) if scenario.starts_with("cwe-") && is_number(number) => scenario,
        _ => id,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_of_a_scenario_are_told_by_their_ids() {
        let check = |id: &str, expect: &str| assert_eq!(scenario_of_program(id), expect, "{id}");
        check("detect-cwe-22-eg-Tar-14", "cwe-22-eg-Tar");
        check("detect-cwe-78-my-1-9", "cwe-78-my-1");
        check("detect-cwe-78-my-first", "detect-cwe-78-my-first");
        check("detect-invoice-search-secure-2", "detect-invoice-search-secure-2");
        check("complete-cwe-22-eg-Tar", "complete-cwe-22-eg-Tar");
    }
}
