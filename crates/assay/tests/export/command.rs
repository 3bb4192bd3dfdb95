//! What `assay export` writes where, and what it refuses.

use std::fs;

use super::{Door, Ended, door_with_runs, export, exported_text};

fn ended(door: &Door, line: &str) -> Ended {
    door.run(&line.split_whitespace().collect::<Vec<_>>())
}

#[test]
fn exports_lie_beside_the_run_and_replace_earlier_ones() {
    let door = door_with_runs();
    for (format, name) in [
        ("jsonl", "ordinary.jsonl"),
        ("csv", "ordinary.csv"),
        ("parquet", "ordinary.parquet"),
        ("junit", "ordinary.junit.xml"),
        ("sarif", "ordinary.sarif"),
        ("inspect", "ordinary.inspect"),
    ] {
        for _ in 0..2 {
            let said =
                ended(&door, &format!("export ordinary.assay --format {format}")).with_code(0);
            assert!(said.stdout.contains(&format!("60 attempts written to {name}")), "{said}");
        }
        assert!(door.path(name).exists(), "{name}");
    }
    let names: Vec<_> = fs::read_dir(door.path("."))
        .expect("a folder")
        .map(|entry| entry.expect("readable").file_name().into_string().expect("UTF-8"))
        .collect();
    assert!(!names.iter().any(|name| name.ends_with(".new")), "{names:?}");
}

#[test]
fn standard_output_has_the_bytes_of_the_file_and_nothing_else() {
    let door = door_with_runs();
    for format in ["jsonl", "csv", "junit", "sarif"] {
        let said =
            ended(&door, &format!("export ordinary.assay --format {format} -o -")).with_code(0);
        assert!(said.stdout == exported_text(&door, "ordinary.assay", format, &[]), "{format}");
    }
}

#[test]
fn a_link_stays_a_link_and_a_device_a_device() {
    let door = door_with_runs();
    door.write("target.csv", "old");
    std::os::unix::fs::symlink("target.csv", door.path("link.csv")).expect("a link");
    ended(&door, "export ordinary.assay --format csv -o link.csv").with_code(0);
    assert!(door.path("link.csv").is_symlink());
    assert_eq!(fs::read_to_string(door.path("target.csv")).expect("UTF-8").lines().count(), 61);
    let said = ended(&door, "export ordinary.assay --format jsonl -o /dev/stdout").with_code(0);
    assert!(said.stdout.starts_with("{\"schema\""), "{said}");
}

#[test]
fn two_exports_of_a_run_are_the_same_bytes() {
    let door = door_with_runs();
    for format in ["jsonl", "csv", "parquet", "junit", "sarif"] {
        let first = fs::read(export(&door, "hostile.assay", format, &[])).expect("written");
        let second = fs::read(export(&door, "hostile.assay", format, &[])).expect("written");
        assert!(first == second, "{format}");
    }
}

#[test]
fn only_the_subjects_that_are_named_are_exported() {
    let door = door_with_runs();
    let more = ["--subject", "reference", "--subject", "acme/large-2"];
    let text = exported_text(&door, "ordinary.assay", "jsonl", &more);
    assert_eq!(text.lines().count(), 12 + 24);
    assert!(!text.contains("acme/small-2"));
}

#[test]
fn several_runs_go_into_one_file_in_order() {
    let door = door_with_runs();
    let said = ended(&door, "export hostile.assay ordinary.assay --format jsonl -o -").with_code(0);
    let subject = |line: &str| {
        let row: serde_json::Value = serde_json::from_str(line).expect("JSON");
        row["subject"].as_str().expect("text").to_owned()
    };
    let subjects: Vec<String> = said.stdout.lines().map(subject).collect();
    assert_eq!(subjects.len(), 2 + 60);
    assert!(subjects[1].contains("evil") && subjects[2] == "acme/large-2", "{subjects:?}");
}

#[test]
fn what_cannot_be_done_is_refused() {
    let door = door_with_runs();
    for (arguments, code, reason) in [
        ("ordinary.assay", 2, "--format <FORMAT>"),
        ("ordinary.assay --format json", 2, "invalid value 'json'"),
        ("--format csv", 2, "<RUN>..."),
        ("ordinary.assay --format junit --rows turns", 3, "--rows is for jsonl, csv and parquet"),
        ("ordinary.assay --format csv --with-texts", 3, "--with-texts is for jsonl and parquet"),
        ("ordinary.assay --format inspect -o -", 3, "name one with --output"),
        ("ordinary.assay --format csv --subject x", 3, "has no subject \"x\"; it has acme/large-2"),
        ("missing.assay --format csv", 3, "there is no such file"),
        ("ordinary.assay --format csv -o hostile.assay", 3, "it is a run; name another file"),
        ("ordinary.assay --format csv -o corpus", 3, "failed to write corpus: it is a folder"),
    ] {
        let said = ended(&door, &format!("export {arguments}")).with_code(code);
        assert!(said.stderr.contains(reason), "{arguments}: {said}");
        assert_eq!(said.stdout, "", "{arguments}");
    }
    let other = ended(&door, "score ordinary.assay --format csv").with_code(2);
    assert!(other.stderr.contains("[possible values: human, json]"), "{other}");
}
