//! Plots that can be read, and pages that fit a phone.

use serde_json::{Value, json};

use crate::devtools::Tab;
use crate::{Site, generous, sample_run};
use assay::report::html;
use assay::store::Store;
use assay_core::benchmark::sec_code_bench_v2;
use assay_core::case::{Language, Severity};
use assay_core::{Cost, Verdict};

/// Many subjects whose scores lie close together, some without a success, with a price.
fn crowd(path: &std::path::Path) -> Store {
    let names: Vec<String> =
        (0..24).map(|at| format!("vendor/a-model-of-some-size-{at}")).collect();
    let cases: Vec<_> = (0..10)
        .map(|at| sample_run::case(&format!("case-{at}"), "A", Language::C, Severity::High))
        .collect();
    let subjects: Vec<&str> = names.iter().map(String::as_str).collect();
    let info = sample_run::info("crowd", &subjects, cases, 240);
    let mut store = Store::create(path, &info).expect("new");
    let mut records = Vec::new();
    for (strength, subject) in subjects.iter().enumerate() {
        for case in 0..10 {
            let verdict = match (strength + case) % 3 {
                _ if strength == 0 => Verdict::NoCode,
                0 => Verdict::Secure,
                _ => Verdict::Insecure,
            };
            let mut turn = sample_run::turn(verdict, "int a;\n", "");
            turn.usage.cost = Some(Cost::from_nanos(20_000 + strength as u64));
            let scenario = sec_code_bench_v2::GEN;
            records.push(sample_run::attempt(
                subject,
                &format!("case-{case}"),
                scenario,
                1,
                vec![turn],
            ));
        }
    }
    store.record_all(&records).expect("recorded");
    store
}

const PLOTS: &str = r#"
[...document.querySelectorAll('[data-plot=works], [data-plot=cost]')].map((figure) => {
  const box = (it) => it.getBoundingClientRect();
  const names = [...figure.querySelectorAll('.plot-name')].map(box);
  const inside = box(figure.querySelector('svg'));
  const covers = (a, b) => a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 2 && b.top < a.bottom - 2;
  return {
    points: figure.querySelectorAll('circle').length,
    names: names.length,
    outside: names.filter((it) => it.right > inside.right + 1 || it.left < inside.left).length,
    covered: names.filter((one, at) => names.slice(at + 1).some((other) => covers(one, other))).length,
    ticks: [...figure.querySelectorAll('.plot-tick')].map((it) => it.textContent),
    labels: [...figure.querySelectorAll('.plot-label')].map((it) => it.textContent),
  };
})
"#;

fn are_legible(plots: &Value, points: usize) {
    for plot in plots.as_array().expect("plots") {
        assert_eq!(plot["points"], points, "{plot}");
        assert_eq!(plot["names"], points, "a name is missing: {plot}");
        assert_eq!((&plot["outside"], &plot["covered"]), (&json!(0), &json!(0)), "{plot}");
        let ticks: Vec<&str> =
            plot["ticks"].as_array().expect("ticks").iter().filter_map(Value::as_str).collect();
        assert!(ticks.iter().all(|tick| !tick.starts_with('-')), "{ticks:?}");
        let labels = plot["labels"].as_array().expect("labels");
        assert!(labels.len() == 2 && labels.iter().all(|it| it != ""), "{plot}");
    }
}

#[test]
fn plots_have_a_name_for_every_point_and_round_axes_whatever_is_chosen() {
    let site = Site::of(&[("crowd.assay", crowd)]);
    let tab = Tab::open();
    tab.go(&site.page("index.html"));
    let program = tab.run(PLOTS);
    assert_eq!(program.as_array().expect("plots").len(), 2);
    are_legible(&program, 24);
    tab.go(&site.page("index.html?case=case-"));
    let script = tab.run(PLOTS);
    are_legible(&script, 24);
    // The program and the script draw the same.
    assert_eq!(program, script);
    tab.go(&site.page("index.html?case=case-3&subject=size-1"));
    are_legible(&tab.run(PLOTS), 11);
    let legends = tab.run(
        "[...document.querySelectorAll('.heat figcaption')].map((caption) => { const range = document.createRange(); range.selectNodeContents(caption.firstChild); return range.getBoundingClientRect().bottom <= caption.querySelector('.heat-legend').getBoundingClientRect().top + 1; })",
    );
    assert_eq!(legends, json!([true, true]));
}

#[test]
fn a_phone_shows_the_score_and_no_page_scrolls_sideways() {
    let site = Site::ordinary();
    let again = site.directory.path().join("both");
    let stores = [site.store("run.assay"), site.store("run.assay")];
    html::write(&stores, &again, &generous(), &mut |_, _| {}).expect("written");
    let tab = Tab::open();
    tab.look(390, false);
    let attempt = format!("{}#1-1-1/1", site.page("attempt.html"));
    let both = again.join("index.html");
    let pages = [
        site.page("index.html"),
        both.to_str().expect("UTF-8").to_owned(),
        site.page_of_run("case-1-"),
        site.page_of_run("subject-1-"),
        attempt,
    ];
    for page in pages {
        tab.go(&page);
        let width = tab.run("document.documentElement.scrollWidth");
        assert_eq!(width, 390, "{page}");
    }
    tab.go(&site.page("index.html"));
    let seen = tab.run(
        "[...document.querySelectorAll('.leaderboard tbody tr')].map((row) => ['.subject-name', '[data-score=overall] .value'].map((name) => row.querySelector(name).getBoundingClientRect()).every((box) => box.left >= 0 && box.right <= 390))",
    );
    assert_eq!(seen, json!([true, true, true]));
    // A table that scrolls within keeps in view what its rows are of.
    let kept = tab.run(
        "(() => { const part = document.querySelector('.leaderboard').parentElement; part.scrollLeft = 400; const box = part.querySelector('tbody .subject-name').getBoundingClientRect(); return [part.scrollLeft > 0, box.left >= 0 && box.right <= 390]; })()",
    );
    assert_eq!(kept, json!([true, true]));
}
