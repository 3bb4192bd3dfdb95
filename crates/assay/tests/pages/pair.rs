//! Two subjects side by side at a case.

use serde_json::json;

use crate::devtools::Tab;
use crate::{Site, sample_run};

const SEEN: &str = r#"
({
  heads: [...document.querySelectorAll('.sides .side > h2')].map((it) => it.textContent.trim()),
  tasks: [...document.querySelectorAll('#pair form select')].map((it) => it.selectedOptions[0].textContent.split(':')[0]),
  view: document.querySelector('.artifacts input:checked').labels[0].textContent.trim(),
  rows: [...document.querySelectorAll('.artifacts .diff tr')].map((row) => [row.className, row.cells[2]?.textContent.slice(1).trim()]),
  files: [...document.querySelectorAll('.artifacts figure.file pre.code')].length,
  scripts: document.scripts.length,
})
"#;

#[test]
fn two_subjects_stand_side_by_side_with_what_differs_between_their_artifacts() {
    let site = Site::ordinary();
    let tab = Tab::open();
    tab.go(&site.page_of_run("case-1-"));
    let choices = tab.run(
        "[...document.querySelector('#pair-form select').options].map((it) => it.textContent)",
    );
    assert_eq!(choices.as_array().map(Vec::len), Some(3));
    tab.run("document.querySelector('#pair-form select[name=second]').selectedIndex = 2; document.querySelector('#pair-form').requestSubmit()");
    tab.wait_until(
        "location.href.includes('pair.html') && document.querySelector('.artifacts') !== null",
    );
    let seen = tab.run(SEEN);
    let heads = seen["heads"].as_array().expect("two");
    for (head, name) in heads.iter().zip([&choices[0], &choices[2]]) {
        let (head, name) = (head.as_str().expect("a text"), name.as_str().expect("a text"));
        assert!(head.starts_with(name), "{seen}");
    }
    assert_eq!(seen["tasks"][0], seen["tasks"][1], "the same task of both");
    assert_eq!((&seen["view"], &seen["scripts"]), (&json!("What differs"), &json!(1)));

    // A secure artifact and one that is not differ in the check.
    let find = |side: usize, word: &str| {
        tab.run("window.before = document.querySelector('.artifacts'); true");
        let field = format!("document.querySelectorAll('#pair form select')[{side}]");
        let script = format!(
            "(() => {{ const field = {field}; const option = [...field.options].find((it) => it.textContent.endsWith('{word}')); if (!option) return 'none'; if (option.selected) return 'shown'; field.value = option.value; field.dispatchEvent(new Event('change')); return 'chosen'; }})()"
        );
        let found = tab.run(&script);
        if found == json!("chosen") {
            tab.wait_until("document.querySelector('.artifacts') !== window.before && !document.querySelector('[aria-busy]')");
        }
        found != json!("none")
    };
    let mut sides = [0, 1];
    if !find(0, ": insecure") {
        sides = [1, 0];
        assert!(find(1, ": insecure"));
    }
    assert!(find(sides[1], ": secure"), "{seen}");
    let seen = tab.run(SEEN);
    let rows = seen["rows"].as_array().expect("rows");
    let kind = if sides == [0, 1] { "added" } else { "removed" };
    assert!(rows.contains(&json!([kind, "if (size == 0)"])), "{seen}");
    let failure = tab.run("document.querySelector('.sides .callout')?.textContent ?? ''");
    assert!(failure.as_str().is_some_and(|it| it.starts_with("First failure.")), "{failure}");

    // Each as it is, by the choice beside it.
    tab.run("document.querySelectorAll('.artifacts input')[1].click()");
    let first = tab.run(SEEN);
    assert_eq!((&first["files"], &first["rows"]), (&json!(1), &json!([])));
    let address = tab.run("location.hash");
    tab.run("history.back()");
    tab.wait_until(&format!("location.hash !== {address}"));
}

#[test]
fn an_address_of_no_attempts_is_said_to_be_one() {
    let site = Site::of(&[("run.assay", sample_run::ordinary)]);
    let tab = Tab::open();
    for (hash, message) in [
        ("", "The address names no two attempts."),
        ("#1-1-1", "The address names no two attempts."),
        ("#../x//1-1-1/", "The address names no two attempts."),
        ("#1-1-1//9-9-9/", "cannot be loaded"),
    ] {
        tab.go(&site.page(&format!("pair.html{hash}")));
        let text = tab.run("document.getElementById('pair').textContent");
        assert!(text.as_str().is_some_and(|it| it.contains(message)), "{hash}: {text}");
    }
}
