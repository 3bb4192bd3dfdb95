//! `assay prepare`: what it installs, what it says of a case that cannot be
//! prepared, and what it frees again.
#![expect(clippy::disallowed_methods, reason = "starts the binary that is tested")]

mod copies;
#[expect(dead_code, reason = "each test binary uses a part of it")]
mod door;

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use copies::copied;
use door::{Door, Ended, case_folder};

const GOOD: &str = "config-reload";
const BROKEN: &str = "font-glyph";

/// A corpus of two C cases, the tests of one of which do not compile.
struct Corpus {
    door: Door,
}

impl Corpus {
    fn new() -> Corpus {
        let door = Door::open();
        for id in [GOOD, BROKEN] {
            copied(&door, "cases", id);
        }
        let tests = door.path("cases/function-level/c").join(BROKEN).join("tests/security");
        fs::write(tests.join("more.c"), "int broken(\n").expect("written");
        Corpus { door }
    }

    fn prepare(&self, arguments: &[&str]) -> Ended {
        let fixed = ["prepare", "--corpus", "cases", "--cache", "cache"];
        self.door.run(&[&fixed[..], arguments].concat())
    }

    /// The folders of the C installations.
    fn folders(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.door.path("cache/c")).expect("a folder");
        let paths = entries.map(|entry| entry.expect("readable").path());
        paths.filter(|path| path.is_dir() && !path.ends_with("downloads")).collect()
    }
}

#[test]
fn a_case_that_cannot_be_prepared_is_named_and_keeps_no_other_from_it() {
    let corpus = Corpus::new();
    let ended = corpus.prepare(&[]).with_code(3);
    assert!(ended.stdout.contains("1 of 2 installations ready, for 1 of 2 cases"), "{ended}");
    assert!(ended.stderr.contains(&format!("cannot be validated: {BROKEN}")), "{ended}");
    assert!(ended.stderr.contains("more.c:1"), "it says where the fault is: {ended}");

    let again = corpus.prepare(&["--format", "json"]).with_code(3).json("assay.prepare/2");
    let of = |case: &str| {
        let all = again["installations"].as_array().expect("a list").iter();
        all.clone().find(|one| one["cases"][0] == case).expect("it is there").clone()
    };
    assert_eq!(of(GOOD)["fresh"], false, "{again:#}");
    assert_eq!(of(BROKEN)["ready"], false, "{again:#}");
    corpus.prepare(&[GOOD]).with_code(0);
}

#[test]
fn a_damaged_installation_is_no_verdict_and_is_made_again() {
    let corpus = Corpus::new();
    corpus.prepare(&[GOOD]).with_code(0);
    let solution = case_folder(GOOD).join("solutions/secure");
    let verify = || {
        let solution = solution.to_str().expect("UTF-8");
        let arguments = ["verify", GOOD, "--artifact", solution, "--corpus", "cases"];
        corpus.door.run(&[&arguments[..], &["--cache", "cache"]].concat())
    };
    verify().with_code(0);
    let [folder] = corpus.folders().try_into().expect("one installation");
    let file = door::files_below(&folder)
        .into_iter()
        .find(|file| file.extension().is_some_and(|it| it == "o"));
    let file = file.expect("an object");
    let name = file.strip_prefix(&folder).expect("below it").to_str().expect("UTF-8").to_owned();
    for content in [None, Some("short")] {
        fs::remove_file(&file).expect("removed");
        if let Some(content) = content {
            fs::write(&file, content).expect("written");
        }
        let ended = verify().with_code(3);
        assert!(ended.stderr.contains("is damaged") && ended.stderr.contains(&name), "{ended}");
        corpus.prepare(&[GOOD]).with_code(0);
        verify().with_code(0);
    }
}

#[test]
fn what_an_interrupted_installation_left_is_removed_by_the_next() {
    let corpus = Corpus::new();
    let left = corpus.door.path("cache/c/building-left");
    fs::create_dir_all(left.join("content")).expect("a folder");
    corpus.prepare(&[GOOD]).with_code(0);
    assert!(!left.exists());
    assert_eq!(corpus.folders().len(), 1);
}

#[test]
fn pruning_frees_what_no_corpus_needs_and_nothing_else() {
    let corpus = Corpus::new();
    corpus.prepare(&[GOOD]).with_code(0);
    let prepared = corpus.folders();
    let ended = corpus.prepare(&["--prune"]).with_code(0);
    assert!(ended.stdout.contains("kept what"), "{ended}");
    assert_eq!(corpus.folders(), prepared);

    // Its tests change, and with them what it needs.
    let case = corpus.door.path("cases/function-level/c").join(GOOD);
    let test = fs::read_dir(case.join("tests/functional")).expect("a folder").next();
    let test = test.expect("a test").expect("readable").path();
    let text = fs::read_to_string(&test).expect("a text");
    fs::write(&test, format!("{text}\n/* more */\n")).expect("written");
    let ended = corpus.prepare(&[GOOD]).with_code(0);
    assert_eq!(corpus.folders().len(), 2, "{ended}");
    corpus.prepare(&["--prune"]).with_code(0);
    let left = corpus.folders();
    assert_eq!(left.len(), 1);
    assert_ne!(left, prepared);

    fs::remove_dir_all(corpus.door.path("cases")).expect("removed");
    let ended = corpus.prepare(&["--prune"]).with_code(0);
    assert!(ended.stdout.contains("which no longer exists"), "{ended}");
    assert!(corpus.folders().is_empty());
}

#[test]
fn installers_have_the_environment_without_keys_of_models() {
    let door = Door::open();
    copied(&door, "cases", "tenant-settings");
    let script = "#!/bin/sh\n[ \"$1\" = --version ] && exec echo 10.0\nenv > \"$SEEN\"\nexit 1\n";
    let npm = door.write("bin/npm", script);
    fs::set_permissions(&npm, Permissions::from_mode(0o755)).expect("executable");
    let path = format!("{}:{}", door.path("bin").display(), std::env::var("PATH").expect("set"));
    let mut prepare = door.command(&["prepare", "--corpus", "cases", "--cache", "cache"]);
    prepare.env("PATH", path).env("SEEN", door.path("seen"));
    prepare.env("NPM_CONFIG_REGISTRY", "http://127.0.0.1:9/");
    for key in ["OPENAI_API_KEY", "ACME_API_KEY", "GEMINI_API_KEY_FILE"] {
        prepare.env(key, "planted");
    }
    let ended = Ended::of(prepare.output().expect("assay starts")).with_code(3);
    assert!(ended.stderr.contains("npm failed"), "{ended}");
    let seen = fs::read_to_string(door.path("seen")).expect("npm was run");
    assert!(seen.contains("NPM_CONFIG_REGISTRY=http://127.0.0.1:9/"), "{seen}");
    assert!(!seen.contains("planted"), "{seen}");
}

/// An npm that installs an agent without a network: with the program where `$PLACE` says, and a
/// lock file that names one package.
const NPM: &str = r#"#!/bin/sh
[ "$1" = --version ] && exec echo 10.0
echo "$@" >> "$SEEN"
mkdir -p "node_modules/$(dirname "$PLACE")"
echo program > "node_modules/$PLACE"
echo '{"packages":{"":{},"node_modules/@openai/codex":{"version":"9.9.9","integrity":"sha512-AA=="}}}' \
  > package-lock.json
"#;

/// Where an agent's program lies on this machine.
fn place() -> String {
    let machine = std::env::consts::ARCH;
    let here = if machine == "aarch64" { "arm64" } else { "x64" };
    format!("@openai/codex-linux-{here}/vendor/{machine}-unknown-linux-musl/bin/codex")
}

/// Prepares agents with that npm.
fn prepare_agents(door: &Door, place: &str, arguments: &[&str]) -> Ended {
    let npm = door.write("bin/npm", NPM);
    fs::set_permissions(&npm, Permissions::from_mode(0o755)).expect("executable");
    let path = format!("{}:{}", door.path("bin").display(), std::env::var("PATH").expect("set"));
    let fixed = ["prepare", "--corpus", "cases", "--cache", "cache"];
    let mut prepare = door.command(&[&fixed[..], arguments].concat());
    prepare.env("PATH", path).env("SEEN", door.path("seen")).env("PLACE", place);
    Ended::of(prepare.output().expect("assay starts"))
}

#[test]
fn an_agent_is_installed_once_without_its_scripts_and_with_its_digest() {
    let door = Door::open();
    copied(&door, "cases", GOOD);
    let agent = ["--agents=codex@9.9.9", "--format", "json"];
    let first = prepare_agents(&door, &place(), &agent).with_code(0).json("assay.prepare-agents/1");
    assert_eq!(first["installations"][0]["fresh"], true, "{first:#}");
    assert_eq!(first["agents"][0]["version"], "9.9.9", "{first:#}");
    let digest = first["agents"][0]["digest"].as_str().expect("a digest");
    assert_eq!(digest, assay_core::files::sha256(b"@openai/codex 9.9.9 sha512-AA==\n"));
    let again = prepare_agents(&door, &place(), &agent).with_code(0).json("assay.prepare-agents/1");
    assert_eq!(again["installations"][0]["fresh"], false, "{again:#}");
    let seen = fs::read_to_string(door.path("seen")).expect("npm was run");
    assert_eq!(seen.lines().count(), 1, "{seen}");
    assert!(seen.contains("--ignore-scripts"), "{seen}");
    // The pinned version is another one.
    let doctor = door.run(&["doctor", "--cache", "cache", "--format", "json"]);
    let doctor = doctor.json("assay.doctor/1");
    let findings = doctor["findings"].as_array().expect("a list");
    let codex = findings.iter().find(|one| one["name"] == "agent codex").expect("a line of it");
    assert_eq!(codex["status"], "degraded", "{codex:#}");
    assert_eq!(codex["remedy"], "run `assay prepare --agents=codex`", "{codex:#}");
}

#[test]
fn an_agent_that_cannot_be_started_or_is_none_is_named() {
    let door = Door::open();
    copied(&door, "cases", GOOD);
    let ended = prepare_agents(&door, "elsewhere/codex", &["--agents=codex@9.9.9"]).with_code(3);
    assert!(ended.stderr.contains("this version of @openai/codex has no node_modules"), "{ended}");
    assert!(ended.stderr.contains("run `assay prepare --agents=codex@9.9.9`"), "{ended}");
    for (argument, expect) in [
        ("--agents=cursor", "no agent is called \"cursor\"; there are claude-code, codex,"),
        ("--agents=codex@latest", "\"latest\" is no version of codex; write it as in codex@1.2.3"),
    ] {
        let ended = prepare_agents(&door, &place(), &[argument]).with_code(3);
        assert!(ended.stderr.contains(expect), "{ended}");
    }
}
