//! The verifier as a library: its example, as another program would use it.
#![expect(clippy::disallowed_methods, reason = "starts the program that is tested")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const CASE: &str = "telemetry-frame";
const PATH: &str = "src/telemetry_frame.c";

/// The example, which `cargo test` builds unless it is told to build one test alone.
fn example(arguments: &[&str]) -> Output {
    let test = std::env::current_exe().expect("a path");
    let built = test.ancestors().nth(2).expect("the folder of what is built");
    let mut command = Command::new(built.join("examples/verdict"));
    command.args(arguments).output().expect("it is built: cargo build --workspace --examples")
}

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../corpus").canonicalize().expect("it is there")
}

#[test]
fn a_program_of_thirty_lines_says_the_verdict_on_an_artifact() {
    let cache = tempfile::tempdir().expect("a folder");
    let (corpus, cache) = (corpus(), cache.path().to_str().expect("UTF-8"));
    let verdict = |file: &Path| {
        let pair = format!("{PATH}={}", file.display());
        example(&[corpus.to_str().expect("UTF-8"), cache, CASE, &pair])
    };
    for (solution, expect) in [("secure", "secure\n"), ("vulnerable", "insecure\n")] {
        let folder = corpus.join("function-level/c").join(CASE).join("solutions").join(solution);
        let ended = verdict(&folder.join(PATH));
        assert_eq!(String::from_utf8_lossy(&ended.stdout), expect, "{ended:?}");
        assert!(ended.status.success(), "{ended:?}");
    }
    let ended = verdict(Path::new("/nowhere"));
    assert!(!ended.status.success() && ended.stdout.is_empty(), "{ended:?}");
}
