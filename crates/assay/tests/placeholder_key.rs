//! What people set for a key where a server wants none is an ordinary word, which changes
//! nothing of what a model says, of what a server says, and of what is stored.
#![expect(clippy::disallowed_methods, reason = "starts the binary that is tested")]

#[expect(dead_code, reason = "nothing here is read as JSON")]
mod door;
#[expect(dead_code, reason = "these tests need no whole dialect")]
mod scripted_server;

use std::io::Read as _;
use std::path::Path;

use door::{Door, Ended, solution};
use flate2::read::DeflateDecoder;
use rusqlite::Connection;
use scripted_server::dialect::saying;
use scripted_server::{Server, Step, answer};
use serde_json::json;

const PROVIDERS: [&str; 4] = ["openai", "openai-responses", "anthropic", "gemini"];

const CASE: &str = "invoice-search";
const PATH: &str = "src/invoice_search/invoice_search.py";

/// As long as that of a provider.
const LONG: &str = "sk-planted-Zr8Yw1nT5vQ0xLk3HbJ7Df2GsAc9M";

/// What people set, and each of it is in the answer.
const WORDS: [&str; 7] = ["text", "x", "none", "test", "ollama", "local", "sk-no-key-required"];

/// A secure answer that holds every placeholder, in its code too.
fn spoken() -> String {
    let code = solution(CASE, "secure");
    let words = WORDS.join(" ");
    format!(
        "Some text.\n\n<result><code><path>{PATH}</path><content><![CDATA[\n{code}\ntext = local = x = none = test = '{words}'\n]]></content></code></result>\n\nNext."
    )
}

/// Where the key of this number is.
fn variable(number: usize) -> String {
    format!("KEY_{number}")
}

/// A model behind each key and in each dialect, whole and in events, which says this.
fn config(door: &Door, keys: &[&str], step: impl Fn(&str, bool) -> Step) -> Vec<(String, Server)> {
    let mut servers = Vec::new();
    let mut config = String::new();
    for (number, key) in keys.iter().enumerate() {
        for provider in PROVIDERS {
            for stream in [false, true] {
                let server = Server::start(vec![step(provider, stream)]);
                config.push_str(&format!(
                    "[[subject]]\nprovider = '{provider}'\nname = '{number} {provider} {stream}'\nmodel = 'm'\nbase-url = '{}/v1'\napi-key-env = '{}'\nstream = {stream}\nretries = 0\n",
                    server.address,
                    variable(number)
                ));
                servers.push(((*key).to_owned(), server));
            }
        }
    }
    door.write("assay.toml", config);
    servers
}

fn run(door: &Door, keys: &[&str]) -> Ended {
    let arguments = ["run", "--case", CASE, "--scenario", "gen", "--output", "run.assay"];
    let mut command = door.command(&arguments);
    for (number, key) in keys.iter().enumerate() {
        command.env(variable(number), key);
    }
    Ended::of(command.output().expect("assay starts"))
}

/// What a run stored of a subject: its verdict, and its texts byte by byte.
type Stored = (Option<String>, Vec<Option<String>>);

/// What a run stored of each subject behind a key, in order of their names.
fn stored(path: &Path, key: usize) -> Vec<Stored> {
    let file = Connection::open(path).expect("a run");
    let columns = ["prompt", "answer", "thinking", "artifact"];
    let texts = columns.map(|it| format!("(SELECT deflated FROM blob WHERE id = turn.{it})"));
    let logs = "(SELECT group_concat(name) FROM log WHERE log.attempt = attempt.id)";
    let query = format!(
        "SELECT verdict, finish, {logs}, {} FROM attempt LEFT JOIN turn ON turn.attempt = attempt.id WHERE subject LIKE ?1 ORDER BY subject, number",
        texts.join(", ")
    );
    let mut rows = file.prepare(&query).expect("tables");
    let rows = rows.query_map([format!("{key} %")], |row| {
        let mut values: Vec<Option<String>> = vec![row.get(1)?, row.get(2)?];
        for column in 3..7 {
            let deflated: Option<Vec<u8>> = row.get(column)?;
            values.push(deflated.map(|bytes| {
                let mut text = String::new();
                DeflateDecoder::new(bytes.as_slice()).read_to_string(&mut text).expect("UTF-8");
                text
            }));
        }
        Ok((row.get(0)?, values))
    });
    rows.expect("rows").map(|row| row.expect("a row")).collect()
}

#[test]
fn a_word_for_a_key_gives_the_verdicts_and_the_bytes_of_a_long_key() {
    let spoken = spoken();
    let keys = [&[LONG][..], &WORDS].concat();
    let door = Door::open();
    let servers = config(&door, &keys, |provider, stream| saying(provider, stream, &spoken));
    run(&door, &keys).with_code(0);
    for (key, server) in servers {
        assert!(server.requests().concat().contains(&key), "the key {key} was not used");
    }
    let expect = stored(&door.path("run.assay"), 0);
    assert_eq!(expect.len(), PROVIDERS.len() * 2);
    for (verdict, values) in &expect {
        assert_eq!(verdict.as_deref(), Some("secure"));
        let answer = json!({ "text": spoken }).to_string();
        assert!(values.contains(&Some(answer)), "{values:?}");
    }
    for (number, word) in keys.iter().enumerate().skip(1) {
        let found = stored(&door.path("run.assay"), number);
        assert!(found == expect, "{word} changed what is stored");
    }
}

#[test]
fn an_error_keeps_all_its_letters_under_a_word_for_a_key() {
    let said = "unexpected context: no local text, nothing to test";
    let door = Door::open();
    let body = json!({ "error": { "message": said } }).to_string();
    let _servers = config(&door, &WORDS, |_, _| answer(400, &body));
    let ended = run(&door, &WORDS).with_code(4);
    assert!(!ended.to_string().contains("[API key]"), "{ended}");
    let file = Connection::open(door.path("run.assay")).expect("a run");
    let query = "SELECT count(*) FROM attempt WHERE error LIKE '%' || ?1 || '%'";
    let whole: usize = file.query_row(query, [said], |row| row.get(0)).expect("a count");
    assert_eq!(whole, WORDS.len() * PROVIDERS.len() * 2, "{ended}");
}
