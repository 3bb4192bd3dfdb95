//! Reports of handmade runs, opened in a browser.

use std::fs;
use std::path::{Path, PathBuf};

use assay::report::{RunData, html};
use assay::store::Store;
use assay_core::Language;
use assay_core::score::{Interval, ScoringRules};

use crate::browser::{Browser, between};

mod browser;
mod sample_run;

fn report(directory: &Path, make: fn(&Path) -> Store) -> PathBuf {
    let stores = [make(&directory.join("run.assay"))];
    let output = directory.join("report");
    html::write(&stores, &output, &ScoringRules::default(), &mut |_, _| {}).expect("written").index
}

fn text(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}

/// The pages that links with `part` lead to.
fn links(page: &str, dom: &str, part: &str) -> Vec<String> {
    let hrefs = dom.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next());
    let directory =
        Path::new(page.split('#').next().expect("a path")).parent().expect("a directory");
    hrefs
        .filter(|href| href.contains(part))
        .map(|href| {
            let (path, anchor) = href.split_once('#').unwrap_or((href, ""));
            let path = directory.join(path).canonicalize().expect("a page that was written");
            format!("{}#{anchor}", path.display())
        })
        .collect()
}

fn follow(page: &str, dom: &str, part: &str) -> String {
    let mut links = links(page, dom, part).into_iter();
    links.next().unwrap_or_else(|| panic!("{page} has no link to {part}"))
}

#[test]
fn a_reader_gets_from_the_index_to_an_attempt() {
    let browser = Browser::find();
    let directory = tempfile::tempdir().expect("a directory");
    let index = report(directory.path(), sample_run::ordinary);
    let index = text(&index);

    let dom = browser.dom(index);
    assert_eq!(between(&dom, "<title>", "</title>"), "Assay report");
    let leaderboard = between(&dom, "<table class=\"leaderboard sortable", "</table>");
    assert_eq!(leaderboard.matches("<tr data-subject=").count(), 3);
    let cases = between(&dom, "<table class=\"cases sortable\">", "</table>");
    assert_eq!(cases.matches("<tr>").count(), 1 + 3);

    let case = follow(index, cases, "/case-");
    let dom = browser.dom(&case);
    assert!(dom.contains("<h1>Read a length-prefixed frame"), "{dom}");
    assert_eq!(dom.matches("<table class=\"attempts sortable\">").count(), 3);

    let attempt = follow(&case, &dom, "attempt.html#");
    let dom = browser.dom(&attempt);
    assert!(between(&dom, "<title>", "</title>").contains(" · FrameReadBounds · "), "{dom}");
    assert!(dom.contains("Functional tests"), "{dom}");
    assert!(dom.contains("reads_an_empty_frame"), "{dom}");

    let subject = follow(&attempt, &dom, "/subject-");
    let dom = browser.dom(&subject);
    assert!(dom.contains("What goes wrong most often"), "{dom}");
    let home = follow(&subject, &dom, "index.html");
    assert_eq!(
        home.split('#').next(),
        Some(text(&Path::new(index).canonicalize().expect("exists")))
    );
}

/// What a script of this test does on the first page, as a reader would, and what it saw.
const DRIVE: &str = r#"
addEventListener('load', async () => {
  const pause = () => new Promise((resolve) => setTimeout(resolve, 400));
  const names = () => [...document.querySelectorAll('table.leaderboard tbody .subject-name')].map((it) => it.textContent);
  const scores = () => [...document.querySelectorAll('table.leaderboard [data-score=overall] .value')].map((it) => it.textContent);
  const head = (text) => [...document.querySelectorAll('table.leaderboard thead button')].find((it) => it.textContent.includes(text));
  const form = document.getElementById('filters');
  await pause();
  const seen = { hidden: form.hidden, first: names() };
  head('Subject').click();
  seen.byName = names();
  head('Subject').click();
  seen.byNameDown = names();
  head('Overall').click();
  seen.byScore = names();
  form.elements.language.value = 'python';
  form.dispatchEvent(new Event('change', { bubbles: true }));
  await pause();
  seen.python = Object.fromEntries(names().map((name, place) => [name, scores()[place]]));
  seen.chosen = document.getElementById('chosen').textContent;
  form.reset();
  await pause();
  seen.all = Object.fromEntries(names().map((name, place) => [name, scores()[place]]));
  seen.intervals = [...document.querySelectorAll('[data-score=interval] .value')].map((it) => it.textContent);
  document.body.dataset.seen = JSON.stringify(seen);
});
"#;

#[test]
fn a_reader_sorts_the_leaderboard_and_asks_for_a_part_of_the_cases() {
    let browser = Browser::find();
    let directory = tempfile::tempdir().expect("a directory");
    let index = report(directory.path(), sample_run::ordinary);
    fs::write(index.with_file_name("drive.js"), DRIVE).expect("written");
    let page = fs::read_to_string(&index).expect("UTF-8");
    let page = page.replace("</head>", "<script src=\"drive.js\"></script></head>");
    fs::write(&index, &page).expect("written");
    let dom = browser.dom(text(&index));
    let seen = between(&dom, "data-seen=\"", "\"").replace("&quot;", "\"");
    let seen: serde_json::Value = serde_json::from_str(&seen).expect("the script has run");

    let store = Store::open_to_read(&directory.path().join("run.assay")).expect("a run");
    let run = RunData::read(&store, &ScoringRules::default()).expect("readable");
    let mut by_score: Vec<&str> =
        run.subjects.iter().map(|subject| subject.name.as_str()).collect();
    assert_eq!(seen["hidden"], false);
    assert_eq!(seen["first"], serde_json::json!(by_score));
    assert_eq!(seen["byScore"], serde_json::json!(by_score));
    by_score.sort_unstable();
    assert_eq!(seen["byName"], serde_json::json!(by_score));
    by_score.reverse();
    assert_eq!(seen["byNameDown"], serde_json::json!(by_score));
    assert!(seen["chosen"].as_str().is_some_and(|it| it.starts_with("2 of 3 cases")), "{seen}");
    for subject in &run.subjects {
        let card = &subject.card;
        // The script and the program compute the same.
        let percent = |score: Option<f64>| match card.withheld {
            Some(_) => "withheld".to_owned(),
            None => format!("{:.2}%", score.expect("judged") * 100.0),
        };
        let python = card.languages[&Language::Python].overall;
        assert_eq!(seen["python"][&subject.name], percent(python), "{}", subject.name);
        assert_eq!(seen["all"][&subject.name], percent(card.overall), "{}", subject.name);
    }
    for (subject, seen) in run.subjects.iter().zip(seen["intervals"].as_array().expect("a list")) {
        let interval = subject.card.intervals.overall;
        let ends = |it: Interval| format!("{:.1}–{:.1}", it.low * 100.0, it.high * 100.0);
        let expect = interval.map_or("–".to_owned(), ends);
        assert_eq!(*seen, expect, "{}", subject.name);
    }
}

#[test]
fn hostile_pages_run_nothing_and_show_their_text() {
    let browser = Browser::find();
    let directory = tempfile::tempdir().expect("a directory");
    let index = report(directory.path(), sample_run::hostile);
    let index = text(&index).to_owned();
    let dom = browser.dom(&index);
    let case = follow(&index, &dom, "/case-");
    let case_dom = browser.dom(&case);
    let attempts = links(&case, &case_dom, "attempt.html#");
    assert_eq!(attempts.len(), 2);
    for page in attempts.iter().chain([&index, &case]) {
        let dom = browser.dom(page);
        // The report's own script is the only one.
        assert_eq!(dom.matches("<script").count(), 1, "{page}");
        let title = between(&dom, "<title>", "</title>");
        let is_ours = title == "Assay report" || title.contains("../&lt;script&gt;case ·");
        assert!(is_ours, "{title}");
        for element in ["<img", "<a href=\"javascript", "</pre></details></title>"] {
            assert!(!dom.contains(element), "{page} has {element}");
        }
        // The page is whole: nothing has ended an element early.
        assert_eq!(dom.matches("<main id=\"content\">").count(), 1);
        assert!(between(&dom, "</main>", "</html>").contains("computed from stored evidence"));
        assert!(dom.contains("&lt;script&gt;document.title='pwned'&lt;/script&gt;"), "{page}");
    }
}

#[test]
fn the_style_sheet_is_loaded_under_the_policy_of_the_page() {
    let browser = Browser::find();
    let directory = tempfile::tempdir().expect("a directory");
    let index = report(directory.path(), sample_run::ordinary);
    let screenshot = |name: &str| {
        let path = directory.path().join(name);
        browser.run(text(&index), &format!("--screenshot={}", path.display()));
        fs::read(path).expect("a screenshot")
    };
    let styled = screenshot("styled.png");
    assert!(styled.starts_with(b"\x89PNG"), "not a picture");
    fs::remove_file(index.with_file_name("style.css")).expect("removed");
    assert_ne!(screenshot("bare.png"), styled);
}

#[test]
fn a_script_that_slips_into_a_page_is_stopped_by_its_policy() {
    let browser = Browser::find();
    let directory = tempfile::tempdir().expect("a directory");
    let index = report(directory.path(), sample_run::ordinary);
    let page = fs::read_to_string(&index).expect("readable");
    let title_with = |page: &str| {
        fs::write(&index, page).expect("written");
        between(&browser.dom(text(&index)), "<title>", "</title>").to_owned()
    };
    let with_script = page.replace("</body>", "<script>document.title = 'pwned'</script></body>");
    assert_eq!(title_with(&with_script), "Assay report");
    let without_policy = with_script.replace("Content-Security-Policy", "X-Nothing");
    assert_eq!(title_with(&without_policy), "pwned", "the script works at all");
}
