//! Runs in an order, as the command writes them.

use std::path::Path;

use assay::store::Store;
use assay_core::Verdict;
use assay_core::benchmark::sec_code_bench_v2;
use assay_core::case::{Language, Severity};
use serde_json::{Value, json};

use crate::devtools::Tab;
use crate::door::Door;
use crate::sample_run;

/// A run of twelve cases, of which each subject solves so many.
fn run(path: &Path, started: &str, label: Option<&str>, rounds: u32, subjects: &[(&str, usize)]) {
    let ids: Vec<String> = (0..12).map(|at| format!("case-{at}")).collect();
    let case = |id: &String| sample_run::case(id, "A case", Language::C, Severity::High);
    let names: Vec<&str> = subjects.iter().map(|(name, _)| *name).collect();
    let planned = 12 * subjects.len();
    let mut info = sample_run::info(started, &names, ids.iter().map(case).collect(), planned);
    info.started_at = started.to_owned();
    info.label = label.map(str::to_owned);
    info.settings = json!({ "rounds": rounds });
    let mut store = Store::create(path, &info).expect("new");
    for (name, solved) in subjects {
        for (at, id) in ids.iter().enumerate() {
            let verdict = if at < *solved { Verdict::Secure } else { Verdict::Insecure };
            let turns = vec![sample_run::turn(
                verdict,
                &format!("int {name}_{at};\n").replace('-', "_"),
                "",
            )];
            let record = sample_run::attempt(name, id, sec_code_bench_v2::GEN, 1, turns);
            store.record(&record).expect("recorded");
        }
    }
}

const SEEN: &str = r#"
({
  heads: [...document.querySelectorAll('main h2')].map((it) => it.textContent.trim()),
  points: [...document.querySelectorAll('table.trend tbody tr')].map((row) => [row.querySelector('.subject-name').textContent, row.cells[1].textContent.trim(), row.cells[3].textContent.trim()]),
  circles: document.querySelectorAll('.plot.trend > div circle').length,
  intervals: document.querySelectorAll('.plot.trend > div .plot-interval').length,
  names: [...document.querySelectorAll('.plot.trend > div .plot-tick[text-anchor=middle]')].map((it) => it.textContent),
  steps: [...document.querySelectorAll('.step')].map((step) => [step.querySelector('h3').textContent, step.querySelector('.note').textContent.trim()]),
  settings: [...document.querySelectorAll('.step dl')].map((it) => it.textContent),
  changed: [...document.querySelectorAll('.step .changed li')].map((it) => it.textContent),
})
"#;

/// The trend page of these runs, written with these further arguments.
fn seen(door: &Door, tab: &Tab, arguments: &[&str]) -> Value {
    let all = [&["report", "--output", "pages"], arguments].concat();
    door.run(&all).with_code(0);
    tab.go(door.path("pages/trend.html").to_str().expect("UTF-8"));
    tab.run(SEEN)
}

#[test]
fn checkpoints_in_the_order_that_they_are_given_have_a_trend_with_what_changed() {
    let door = Door::open();
    run(&door.path("b.assay"), "2026-03-02T09:00:00Z", Some("step 100"), 1, &[("ckpt-100", 3)]);
    run(&door.path("a.assay"), "2026-03-01T09:00:00Z", None, 1, &[("ckpt-200", 11)]);
    run(&door.path("c.assay"), "2026-03-03T09:00:00Z", None, 2, &[("ckpt-300", 9)]);
    let tab = Tab::open();
    let runs = ["b.assay", "a.assay", "c.assay"];
    let said = door.run(&[&["report", "--trend", "--output", "pages"][..], &runs].concat());
    assert!(said.with_code(0).stdout.contains("pages/trend.html"));
    let given = seen(&door, &tab, &[&["--trend"][..], &runs].concat());
    let expect = json!([
        ["ckpt-100", "25.00%", "–"],
        ["ckpt-200", "91.67%", "+66.67"],
        ["ckpt-300", "75.00%", "-16.67"],
    ]);
    assert_eq!(given["points"], expect, "{given}");
    assert_eq!((&given["circles"], &given["intervals"]), (&json!(3), &json!(3)));
    assert_eq!(given["names"], json!(["ckpt-100", "ckpt-200", "ckpt-300"]));
    assert_eq!(
        given["steps"],
        json!([
            [
                "ckpt-100 → ckpt-200",
                "12 cases in both; 8 better, 0 worse, 4 as before. The overall score differs beyond chance."
            ],
            [
                "ckpt-200 → ckpt-300",
                "12 cases in both; 0 better, 2 worse, 10 as before. The overall score does not differ beyond chance."
            ],
        ])
    );
    assert_eq!(given["settings"], json!(["rounds1 → 2"]));
    assert_eq!(given["changed"].as_array().map(Vec::len), Some(10));
    assert!(given["changed"][0].as_str().is_some_and(|it| it.ends_with("0/1 → 1/1")), "{given}");
    // A case that changed leads to both artifacts side by side.
    tab.run("document.querySelector('.step .changed a').click()");
    tab.wait_until("document.querySelector('.artifacts .diff') !== null");

    // Without the word it is the order in which they began.
    let started = seen(&door, &tab, &runs);
    assert_eq!(started["names"], json!(["ckpt-200", "ckpt-100", "ckpt-300"]));
}

#[test]
fn a_subject_of_several_runs_has_a_trend_by_the_names_of_its_runs() {
    let door = Door::open();
    run(
        &door.path("one.assay"),
        "2026-03-01T09:00:00Z",
        Some("v1"),
        1,
        &[("agent", 2), ("other", 4)],
    );
    run(&door.path("two.assay"), "2026-03-02T09:00:00Z", None, 1, &[("agent", 9)]);
    let tab = Tab::open();
    let both = seen(&door, &tab, &["two.assay", "one.assay"]);
    assert_eq!(both["heads"], json!(["agent"]));
    assert_eq!(both["names"], json!(["v1", "two"]));
    let index = std::fs::read_to_string(door.path("pages/index.html")).expect("an index");
    assert!(index.contains("href=\"trend.html\""), "{index}");
}

#[test]
fn subjects_of_one_run_are_a_trend_where_that_is_asked_for() {
    let door = Door::open();
    let subjects = [("step-1000", 9), ("step-200", 2), ("step-30", 1)];
    run(&door.path("one.assay"), "2026-03-01T09:00:00Z", None, 1, &subjects);
    let tab = Tab::open();
    let seen = seen(&door, &tab, &["--trend", "one.assay"]);
    assert_eq!(seen["names"], json!(["step-30", "step-200", "step-1000"]));
    // There is none to write without it, nor of a single subject.
    door.run(&["report", "one.assay", "--output", "plain"]).with_code(0);
    assert!(!door.path("plain/trend.html").exists());
    run(&door.path("alone.assay"), "2026-03-01T09:00:00Z", None, 1, &[("s", 1)]);
    let refused = door.run(&["report", "--trend", "alone.assay", "--output", "none"]).with_code(3);
    assert!(refused.stderr.contains("a trend takes two runs or more"), "{refused}");
}
