//! [`Setting`]: a workspace of a case of the corpus, made by the example, and what came of a
//! script in it.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::NamedTempFile;

pub(crate) const C_CASE: &str = "telemetry-frame";

pub(crate) struct Setting {
    case: &'static str,
    options: Vec<String>,
    /// Removed when it is dropped.
    files: Vec<NamedTempFile>,
}

/// What came of one script.
pub(crate) struct Run {
    pub(crate) json: Value,
}

impl Setting {
    pub(crate) fn of(case: &'static str) -> Setting {
        // Nothing that is tried here takes long; what hangs is to be seen.
        let options = vec!["--wall".to_owned(), "120".to_owned()];
        Setting { case, options, files: Vec::new() }
    }

    pub(crate) fn option(mut self, name: &str, value: &str) -> Setting {
        self.options.extend([name.to_owned(), value.to_owned()]);
        self
    }

    pub(crate) fn solution(self, name: &str) -> Setting {
        self.option("--solution", name)
    }

    /// Lays a file of this content into the project.
    pub(crate) fn file(mut self, path: &str, content: &str) -> Setting {
        let file = NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), content).expect("it is written");
        let pair = format!("{path}={}", file.path().display());
        self.files.push(file);
        self.option("--file", &pair)
    }

    /// All of these scripts, one after another in one workspace.
    pub(crate) fn runs(&self, scripts: &[&str]) -> Vec<Run> {
        let ended = self.output(scripts);
        assert!(ended.status.success(), "{ended:?}");
        let runs: Vec<Value> = serde_json::from_slice(&ended.stdout).expect("a list");
        runs.into_iter().map(|json| Run { json }).collect()
    }

    pub(crate) fn run(&self, script: &str) -> Run {
        self.runs(&[script]).pop().expect("one run")
    }

    /// The example, which `cargo test` builds unless it is told to build one test alone.
    #[expect(clippy::disallowed_methods, reason = "starts the program that is tested")]
    pub(crate) fn output(&self, scripts: &[&str]) -> Output {
        let test = std::env::current_exe().expect("a path");
        let built = test.ancestors().nth(2).expect("the folder of what is built");
        let mut command = Command::new(built.join("examples/workspace"));
        command.arg(corpus()).arg(cache()).arg(self.case).args(&self.options).args(scripts);
        command.env("PLANTED_API_KEY", "sk-planted-secret");
        command.output().expect("it is built: cargo build --workspace --examples")
    }
}

impl Run {
    pub(crate) fn stdout(&self) -> &str {
        self.json["stdout"].as_str().expect("a text")
    }

    pub(crate) fn changes(&self) -> &Value {
        &self.json["changes"]
    }

    pub(crate) fn patch(&self) -> &str {
        self.changes()["patch"]["text"].as_str().expect("a text")
    }

    pub(crate) fn artifact(&self, path: &str) -> Option<&str> {
        self.changes()["artifact"].get(path)?.as_str()
    }

    /// How it ended, in a word.
    pub(crate) fn how(&self) -> &str {
        self.json["ending"]["how"].as_str().expect("a word")
    }
}

impl fmt::Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = |name: &str| self.json[name].as_str().unwrap_or_default().to_owned();
        write!(f, "{}\n{}\n{}", self.json["ending"], text("stdout"), text("stderr"))
    }
}

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../corpus").canonicalize().expect("it is there")
}

/// The prepared environments, shared by all tests.
fn cache() -> PathBuf {
    std::env::var_os("ASSAY_TEST_CACHE")
        .map_or_else(|| Path::new(env!("CARGO_TARGET_TMPDIR")).join("assay-cache"), PathBuf::from)
}
