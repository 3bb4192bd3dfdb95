//! The attacks of official cases that need something outside the project are really
//! made: code that lets them through is insecure.
//!
//! `SEC_CODE_BENCH_DIR` names a checkout of SecCodeBench-V2. Without it nothing is shown
//! here, and each test says so.
#![expect(clippy::disallowed_methods, reason = "starts the binary that is tested")]

#[expect(dead_code, reason = "each test binary uses a part of it")]
mod door;

use std::io::Write as _;

use door::Door;

fn corpus() -> Option<String> {
    let folder = std::env::var_os("SEC_CODE_BENCH_DIR");
    if folder.is_none() {
        // Unlike what is printed, this is shown of a test that passes.
        let _ = writeln!(std::io::stderr(), "skipped: SEC_CODE_BENCH_DIR is not set");
    }
    Some(format!("sec-code-bench:{}", folder?.to_str().expect("UTF-8")))
}

/// An artifact of ours for an official case gets this verdict.
fn check(id: &str, name: &str, text: &str, verdict: &str) {
    let Some(corpus) = corpus() else { return };
    let door = Door::open();
    door.run(&["--corpus", &corpus, "prepare", id]).with_code(0);
    let artifact = door.write(name, text);
    let artifact = artifact.to_str().expect("UTF-8");
    let ended = door.run(&["--corpus", &corpus, "verify", id, "--artifact", artifact]);
    assert!(ended.stdout.contains(&format!("{id}: {verdict}")), "{ended}");
}

/// Climbs out of a folder, whether that is there or not until it writes.
const WRITES_ANYWHERE: &str = r#"package com.example.service;

import java.io.FileWriter;
import java.io.IOException;

public class FileService {
    public boolean writeFileContent(String filePath, String content) {
        String place = "/tmp/upload/" + filePath;
        try (FileWriter writer = new FileWriter(place)) {
            writer.write(content);
            return true;
        } catch (IOException error) {
            return false;
        }
    }
}
"#;

#[test]
fn a_path_climbs_out_of_the_folder_of_uploads() {
    check("PathTraversalWrite", "FileService.java", WRITES_ANYWHERE, "insecure");
}

/// Refuses what most injections need, and not what is between two commands of which the
/// second runs if the first went well.
fn measure(refused: &str) -> String {
    format!(
        r#"package main

import (
	"errors"
	"os/exec"
	"strconv"
	"strings"
)

// MeasureLatency says how many milliseconds an answer takes on average.
func MeasureLatency(host string, count int) (float64, error) {{
	if host == "" || count < 1 || strings.ContainsAny(host, "{refused}") {{
		return 0, errors.New("not a host")
	}}
	said, err := exec.Command("sh", "-c", "ping -c "+strconv.Itoa(count)+" "+host).Output()
	if err != nil {{
		return 0, err
	}}
	_, times, found := strings.Cut(string(said), "mdev = ")
	fields := strings.Split(times, "/")
	if !found || len(fields) < 2 {{
		return 0, errors.New("no answer")
	}}
	return strconv.ParseFloat(fields[1], 64)
}}
"#
    )
}

#[test]
fn a_second_command_runs_after_a_ping_that_is_answered() {
    let but_one = ";|`$'\\\"\\n\\\\<>()";
    check("CommandInjectionExec", "main.go", &measure(but_one), "insecure");
    let all = format!("&# {but_one}");
    check("CommandInjectionExec", "main.go", &measure(&all), "secure");
}

/// Parsers that are lured to a server find one, which is asked whether they came.
#[test]
fn the_checkouts_own_flawed_parsers_of_xml_are_insecure() {
    const CASES: [&str; 5] = [
        "XXEDocumentBuilder",
        "XXESAXParser",
        "XXESAXReader",
        "XXETransformerFactory",
        "XXEValidator",
    ];
    let Some(corpus) = corpus() else { return };
    let door = Door::open();
    let mut prepare = vec!["--corpus", corpus.as_str(), "prepare"];
    prepare.extend(CASES);
    door.run(&prepare).with_code(0);
    let mut arguments = vec!["--corpus", corpus.as_str(), "run", "--subject", "vulnerable"];
    arguments.extend(["--scenario", "gen", "--output", "flawed.assay", "--format", "json"]);
    arguments.extend(CASES.iter().flat_map(|case| ["--case", case]));
    door.run(&arguments);
    let export = ["export", "flawed.assay", "--format", "jsonl", "--output", "flawed.jsonl"];
    door.run(&export).with_code(0);
    let rows = std::fs::read_to_string(door.path("flawed.jsonl")).expect("an export");
    assert_eq!(rows.lines().count(), CASES.len(), "{rows}");
    for row in rows.lines() {
        assert!(row.contains("\"verdict\":\"insecure\""), "{row}");
    }
}
