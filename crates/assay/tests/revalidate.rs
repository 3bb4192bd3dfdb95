//! `assay revalidate`: stored answers under a corpus that has changed since.
#![expect(clippy::disallowed_methods, reason = "starts the binary that is tested")]

mod door;
#[expect(dead_code, reason = "the servers of these tests always answer")]
mod scripted_server;

use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::thread::sleep;
use std::time::{Duration, Instant};

use door::{Door, Ended, case_folder, files_below, solution};
use rusqlite::{Connection, OpenFlags};
use scripted_server::{Server, Step, answer};
use serde_json::{Value, json};

const CASE: &str = "invoice-search";
const PATH: &str = "src/invoice_search/invoice_search.py";
const FUNCTIONAL: &str =
    "mine/suite/python/invoice-search/tests/functional/test_search_invoices.py";
const SECURITY: &str =
    "mine/suite/python/invoice-search/tests/security/test_search_invoices_security.py";

/// Nothing that is waited for takes longer, even on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

fn says(code: &str) -> Step {
    let text = format!(
        "<result><code><path>{PATH}</path><content><![CDATA[\n{code}\n]]></content></code></result>"
    );
    let body = json!({
        "choices": [{ "finish_reason": "stop", "message": { "content": text } }],
        "usage": { "prompt_tokens": 1_000, "completion_tokens": 1_000 },
    });
    answer(200, &body.to_string())
}

/// A folder with a copy of one case as its corpus.
fn door_with_a_copy() -> Door {
    let door = Door::open();
    let folder = case_folder(CASE);
    for path in files_below(&folder) {
        let name = path.strip_prefix(&folder).expect("below");
        let copy = Path::new("mine/suite/python").join(CASE).join(name);
        door.write(copy.to_str().expect("UTF-8"), fs::read(&path).expect("readable"));
    }
    door
}

/// Changes a file, where this stands in it.
fn edit(door: &Door, name: &str, from: &str, to: &str) {
    let text = fs::read_to_string(door.path(name)).expect("readable");
    assert!(text.contains(from), "{name} lacks {from:?}");
    door.write(name, text.replace(from, to));
}

fn revalidate(door: &Door, output: &str) -> Value {
    let arguments = ["revalidate", "run.assay", "--output", output, "--format", "json"];
    door.run(&arguments).with_code(0).json("assay.revalidation/1")
}

/// The changes, as pairs and how many moved.
fn moved(revalidation: &Value) -> Vec<(String, u64)> {
    let moved = revalidation["moved"].as_array().expect("a list").iter();
    moved
        .map(|pair| {
            let name = |member: &str| pair[member].as_str().expect("a text").to_owned();
            let count = pair["count"].as_u64().expect("a count");
            (format!("{} -> {}", name("from"), name("to")), count)
        })
        .collect()
}

/// The number of turns of an attempt.
fn turns(door: &Door, run: &str, subject: &str, round: u32) -> i64 {
    let run = Connection::open_with_flags(door.path(run), OpenFlags::SQLITE_OPEN_READ_ONLY)
        .expect("a run");
    let query = "SELECT count(*) FROM turn JOIN attempt ON attempt.id = turn.attempt
                 WHERE subject = ?1 AND round = ?2";
    run.query_row(query, (subject, round), |row| row.get(0)).expect("a count")
}

fn scores(door: &Door, run: &str) -> Value {
    let ended = door.run(&["score", run, "--format", "json"]).with_code(0);
    ended.json("assay.scores/1")["runs"][0].clone()
}

#[test]
fn answers_are_judged_by_the_tests_of_today_and_nobody_is_asked() {
    let door = door_with_a_copy();
    let (secure, vulnerable) = (solution(CASE, "secure"), solution(CASE, "vulnerable"));
    let broken = "def search_invoices(connection, tenant_id, **rest):\n    return []\n";
    // The first round takes two answers, and the second one, which is asked for while the
    // first answer is validated.
    let server = Server::start(vec![says(broken), says(&secure), says(&vulnerable)]);
    door.write(
        "assay.toml",
        format!(
            "corpus = 'mine'\nscenarios = ['gen']\nrounds = 2\nmax-answers = 2\n\n[[subject]]\nprovider = 'openai'\nmodel = 'm'\nbase-url = '{}/v1'\nconcurrency = 1\nprice = {{ input = 1, output = 2 }}\n\n[[subject]]\nprovider = 'vulnerable'\n\n[[subject]]\nprovider = 'replay'\nfile = 'old.jsonl'\n",
            server.address
        ),
    );
    let record = json!({"case": CASE, "scenario": "gen", "round": 1, "code": vulnerable});
    door.write("old.jsonl", format!("{record}\n"));
    door.run(&["run", "--output", "run.assay", "--jobs", "1"]).with_code(0);
    let before = fs::read(door.path("run.assay")).expect("a run");
    assert_eq!(server.requests().len(), 3);

    // Nothing has changed, so nothing changes.
    let same = revalidate(&door, "same.assay");
    assert_eq!((&same["compared"], &same["changed"]), (&json!(5), &json!(0)), "{same:#}");
    assert_eq!(turns(&door, "same.assay", "m", 1), 2);
    let (old, new) = (scores(&door, "run.assay"), scores(&door, "same.assay"));
    let without_paid = |card: &Value| {
        let mut subjects = card["subjects"].clone();
        for subject in subjects.as_array_mut().expect("a list") {
            if let Some(spending) = subject["spending"].as_object_mut() {
                spending.remove("paid");
            }
        }
        subjects
    };
    assert_eq!(without_paid(&old), without_paid(&new));

    // Security tests that see nothing let the insecure answers pass.
    let original = fs::read_to_string(door.path(SECURITY)).expect("readable");
    door.write(SECURITY, "def test_nothing():\n    pass\n");
    let softer = revalidate(&door, "softer.assay");
    assert_eq!(moved(&softer), [("insecure -> secure".to_owned(), 4)], "{softer:#}");
    let human = ["revalidate", "run.assay", "--output", "human.assay"];
    let human = door.run(&human).with_code(0).stdout;
    for part in [
        "4 of 5 outcomes changed",
        "insecure -> secure: 4",
        "    m / invoice-search / gen / round 1",
        "    vulnerable / invoice-search / gen / round 2",
        "    old / invoice-search / gen / round 1",
    ] {
        assert!(human.contains(part), "it lacks {part:?}: {human}");
    }
    door.write(SECURITY, original);

    // Functional tests that nothing passes end each attempt with its last answer, also
    // one that needed no second answer then.
    let original = fs::read_to_string(door.path(FUNCTIONAL)).expect("readable");
    door.write(FUNCTIONAL, format!("{original}\n\ndef test_never():\n    assert False\n"));
    let harder = revalidate(&door, "harder.assay");
    let expect =
        [("insecure -> nonfunctional".to_owned(), 4), ("secure -> nonfunctional".to_owned(), 1)];
    assert_eq!(moved(&harder), expect, "{harder:#}");
    let first_failure = harder["moved"][1]["attempts"][0]["first-failure"].as_str();
    assert!(first_failure.is_some_and(|it| it.contains("test_never")), "{harder:#}");
    assert_eq!(
        [turns(&door, "harder.assay", "m", 1), turns(&door, "harder.assay", "m", 2)],
        [2, 1]
    );

    // Ones that the first answer passes need no second.
    door.write(FUNCTIONAL, "def test_always():\n    pass\n");
    let easier = revalidate(&door, "easier.assay");
    assert_eq!(moved(&easier), [("insecure -> secure".to_owned(), 1)], "{easier:#}");
    assert_eq!(easier["moved"][0]["attempts"][0]["subject"], "m");
    assert_eq!(turns(&door, "easier.assay", "m", 1), 1);

    assert_eq!(server.requests().len(), 3, "somebody was asked");
    assert!(fs::read(door.path("run.assay")).expect("a run") == before, "the old run changed");
    // What was made from a run asks nobody when it is resumed, and says from what it is.
    let resumed = door.run(&["run", "--resume", "same.assay"]).with_code(3);
    assert!(resumed.stderr.contains("repeat `assay revalidate`"), "{resumed}");
    let id = old["run"]["id"].as_str().expect("an id");
    door.run(&["report", "same.assay", "--output", "pages"]).with_code(0);
    let index = fs::read_to_string(door.path("pages/index.html")).expect("a page");
    assert!(index.contains(&format!("the answers of run <code>{id}</code>")), "{index}");
}

#[test]
fn what_errored_before_its_last_answer_stays_errored() {
    let door = door_with_a_copy();
    let broken = "def search_invoices(connection, tenant_id, **rest):\n    return []\n";
    let server = Server::start(vec![says(broken), answer(400, "{}"), answer(400, "{}")]);
    door.write(
        "assay.toml",
        format!(
            "corpus = 'mine'\nscenarios = ['gen']\nrounds = 2\n\n[[subject]]\nprovider = 'openai'\nmodel = 'm'\nbase-url = '{}/v1'\nconcurrency = 1\n",
            server.address
        ),
    );
    door.run(&["run", "--output", "run.assay"]).with_code(4);
    let same = revalidate(&door, "same.assay");
    assert_eq!((&same["compared"], &same["changed"]), (&json!(2), &json!(0)), "{same:#}");
    assert_eq!([turns(&door, "same.assay", "m", 1), turns(&door, "same.assay", "m", 2)], [1, 0]);
    // The answer that is there may be enough today.
    door.write(FUNCTIONAL, "def test_always():\n    pass\n");
    let easier = revalidate(&door, "easier.assay");
    assert_eq!(moved(&easier), [("errored -> secure".to_owned(), 1)], "{easier:#}");
}

fn attempts(run: &Path) -> usize {
    let Ok(run) = Connection::open_with_flags(run, OpenFlags::SQLITE_OPEN_READ_ONLY) else {
        return 0;
    };
    let count = run.query_row("SELECT count(*) FROM attempt", [], |row| row.get(0));
    count.unwrap_or(0)
}

#[test]
fn a_killed_revalidation_goes_on_when_it_is_repeated_and_overwrites_nothing() {
    let door = door_with_a_copy();
    let run = [
        "--corpus",
        "mine",
        "run",
        "--subject",
        "reference",
        "--subject",
        "vulnerable",
        "--rounds",
        "3",
        "--output",
        "run.assay",
        "--validate-each",
    ];
    door.run(&run).with_code(0);
    let revalidate = ["revalidate", "run.assay", "--jobs", "1", "--format", "json"];
    let mut command = door.command(&revalidate);
    let mut child =
        command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("assay starts");
    let output = door.path("run.revalidated.assay");
    let start = Instant::now();
    while attempts(&output) < 2 && start.elapsed() < PATIENCE {
        sleep(Duration::from_millis(5));
    }
    child.kill().expect("it is killed");
    child.wait().expect("it is reaped");
    let done = attempts(&output);
    assert!((2..24).contains(&done), "{done} attempts");
    let ended = door.run(&revalidate).with_code(0).json("assay.revalidation/1");
    assert_eq!((&ended["compared"], &ended["changed"]), (&json!(24), &json!(0)), "{ended:#}");
    assert_eq!(attempts(&output), 24);
    let card = scores(&door, "run.revalidated.assay");
    assert_eq!((&card["run"]["judged"], &card["run"]["finished"]), (&json!(24), &json!(true)));

    let refused = |arguments: &[&str]| -> Ended {
        let ended = door.run(&[&["revalidate"], arguments].concat()).with_code(3);
        assert!(ended.stderr.contains("exists already"), "{ended}");
        ended
    };
    let before = fs::read(&output).expect("a run");
    refused(&["run.assay"]);
    refused(&["run.assay", "--output", "run.assay"]);
    refused(&["run.revalidated.assay", "--output", "run.assay"]);
    door.write("text", "mine");
    refused(&["run.assay", "--output", "text"]);
    assert_eq!(fs::read_to_string(door.path("text")).expect("there"), "mine");
    edit(&door, SECURITY, "import uuid\n", "import uuid\n\n");
    refused(&["run.assay"]);
    assert!(fs::read(&output).expect("a run") == before, "the new run changed");
}
