//! What a reader is told of runs that were not made alike.

use assay::store::Store;
use assay_core::Verdict;
use assay_core::benchmark::sec_code_bench_v2;
use assay_core::case::{Language, Severity};
use serde_json::{Value, json};

use crate::devtools::Tab;
use crate::{Site, sample_run};

/// A report of two runs of the subject `s` with these settings; the second has one case more.
fn site(first: Value, second: Value) -> Site {
    let directory = tempfile::tempdir().expect("a directory");
    let stores: Vec<Store> = [("first", first, 1), ("second", second, 2)]
        .into_iter()
        .map(|(name, settings, count)| {
            let cases = (0..count).map(|at| {
                sample_run::case(&format!("case-{at}"), "A", Language::C, Severity::High)
            });
            let mut info = sample_run::info(name, &["s"], cases.collect(), count);
            info.settings = settings;
            let path = directory.path().join(format!("{name}.assay"));
            let mut store = Store::create(&path, &info).expect("new");
            let turns = vec![sample_run::turn(Verdict::Secure, "int a;\n", "")];
            let scenario = sec_code_bench_v2::GEN;
            let record = sample_run::attempt("s", "case-0", scenario, 1, turns);
            store.record(&record).expect("recorded");
            store
        })
        .collect();
    Site::written(directory, &stores)
}

#[test]
fn every_setting_that_differs_is_named_with_what_each_run_has() {
    let subject = |temperature: f64, key: &str| {
        json!({ "provider": "openai", "name": "s", "model": "m", "temperature": temperature,
                "api-key-env": key, "price": { "input": temperature } })
    };
    let judge = |temperature: f64| {
        json!([{ "votes": 1, "provider": "openai", "model": "j", "temperature": temperature,
                 "retry-seconds": temperature }])
    };
    let site = site(
        json!({ "corpus": "a", "rounds": 1, "max-answers": 3, "reading": "strict", "seed": 1,
                "max-cost": 3.0, "judges": judge(0.0), "subjects": [subject(0.0, "ONE")] }),
        json!({ "corpus": "a", "rounds": 5, "max-answers": 1, "seed": 2, "max-cost": 4.0,
                "judges": judge(1.0), "subjects": [subject(0.7, "TWO")] }),
    );
    let tab = Tab::open();
    tab.go(&site.page("index.html"));
    tab.run("document.querySelector('.differences details').open = true");
    let rows = tab.run(
        "[...document.querySelectorAll('table.settings tr')].map((row) => [...row.cells].map((it) => it.textContent.trim()))",
    );
    assert_eq!(
        rows,
        json!([
            ["Setting", "first", "second"],
            ["cases", "1", "2, 1 of them the same in every run"],
            ["answers allowed", "3", "1"],
            ["reading", "strict", "not said"],
            ["rounds", "1", "5"],
            ["judges", "j (temperature 0.0)", "j (temperature 1.0)"],
            ["temperature", "0.0", "0.7"],
        ])
    );
    let said = tab.run("document.querySelector('.differences p').textContent");
    let expect = "Compare with care. These runs differ in: cases, answers allowed, reading, rounds, judges, temperature.";
    assert_eq!(said, expect);
}
