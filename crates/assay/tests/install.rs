//! Assay where there is no checkout: the cases within the program, `assay init`, completions and
//! manual pages.
#![expect(clippy::disallowed_methods, reason = "starts the binary that is tested")]

#[expect(dead_code, reason = "each test binary uses a part of it")]
mod door;

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use assay::config::Config;
use door::{Door, Ended, files_below, repository};
use serde_json::Value;
use tempfile::TempDir;

/// Runs the binary in a folder that has nothing of ours, with this cache.
fn alone(folder: &Path, cache: &Path, arguments: &[&str]) -> Ended {
    let mut command = Command::new(env!("CARGO_BIN_EXE_assay"));
    command.args(arguments).current_dir(folder).env_clear();
    command.env("PATH", "/usr/local/bin:/usr/bin:/bin").env("ASSAY_CACHE", cache);
    Ended::of(command.output().expect("assay starts"))
}

fn digest(list: &Ended) -> Value {
    list.json("assay.cases/1")["digest"].clone()
}

#[test]
fn the_program_has_its_cases_wherever_it_is_run() {
    let (empty, cache) = (TempDir::new().expect("a folder"), TempDir::new().expect("a folder"));
    let list = ["cases", "--format", "json"];
    let run = |arguments: &[&str]| alone(empty.path(), cache.path(), arguments).with_code(0);
    let ours = digest(&Door::open().run(&list).with_code(0));
    assert_eq!(digest(&run(&list)), ours);
    let named = [list.as_slice(), &["--corpus", "built-in"]].concat();
    assert_eq!(digest(&run(&named)), ours);
    assert!(run(&["cases", "show", "archive-list"]).stdout.contains("CWE-78"));
    // It asks as CoV-Eval asks, too.
    let tasks = run(&["cases", "--corpus", "cov-eval:built-in"]);
    assert!(tasks.stdout.contains("repair"), "{tasks}");

    // What was damaged in the cache is made anew.
    let laid_out = files_below(&cache.path().join("built-in-corpus"));
    fs::remove_file(&laid_out[0]).expect("it is there");
    fs::write(&laid_out[1], "damage").expect("it is written");
    fs::write(laid_out[2].with_extension("more"), "damage").expect("it is written");
    assert_eq!(digest(&run(&list)), ours);
    assert_eq!(files_below(&cache.path().join("built-in-corpus")), laid_out);

    // A folder of this name comes first.
    fs::create_dir(empty.path().join("corpus")).expect("a folder");
    let none = alone(empty.path(), cache.path(), &list).with_code(3);
    assert!(none.stderr.contains("corpus"), "{none}");
}

#[test]
fn a_run_without_a_checkout_is_resumed_and_needs_none() {
    let empty = TempDir::new().expect("a folder");
    let run = |arguments: &[&str]| alone(empty.path(), door::cache(), arguments);
    let case = "session-restore";
    let begun = run(&["run", "--subject", "empty", "--case", case, "--output", "a.assay"]);
    assert!(begun.with_code(0).stderr.contains("corpus     built-in (1 case,"));
    let resumed = run(&["run", "--resume", "a.assay"]).with_code(0);
    assert!(resumed.stderr.contains("attempts   0 of 4 (4 judged already)"), "{resumed}");
}

#[test]
fn init_writes_a_configuration_whose_every_key_is_accepted() {
    let folder = TempDir::new().expect("a folder");
    let cache = TempDir::new().expect("a folder");
    let run = |arguments: &[&str]| alone(folder.path(), cache.path(), arguments);
    let written = run(&["init"]).with_code(0);
    assert!(written.stdout.contains("wrote ./assay.toml"), "{written}");
    let path = folder.path().join("assay.toml");
    let text = fs::read_to_string(&path).expect("it is there");

    // As it is, it makes a run of the solutions that are known to be secure.
    let plan = run(&["run", "--dry-run", "--format", "json"]).with_code(0);
    assert_eq!(plan.json("assay.plan/1")["attempts"][0]["subject"], "reference");

    // A second one replaces nothing, whatever is in the first.
    fs::write(&path, "nonsense").expect("it is written");
    let refused = run(&["init"]).with_code(3);
    assert!(refused.stderr.contains("assay.toml exists already"), "{refused}");
    assert_eq!(fs::read_to_string(&path).expect("it is there"), "nonsense");

    // Every key that it mentions is one, with a value that it can have.
    let is_setting = |line: &&str| {
        let line = line.trim_start_matches("# ");
        let key = line.split(" = ").next().unwrap_or_default();
        let is_key = key.chars().all(|c| c.is_ascii_lowercase() || c == '-');
        line.starts_with('[') || (line.contains(" = ") && is_key)
    };
    let settings: Vec<&str> =
        text.lines().filter(is_setting).map(|line| line.trim_start_matches("# ")).collect();
    fs::write(&path, settings.join("\n")).expect("it is written");
    let config = Config::read(Some(&path)).unwrap_or_else(|error| panic!("{error:#}\n{text}"));
    assert_eq!((config.subjects.len(), config.judges.len()), (3, 1), "{settings:#?}");

    // And no key that the documentation lists is left out.
    let page = fs::read_to_string(repository().join("docs/configuration.md")).expect("the page");
    let table = page.split("| Key | Flag |").nth(1).expect("the table");
    let rows = table.lines().skip(2).take_while(|line| line.starts_with('|'));
    for row in rows {
        let key = row.split('`').nth(1).expect("a key");
        let key = key.trim_start_matches('[').split([']', '.']).next().expect("a name");
        assert!(settings.iter().any(|line| line.contains(key)), "{key} is not in assay.toml");
    }
}

#[test]
fn completions_are_scripts_that_shells_read() {
    let (folder, cache) = (TempDir::new().expect("a folder"), TempDir::new().expect("a folder"));
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = alone(folder.path(), cache.path(), &["completions", shell]).with_code(0);
        for word in ["rejudge", "max-cost", "completions"] {
            assert!(script.stdout.contains(word), "{shell}: {word}");
        }
        if shell == "bash" {
            fs::write(folder.path().join("script"), &script.stdout).expect("it is written");
            // What bash would offer after `assay cases sh`.
            let asks = "source ./script; COMP_WORDS=(assay cases sh); COMP_CWORD=2; \
                        _assay assay sh cases; echo \"${COMPREPLY[*]}\"";
            let mut bash = Command::new("bash");
            bash.args(["-c", asks]).current_dir(folder.path()).stdin(Stdio::null());
            let offered = Ended::of(bash.output().expect("bash starts")).with_code(0);
            assert_eq!(offered.stdout.trim(), "show", "{offered}");
        }
    }
}

#[test]
fn every_command_has_a_manual_page() {
    let (folder, cache) = (TempDir::new().expect("a folder"), TempDir::new().expect("a folder"));
    alone(folder.path(), cache.path(), &["man", "pages"]).with_code(0);
    let page = |name: &str| {
        let path = folder.path().join("pages").join(name);
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{name}: {error}"))
    };
    assert!(page("assay.1").contains("Exit codes"));
    assert!(page("assay-run.1").contains("\\-\\-max\\-cost"));
    assert!(page("assay-cases-show.1").contains("Only this scenario"));
    let help = alone(folder.path(), cache.path(), &["--help"]).with_code(0);
    let commands = help.stdout.split("Commands:").nth(1).expect("commands");
    for line in commands.lines().take_while(|line| !line.starts_with("Options")) {
        let name = line.strip_prefix("  ").and_then(|line| line.split(' ').next());
        if let Some(name) = name.filter(|name| !name.is_empty() && *name != "help") {
            page(&format!("assay-{name}.1"));
        }
    }
}
