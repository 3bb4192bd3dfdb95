//! A benchmark that only exists in tests. It shows what adding one takes, and that everything else
//! follows from its properties.

use super::{Asks, Benchmark, ScenarioFacts};
use crate::statistic::Statistic;

pub(crate) static BENCHMARK: Benchmark = Benchmark {
    name: "made-up",
    title: "Made-up benchmark",
    phases: &[],
    scenarios: &[ScenarioFacts {
        name: "tell",
        weight: 1.0,
        asks: Asks::Recognise,
        has_hint: false,
        statistic: Statistic::F1,
        follows: None,
    }],
};

mod tests {
    use std::collections::BTreeMap;

    use crate::label::{Label, LabelledProgram};
    use crate::locale::Locale;
    use crate::prompt::render;
    use crate::prompts::Prompts;
    use crate::reading::read_label;
    use crate::scenario::Scenario;
    use crate::score::{Scorecard, ScoredAttempt, Scoring};
    use crate::{Case, Evidence, LabelJudgement, Language, Outcome, Severity, Task};

    fn tell() -> Scenario {
        "tell".parse().expect("the table has its row")
    }

    /// A case that asks whether a program is vulnerable.
    fn case(id: &str, vulnerable: bool) -> Case {
        let question = format!("Is {id} vulnerable?");
        let cwe = if vulnerable { vec!["CWE-787".to_owned()] } else { Vec::new() };
        let truth = Label { vulnerable, cwe, ..Label::default() };
        Case {
            id: id.to_owned(),
            title: id.to_owned(),
            variant_of: None,
            language: Language::C,
            cwe: vec!["CWE-787".to_owned()],
            severity: Severity::High,
            scenarios: vec![tell()],
            prompts: Prompts::Verbatim(BTreeMap::from([((tell(), Locale::EnUs), question)])),
            task: Task::Recognise(LabelledProgram { files: BTreeMap::new(), truth, origin: None }),
        }
    }

    /// The outcome of an answer about a case.
    fn judge(case: &Case, answer: &str) -> Outcome {
        let Task::Recognise(program) = &case.task else { panic!("it asks for a label") };
        let truth = program.truth.clone();
        let evidence = Evidence::label(LabelJudgement { said: read_label(answer), truth });
        let stored = serde_json::to_string(&evidence).expect("JSON");
        assert_eq!(serde_json::from_str::<Evidence>(&stored).expect("evidence"), evidence);
        let outcome = evidence.outcome();
        let judgement = outcome.judgement().expect("it is judged");
        assert_eq!(judgement.to_text().parse().as_ref(), Ok(judgement));
        assert!(!outcome.is_repairable(), "a statement is not repaired");
        outcome
    }

    #[test]
    fn a_benchmark_of_one_recognition_scenario_is_a_file_and_a_row() {
        assert_eq!(serde_json::to_string(&tell()).expect("JSON"), "\"tell\"");
        let (flawed, sound) = (case("flawed", true), case("sound", false));
        assert_eq!(render(&flawed, tell(), Locale::EnUs).as_deref(), Ok("Is flawed vulnerable?"));
        let outcomes = [
            (&flawed, judge(&flawed, "{\"vulnerable\": true, \"cwe\": [\"CWE-787\"]}")),
            (&flawed, judge(&flawed, "It is fine: {\"vulnerable\": false}")),
            (&sound, judge(&sound, "```json\n{\"vulnerable\": false}\n```")),
            (&sound, judge(&sound, "I cannot tell.")),
        ];
        let words: Vec<&str> =
            outcomes.iter().filter_map(|(_, it)| it.judgement().map(|it| it.as_str())).collect();
        assert_eq!(words, ["right", "wrong", "right", "unread"]);
        let attempts: Vec<ScoredAttempt<'_>> = outcomes
            .iter()
            .map(|(case, outcome)| ScoredAttempt {
                case: &case.id,
                cwe: &case.cwe,
                language: case.language,
                severity: case.severity,
                scenario: tell(),
                outcome,
                first: None,
            })
            .collect();
        let card = Scorecard::of(&attempts, &Scoring::default());
        // One hit, one miss, one false alarm.
        assert_eq!(card.scenarios, BTreeMap::from([(tell(), Some(0.5))]));
        assert!(card.intervals.scenarios.contains_key(&tell()));
        assert_eq!((card.attempts, card.errored, card.overall), (4, 0, None));
    }
}
