//! Cases that have texts in one language alone.
#![expect(clippy::disallowed_methods, reason = "starts the binary that is tested")]

mod copies;
#[expect(dead_code, reason = "each test binary uses a part of it")]
mod door;

use std::fs;
use std::path::PathBuf;

use copies::copied;
use door::{Door, Ended};

/// A corpus of two cases, of which the first has English texts only; its folder.
fn corpus(door: &Door) -> PathBuf {
    let english = copied(door, "copy", "wizard-draft");
    copied(door, "copy", "backup-bundle");
    for name in ["brief", "hint"] {
        fs::remove_file(english.join(format!("{name}.zh-CN.md"))).expect("it goes");
    }
    english
}

fn run(door: &Door, more: &[&str]) -> Ended {
    let arguments = ["--corpus", "copy", "run", "--dry-run", "--subject", "reference"];
    door.run(&[&arguments, more].concat())
}

#[test]
fn a_run_in_a_locale_that_a_case_lacks_is_refused_and_names_it() {
    let door = Door::open();
    corpus(&door);
    run(&door, &[]).with_code(0);
    let refused = run(&door, &["--locale", "zh-CN"]).with_code(3);
    let expect = "1 of 2 cases have no texts in zh-CN: wizard-draft; write their brief.zh-CN.md and hint.zh-CN.md, leave them out with --exclude-case wizard-draft, or ask all in en-US with --locale en-US";
    assert!(refused.stderr.contains(expect), "{refused}");
    run(&door, &["--locale", "zh-CN", "--exclude-case", "wizard-draft"]).with_code(0);
    let none = run(&door, &["--locale", "zh-CN", "--case", "wizard-draft"]).with_code(3);
    assert!(none.stderr.contains("no case of the plan has texts in zh-CN"), "{none}");
    let meant = run(&door, &["--locale", "zh-cn"]).with_code(2);
    assert!(meant.stderr.contains("(did you mean \"zh-CN\"?)"), "{meant}");
}

#[test]
fn a_case_says_in_which_locales_it_is() {
    let door = Door::open();
    corpus(&door);
    let show = |more: &[&str]| door.run(&[&["--corpus", "copy", "cases", "show"], more].concat());
    let human = show(&["wizard-draft"]).with_code(0).stdout;
    assert!(human.contains("  texts      en-US\n"), "{human}");
    assert!(!human.contains("zh-CN"), "{human}");
    let json = show(&["wizard-draft", "--format", "json"]).with_code(0).json("assay.case/1");
    assert_eq!(json["locales"], serde_json::json!(["en-US"]));
    let refused = show(&["wizard-draft", "--locale", "zh-CN"]).with_code(3);
    assert!(
        refused.stderr.contains("wizard-draft has no texts in zh-CN; it has those in en-US"),
        "{refused}"
    );
}

#[test]
fn a_locale_has_a_brief_and_a_hint_or_neither() {
    let door = Door::open();
    let folder = corpus(&door);
    let check = |file: &str, expect: &str| {
        fs::write(folder.join(file), "文").expect("it is written");
        let ended = door.run(&["--corpus", "copy", "cases"]).with_code(3);
        assert!(ended.stderr.contains(expect), "{ended}");
        fs::remove_file(folder.join(file)).expect("it goes");
    };
    check("brief.zh-CN.md", "brief.zh-CN.md: is there without hint.zh-CN.md");
    check("hint.zh-CN.md", "hint.zh-CN.md: is there without brief.zh-CN.md");
    fs::remove_file(folder.join("hint.en-US.md")).expect("it goes");
    let ended = door.run(&["--corpus", "copy", "cases"]).with_code(3);
    assert!(ended.stderr.contains("hint.en-US.md: failed to read it"), "{ended}");
}

#[test]
fn a_number_of_nothing_is_an_error_and_a_category_a_warning() {
    let door = Door::open();
    let folder = copied(&door, "copy", "backup-bundle");
    let toml = fs::read_to_string(folder.join("case.toml")).expect("UTF-8");
    let with = |cwe: &str| {
        fs::write(folder.join("case.toml"), toml.replace("CWE-78", cwe)).expect("it is written");
    };
    with("CWE-78787");
    let ended = door.run(&["--corpus", "copy", "cases"]).with_code(3);
    assert!(ended.stderr.contains("case.toml:4: there is no CWE-78787 in CWE"), "{ended}");
    with("CWE-399");
    let ended = door.run(&["--corpus", "copy", "check"]).with_code(0);
    assert!(
        ended.stdout.contains("warning:  CWE-399 (Resource Management Errors) is a category"),
        "{ended}"
    );
}
