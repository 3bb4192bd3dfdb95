//! Who may import whom, and how the sources are kept: each line here is a rule
//! of the architecture, read off the sources.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The crates, and which of ours each may use.
const CRATES: [(&str, &[&str]); 6] = [
    ("core", &[]),
    ("sandbox", &[]),
    ("harness", &[]),
    ("fuzz", &[]),
    ("verify", &["core", "sandbox", "harness"]),
    ("assay", &["core", "sandbox", "verify"]),
];

/// The crate that the tests of each may use, and nothing else.
const FOR_TESTS: &str = "fuzz";

/// All that stands at the top of the program, from the ground up: each may use of the
/// others what it names, and that stands above it in this list, so that nothing leads back.
const ROOMS: [(&str, &[&str]); 39] = [
    ("built_in", &[]),
    ("exit", &[]),
    ("exposition", &[]),
    ("fleet", &["exposition"]),
    ("journal", &[]),
    ("json_text", &[]),
    ("limits", &[]),
    ("moment", &[]),
    ("output", &[]),
    ("printable", &[]),
    ("selection", &[]),
    ("shingles", &[]),
    ("skeleton", &[]),
    ("json_lines", &["json_text"]),
    ("spreadsheet", &["printable"]),
    ("table", &["printable"]),
    ("terminal", &["printable", "table"]),
    ("timeline", &[]),
    ("logging", &["printable", "terminal"]),
    ("store", &["output"]),
    ("attempt_filter", &["moment", "store"]),
    ("agreement", &["json_lines", "store"]),
    ("import", &["json_text"]),
    ("subject", &["json_lines", "json_text", "printable"]),
    ("gateway", &["json_text", "subject"]),
    ("agent", &["gateway", "subject", "timeline"]),
    ("judge", &["json_text", "subject"]),
    ("evaluators", &["journal", "spreadsheet", "subject", "terminal"]),
    ("settings", &["judge", "limits", "selection", "subject"]),
    ("report", &["output", "printable", "store", "table", "timeline"]),
    ("export", &["attempt_filter", "printable", "spreadsheet", "store"]),
    ("training", &["output", "shingles"]),
    ("serve", &["report", "store"]),
    ("run", &["judge", "limits", "settings", "store", "subject", "terminal"]),
    (
        "evolve",
        &[
            "journal",
            "limits",
            "printable",
            "report",
            "run",
            "shingles",
            "spreadsheet",
            "subject",
            "terminal",
        ],
    ),
    ("service", &["exposition", "judge"]),
    (
        "cli",
        &[
            "attempt_filter",
            "evaluators",
            "evolve",
            "export",
            "limits",
            "logging",
            "selection",
            "service",
            "terminal",
            "training",
        ],
    ),
    ("config", &["agent", "cli", "judge", "limits", "selection", "settings", "subject"]),
    // Whatever is there, and what starts it.
    ("commands", &["*"]),
];

/// Those that validate artifacts, and so may use the crate that does.
const VALIDATES: [&str; 4] = ["fleet", "run", "service", "commands"];

fn crates() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().expect("it is there")
}

/// Every source below a folder, by its path from there.
fn sources(folder: &Path) -> Vec<(PathBuf, String)> {
    let mut sources = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(&next).expect("a folder") {
            let path = entry.expect("readable").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).expect("UTF-8");
                sources.push((path.strip_prefix(folder).expect("below").to_owned(), text));
            }
        }
    }
    assert!(!sources.is_empty(), "{} holds no source", folder.display());
    sources.sort();
    sources
}

/// The code of a source, without comments and without its unit tests.
fn code(text: &str) -> String {
    let lines = text.lines().take_while(|line| line.trim() != "#[cfg(test)]");
    let without_comments = lines.map(|line| line.split("//").next().unwrap_or_default());
    without_comments.collect::<Vec<_>>().join("\n")
}

/// The first names after each `path::` in the code, those of a `{...}` list
/// included.
fn names_after(code: &str, path: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for (at, _) in code.match_indices(path) {
        let before = code[..at].chars().next_back();
        if before.is_some_and(|c| c.is_alphanumeric() || "_:".contains(c)) {
            continue;
        }
        let rest = &code[at + path.len()..];
        let mut depth = 0;
        let mut name = String::new();
        let mut wanted = true;
        for c in rest.chars() {
            match c {
                '{' => depth += 1,
                '}' => depth -= 1,
                ',' => {}
                c if c.is_alphanumeric() || c == '_' => {
                    if wanted && depth <= 1 {
                        name.push(c);
                    }
                    continue;
                }
                c if c.is_whitespace() && depth > 0 => continue,
                _ => {}
            }
            if !name.is_empty() {
                names.insert(std::mem::take(&mut name));
            }
            wanted = depth == 1 && matches!(c, '{' | ',');
            if depth <= 0 {
                break;
            }
        }
        names.extend((!name.is_empty()).then_some(name));
    }
    names
}

/// The room that a source of the program belongs to.
fn room(path: &Path) -> String {
    let first = path.components().next().expect("a name").as_os_str().to_string_lossy();
    first.strip_suffix(".rs").unwrap_or(&first).to_owned()
}

#[test]
fn names_are_found_in_every_form_of_import() {
    let check = |code: &str, expect: &[&str]| {
        let names = names_after(code, "crate::");
        assert_eq!(names.iter().map(String::as_str).collect::<Vec<_>>(), expect, "{code}");
    };
    check("use crate::store::Store;", &["store"]);
    check("use crate::{cli, store::{Store, RunInfo}, run::Plan as P};", &["cli", "run", "store"]);
    check("use crate::{\n    cli,\n    store,\n};", &["cli", "store"]);
    check("let x = crate::run::go();", &["run"]);
    check("pub(crate) fn a() {}", &[]);
    check("use othercrate::run;", &[]);
    check("x(crate::json)", &["json"]);
}

#[test]
fn crates_import_only_those_below_them() {
    let all = fs::read_dir(crates()).expect("a folder").count();
    assert_eq!(all, CRATES.len(), "a crate has no line in CRATES");
    for (name, allowed) in CRATES {
        for folder in ["src", "examples", "benches", "tests"] {
            let folder = crates().join(name).join(folder);
            if !folder.is_dir() {
                continue;
            }
            for (path, text) in sources(&folder) {
                let code = code(&text);
                for (other, _) in CRATES {
                    let uses = names_after(&code, &format!("assay_{other}::"));
                    // Where it is no dependency, the compiler knows nothing of it.
                    let may = other == name || other == FOR_TESTS || allowed.contains(&other);
                    let path = format!("{name}: {}", path.display());
                    assert!(may || uses.is_empty(), "{path} imports {other}: {uses:?}");
                }
            }
        }
        let manifest = crates().join(name).join("Cargo.toml");
        let manifest = fs::read_to_string(manifest).expect("a manifest");
        let manifest: toml::Table = manifest.parse().expect("TOML");
        for table in ["dependencies", "build-dependencies", "dev-dependencies"] {
            let names = manifest.get(table).and_then(toml::Value::as_table);
            for name_of in names.into_iter().flat_map(|table| table.keys()) {
                let ours = name_of.strip_prefix("assay-");
                let is_for_tests = ours == Some(FOR_TESTS) && table == "dev-dependencies";
                let may = is_for_tests || ours.is_none_or(|other| allowed.contains(&other));
                assert!(may, "{name} depends on {name_of}");
            }
        }
    }
}

#[test]
fn guest_programs_depend_on_nothing() {
    let manifest = fs::read_to_string(crates().join("harness/Cargo.toml")).expect("a manifest");
    let manifest: toml::Table = manifest.parse().expect("TOML");
    assert!(manifest.keys().all(|key| !key.ends_with("dependencies")), "{manifest}");
}

#[test]
fn core_starts_no_process_and_asks_no_clock_network_or_environment() {
    for (path, text) in sources(&crates().join("core/src")) {
        let code = code(&text);
        for banned in [
            "std::process",
            "std::net",
            "std::env",
            "std::thread",
            "Instant::now",
            "SystemTime",
            "tokio",
            "async fn",
        ] {
            assert!(!code.contains(banned), "core's {} has {banned}", path.display());
        }
    }
}

#[test]
fn nothing_in_the_program_leads_back_to_what_uses_it() {
    for (place, (room, allowed)) in ROOMS.iter().enumerate() {
        for name in allowed.iter().filter(|name| **name != "*") {
            let stands_above = ROOMS[..place].iter().any(|(other, _)| other == name);
            assert!(stands_above, "{room} may use {name}, which does not stand above it");
        }
    }
}

#[test]
fn every_source_of_the_program_imports_only_what_its_room_may() {
    let mut seen = BTreeSet::new();
    for (path, text) in sources(&crates().join("assay/src")) {
        let room = room(&path);
        if ["lib", "main"].contains(&room.as_str()) {
            continue;
        }
        let line = ROOMS.iter().find(|(name, _)| *name == room);
        let (_, allowed) = line.unwrap_or_else(|| panic!("{room} has no line in ROOMS"));
        seen.insert(room.clone());
        if allowed.contains(&"*") {
            continue;
        }
        let code = code(&text);
        for name in names_after(&code, "crate::") {
            // What is no room is a name that `lib.rs` has, and it has none.
            let may = name == room || allowed.contains(&name.as_str());
            assert!(may, "{} imports {name}, which {room} may not", path.display());
        }
        let verifies = names_after(&code, "assay_verify::");
        let may = VALIDATES.contains(&room.as_str()) || verifies.is_empty();
        assert!(may, "{} imports {verifies:?} of the verifier", path.display());
    }
    for (room, _) in ROOMS {
        assert!(seen.contains(room), "no source of {room} was found");
    }
}

#[test]
fn only_the_command_that_asks_what_the_host_can_do_knows_the_sandbox() {
    for (path, text) in sources(&crates().join("assay/src")) {
        let uses = names_after(&code(&text), "assay_sandbox::");
        let allowed = match path.to_str().expect("UTF-8") {
            "main.rs" => uses.iter().all(|name| name == "enter_if_launched"),
            "commands/doctor.rs" => uses.iter().all(|name| name == "probe"),
            _ => uses.is_empty(),
        };
        assert!(allowed, "{} uses {uses:?} of the sandbox", path.display());
    }
}

#[test]
fn nothing_that_runs_in_a_sandbox_logs_and_one_room_decides_what_is_logged() {
    for (path, text) in sources(&crates().join("sandbox/src/inside")) {
        assert!(!code(&text).contains("tracing::"), "{} logs", path.display());
    }
    for (path, text) in sources(&crates().join("assay/src")) {
        let may = room(&path) == "logging" || !code(&text).contains("tracing_subscriber");
        assert!(may, "{} decides what is logged", path.display());
    }
}

#[test]
fn every_source_says_what_it_is_for_and_is_short_enough_to_read() {
    for name in fs::read_dir(crates()).expect("a folder") {
        let folder = name.expect("readable").path();
        for (path, text) in sources(&folder.join("src")) {
            let place = folder.join("src").join(&path);
            let lines = text.lines().count();
            assert!(lines <= 800, "{} has {lines} lines; split it", place.display());
            assert!(text.starts_with("//! "), "{} does not open with `//!`", place.display());
        }
    }
}
