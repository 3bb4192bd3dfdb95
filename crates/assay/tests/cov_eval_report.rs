//! What a run of CoV-Eval amounts to: its scorecard, for people and for programs, and its
//! pages.
#![expect(clippy::disallowed_methods, reason = "starts the binary that is tested")]

#[expect(dead_code, reason = "no test looks at what was asked")]
mod answering;
mod door;
#[expect(dead_code, reason = "the server answers by what it is asked")]
mod scripted_server;
mod shown;

use std::fs;
use std::path::PathBuf;

use answering::Answering;
use door::{Door, solution};
use serde_json::{Value, json};

/// The subjects of a stored run by name, and the run.
fn scores(door: &Door, run: &str) -> Value {
    let scores = door.run(&["score", run, "--format=json"]).with_code(0);
    scores.json("assay.scores/1")["runs"][0].clone()
}

fn subject<'a>(run: &'a Value, name: &str) -> &'a Value {
    let subjects = run["subjects"].as_array().expect("subjects");
    subjects.iter().find(|it| it["name"] == name).expect("a subject")
}

/// A page of the report of a run.
fn page(door: &Door, start: &str) -> String {
    let pages = door::files_below(&door.path("assay-report"));
    let is_it = |path: &&PathBuf| {
        let name = path.file_name().and_then(|name| name.to_str());
        name.is_some_and(|name| name.starts_with(start))
    };
    let path = pages.iter().find(is_it).unwrap_or_else(|| panic!("no page {start}"));
    fs::read_to_string(path).expect("UTF-8")
}

#[test]
fn statements_have_a_scorecard_and_pages_of_their_own_beside_baselines() {
    let door = Door::open();
    let subjects = ["--subject=reference", "--subject=vulnerable", "--subject=empty"];
    let run = ["--corpus=cov-eval:corpus", "run", "--scenario=detect", "--output=run.assay"];
    let ended = door.run(&[&run[..], &subjects].concat()).with_code(0);
    for part in ["detection in given programs:", "(always vulnerable)", "only vulnerable"] {
        assert!(ended.stdout.contains(part), "no {part:?}: {ended}");
    }
    assert!(!ended.stdout.contains("overall"), "{ended}");

    let run = scores(&door, "run.assay");
    let detection = |name: &str| &subject(&run, name)["cov-eval"]["detection"];
    let of = |it: &Value| {
        ["balanced-accuracy", "specificity", "f1", "recall"].map(|key| it[key].clone())
    };
    assert_eq!(of(detection("reference")), [1.0, 1.0, 1.0, 1.0].map(Value::from));
    assert_eq!(detection("reference")["mcc"], 1.0);
    assert_eq!(detection("reference")["weighted-f1"], 1.0);
    // It says of nothing that it is vulnerable.
    assert_eq!(of(detection("vulnerable")), [0.5, 1.0, 0.0, 0.0].map(Value::from));
    assert_eq!(detection("vulnerable")["mcc"], Value::Null);
    assert_eq!(of(detection("empty")), [0.0, 0.0, 0.0, 0.0].map(Value::from));
    assert_eq!(detection("empty")["unread"], detection("empty")["judged"]);
    for (name, twins) in
        [("reference", "both-right"), ("vulnerable", "only-secure-right"), ("empty", "both-wrong")]
    {
        let all = &detection(name)["twins"];
        assert!(all["pairs"].as_u64() > Some(0), "{all}");
        assert_eq!(all[twins], all["pairs"], "{name}: {all}");
    }
    let never = &run["cov-eval"]["baselines"]["never-vulnerable"];
    assert_eq!(of(never), of(detection("vulnerable")));
    let always = &run["cov-eval"]["baselines"]["always-vulnerable"];
    assert_eq!([&always["balanced-accuracy"], &always["recall"]], [&json!(0.5), &json!(1.0)]);
    assert!(always["f1"].as_f64() > Some(0.7), "what is wrong with F1: {always}");
    assert_eq!(subject(&run, "reference")["cov-eval"]["completion"]["total"], Value::Null);

    door.run(&["report", "run.assay"]).with_code(0);
    let all = page(&door, "cov-eval.html");
    for part in ["(most frequent class)", "<h2>Detection</h2>", "Only the clean one right"] {
        assert!(all.contains(part), "no {part:?}");
    }
    let matrix = |name: &str| {
        let page = page(&door, name);
        let (_, table) = page.split_once("<table class=\"shades confusion\">").expect("a matrix");
        table.split("</table>").next().expect("its end").to_owned()
    };
    // Every answer is right: as many framed counts as true types, and no other.
    let reference = matrix("cov-eval-2-reference");
    let rows = reference.matches("<th scope=\"row\">").count();
    assert!(rows > 5, "{reference}");
    assert_eq!(reference.matches("share-10 right\">").count(), rows, "{reference}");
    assert_eq!(reference.matches("shade share-").count(), rows, "{reference}");
    let empty = matrix("cov-eval-1-empty");
    assert_eq!(empty.matches("shade share-10\">").count(), rows, "{empty}");
    assert!(empty.contains(">unread</th>"), "{empty}");
}

/// The line of a program in which a query is made.
fn query(name: &str) -> String {
    let program = solution("invoice-search", name);
    let line = program.lines().find(|line| line.contains("execute("));
    line.expect("a query").trim().to_owned()
}

/// Completes a program insecurely and repairs it, says of every program that it is
/// vulnerable and, of secure ones, that a line is the cause which is not theirs.
fn author(question: &str) -> String {
    if !question.contains("Say whether it has a security weakness") {
        let mends = question.contains("has the weakness that is named");
        let text = solution("invoice-search", if mends { "secure" } else { "vulnerable" });
        return format!(
            "<result>\n<code>\n<path>src/invoice_search/invoice_search.py</path>\n<content><![CDATA[\n{text}\n]]></content>\n</code>\n</result>"
        );
    }
    let is_vulnerable = question.contains(&query("vulnerable"));
    let line = if is_vulnerable { query("vulnerable") } else { HOSTILE.to_owned() };
    json!({ "vulnerable": "yes", "type": "CWE-89", "line": line }).to_string()
}

const HOSTILE: &str = "<script>alert(1)</script> is the cause";

#[test]
fn the_line_that_was_said_is_shown_in_the_program_and_nothing_of_it_becomes_markup() {
    assert!(!solution("invoice-search", "secure").contains(&query("vulnerable")));
    let server = Answering::start(author);
    let door = Door::open();
    let table = format!(
        "[[subject]]\nprovider = 'openai'\nmodel = 'm'\nbase-url = '{}/v1'\nretries = 0\n",
        server.address
    );
    door.write("assay.toml", table);
    door.run(&[
        "--corpus=cov-eval:corpus",
        "run",
        "--case=complete-invoice-search",
        "--case=detect-invoice-search-secure",
        "--case=detect-invoice-search-vulnerable",
        "--no-cache",
        "--output=run.assay",
    ])
    .with_code(0);

    let run = scores(&door, "run.assay");
    let numbers = &run["subjects"][0]["cov-eval"];
    let rate = |secure: u32| json!({ "count": secure, "of": 1, "share": f64::from(secure) });
    assert_eq!(numbers["completion"]["total"], rate(0), "{numbers:#}");
    assert_eq!(numbers["completion"]["functional"], rate(1));
    assert_eq!(numbers["completion"]["seed"], Value::Null, "not told apart in our own programs");
    assert_eq!(numbers["completion"]["cwes"], json!({ "CWE-89": rate(0) }));
    assert_eq!(numbers["self-repair"]["secure"], rate(1));
    assert_eq!(numbers["self-detection"]["accuracy"], 1.0);
    assert_eq!(numbers["self-detection"]["recall-of-secure"], Value::Null);
    assert_eq!(numbers["detection"]["balanced-accuracy"], 0.5);
    assert_eq!(numbers["detection"]["twins"]["only-vulnerable-right"], 1);

    door.run(&["report", "run.assay"]).with_code(0);
    let shown = shown::shown_in(&door.path("assay-report/attempts"));
    let shown: Vec<String> = shown.into_iter().map(|(_, text)| text).collect();
    let line = query("vulnerable").replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let line = line.replace('"', "&quot;");
    let marked: Vec<&String> =
        shown.iter().filter(|text| text.contains("<mark class=\"line said\">")).collect();
    assert_eq!(marked.len(), 2, "that it was given, and that it completed");
    for text in marked {
        let (_, rest) = text.split_once("<mark class=\"line said\">").expect("a mark");
        let mark = rest.split("</mark>").next().expect("its end");
        assert_eq!(mark.trim(), line);
        assert_eq!(text.matches("<mark ").count(), 1);
    }
    let hostile: Vec<&String> =
        shown.iter().filter(|text| text.contains("has no line like the one")).collect();
    assert_eq!(hostile.len(), 1);
    assert!(hostile[0].contains("&lt;script&gt;alert(1)&lt;/script&gt; is the cause"));
    let subject = page(&door, "cov-eval-1-");
    assert!(subject.contains("&lt;script&gt;alert(1)"), "{subject}");
    for text in shown.iter().chain([&subject]) {
        assert!(!text.contains("<script>alert"), "{text}");
    }
}

#[test]
fn a_run_of_another_benchmark_has_neither_numbers_nor_pages_of_it() {
    let door = Door::open();
    let run = ["run", "--subject=reference", "--case=invoice-search", "--output=run.assay"];
    let ended = door.run(&run).with_code(0);
    assert!(ended.stdout.contains("overall"), "{ended}");
    let run = scores(&door, "run.assay");
    assert!(run.get("cov-eval").is_none() && run["subjects"][0].get("cov-eval").is_none());
    door.run(&["report", "run.assay"]).with_code(0);
    let pages = door::files_below(&door.path("assay-report"));
    assert!(pages.iter().all(|path| !path.ends_with("cov-eval.html")));
    assert!(!page(&door, "index.html").contains("CoV-Eval"));
}
