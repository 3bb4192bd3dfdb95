//! The door that users use: the binary `assay`, run as another process in a
//! folder of its own, and what it said and ended with.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

use assay_core::Language;
use serde_json::Value;
use tempfile::TempDir;

pub(crate) const ASSAY: &str = env!("CARGO_BIN_EXE_assay");

/// The repository that these tests are part of.
pub(crate) fn repository() -> PathBuf {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.join("../..").canonicalize().expect("the crate lies in its repository")
}

/// The folder of one case of the repository's corpus.
pub(crate) fn case_folder(id: &str) -> PathBuf {
    let suite = repository().join("corpus/function-level");
    let languages = Language::ALL.map(|language| suite.join(language.as_str()).join(id));
    languages.into_iter().find(|folder| folder.is_dir()).expect("a case of the corpus")
}

/// The text of the one file of a solution of a case.
pub(crate) fn solution(case: &str, name: &str) -> String {
    let files = files_below(&case_folder(case).join("solutions").join(name));
    let [file] = files.as_slice() else { panic!("{case} has a solution of {files:?}") };
    fs::read_to_string(file).expect("UTF-8")
}

/// Every file below a folder, in order.
pub(crate) fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{folder:?}: {error}"));
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("readable").path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            files.extend(files_below(&path));
        } else {
            files.push(path);
        }
    }
    files
}

/// The prepared environments, shared by all tests. `assay prepare` is run once a
/// test binary, and never by two of them at once.
pub(crate) fn cache() -> &'static Path {
    static CACHE: OnceLock<PathBuf> = OnceLock::new();
    CACHE.get_or_init(|| {
        let cache = std::env::var_os("ASSAY_TEST_CACHE").map_or_else(
            || Path::new(env!("CARGO_TARGET_TMPDIR")).join("assay-cache"),
            PathBuf::from,
        );
        fs::create_dir_all(&cache).expect("a folder for the cache");
        let lock = File::create(cache.join("prepare.lock")).expect("a lock file");
        lock.lock().expect("the lock");
        // It may need the proxy settings of the environment.
        let prepare = Command::new(ASSAY)
            .args(["prepare", "--cache"])
            .arg(&cache)
            .current_dir(repository())
            .output()
            .expect("assay starts");
        Ended::of(prepare).with_code(0);
        cache
    })
}

/// Where the desktop conventions put caches.
fn cache_home() -> PathBuf {
    let home = || Some(PathBuf::from(std::env::var_os("HOME")?).join(".cache"));
    std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from).or_else(home).unwrap_or_default()
}

/// A folder to run the binary in, with the repository's corpus in the place
/// where it is looked for.
pub(crate) struct Door {
    folder: TempDir,
}

impl Door {
    pub(crate) fn open() -> Door {
        let folder = tempfile::tempdir().expect("a folder");
        symlink(repository().join("corpus"), folder.path().join("corpus")).expect("a link");
        Door { folder }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("it is made");
        fs::write(&path, content).expect("it is written");
        path
    }

    /// The binary with these arguments, in an environment that is known.
    pub(crate) fn command<A: AsRef<OsStr>>(&self, arguments: &[A]) -> Command {
        let mut command = self.program(ASSAY);
        command.args(arguments);
        command
    }

    /// Another program in the same environment.
    pub(crate) fn program(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(self.folder.path())
            .env_clear()
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .env("HOME", self.folder.path())
            // Where `make setup` may have put the Go toolchain.
            .env("XDG_CACHE_HOME", cache_home())
            .env("ASSAY_CACHE", cache())
            // Two tests may ask servers at one address.
            .env("ASSAY_RESPONSES", self.path("responses.sqlite"));
        command
    }

    pub(crate) fn run<A: AsRef<OsStr>>(&self, arguments: &[A]) -> Ended {
        Ended::of(self.command(arguments).output().expect("assay starts"))
    }
}

/// How a run of the binary ended, and what it said.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ended {
    pub(crate) fn of(output: Output) -> Ended {
        Ended {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).expect("UTF-8"),
            stderr: String::from_utf8(output.stderr).expect("UTF-8"),
        }
    }

    #[track_caller]
    pub(crate) fn with_code(self, code: i32) -> Ended {
        assert_eq!(self.code, Some(code), "{self}");
        self
    }

    /// What it said to programs, under this schema.
    #[track_caller]
    pub(crate) fn json(&self, schema: &str) -> Value {
        let value: Value = serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("standard output is not JSON: {error}\n{self}"));
        assert_eq!(value["schema"], schema, "{self}");
        value
    }
}

impl std::fmt::Display for Ended {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Ended { code, stdout, stderr } = self;
        write!(f, "exit code {code:?}\n--- stdout\n{stdout}\n--- stderr\n{stderr}")
    }
}
