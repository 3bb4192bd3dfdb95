//! Files that a user writes are read as what they say, in whatever way an editor or a shell
//! on Windows encodes them: with a byte order mark, with CRLF, or in UTF-16.
#![expect(clippy::disallowed_methods, reason = "starts the binary that is tested")]

mod door;
#[expect(dead_code, reason = "these tests need few kinds of answers")]
mod scripted_server;

use std::fs;
use std::path::Path;

use door::{Door, case_folder, files_below, solution};
use scripted_server::{Server, dialect};
use serde_json::{Value, json};

/// The ways to write one text.
fn encodings(text: &str) -> Vec<(&'static str, Vec<u8>)> {
    let marked = format!("\u{feff}{text}");
    let units: Vec<u16> = marked.encode_utf16().collect();
    vec![
        ("CRLF", text.replace('\n', "\r\n").into_bytes()),
        ("a byte order mark", marked.clone().into_bytes()),
        ("both", marked.replace('\n', "\r\n").into_bytes()),
        ("UTF-16", units.iter().flat_map(|unit| unit.to_le_bytes()).collect()),
        ("UTF-16, big end first", units.iter().flat_map(|unit| unit.to_be_bytes()).collect()),
    ]
}

#[test]
fn recorded_answers_and_outcomes_are_read_in_every_encoding() {
    let code = solution("invoice-search", "secure");
    let line = |round: u32| json!({ "model": "m", "case": "invoice-search", "scenario": "gen", "round": round, "code": code, "functional": true, "security": true });
    let text = format!("{}\n\n{}\n", line(1), line(2));
    let door = Door::open();
    for (what, bytes) in encodings(&text) {
        door.write("answers.jsonl", bytes);
        let run = ["run", "--subject", "replay:answers.jsonl", "--output", "run.assay"];
        let _ = fs::remove_file(door.path("run.assay"));
        let ended = door.run(&run).with_code(0);
        assert!(!ended.stderr.contains("left out:"), "{what}: {ended}");
        let agree = ["agree", "run.assay", "--with", "answers.jsonl", "--format", "json"];
        let agreed = door.run(&agree).with_code(0).json("assay.agreement/1");
        let both = json!({ "agreed": 2, "compared": 2 });
        assert_eq!(agreed["agreement"], both, "{what}: {agreed:#}");
    }
}

#[test]
fn settings_and_what_they_name_are_read_in_every_encoding() {
    let good = "Be brief.\nThen stop.\n";
    for (what, _) in encodings("") {
        let door = Door::open();
        let in_encoding = |text: &str| {
            encodings(text).into_iter().find(|(name, _)| *name == what).expect("the same").1
        };
        let server = Server::start(vec![dialect::saying("openai", false, "I will not.")]);
        let config = format!(
            "max-answers = 1\nscenarios = [\n  \"gen\",\n]\n[[subject]]\nprovider = \"openai\"\nmodel = \"m\"\nretries = 0\nsystem-file = \"system.txt\"\napi-key-file = \"key\"\nbase-url = \"{}/v1\"\n",
            server.address
        );
        door.write("assay.toml", in_encoding(&config));
        door.write("system.txt", in_encoding(good));
        door.write("key", in_encoding("the-key-0123456789\n"));
        let run = ["run", "--case", "invoice-search", "--output", "run.assay"];
        door.run(&run).with_code(0);
        let request = server.requests().remove(0);
        assert!(request.contains("Bearer the-key-0123456789\r\n"), "{what}: {request}");
        let (_, body) = request.split_once("\r\n\r\n").expect("a body");
        let body: Value = serde_json::from_str(body).expect("JSON");
        assert_eq!(body["messages"][0]["content"], good, "{what}");
    }
}

#[test]
fn cases_are_the_same_in_every_encoding() {
    let door = Door::open();
    let from = case_folder("invoice-search");
    let digest = |corpus: &Path| {
        let arguments = ["cases", "show", "invoice-search", "--format", "json"];
        let ended =
            door.run(&[&["--corpus", corpus.to_str().expect("UTF-8")], &arguments[..]].concat());
        let shown: Value = serde_json::from_str(&ended.with_code(0).stdout).expect("JSON");
        let digest = shown["digest"].as_str().expect("a digest").to_owned();
        (digest, shown["prompts"].clone())
    };
    let as_it_is = digest(&door.path("corpus"));
    for (place, (what, _)) in encodings("").into_iter().enumerate() {
        let corpus = door.path(&format!("cases-{place}"));
        let to = corpus.join("own/python/invoice-search");
        for file in files_below(&from) {
            let target = to.join(file.strip_prefix(&from).expect("below"));
            fs::create_dir_all(target.parent().expect("a folder")).expect("it is made");
            let content = fs::read(&file).expect("readable");
            let is_text = file.parent() == Some(&from);
            let content = match String::from_utf8(content.clone()) {
                Ok(text) if is_text => {
                    encodings(&text).into_iter().find(|it| it.0 == what).expect("the same").1
                }
                _ => content,
            };
            fs::write(target, content).expect("written");
        }
        assert_eq!(digest(&corpus), as_it_is, "{what}");
    }
}

#[test]
fn what_is_no_text_is_named_with_its_line() {
    let door = Door::open();
    door.write("assay.toml", b"rounds = 1\ncorpus = \"\xff\"\n");
    let ended = door.run(&["cases"]).with_code(3);
    let told = "line 2 is not UTF-8; save it as UTF-8";
    assert!(ended.stderr.contains("assay.toml") && ended.stderr.contains(told), "{ended}");
}
