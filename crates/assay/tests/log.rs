//! The log, and the warnings of who asked for none.
#![expect(clippy::disallowed_methods, reason = "starts the binary that is tested")]

#[expect(dead_code, reason = "these tests need neither all of the door nor JSON")]
mod door;
#[expect(dead_code, reason = "these tests need no whole dialect")]
mod scripted_server;

use std::fs;
use std::path::Path;

use door::{Door, Ended, cache, case_folder, solution};
use scripted_server::{Server, answer, said};
use serde_json::json;

const C: &str = "telemetry-frame";
const PYTHON: &str = "invoice-search";

const KEY_VARIABLE: &str = "KEY_OF_THE_SCRIPTED_SERVER";
const KEY: &str = "sk-planted-7d1fe0c5b2a94436";

/// The arguments that verify a case's secure solution.
fn verify(case: &str) -> [String; 4] {
    let artifact = case_folder(case).join("solutions/secure");
    let artifact = artifact.to_str().expect("UTF-8").to_owned();
    ["verify".to_owned(), case.to_owned(), "--artifact".to_owned(), artifact]
}

fn verified(door: &Door, case: &str, rest: &[&str]) -> Ended {
    let rest = rest.iter().map(|argument| (*argument).to_owned());
    let arguments: Vec<String> = verify(case).into_iter().chain(rest).collect();
    door.run(&arguments).with_code(0)
}

#[test]
fn a_log_shows_sandboxes_and_commands_and_what_they_were_for() {
    let door = Door::open();
    let ended = verified(&door, C, &["--log", "debug"]);
    let line = |what: &str| {
        let found = ended.stderr.lines().find(|line| line.contains(what));
        found.unwrap_or_else(|| panic!("no line has {what:?}: {ended}"))
    };
    let started = line("sandbox started");
    assert!(started.contains("DEBUG") && started.contains("assay_sandbox"), "{started}");
    assert!(started.contains(&format!("validation{{case=\"{C}\"}}")), "{started}");
    let command = line("command ended");
    assert!(command.contains("exit=\"exit code 0\"") && command.contains("program="), "{command}");
    assert!(line("phase=\"security\"").contains("suite"), "{ended}");
    assert!(!ended.stdout.contains("sandbox started"), "{ended}");

    let quiet = verified(&door, C, &[]);
    assert_eq!(quiet.stderr, "", "without --log nothing is logged");
    assert_eq!(quiet.stdout.lines().last(), Some("telemetry-frame: secure"));
    let mut asked = door.command(&verify(C));
    asked.env("ASSAY_LOG", "assay_sandbox=trace");
    let asked = Ended::of(asked.output().expect("assay starts")).with_code(0);
    assert!(asked.stderr.contains("TRACE") && asked.stderr.contains("command starts"), "{asked}");
    assert!(!asked.stderr.contains("validated"), "of another place: {asked}");
}

#[test]
fn a_log_file_keeps_what_it_holds() {
    let door = Door::open();
    let log = door.write("assay.log", "before\n");
    let ended = verified(&door, C, &["--log-file", "assay.log"]);
    assert_eq!(ended.stderr, "");
    let text = fs::read_to_string(log).expect("a log");
    assert!(text.starts_with("before\n"), "{text}");
    assert!(text.contains("command ended") && !text.contains("TRACE"), "{text}");

    let nowhere = door.run(&["doctor", "--log-file", "none/assay.log"]).with_code(3);
    assert!(nowhere.stderr.contains("failed to write the log none/assay.log"), "{nowhere}");
}

#[test]
fn what_is_no_filter_is_bad_usage() {
    let door = Door::open();
    for (filter, remedy) in [("loud", "off, error, warn"), ("h2=trace", "that can be logged")] {
        let ended = door.run(&["doctor", "--log", filter]).with_code(2);
        assert!(ended.stderr.contains(remedy), "{ended}");
    }
}

/// A cache with the Python environments of the usual one, in which no nursery starts: each
/// says that it was made for another version of the interpreter, which nothing else reads.
fn cache_without_nurseries(place: &Path) {
    let usual = cache().join("python");
    for file in files_below_without_links(&usual) {
        let target = place.join("python").join(file.strip_prefix(&usual).expect("below"));
        fs::create_dir_all(target.parent().expect("a folder")).expect("it is made");
        if file.is_symlink() {
            let to = fs::read_link(&file).expect("a link");
            std::os::unix::fs::symlink(to, target).expect("it is linked");
        } else if file.ends_with("pyvenv.cfg") {
            let text = fs::read_to_string(&file).expect("UTF-8");
            // As long as before, or the installation would count as damaged.
            let text = text.replace("version = 3", "version = 2");
            fs::write(target, text).expect("it is written");
        } else if fs::hard_link(&file, &target).is_err() {
            fs::copy(&file, &target).expect("it is copied");
        }
    }
}

fn files_below_without_links(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("readable").path();
        if path.is_dir() && !path.is_symlink() {
            files.extend(files_below_without_links(&path));
        } else {
            files.push(path);
        }
    }
    files
}

#[test]
fn a_nursery_that_does_not_start_is_said_once_in_plain_words() {
    let door = Door::open();
    cache_without_nurseries(&door.path("cache"));
    let arguments = ["--cache", "cache"];
    let ended = verified(&door, PYTHON, &arguments);
    let lines: Vec<&str> = ended.stderr.lines().collect();
    let [line] = lines.as_slice() else { panic!("not one line: {ended}") };
    assert!(line.starts_with("warning: a Python nursery did not start: failed to "), "{ended}");
    assert!(line.ends_with("suites start an interpreter of their own, which is slower"), "{ended}");
    assert_eq!(ended.stdout.lines().last(), Some("invoice-search: secure"), "{ended}");

    let file = verified(&door, PYTHON, &[&arguments[..], &["--log-file", "log"]].concat());
    assert!(file.stderr.starts_with("warning: "), "a log file hides no warning: {file}");
}

#[test]
fn a_log_has_neither_keys_nor_headers_nor_prompts_nor_answers() {
    let code = solution(C, "secure");
    let path = "src/telemetry_frame.c";
    let text = format!(
        "<result><code><path>{path}</path><content><![CDATA[\n{code}\n]]></content></code></result>"
    );
    let echo = format!(r#"{{"error":{{"message":"you sent Bearer {KEY} in-the-body"}}}}"#);
    let broken = format!("a-name-in-a-head: {KEY}\r\n");
    let server = Server::start(vec![
        answer(500, &echo),
        answer(429, &echo),
        scripted_server::Step::Answer { status: 503, headers: broken, body: echo.clone() },
        scripted_server::Step::Truncate,
        said(&json!({ "role": "assistant", "content": text }).to_string()),
    ]);
    let door = Door::open();
    let config = format!(
        "[[subject]]\nprovider = 'openai'\nname = 'asked'\nmodel = 'm'\nbase-url = '{}/v1'\napi-key-env = '{KEY_VARIABLE}'\nretries = 9\nheaders = {{ x-mine = 'secret-header' }}\n",
        server.address
    );
    door.write("assay.toml", config);
    let arguments = ["--case", C, "--scenario", "gen", "--output", "run.assay", "--log", "trace"];
    let mut command = door.command(&[&["run"], &arguments[..]].concat());
    let ended = Ended::of(command.env(KEY_VARIABLE, KEY).output().expect("assay starts"));
    let ended = ended.with_code(0);
    assert!(server.requests().concat().contains(KEY), "the key was not used: {ended}");
    for part in ["request failed", "status=500", "again_after=Some(", "request answered"] {
        assert!(ended.stderr.contains(part), "the log lacks {part:?}: {ended}");
    }
    assert!(ended.stderr.contains("question{case=\"telemetry-frame\" scenario=gen"), "{ended}");
    let prompt = "# Role";
    let logged =
        ended.stderr.lines().filter(|line| line.contains(" TRACE ") || line.contains(" DEBUG "));
    let logged: Vec<&str> = logged.collect();
    assert!(logged.len() > 20, "{ended}");
    let logged = logged.join("\n");
    for secret in ["planted", "Bearer", "secret-header", "in-the-body", "a-name-in-a-head"] {
        assert!(!ended.stderr.contains(secret), "the log has {secret:?}: {ended}");
    }
    for secret in [prompt, "memcpy", "CDATA", "<result>"] {
        assert!(!logged.contains(secret), "the log has {secret:?}: {ended}");
    }
    for other in [" hyper", " h2::", " reqwest", " rustls"] {
        assert!(!logged.contains(other), "{other:?} is logged: {ended}");
    }
}
