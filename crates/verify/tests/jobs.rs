//! Jobs travel: what another process makes of one is what this one makes of it, and what
//! is no job, or another version's, is refused (docs/jobs.md).
#![expect(clippy::disallowed_methods, reason = "starts the program that is tested")]

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::Arc;

use assay_core::corpus::CorpusSource;
use assay_core::{Artifact, Case, Verdict};
use assay_verify::{Job, JobResult};
use serde_json::{Value, json};

const CASE: &str = "telemetry-frame";
const PATH: &str = "src/telemetry_frame.c";

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../corpus").canonicalize().expect("it is there")
}

fn case() -> Arc<Case> {
    let corpus = CorpusSource::Native(corpus()).load().expect("our corpus");
    Arc::new(corpus.case(CASE).expect("it is there").clone())
}

fn solution(name: &str) -> PathBuf {
    let folder = corpus().join("function-level/c").join(CASE).join("solutions").join(name);
    folder.join(PATH)
}

fn artifact(name: &str) -> Arc<Artifact> {
    let text = std::fs::read_to_string(solution(name)).expect("a solution");
    let files = [(PATH.to_owned(), text)];
    Arc::new(Artifact::from_files(files, case().artifact_paths()).expect("an artifact"))
}

/// An example, which `cargo test` builds unless it is told to build one test alone.
fn example(name: &str) -> Command {
    let test = std::env::current_exe().expect("a path");
    let built = test.ancestors().nth(2).expect("the folder of what is built");
    Command::new(built.join("examples").join(name))
}

/// Prepares what the case needs, which takes a program that launches sandboxes.
fn prepare(cache: &Path) {
    let solution = format!("{PATH}={}", solution("secure").display());
    let mut verdict = example("verdict");
    let ended = verdict.arg(corpus()).arg(cache).args([CASE, &solution]).output().expect("built");
    assert_eq!(String::from_utf8_lossy(&ended.stdout), "secure\n", "{ended:?}");
}

fn worker(cache: &Path, jobs: &str) -> Output {
    let mut command = example("worker");
    command.arg(cache).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut worker = command.spawn().expect("it is built: cargo build --workspace --examples");
    // One that refuses a job reads no further.
    let _ = worker.stdin.take().expect("a pipe").write_all(jobs.as_bytes());
    worker.wait_with_output().expect("it ends")
}

#[test]
fn another_process_comes_to_the_same_verdicts_from_nothing_but_jobs() {
    let cache = tempfile::tempdir().expect("a folder");
    let case = case();
    prepare(cache.path());
    let jobs: String = (1..)
        .zip(["secure", "vulnerable"])
        .map(|(id, solution)| {
            let job = Job { id, case: Arc::clone(&case), artifact: artifact(solution) };
            serde_json::to_string(&job).expect("JSON") + "\n"
        })
        .collect();
    let ended = worker(cache.path(), &jobs);
    assert!(ended.status.success(), "{ended:?}");
    let text = String::from_utf8(ended.stdout).expect("UTF-8");
    let verdicts: BTreeMap<u64, Option<Verdict>> = text
        .lines()
        .map(|line| {
            let JobResult { id, result, .. } = serde_json::from_str(line).expect("a result");
            (id, result.expect("a validation").evidence.verdict())
        })
        .collect();
    let expected = [(1, Some(Verdict::Secure)), (2, Some(Verdict::Insecure))];
    assert_eq!(verdicts, BTreeMap::from(expected));
}

#[test]
fn what_is_not_prepared_is_an_error_that_travels_too() {
    let cache = tempfile::tempdir().expect("a folder");
    let job = Job { id: 7, case: case(), artifact: artifact("secure") };
    let ended = worker(cache.path(), &(serde_json::to_string(&job).expect("JSON") + "\n"));
    let text = String::from_utf8(ended.stdout).expect("UTF-8");
    let result: JobResult = serde_json::from_str(&text).expect("a result");
    assert_eq!(result.id, 7);
    let error = result.result.expect_err("nothing is prepared").to_string();
    assert!(error.contains("run `assay prepare`"), "{error}");
    let again = serde_json::to_string(&serde_json::from_str::<JobResult>(&text).expect("one"));
    assert_eq!(again.expect("JSON") + "\n", text);
}

#[test]
fn what_is_no_job_of_this_version_is_refused_with_the_reason() {
    let job = Job { id: 1, case: case(), artifact: artifact("secure") };
    let written = serde_json::to_value(&job).expect("JSON");
    let read = |value: Value| serde_json::from_value::<Job>(value).map_err(|it| it.to_string());
    let back = read(written.clone()).expect("a job");
    assert_eq!((back.case.digest(), back.artifact), (job.case.digest(), job.artifact));
    let check = |change: fn(&mut Value), expect: &str| {
        let mut value = written.clone();
        change(&mut value);
        let error = read(value).expect_err("no job");
        assert!(error.contains(expect), "{error}");
    };
    check(|job| job["schema"] = json!("assay.job/2"), "this version reads \"assay.job/1\"");
    check(|job| job["case"]["digest"] = json!("00"), "the digest of case telemetry-frame is");
    check(
        |job| job["case"]["entries"]["limits/memory"] = json!("1073741824"),
        "the digest of case telemetry-frame is",
    );
    check(|job| job["case"]["entries"]["language"] = json!("cobol"), "\"language\" of a case");
    check(|job| job["case"]["entries"]["id"] = json!({"base64": "!"}), "Invalid");
    check(|job| job["colour"] = json!("red"), "unknown field `colour`");
    check(|job| job["artifact"]["files"] = json!({"../x": "y"}), "leaves its directory");
}
