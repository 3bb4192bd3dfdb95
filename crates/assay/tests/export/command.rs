//! What `assay export` writes where, and what it refuses.

use std::fs;

use super::{Door, Ended, door_with_runs, export, exported_text};

fn ended(door: &Door, line: &str) -> Ended {
    door.run(&line.split_whitespace().collect::<Vec<_>>())
}

#[test]
fn exports_lie_beside_the_run_and_replace_earlier_ones_where_told_to() {
    let door = door_with_runs();
    for (format, name) in [
        ("jsonl", "ordinary.jsonl"),
        ("csv", "ordinary.csv"),
        ("parquet", "ordinary.parquet"),
        ("junit", "ordinary.junit.xml"),
        ("sarif", "ordinary.sarif"),
        ("inspect", "ordinary.inspect"),
    ] {
        for force in ["", "--force"] {
            let line = format!("export ordinary.assay --format {format} {force}");
            let said = ended(&door, &line).with_code(0);
            assert!(said.stdout.contains(&format!("60 attempts written to {name}")), "{said}");
        }
        assert!(door.path(name).exists(), "{name}");
        let said = ended(&door, &format!("export ordinary.assay --format {format}")).with_code(3);
        assert!(said.stderr.contains("exists already; name another"), "{said}");
        assert!(said.stderr.contains("replace it with --force"), "{said}");
    }
    let names: Vec<_> = fs::read_dir(door.path("."))
        .expect("a folder")
        .map(|entry| entry.expect("readable").file_name().into_string().expect("UTF-8"))
        .collect();
    assert!(!names.iter().any(|name| name.contains("unfinished")), "{names:?}");
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
    let said = ended(&door, "export ordinary.assay --format csv -o link.csv").with_code(3);
    assert!(said.stderr.contains("link.csv exists already, as a link to "), "{said}");
    assert_eq!(fs::read_to_string(door.path("target.csv")).expect("UTF-8"), "old");
    ended(&door, "export ordinary.assay --format csv -o link.csv --force").with_code(0);
    assert!(door.path("link.csv").is_symlink());
    assert_eq!(fs::read_to_string(door.path("target.csv")).expect("UTF-8").lines().count(), 61);
    let said = ended(&door, "export ordinary.assay --format jsonl -o /dev/stdout").with_code(0);
    assert!(said.stdout.starts_with("{\"schema\""), "{said}");
}

#[test]
fn what_an_export_is_made_from_is_never_replaced() {
    let door = Door::open();
    let answers = "{\"case\":\"archive-list\",\"scenario\":\"gen\",\"round\":1,\"code\":\"\"}\n";
    door.write("answers.jsonl", answers);
    ended(&door, "run --subject replay:answers.jsonl --output answers.assay").with_code(0);
    // The name beside the run is the name of what it was replayed from.
    for force in ["", "--force"] {
        let line = format!("export answers.assay --format jsonl {force}");
        let said = ended(&door, &line).with_code(3);
        assert!(said.stderr.contains("answers.jsonl: it is what this was made from"), "{said}");
        assert_eq!(fs::read_to_string(door.path("answers.jsonl")).expect("UTF-8"), answers);
    }
    // Under another name too.
    fs::hard_link(door.path("answers.jsonl"), door.path("same.jsonl")).expect("a link");
    door.write("assay.toml", "rounds = 2\n");
    for name in ["same.jsonl", "assay.toml", "answers.assay"] {
        let line = format!("export answers.assay --format jsonl --force -o {name}");
        let said = ended(&door, &line).with_code(3);
        assert!(said.stderr.contains("it is what this was made from"), "{said}");
    }
}

#[test]
fn a_place_that_cannot_be_written_to_is_an_error_with_a_remedy_before_anything_is_read() {
    let door = door_with_runs();
    door.write("file", "old");
    std::os::unix::fs::symlink("nowhere.csv", door.path("dangling.csv")).expect("a link");
    for (place, reason) in [
        ("dangling.csv", "is a link to nothing; remove it"),
        ("file/run.csv", "name a file in a folder that can be written to"),
        ("/proc/run.csv", "name a file in a folder that can be written to"),
        ("corpus", "it is a folder; name a file in it"),
    ] {
        for force in ["", "--force"] {
            let line = format!("export ordinary.assay --format csv {force} -o {place}");
            let said = ended(&door, &line).with_code(3);
            assert!(said.stderr.contains(reason), "{place}: {said}");
        }
    }
    assert!(!door.path("nowhere.csv").exists());
    ended(&door, "export ordinary.assay --format csv -o new/folder/run.csv").with_code(0);
    assert!(door.path("new/folder/run.csv").is_file());
    let mode = std::os::unix::fs::PermissionsExt::mode(
        &fs::metadata(door.path("new/folder/run.csv")).expect("a file").permissions(),
    );
    let plain = door.write("plain", "");
    let usual = fs::metadata(plain).expect("a file").permissions();
    assert_eq!(mode, std::os::unix::fs::PermissionsExt::mode(&usual));
}

#[test]
fn a_new_run_replaces_nothing() {
    let door = door_with_runs();
    door.write("notes", "mine");
    door.write("notes.new", "mine");
    std::os::unix::fs::symlink("nowhere", door.path("dangling")).expect("a link");
    for place in ["notes", "ordinary.assay", "dangling", "corpus"] {
        let run = "run --subject empty --case archive-list --scenario gen --output";
        for line in [
            format!("{run} {place}"),
            format!("import sec-code-bench-results absent --output {place}"),
            format!("revalidate ordinary.assay --corpus corpus --output {place}"),
        ] {
            let said = ended(&door, &line).with_code(3);
            let reasons = ["exists already", "choose another --output", "the corpus has no case"];
            assert!(reasons.iter().any(|it| said.stderr.contains(it)), "{line}: {said}");
        }
    }
    for (place, reason) in [
        ("notes/run.assay", "name a file in a folder that can be written to"),
        ("/proc/run.assay", "name a file in a folder that can be written to"),
    ] {
        let line = format!("run --subject empty --case archive-list --output {place}");
        let said = ended(&door, &line).with_code(3);
        assert!(said.stderr.contains(reason), "{place}: {said}");
    }
    ended(&door, "run --subject empty --case archive-list --scenario gen --output notes.assay")
        .with_code(0);
    for name in ["notes", "notes.new"] {
        assert_eq!(fs::read_to_string(door.path(name)).expect("UTF-8"), "mine");
    }
    assert!(!door.path("nowhere").exists());
}

#[test]
fn a_report_takes_no_run_with_the_earlier_one() {
    let door = door_with_runs();
    door.write("plain", "mine");
    ended(&door, "report ordinary.assay --output pages").with_code(0);
    fs::copy(door.path("hostile.assay"), door.path("pages/data/kept.assay")).expect("a copy");
    let said = ended(&door, "report pages/data/kept.assay --output pages").with_code(3);
    assert!(said.stderr.contains("is inside the earlier report"), "{said}");
    assert!(door.path("pages/data/kept.assay").is_file());
    for (place, reason) in [
        ("corpus", "contains files that are not an Assay report"),
        ("plain", "is a file, and a report is a folder"),
        ("plain/pages", "in a folder that can be written to"),
        ("/proc/pages", "in a folder that can be written to"),
    ] {
        let said = ended(&door, &format!("report ordinary.assay --output {place}")).with_code(3);
        assert!(said.stderr.contains(reason), "{place}: {said}");
    }
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
        (
            "ordinary.assay --format csv --force -o hostile.assay",
            3,
            "it is a run; name another file",
        ),
        ("ordinary.assay --format csv -o corpus", 3, "failed to write corpus: it is a folder"),
    ] {
        let said = ended(&door, &format!("export {arguments}")).with_code(code);
        assert!(said.stderr.contains(reason), "{arguments}: {said}");
        assert_eq!(said.stdout, "", "{arguments}");
    }
    let other = ended(&door, "score ordinary.assay --format csv").with_code(2);
    assert!(other.stderr.contains("[possible values: human, json]"), "{other}");
}
