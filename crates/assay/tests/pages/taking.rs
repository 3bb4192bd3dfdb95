//! Texts that a reader takes along, and keys that lead on.

use std::fs;

use assay::store::Store;
use assay_core::Verdict;
use assay_core::answer::Answer;
use assay_core::benchmark::sec_code_bench_v2;
use assay_core::case::{Language, Severity};
use serde_json::json;

use crate::devtools::Tab;
use crate::{Site, sample_run};

/// What a text loses on a page if it is not taken care of.
const TEXT: &str = "\nfirst\u{202e}\u{0}\r\n\ttab <b>&amp;</b>\n\u{200b}end";

fn hidden(path: &std::path::Path) -> Store {
    let case = sample_run::case("a", "A", Language::C, Severity::High);
    let mut store =
        Store::create(path, &sample_run::info("r", &["s"], vec![case], 1)).expect("new");
    let mut turn = sample_run::turn(Verdict::Insecure, "int a;\r\nint\u{200b} b;", "");
    turn.prompt = TEXT.to_owned();
    turn.answer = Answer::Text(TEXT.to_owned());
    let record = sample_run::attempt("s", "a", sec_code_bench_v2::GEN, 1, vec![turn]);
    store.record(&record).expect("recorded");
    store
}

#[test]
fn prompts_answers_and_artifacts_are_copied_and_saved_byte_for_byte() {
    let site = Site::of(&[("run.assay", hidden)]);
    let downloads = tempfile::tempdir().expect("a directory");
    let tab = Tab::open();
    let path = downloads.path().to_str().expect("UTF-8");
    tab.send("Page.setDownloadBehavior", &json!({ "behavior": "allow", "downloadPath": path }));
    tab.go(&format!("{}#1-1-1/1", site.page("attempt.html")));
    // The clipboard is the machine's; what would be put there is enough.
    tab.run("navigator.clipboard.writeText = async (text) => { window.copied = text; }");
    for (label, expect, file) in [
        ("Prompt", TEXT, "prompt.txt"),
        ("Answer, as it came", TEXT, "answer-as-it-came.txt"),
        ("src/frame.c", "int a;\r\nint\u{200b} b;", "frame.c"),
    ] {
        let click = |what: &str| {
            tab.run(&format!(
                "document.querySelector('button[aria-label=\"{what} {label}\"]').click()"
            ))
        };
        click("Copy");
        tab.wait_until("window.copied !== undefined");
        assert_eq!(tab.run("window.copied"), expect, "{label}");
        tab.run("delete window.copied");
        click("Save");
        let saved = downloads.path().join(file);
        tab.wait_until(&format!(
            "document.getElementById('told').textContent === 'Saved: {label}'"
        ));
        for _ in 0..200 {
            if saved.is_file() {
                break;
            }
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        assert_eq!(fs::read_to_string(&saved).expect("saved"), expect, "{label}");
    }
}

#[test]
fn keys_and_links_lead_to_the_next_attempt_case_and_subject() {
    let site = Site::ordinary();
    let tab = Tab::open();
    let press = |key: &str, then: &str| {
        tab.press(key);
        tab.wait_until(&format!("decodeURI(location.href).includes('{then}')"));
        tab.settle();
    };
    tab.go(&format!("{}#1-1-1/1", site.page("attempt.html")));
    let title = || tab.run("document.querySelector('h1').textContent");
    let first = title();
    press("n", "#1-1-1/2");
    let shows = |title: &serde_json::Value, is: &str| {
        tab.wait_until(&format!("document.querySelector('h1').textContent {is} {title}"));
    };
    shows(&first, "!==");
    press("p", "#1-1-1/1");
    shows(&first, "===");
    // The same subject, scenario and round at the next case.
    let case = tab.run("document.querySelector('.lede').textContent");
    let is_of = |is: &str| {
        tab.wait_until(&format!("document.querySelector('.lede').textContent {is} {case}"));
    };
    press("N", "#1-2-1/");
    is_of("!==");
    let task = "document.querySelector('h1').textContent.split(' ').slice(1).join(' ')";
    let first_task = format!("{first}.split(' ').slice(1).join(' ')");
    assert_eq!(tab.run(task), tab.run(&first_task));
    press("P", "#1-1-1/1");
    is_of("===");
    press("u", "/case-1-");
    press("n", "/case-2-");
    press("p", "/case-1-");
    press("u", "/index.html");
    tab.go(&site.page_of_run("subject-1-"));
    let links = tab.run("document.querySelectorAll('a[rel=next], a[rel=prev]').length");
    assert!(links.as_u64().is_some_and(|it| it > 0));

    // No letter of what is written leads anywhere, and all of them can be switched off.
    tab.go(&site.page("index.html"));
    tab.run("document.querySelector('input[name=case]').focus()");
    for letter in ["n", "p", "u"] {
        tab.press(letter);
    }
    assert_eq!(tab.run("document.querySelector('input[name=case]').value"), "npu");
    tab.go(&site.page_of_run("case-1-"));
    tab.press("?");
    tab.wait_until("document.querySelector('dialog.keys')?.open === true");
    tab.run("document.querySelector('dialog.keys input').click(); document.querySelector('dialog.keys button').click()");
    tab.press("n");
    assert!(tab.run("location.href").as_str().expect("a text").contains("/case-1-"));
}
