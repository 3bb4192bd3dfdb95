//! Each agent does what its model says, is judged by what it leaves, and holds no key.

use std::process::Stdio;

use serde_json::{Value, json};

use super::cli::{self, Cli, KEY, Turn};
use super::hands::Deed;
use super::model::{Asked, Model};
use super::watch::Watch;
use crate::door::{Door, Ended, solution};
use crate::panel::{scores, verdict_of};
use crate::shown::shown_in;
use crate::stored::stored;

const CASE: &str = "invoice-search";
const PATH: &str = "src/invoice_search/invoice_search.py";

/// A file of the project that the model has read, and words of it that no prompt has.
const READ: (&str, &str) =
    ("src/invoice_search/schema.py", "The tables that the billing database consists of");

/// A test that the model writes and runs.
const TEST: &str = "mkdir -p mine && printf 'def test_mine():\\n    import invoice_search\\n' > mine/test_mine.py && PYTHONPATH=src python -m pytest -q mine";

#[test]
fn each_agent_does_what_its_model_says_is_judged_by_what_it_leaves_and_holds_no_key() {
    for cli in Cli::installed() {
        let _turn = Turn::take();
        works(cli);
    }
}

/// What the model of this name does.
fn deeds(model: &str) -> Vec<Deed> {
    vec![
        Deed::Read(READ.0.to_owned()),
        Deed::Write(PATH.to_owned(), solution(CASE, model)),
        Deed::Run(TEST.to_owned()),
    ]
}

/// Has an agent work with two models at once, of which one writes secure code.
fn works(cli: Cli) {
    let watch = Watch::default();
    let looking = watch.clone();
    let model = Model::start(move |asked| {
        let deeds = deeds(&asked.model);
        let is_last = cli.name == "aider" || asked.results.len() == deeds.len();
        if asked.model == "secure" && is_last && Watch::is_possible() {
            looking.look(KEY);
        }
        cli.play(&deeds, PATH, asked).step(asked.provider, asked.stream)
    });
    let door = Door::open();
    let protocols = [cli.protocols[0], cli.protocols[cli.protocols.len() - 1]];
    let tables = protocols.into_iter().zip(["secure", "vulnerable"]);
    let tables: Vec<String> =
        tables.map(|(protocol, name)| cli.table(protocol, name, &model.address, "")).collect();
    door.write("assay.toml", tables.concat());
    let child = cli::run(&door, CASE)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("assay starts");
    watch.process(child.id());
    let ended = Ended::of(child.wait_with_output().expect("its output")).with_code(0);

    let card = scores(&door, "run.assay");
    for (place, (model_name, verdict)) in
        [("secure", "secure"), ("vulnerable", "insecure")].into_iter().enumerate()
    {
        let subject = format!("{} {model_name}", cli.name);
        assert_eq!(verdict_of(&card, &subject, verdict), 1, "{subject}: {ended}");
        let asked = model.asked(model_name);
        assert_asked(cli, protocols[place], &asked);
        assert_counted(&card["subjects"][place], asked.len());
    }
    let questions = model.asked("secure").len() + model.asked("vulnerable").len();
    match Watch::is_possible() {
        true => assert_apart(cli, &watch.report(), questions),
        false => cli::tell("not looked at: the memory of agents, which only root may read"),
    }
    assert_no_secret_is_recorded(&door, &ended);
}

/// It did what it was told by its own tools, and each question had the key on its way.
fn assert_asked(cli: Cli, protocol: &str, asked: &[Asked]) {
    let name = cli.name;
    for question in asked {
        let (head, body) = question.text.split_once("\r\n\r\n").expect("a head and a body");
        assert!(head.contains(KEY) && !body.contains(KEY), "{name}: {head}");
        assert_eq!(question.provider, protocol, "{name}");
    }
    if name == "aider" {
        return;
    }
    let last = asked.iter().max_by_key(|question| question.results.len()).expect("a question");
    let results = &last.results;
    assert_eq!(results.len(), 3, "{name}: {results:#?}");
    assert!(results[0].contains(READ.1), "{name} reads: {}", results[0]);
    assert!(results[2].contains("1 passed"), "{name} tests: {}", results[2]);
}

/// Each answer has 70 tokens of input and 20 of output, which cost 1 and 10 for a million.
fn assert_counted(card: &Value, questions: usize) {
    let total = &card["spending"]["total"];
    let tokens = &total["tokens"];
    let found = json!([total["requests"], tokens["input"], tokens["output"]]);
    assert_eq!(found, json!([questions, 70 * questions, 20 * questions]), "{total:#}");
    let cost = total["cost"].as_f64().expect("a cost");
    let expected = 270e-6 * questions as f64;
    assert!((cost - expected).abs() < 1e-9, "{total:#}");
}

/// What was seen from outside while both agents were there.
fn assert_apart(cli: Cli, seen: &Value, questions: usize) {
    let name = cli.name;
    // That the key and the token would be found where they are.
    assert_eq!(seen["key_in_watched"], true, "{name}: {seen:#}");
    let processes = seen["processes"].as_array().expect("a list");
    assert!(processes.iter().any(|process| process["token"] == true), "{name}: {seen:#}");
    assert!(seen["files"].as_u64() > Some(10), "{name}: {seen:#}");
    for process in processes {
        assert_eq!(process["key"], false, "{name}: {process:#}");
        assert_eq!(process["token_in_arguments"], false, "{name}: {process:#}");
    }
    assert_eq!(seen["files_with_key"], json!([]), "{name}");
    let networks = seen["networks"].as_array().expect("a list");
    assert!(!networks.is_empty(), "{name}: {seen:#}");
    let mut connections = 0;
    for network in networks {
        assert_eq!(network["devices"], json!(["lo"]), "{name}: {network:#}");
        assert_eq!(network["no_route"], 0, "{name} tries to reach others: {network:#}");
        assert_eq!(network["datagrams"], 0, "{name} asks for names of hosts: {network:#}");
        connections += network["connections"].as_u64().expect("a count");
    }
    // None but those that it asks its model by.
    assert!(connections <= questions as u64, "{name}: {connections} for {questions}: {seen:#}");
}

/// Neither the key nor a token of the gateway is in what the run left behind, or said.
fn assert_no_secret_is_recorded(door: &Door, ended: &Ended) {
    let report = door.run(&["report", "run.assay", "--output", "report"]).with_code(0);
    let mut places = vec![
        ("the run".to_owned(), stored(&door.path("run.assay"))),
        ("what was said".to_owned(), format!("{ended}{report}")),
    ];
    places.extend(shown_in(&door.path("report")));
    let turns = ["--rows", "turns", "--with-texts"];
    let exports: [(&str, &[&str]); 6] = [
        ("jsonl", &turns),
        ("csv", &["--rows", "turns"]),
        ("parquet", &turns),
        ("junit", &[]),
        ("sarif", &[]),
        ("inspect", &[]),
    ];
    for (format, more) in exports {
        let name = format!("exported-{format}");
        let arguments = ["export", "run.assay", "--format", format, "--output", &name];
        door.run(&[&arguments[..], more].concat()).with_code(0);
        let path = door.path(&name);
        let files = if path.is_dir() { crate::door::files_below(&path) } else { vec![path] };
        places.extend(files.into_iter().map(|file| {
            let bytes = std::fs::read(&file).expect("it is written");
            (file.display().to_string(), String::from_utf8_lossy(&bytes).into_owned())
        }));
    }
    assert!(places.len() > 9, "all of it is looked at");
    let (_, rare) = KEY.rsplit_once('-').expect("a key of words");
    for (place, text) in places {
        assert!(!text.contains(rare), "the key is in {place}");
        assert!(!has_token(&text), "a token is in {place}");
    }
}

/// Whether there is something of the form of a token of the gateway.
fn has_token(text: &str) -> bool {
    text.split("at-")
        .skip(1)
        .any(|rest| rest.len() >= 48 && rest.bytes().take(48).all(|byte| byte.is_ascii_hexdigit()))
}
