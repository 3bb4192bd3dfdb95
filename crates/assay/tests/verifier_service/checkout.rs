//! The controller of a checkout of SecCodeBench-V2, unchanged, with the service in place of its
//! verifiers and a scripted model behind it: its own statistics are our scores of the same answers.
//!
//! `SEC_CODE_BENCH_DIR` names the checkout, and `SEC_CODE_BENCH_PYTHON` an interpreter with what the
//! checkout's `pyproject.toml` asks for. Without them nothing is shown here, and the test says so.
//! `SEC_CODE_BENCH_CASES` says which cases take part, separated by commas, or `all`; `ASSAY_ARTIFACTS`
//! names recorded answers, which the model gives where there is one.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::thread;

use assay_core::corpus::CorpusSource;
use assay_core::prompts::Prompts;
use assay_core::task::SolutionKind;
use assay_core::{Case, Language};
use flate2::read::GzDecoder;
use serde_json::{Value, json};

use crate::client::Served;
use crate::door::{Door, files_below};
use crate::panel::{always, messages, says};
use crate::scripted_server::{answer, is_inquiry, read_request, response};

/// The lists of the checkout: the folder, the file, and what the controller calls the language.
const LISTS: [(&str, &str, Language); 5] = [
    ("cpp", "c.json", Language::C),
    ("go", "go.json", Language::Go),
    ("java", "java.json", Language::Java),
    ("nodejs", "nodejs.json", Language::NodeJs),
    ("python", "python.json", Language::Python),
];

/// A case of each language and one that judges decide in part, where nobody says which.
const FEW: &str = "BufferOverflowScanf,CommandInjectionShell,XSSEmail,PathTraversalRead,InfoLeakLogInjection,CommandInjectionSubprocessRun";

/// The value of a variable; a line says that the test is skipped without it.
fn variable(name: &str) -> Option<OsString> {
    let value = std::env::var_os(name).filter(|value| !value.is_empty());
    if value.is_none() {
        // Unlike what is printed, this is shown of a test that passes.
        let _ = writeln!(std::io::stderr(), "skipped: {name} is not set");
    }
    value
}

/// What the model answers: by the prompt of a question, and by what it answered before.
struct Script(Vec<(String, String)>);

impl Script {
    /// Flawed code where it is to be repaired; where it is to be written, a recorded answer, or the
    /// flawed code, or none.
    fn of(cases: &[Case], recorded: &BTreeMap<(String, String), String>) -> Script {
        let mut answers = Vec::new();
        for case in cases {
            let Prompts::Verbatim(prompts) = &case.prompts else { panic!("{}", case.id) };
            let flawed = case.solutions(SolutionKind::Vulnerable).next().map(|solution| {
                let files = solution.files.iter();
                let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("UTF-8");
                block(files.map(|(path, bytes)| (path.to_string(), text(bytes))))
            });
            for ((scenario, _), prompt) in prompts {
                let of_record = recorded.get(&(case.id.clone(), scenario.to_string()));
                let only_path = case.artifact_paths().first().map(ToString::to_string);
                let of_record =
                    of_record.zip(only_path).map(|(code, path)| block([(path, code.clone())]));
                let is_repair = scenario.to_string().starts_with("fix");
                let answer = if is_repair { flawed.clone() } else { of_record.or(flawed.clone()) };
                let nothing = format!("I would rather not, as far as {} goes.", case.id);
                answers.push((prompt.clone(), answer.unwrap_or(nothing)));
            }
        }
        Script(answers)
    }

    fn answer(&self, request: &str) -> String {
        let texts: Vec<String> = messages(request)
            .iter()
            .filter_map(|message| message["content"].as_str().map(str::to_owned))
            .collect();
        let Script(answers) = self;
        let by_prompt = answers
            .iter()
            .find(|(prompt, _)| texts.iter().any(|text| text.trim() == prompt.trim()));
        // The controller asks for a repair with the answer alone; ours goes on with the conversation.
        let by_answer =
            || answers.iter().find(|(_, answer)| texts.iter().any(|text| text.contains(answer)));
        let found = by_prompt.or_else(by_answer);
        found.unwrap_or_else(|| panic!("a question that nobody knows: {texts:#?}")).1.clone()
    }
}

/// A server that plays a script, each connection by itself: clients that give up end no other.
fn serve(script: Script) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = format!("http://{}/v1", listener.local_addr().expect("it is bound"));
    let script = Arc::new(script);
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let script = Arc::clone(&script);
            thread::spawn(move || {
                let request = read_request(&mut stream);
                let step = match is_inquiry(&request) {
                    true => answer(404, "{}"),
                    false => says(&script.answer(&request)),
                };
                let _ = stream.write_all(response(&step).as_bytes());
            });
        }
    });
    address
}

/// An answer in the form that is asked for.
fn block(files: impl IntoIterator<Item = (String, String)>) -> String {
    let items: String = files
        .into_iter()
        .map(|(path, code)| {
            format!(
                "<code>\n<path>{path}</path>\n<content><![CDATA[\n{code}\n]]></content>\n</code>\n"
            )
        })
        .collect();
    format!("<result>\n{items}</result>\n")
}

/// Recorded code by case and scenario, of whoever comes first.
fn recorded() -> BTreeMap<(String, String), String> {
    let Some(path) = std::env::var_os("ASSAY_ARTIFACTS") else { return BTreeMap::new() };
    let mut text = String::new();
    GzDecoder::new(fs::File::open(path).expect("readable"))
        .read_to_string(&mut text)
        .expect("UTF-8");
    let mut found = BTreeMap::new();
    for line in text.lines() {
        let record: Value = serde_json::from_str(line).expect("JSON");
        let of = |name: &str| record[name].as_str().map(str::to_owned);
        if let (Some(case), Some(scenario), Some(code)) = (of("case"), of("scenario"), of("code")) {
            found.entry((case, scenario)).or_insert(code);
        }
    }
    found
}

/// Writes the checkout's lists with these cases alone and with the service's addresses; the
/// arguments that name them.
fn lists(door: &Door, checkout: &Path, served: &Served, cases: &[Case]) -> Vec<String> {
    let mut arguments = Vec::new();
    for (folder, name, language) in LISTS {
        let path = checkout.join("datasets/benchmark").join(folder).join(name);
        let text = fs::read_to_string(path).expect("UTF-8");
        let mut list: Value = serde_json::from_str(&text).expect("JSON");
        let entries = list.as_object_mut().expect("an object");
        entries
            .retain(|id, _| cases.iter().any(|case| case.id == *id && case.language == language));
        if entries.is_empty() {
            continue;
        }
        for url in entries
            .values_mut()
            .flat_map(|it| it["verify_urls"].as_object_mut().expect("addresses").values_mut())
        {
            let (_, rest) =
                url.as_str().expect("an address").split_once("/verify/").expect("a name");
            *url = format!("http://{}/verify/{rest}", served.address).into();
        }
        let copy = door.write(name, list.to_string());
        arguments
            .extend(["--lang-config".to_owned(), format!("{folder}:en-US:{}", copy.display())]);
    }
    arguments
}

/// Runs the controller, and returns what it wrote into the file of its scores.
fn control(checkout: &Path, python: &OsString, logs: &Path, arguments: &[String]) -> Value {
    let output = Command::new(python)
        .current_dir(checkout)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("NO_PROXY", "127.0.0.1")
        .args(["-m", "sec_code_bench.eval", "--experiment-cycle", "1", "--rpm-limit", "100000"])
        .arg("--log-dir")
        .arg(logs)
        .args(arguments)
        .stdout(Stdio::null())
        .output()
        .expect("it starts");
    let said = String::from_utf8_lossy(&output.stderr);
    let tail: String = said.chars().skip(said.chars().count().saturating_sub(3000)).collect();
    assert!(output.status.success(), "{tail}");
    let scores = files_below(logs).into_iter().find(|path| path.ends_with("score.json"));
    let text =
        fs::read_to_string(scores.unwrap_or_else(|| panic!("no scores: {tail}"))).expect("UTF-8");
    serde_json::from_str(&text).expect("JSON")
}

#[test]
fn the_unchanged_controller_comes_to_our_scores() {
    let (Some(checkout), Some(python)) =
        (variable("SEC_CODE_BENCH_DIR"), variable("SEC_CODE_BENCH_PYTHON"))
    else {
        return;
    };
    let checkout = PathBuf::from(checkout);
    let source = CorpusSource::SecCodeBench(checkout.clone());
    let wanted = std::env::var("SEC_CODE_BENCH_CASES").unwrap_or_else(|_| FEW.to_owned());
    let is_wanted = |case: &Case| wanted == "all" || wanted.split(',').any(|id| id == case.id);
    let cases = source.load().expect("a checkout").cases;
    let cases: Vec<Case> = cases.into_iter().filter(is_wanted).collect();
    assert!(!cases.is_empty(), "{wanted:?} names no case");
    let ids: Vec<&str> = cases.iter().map(|case| case.id.as_str()).collect();

    let door = Door::open();
    let script = Script::of(&cases, &recorded());
    let model = serve(script);
    let judge = format!("{}/v1", always("judge", false).server.address);
    let corpus = source.to_string();
    let store = door.path("results.sqlite");
    let common = ["--corpus", &corpus, "--judge", "openai:judge", "--judge-base-url", &judge];
    door.run(&[&["prepare", "--corpus", &corpus], &ids[..]].concat()).with_code(0);
    let own = ["--results", store.to_str().expect("UTF-8")];
    let served = Served::with(&door, &[&ids[..], &common, &own].concat());

    let mut arguments = lists(&door, &checkout, &served, &cases);
    arguments.extend(["--eval-llm".to_owned(), format!("OPENAI::scripted::no-key::{model}")]);
    // The controller wants judges for Java, and never asks them itself.
    arguments.extend(["--judge-llm-list".to_owned(), format!("OPENAI::judge::no-key::{judge}")]);
    let official = control(&checkout, &python, &door.path("logs"), &arguments);

    let run = [
        "run",
        "--subject",
        "openai:scripted",
        "--base-url",
        &model,
        "--rounds",
        "1",
        "--no-cache",
        "--output",
        "run.assay",
    ];
    let named: Vec<&str> = ids.iter().flat_map(|id| ["--case", *id]).collect();
    door.run(&[&run[..], &named, &common].concat()).with_code(0);
    let card = door.run(&["score", "run.assay", "--format", "json"]).with_code(0);
    let card = card.json("assay.scores/1")["runs"][0]["subjects"][0].clone();
    let is_equal = |ours: &Value, theirs: &Value| match (ours.as_f64(), theirs.as_f64()) {
        (Some(ours), Some(theirs)) => (ours - theirs).abs() < 1e-9,
        _ => false,
    };
    let shown = json!({ "ours": [card["overall"], card["scenarios"]], "official": official });
    assert!(is_equal(&card["overall"], &official["total"]), "{shown:#}");
    for (scenario, score) in official["scenario"].as_object().expect("scenarios") {
        let ours = &card["scenarios"][scenario];
        assert!(is_equal(ours, &score["weighted_average_score"]), "{scenario}: {shown:#}");
    }
    let _ = writeln!(std::io::stderr(), "{} cases, overall {}", cases.len(), card["overall"]);
}
