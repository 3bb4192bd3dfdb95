//! `assay doctor`: what it says of the tools of the host, and of its own.
#![expect(clippy::disallowed_methods, reason = "starts the binary that is tested")]

#[expect(dead_code, reason = "each test binary uses a part of it")]
mod door;

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;

use door::{Door, Ended};
use serde_json::Value;

/// What it says of a tool where the folder `bin` comes first in the search for programs.
fn finding(door: &Door, tool: &str) -> Value {
    let path = format!("{}:/usr/local/bin:/usr/bin:/bin", door.path("bin").display());
    let mut command = door.command(&["doctor", "--format", "json"]);
    let ended = Ended::of(command.env("PATH", path).output().expect("assay starts"));
    let json = ended.json("assay.doctor/1");
    let findings = json["findings"].as_array().expect("a list");
    findings.iter().find(|finding| finding["name"] == tool).expect("the tool").clone()
}

#[test]
fn doctor_says_which_versions_are_supported() {
    let door = Door::open();
    let check = |answer: &str, status: &str, says: &str| {
        let script = door.write("bin/go", format!("#!/bin/sh\necho '{answer}'\n"));
        fs::set_permissions(script, Permissions::from_mode(0o755)).expect("it can be executed");
        let finding = finding(&door, "go");
        assert_eq!(finding["status"], status, "{finding:#}");
        assert!(finding.to_string().contains(says), "{finding:#}");
    };
    check("go version go1.26.3 linux/amd64", "ok", "go1.26.3 linux/amd64  (supported: 1.26)");
    // Set-up has seen to it that a supported one is there, and that one is used.
    check("go version go1.99.0 linux/amd64", "ok", "(supported: 1.26)");
    check("\u{1b}[1mgo version go1.26.3\u{1b}[m linux/amd64", "ok", "\"go version go1.26.3 linux");
}

#[test]
fn a_missing_tool_concerns_its_language_alone_and_has_a_package() {
    let door = Door::open();
    let nothing = door.path("bin").display().to_string();
    fs::create_dir_all(&nothing).expect("it is made");
    // Tools that are asked for by their names alone are not found then.
    let mut command = door.command(&["doctor", "--format", "json"]);
    let ended = Ended::of(command.env("PATH", &nothing).output().expect("assay starts"));
    let json = ended.json("assay.doctor/1");
    let findings = json["findings"].as_array().expect("a list");
    let is_missing = |finding: &&Value| {
        finding["detail"]
            .as_str()
            .is_some_and(|detail| detail.starts_with("missing; only cases in"))
    };
    let missing: Vec<&Value> = findings.iter().filter(is_missing).collect();
    for finding in &missing {
        assert_eq!(finding["status"], "missing", "{finding:#}");
        let remedy = finding["remedy"].as_str().expect("a remedy");
        let names_it =
            ["run `apt-get install ", "install Go "].iter().any(|it| remedy.starts_with(it));
        assert!(names_it, "{finding:#}");
    }
    let npm = missing.iter().find(|finding| finding["name"] == "npm").expect("it is missing");
    assert_eq!(npm["detail"], "missing; only cases in Node.js need it");
    assert_eq!(npm["remedy"], "run `apt-get install npm` as root");
    assert_eq!(npm["only"], "cases in Node.js");
    // Whether sandboxes can be made does not depend on it.
    let lacks = findings.iter().any(|it| it["status"] == "missing" && it["only"].is_null());
    assert_eq!(json["fit"], !lacks);
    let except = json["except"].as_array().expect("a list");
    assert!(except.contains(&"cases in Node.js".into()), "{except:?}");
    let run = |arguments: &[&str]| {
        let mut command = door.command(arguments);
        Ended::of(command.env("PATH", &nothing).output().expect("assay starts"))
    };
    let human = run(&["doctor"]).stdout;
    let last = human.rsplit("\n\n").next().expect("a paragraph");
    assert!(last.contains(", but not cases in ") && last.contains("cases in Node.js"), "{human}");

    // The others are prepared all the same.
    let ended = run(&["prepare", "wizard-draft", "tenant-settings"]).with_code(3);
    assert!(ended.stderr.contains("Node.js: not installed: npm; run `apt-get install"), "{ended}");
    assert!(ended.stderr.contains("without it 1 case cannot be validated"), "{ended}");
    assert!(ended.stdout.contains("1 of 1 installations ready, for 1 of 1 cases"), "{ended}");
    let ended = run(&["prepare", "tenant-settings"]).with_code(3);
    assert!(ended.stderr.contains("error: not installed: npm; run `apt-get install"), "{ended}");
}

#[test]
fn doctor_says_in_what_it_runs() {
    let door = Door::open();
    let json =
        Ended::of(door.command(&["doctor", "--format", "json"]).output().expect("it starts"));
    let json = json.json("assay.doctor/1");
    let findings = json["findings"].as_array().expect("a list");
    let found: Vec<&Value> = findings.iter().filter(|it| it["name"] == "surroundings").collect();
    assert_eq!(found.len(), 1, "{json:#}");
    assert!(found[0]["detail"].as_str().is_some_and(|detail| !detail.is_empty()), "{json:#}");
}

#[test]
fn doctor_says_which_guest_programs_run_beside_tested_code() {
    let door = Door::open();
    let detail = finding(&door, "harness")["detail"].as_str().expect("a text").to_owned();
    assert_eq!(detail, format!("sha256 {}", assay_verify::harness_digest()));
    assert!(door.run(&["doctor"]).stdout.contains(&detail), "{detail}");
}
