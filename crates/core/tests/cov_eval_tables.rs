//! CoV-Eval's published tables, audited: our metrics give the same percentages from the
//! integers that stand behind them.

use std::collections::BTreeMap;

use assay_core::score::{Baseline, CovEvalScores, Rate, Recognition, average};
use assay_core::weakness::COV_EVAL;
use assay_core::{Label, LabelJudgement};
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Tables {
    table_1_columns: Vec<String>,
    table_2_columns: Vec<String>,
    table_3_columns: Vec<String>,
    models: Vec<Model>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Model {
    name: String,
    seed_secure: usize,
    evolved_secure: usize,
    repair_secure: usize,
    detection_hits: usize,
    detection_false_alarms: usize,
    types_right: usize,
    self_secure_found: usize,
    self_vulnerable_found: usize,
    self_detection_right: usize,
    self_repair_secure: usize,
    secure_by_type: Vec<usize>,
    table_1: Vec<f64>,
    table_2: Vec<f64>,
    table_3: Vec<f64>,
}

const SEED: usize = 54;
const EVOLVED: usize = 270;
const VULNERABLE: usize = 477;
const CLEAN: usize = 54;

fn tables() -> Tables {
    serde_json::from_str(include_str!("data/cov-eval-tables.json")).expect("the tables")
}

/// Statements of which so many about vulnerable programs and so many about others say
/// "vulnerable".
fn recognition(vulnerable: (usize, usize), clean: (usize, usize)) -> Recognition {
    let mut recognition = Recognition::default();
    let mut add = |truth: bool, said: bool, times: usize| {
        let label = |vulnerable| Label { vulnerable, ..Label::default() };
        for _ in 0..times {
            recognition.add(&LabelJudgement { said: Some(label(said)), truth: label(truth) });
        }
    };
    add(true, true, vulnerable.0);
    add(true, false, vulnerable.1 - vulnerable.0);
    add(false, true, clean.0);
    add(false, false, clean.1 - clean.0);
    recognition
}

fn scores(model: &Model) -> CovEvalScores {
    let secure = model.seed_secure + model.evolved_secure;
    let insecure = SEED + EVOLVED - secure;
    let by_cwe = COV_EVAL.iter().zip(&model.secure_by_type);
    CovEvalScores {
        seed: Rate::new(model.seed_secure, SEED),
        evolved: Rate::new(model.evolved_secure, EVOLVED),
        by_cwe: by_cwe.map(|(it, count)| (it.cwe.to_owned(), Rate::new(*count, 18))).collect(),
        repair: Rate::new(model.repair_secure, VULNERABLE),
        detection: recognition(
            (model.detection_hits, VULNERABLE),
            (model.detection_false_alarms, CLEAN),
        ),
        self_detection: recognition(
            (model.self_vulnerable_found, insecure),
            (secure - model.self_secure_found, secure),
        ),
        self_repair: Rate::new(model.self_repair_secure, insecure),
    }
}

/// Percentages are printed with two decimals, some of them rounded and some cut off.
fn is_printed_as(share: Option<f64>, printed: f64) -> bool {
    share.is_some_and(|share| (share * 100.0 - printed).abs() < 0.01)
}

#[test]
fn every_percentage_of_tables_1_to_3_is_derived_from_its_integers() {
    let tables = tables();
    assert_eq!(tables.models.len(), 20);
    let mut checked = 0;
    for model in &tables.models {
        let scores = scores(model);
        let mut check = |column: &str, share: Option<f64>, printed: f64| {
            checked += 1;
            let name = &model.name;
            assert!(is_printed_as(share, printed), "{name}, {column}: {share:?}, {printed}");
        };
        let printed: BTreeMap<&str, f64> =
            tables.table_1_columns.iter().map(String::as_str).zip(model.table_1.clone()).collect();
        // No integers stand for the F1 of types: it needs the whole confusion.
        let weighted = printed["classification-f1"] / 100.0;
        let binary = scores.detection.binary();
        let types = Rate::new(model.types_right, VULNERABLE + CLEAN);
        let (completion, repair) = (scores.completion().share(), scores.repair.share());
        check("seed", scores.seed.share(), printed["seed"]);
        check("evolved", scores.evolved.share(), printed["evolved"]);
        check("completion", completion, printed["completion"]);
        check("repair", repair, printed["repair"]);
        check("F1", binary.f1(), printed["detection-f1"]);
        check("recall", binary.recall(), printed["detection-recall"]);
        check("accuracy of types", types.share(), printed["classification-accuracy"]);
        let all = average([completion, repair, binary.f1(), Some(weighted)]);
        check("average", all, printed["average"]);
        for (cwe, printed) in tables.table_2_columns.iter().zip(&model.table_2) {
            check(cwe, scores.by_cwe[cwe].share(), *printed);
        }
        let own = scores.self_detection.binary();
        let found = [
            // What is printed as recall is that of what is not vulnerable.
            scores.self_detection_recall_of_secure(),
            own.accuracy(),
            scores.self_repair.share(),
        ];
        for ((column, share), printed) in
            tables.table_3_columns.iter().zip(found).zip(&model.table_3)
        {
            check(column, share, *printed);
        }
        assert_eq!(
            scores.by_cwe.values().map(|it| it.count).sum::<usize>(),
            scores.completion().count
        );
        assert_eq!(
            model.self_detection_right,
            model.self_secure_found + model.self_vulnerable_found
        );
    }
    assert_eq!(checked, 20 * (8 + 18 + 3));
}

#[test]
fn who_always_says_vulnerable_has_the_best_f1_of_table_1() {
    let truth = |vulnerable| Label { vulnerable, ..Label::default() };
    let truths: Vec<Label> =
        (0..VULNERABLE + CLEAN).map(|place| truth(place < VULNERABLE)).collect();
    let always = Baseline::AlwaysVulnerable.answer(&truths).binary();
    assert_eq!(always.f1(), Some(0.946_428_571_428_571_4));
    assert_eq!((always.balanced_accuracy(), always.specificity()), (Some(0.5), Some(0.0)));
    assert_eq!(always.mcc(), None, "it says the same of all");
    let best = tables().models.iter().map(|model| model.table_1[4]).fold(0.0, f64::max);
    assert!(is_printed_as(always.f1(), best), "{best}");
    let never = Baseline::NeverVulnerable.answer(&truths).binary();
    assert_eq!((never.f1(), never.specificity()), (Some(0.0), Some(1.0)));
}

#[test]
fn the_most_frequent_class_is_what_most_programs_are_of() {
    let of = |cwe: &str| Label { vulnerable: true, cwe: vec![cwe.to_owned()], ..Label::default() };
    let truths = [of("CWE-22"), of("CWE-79"), of("CWE-79"), Label::default()];
    let answered = Baseline::MostFrequentClass.answer(&truths);
    assert_eq!((answered.classified(), answered.said_vulnerable()), (2, 4));
    assert_eq!(answered.accuracy(), Some(0.5));
}
