//! A part of the cases and subjects on the whole first page.

use assay::report::RunData;
use assay_core::Verdict;
use assay_core::benchmark::sec_code_bench_v2;
use assay_core::case::Language;
use serde_json::{Value, json};

use crate::devtools::Tab;
use crate::{Site, generous};

/// All that a reader sees of the part that is chosen.
const SEEN: &str = r#"
(() => {
  const shown = (name) => [...document.querySelectorAll(name)].filter((it) => it.checkVisibility());
  const texts = (name) => shown(name).map((it) => it.textContent.trim());
  const table = (name, ...cells) => Object.fromEntries(shown(`table.${name} tbody tr`).map((row) =>
    [row.querySelector('th a').textContent, cells.map((cell) => row.querySelector(cell)?.textContent.trim())]));
  return {
    query: location.search,
    form: Object.fromEntries(new FormData(document.getElementById('filters'))),
    chosen: document.getElementById('chosen').textContent,
    board: table('leaderboard', '[data-score=overall] .value', '[data-score=verdicts] .bar-words', '[data-score=attempts]'),
    cases: table('cases', 'td:nth-of-type(4)'),
    points: shown('[data-plot=works] circle').length,
    titles: [...document.querySelectorAll('[data-plot=works] circle title')].map((it) => it.textContent),
    columns: shown('[data-plot=case] .heat-column:not([display=none]) text').map((it) => it.textContent),
    breakdown: shown('table.breakdown tbody tr').length,
  };
})()
"#;

fn percent(score: Option<f64>) -> String {
    score.map_or("–".to_owned(), |score| format!("{:.2}%", score * 100.0))
}

#[test]
fn a_choice_stands_in_the_address_and_filters_the_whole_page() {
    let site = Site::ordinary();
    let run = RunData::read(&site.store("run.assay"), &generous()).expect("readable");
    let tab = Tab::open();
    tab.go(&site.page("index.html"));
    let whole = tab.run(SEEN);
    assert_eq!(whole["cases"].as_object().expect("rows").len(), 3);

    tab.go(&site.page("index.html?language=python"));
    let python = tab.run(SEEN);
    assert!(
        python["chosen"].as_str().is_some_and(|it| it.starts_with("2 of 3 cases.")),
        "{python}"
    );
    assert_eq!(python["form"]["language"], "python");
    assert_eq!(python["columns"], json!(["ArchiveExtract", "ReportTemplate"]));
    for subject in &run.subjects {
        let seen = &python["board"][&subject.name];
        let expect = percent(subject.card.languages[&Language::Python].overall);
        assert_eq!(seen[0], expect, "{}", subject.name);
        let own: Vec<_> = (run.attempts.iter())
            .filter(|it| it.key.subject == subject.name && it.key.case != "FrameReadBounds")
            .collect();
        assert_eq!(seen[2], own.len().to_string(), "{}", subject.name);
        let secure = own.iter().filter(|it| it.outcome.verdict() == Some(Verdict::Secure)).count();
        let words = seen[1].as_str().expect("a text");
        assert!(words.starts_with(&format!("{secure} secure")), "{words}");
        let title = python["titles"].as_array().expect("titles").iter().find(|it| {
            it.as_str().is_some_and(|it| it.starts_with(&format!("{}: ", subject.name)))
        });
        assert!(
            title.is_some_and(|it| it.as_str().expect("a text").ends_with(&expect)),
            "{title:?}"
        );
    }
    // The first subject's two rounds of two cases in one scenario.
    tab.run("document.querySelector('select[name=scenario]').value = 'fix'; document.querySelector('select[name=scenario]').dispatchEvent(new Event('change', { bubbles: true }))");
    let fix = tab.run(SEEN);
    assert_eq!(fix["query"], "?language=python&scenario=fix");
    let of_case = |case: &str, subject: &str| {
        let own: Vec<_> = (run.attempts.iter())
            .filter(|it| it.key.subject == subject && it.key.case == case)
            .filter(|it| it.key.scenario == sec_code_bench_v2::FIX)
            .collect();
        let judged = own.iter().filter(|it| it.outcome.judgement().is_some()).count();
        let secure = own.iter().filter(|it| it.outcome.verdict() == Some(Verdict::Secure)).count();
        (format!("{secure}/{judged}"), judged)
    };
    for case in ["ArchiveExtract", "ReportTemplate"] {
        let (tally, judged) = of_case(case, &run.subjects[0].name);
        assert!(judged > 0);
        assert_eq!(fix["cases"][case], json!([tally]), "{case}");
    }

    // The way back leads through what was chosen before.
    tab.run("history.back()");
    tab.wait_until("location.search === '?language=python'");
    tab.wait_until("document.querySelector('select[name=scenario]').value === ''");
    assert_eq!(tab.run(SEEN), python);
    tab.run("document.querySelector('nav.contents a[href=\"#cases\"]').click()");
    assert_eq!(tab.run("location.search + location.hash"), "?language=python#cases");
    tab.run("document.getElementById('filters').reset()");
    tab.wait_until("location.search === ''");
    let mut again = tab.run(SEEN);
    again["chosen"] = whole["chosen"].clone();
    assert_eq!(again, whole, "all is as it was");
}

#[test]
fn words_choose_cases_and_subjects_and_strangers_choose_nothing() {
    let site = Site::ordinary();
    let tab = Tab::open();
    let check = |query: &str, cases: usize, subjects: usize| {
        tab.go(&site.page(&format!("index.html{query}")));
        let seen = tab.run(SEEN);
        let count = |table: &str| seen[table].as_object().map_or(0, serde_json::Map::len);
        assert_eq!((count("cases"), count("board")), (cases, subjects), "{query}: {seen}");
        assert_eq!(seen["breakdown"], json!(subjects), "{query}");
        seen
    };
    check("?case=ARCHIVE", 1, 3);
    check("?case=archive%2C%20frame", 2, 3);
    check("?subject=acme", 3, 2);
    let both = check("?subject=large&case=template", 1, 1);
    assert_eq!(both["points"], 1);
    assert_eq!(both["columns"], json!(["ReportTemplate"]));
    check("?language=cobol&severity=%3Cscript%3E", 3, 3);
    let none: Value = check("?case=nothing-has-this", 0, 3);
    assert_eq!(none["board"]["reference"][0], "–");
}
