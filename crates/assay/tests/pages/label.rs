//! How runs are called.

use crate::door::Door;

const RUN: [&str; 7] =
    ["run", "--subject", "empty", "--case", "invoice-search", "--scenario", "gen"];

#[test]
fn a_label_is_kept_with_the_run_and_shown_wherever_the_run_is() {
    let door = Door::open();
    let label = ["--label", " before <the> fix ", "--output", "one.assay"];
    door.run(&[&RUN[..], &label].concat()).with_code(0);
    let scores = || {
        let ended = door.run(&["score", "one.assay", "--format", "json"]).with_code(0);
        ended.json("assay.scores/1")["runs"][0]["run"]["label"].clone()
    };
    assert_eq!(scores(), "before <the> fix");
    let shown = door.run(&["score", "one.assay"]).with_code(0).stdout;
    assert!(shown.starts_with("run before <the> fix ("), "{shown}");
    door.run(&[&RUN[..], &["--output", "two.assay"]].concat()).with_code(0);
    door.run(&["report", "one.assay", "two.assay", "--output", "pages"]).with_code(0);
    let index = std::fs::read_to_string(door.path("pages/index.html")).expect("an index");
    // Another one has the name of its file.
    for part in ["before &lt;the&gt; fix", ">two</a>", "of the file <code>one</code>"] {
        assert!(index.contains(part), "{part}: {index}");
    }
    let relabel = ["run", "--resume", "one.assay", "--label", "after the fix"];
    door.run(&relabel).with_code(0);
    assert_eq!(scores(), "after the fix");
    door.run(&["run", "--resume", "one.assay"]).with_code(0);
    assert_eq!(scores(), "after the fix", "it stays");
}

#[test]
fn a_label_that_cannot_stand_on_a_page_is_refused() {
    let door = Door::open();
    for (label, message) in [
        ("  ", "a label is not empty"),
        ("two\nlines", "a label is one line"),
        (&"x".repeat(81), "a label has 80 characters at most, and this has 81"),
    ] {
        let ended = door.run(&[&RUN[..], &["--label", label]].concat()).with_code(2);
        assert!(ended.stderr.contains(message), "{ended}");
    }
}
