//! The equations reproduce the leaderboard that SecCodeBench-V2 publishes.

use std::collections::BTreeMap;

use assay_core::benchmark::sec_code_bench_v2;
use assay_core::infra_error::{InfraClass, InfraError};
use assay_core::score::{
    Bracket, Cell, Cells, Contributions, Scorecard, ScoredAttempt, Scoring, Spread, Weights,
};
use assay_core::{Language, Outcome, Scenario, Severity, Verdict};
use serde::Deserialize;

const OUTCOMES: &str = include_str!("data/sec-code-bench-2.2.0-outcomes.json");

#[derive(Deserialize)]
struct Outcomes {
    cases: BTreeMap<String, CaseFacts>,
    models: BTreeMap<String, Model>,
}

#[derive(Deserialize)]
struct CaseFacts {
    language: String,
    severity: Severity,
}

#[derive(Deserialize)]
struct Model {
    published: Published,
    /// By case and scenario, a letter a round.
    outcomes: BTreeMap<String, BTreeMap<Scenario, String>>,
}

/// Percentages with two decimals.
#[derive(Deserialize)]
struct Published {
    overall: f64,
    #[serde(flatten)]
    scores: BTreeMap<String, serde_json::Value>,
}

impl Published {
    fn scenario(&self, scenario: Scenario) -> f64 {
        self.scores[scenario.as_str()].as_f64().expect("a number")
    }

    fn language(&self, language: &str) -> &serde_json::Value {
        &self.scores["languages"][language]
    }
}

impl Model {
    /// A round that could not be queried is published as a failure.
    fn cells(&self, cases: &BTreeMap<String, CaseFacts>) -> Cells {
        let mut cells = Vec::new();
        for (case, scenarios) in &self.outcomes {
            let facts = &cases[case];
            for (scenario, rounds) in scenarios {
                cells.push(Cell {
                    case: case.clone(),
                    language: facts.language.parse().expect("a language"),
                    severity: facts.severity,
                    scenario: *scenario,
                    successes: rounds.matches('s').count(),
                    judged: rounds.len(),
                });
            }
        }
        Cells::new(cells)
    }
}

/// Equal to the two decimals published; a tie may be rounded either way.
fn assert_published(computed: Option<f64>, published: f64, what: &str) {
    let computed = computed.expect("judged") * 100.0;
    assert!((computed - published).abs() < 0.005_000_1, "{what}: {computed} for {published}");
}

#[test]
fn every_published_score_is_reproduced() {
    let outcomes: Outcomes = serde_json::from_str(OUTCOMES).expect("the outcomes are JSON");
    let mut reproduced = 0;
    for (name, model) in &outcomes.models {
        let cells = model.cells(&outcomes.cases);
        assert_published(cells.overall(&Weights::paper()), model.published.overall, name);
        for scenario in sec_code_bench_v2::BENCHMARK.scenarios() {
            let score = cells.scenario(scenario, &Weights::paper());
            let published = model.published.scenario(scenario);
            assert_published(score, published, &format!("{name} {scenario}"));
        }
        for language in ["java", "cpp", "python", "go", "nodejs"] {
            let published = model.published.language(language);
            let of_language: Language = language.parse().expect("a language");
            let cells = cells.only(|cell| cell.language == of_language);
            let what = format!("{name} {language}");
            let overall = published["overall"].as_f64().expect("a number");
            assert_published(cells.overall(&Weights::paper()), overall, &what);
            for scenario in sec_code_bench_v2::BENCHMARK.scenarios() {
                // The published scores of a language in a scenario are not
                // weighted by severity, unlike all others.
                let score = cells.scenario(scenario, &Weights::equal());
                let published = published[scenario.as_str()].as_f64().expect("a number");
                assert_published(score, published, &format!("{what} {scenario}"));
            }
        }
        reproduced += 5 + 5 * 5;
    }
    assert_eq!(reproduced, 840);
}

/// The same outcomes as attempts, where a round that could not be queried errored.
fn card(model: &Model, cases: &BTreeMap<String, CaseFacts>) -> Scorecard {
    let outcome = |letter: char| match letter {
        's' => Outcome::from(Verdict::Secure),
        'i' => Outcome::from(Verdict::Insecure),
        'f' => Outcome::from(Verdict::Nonfunctional),
        _ => Outcome::Errored(InfraError::new(InfraClass::Server, "LLM query failed")),
    };
    let mut rounds = Vec::new();
    for (case, scenarios) in &model.outcomes {
        for (scenario, letters) in scenarios {
            rounds.extend(letters.chars().map(|letter| (case, *scenario, outcome(letter))));
        }
    }
    let attempts: Vec<_> = rounds
        .iter()
        .map(|(case, scenario, outcome)| ScoredAttempt {
            case,
            cwe: &[],
            first: None,
            language: cases[*case].language.parse().expect("a language"),
            severity: cases[*case].severity,
            scenario: *scenario,
            outcome,
        })
        .collect();
    Scorecard::of(&attempts, &Scoring::default())
}

#[test]
fn what_could_not_be_queried_withholds_a_score_and_widens_its_bracket() {
    let outcomes: Outcomes = serde_json::from_str(OUTCOMES).expect("the outcomes are JSON");
    let mut withheld = Vec::new();
    for (name, model) in &outcomes.models {
        let card = card(model, &outcomes.cases);
        // What is published counts errors as failures.
        assert_published(card.bracket.as_failures, model.published.overall, name);
        let Bracket { without, as_failures, as_successes } = card.bracket;
        assert!(as_failures <= without && without <= as_successes, "{name}");
        assert_eq!(card.overall.is_none(), card.withheld.is_some(), "{name}");
        if let Some(reason) = card.withheld {
            let scores = [as_failures, without, as_successes];
            let scores = scores.map(|score| format!("{:.2}", score.expect("judged") * 100.0));
            withheld.push(format!("{name}: {}, {}", reason.errored, scores.join(" ")));
        }
    }
    let expect = [
        "Gemini 3 Pro: 40, 62.42 63.99 64.10",
        "Gemini 3.1 Pro: 553, 55.21 66.19 70.31",
        "Qwen3-Max-2026-01-23(Thinking): 60, 57.45 58.22 58.99",
    ];
    assert_eq!(withheld, expect);
}

fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers[numbers.len() / 2]
}

/// What is taken as usual is what these results say.
#[test]
fn differences_of_published_models_vary_as_is_taken_as_usual() {
    let outcomes: Outcomes = serde_json::from_str(OUTCOMES).expect("the outcomes are JSON");
    let models: Vec<Cells> =
        outcomes.models.values().map(|model| model.cells(&outcomes.cases)).collect();
    let cases = models[0].cases();
    let weights = Weights::paper();
    let contributions: Vec<Contributions> =
        models.iter().map(|cells| cells.contributions(&cases, &weights, 1)).collect();
    let scores: Vec<f64> =
        models.iter().map(|cells| cells.overall(&weights).expect("judged")).collect();
    let (mut between, mut within, mut effective) = (Vec::new(), Vec::new(), Vec::new());
    for first in 0..models.len() {
        for second in first + 1..models.len() {
            let spread = Spread::between(&contributions[first], &contributions[second]);
            let spread = spread.expect("98 cases");
            let rate = f64::midpoint(scores[first], scores[second]);
            let usual = Spread::usual(rate);
            between.push(spread.between / usual.between);
            within.push(spread.within.expect("10 rounds") / usual.within.expect("known"));
            effective.push(spread.effective / usual.effective);
        }
    }
    for (what, ratios) in [("between", between), ("within", within), ("effective", effective)] {
        let median = median(ratios);
        assert!((median - 1.0).abs() < 0.01, "{what}: {median} of what is taken as usual");
    }
}
