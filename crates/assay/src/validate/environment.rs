//! What `assay prepare` makes and validation uses offline: one Python
//! environment for each set of requirements, in a cache that all runs share.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fmt::Write as _;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use assay_core::case::Support;
use assay_core::files::sha256;
use assay_core::verdict::InfraClass;
use assay_core::{Case, InfraError, Language};

use super::tools::PYTHON;

/// Written last into an environment: without it, it is not whole.
const COMPLETE: &str = "assay-complete";

/// How pip is asked to install a list of requirements, whose path follows.
const PIP_INSTALL: [&str; 7] = [
    "-m",
    "pip",
    "install",
    "--disable-pip-version-check",
    "--no-input",
    "--quiet",
    "--requirement",
];

/// The prepared environments, in a folder of the cache.
#[derive(Debug, Clone)]
pub struct Environments {
    cache: PathBuf,
}

/// How the folders of unfinished environments begin.
const BUILDING: &str = "building-";

/// A cache that cannot be written to.
#[derive(Debug, thiserror::Error)]
#[error("failed to use the cache {}: {source}; choose another one with --cache", folder.display())]
pub struct PrepareError {
    folder: PathBuf,
    source: std::io::Error,
}

/// A step of preparing, as it happens.
#[derive(Debug)]
pub enum Progress<'a> {
    /// This set of packages, needed by these cases, is being installed.
    Installing { packages: &'a str, cases: &'a [&'a str] },
    /// It is there now, or was before.
    Ready { packages: &'a str, fresh: bool },
    /// It could not be installed; these cases cannot be validated.
    Failed { packages: &'a str, cases: &'a [&'a str], message: &'a str },
}

impl Environments {
    pub fn new(cache: PathBuf) -> Environments {
        Environments { cache }
    }

    /// The environment of a Python case, if it was prepared.
    pub(super) fn python(&self, case: &Case) -> Result<PathBuf, InfraError> {
        let place = self.place(&requirements(case));
        if place.join(COMPLETE).is_file() {
            return Ok(place);
        }
        let message =
            format!("the Python packages of {} are not installed; run `assay prepare`", case.id);
        Err(InfraError::new(InfraClass::Unprepared, message))
    }

    /// Installs what these cases need and is not there yet. One set of packages
    /// that fails does not keep the others from being tried; returns how many
    /// failed.
    pub fn prepare(
        &self,
        cases: &[&Case],
        progress: &mut dyn FnMut(&Progress<'_>),
    ) -> Result<usize, PrepareError> {
        let mut sets: BTreeMap<String, Vec<&str>> = BTreeMap::new();
        for case in cases {
            if case.language == Language::Python && case.support == Support::Ready {
                sets.entry(requirements(case)).or_default().push(&case.id);
            }
        }
        let mut failures = 0;
        let mut lock = None;
        for (packages, cases) in &sets {
            let place = self.place(packages);
            if place.join(COMPLETE).is_file() {
                progress(&Progress::Ready { packages, fresh: false });
                continue;
            }
            if lock.is_none() {
                lock = Some(self.lock()?);
            }
            if place.join(COMPLETE).is_file() {
                // Another process installed it while this one waited.
                progress(&Progress::Ready { packages, fresh: false });
                continue;
            }
            progress(&Progress::Installing { packages, cases });
            match install(packages, &place) {
                Ok(()) => progress(&Progress::Ready { packages, fresh: true }),
                Err(message) => {
                    failures += 1;
                    progress(&Progress::Failed { packages, cases, message: &message });
                }
            }
        }
        Ok(failures)
    }

    /// Lets one process at a time install; then what a killed one left behind is
    /// nobody's and goes.
    fn lock(&self) -> Result<File, PrepareError> {
        let folder = self.cache.join("python");
        let failed = |source| PrepareError { folder: folder.clone(), source };
        std::fs::create_dir_all(&folder).map_err(failed)?;
        let lock = File::create(folder.join("lock")).map_err(failed)?;
        lock.lock().map_err(failed)?;
        for entry in std::fs::read_dir(&folder).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            if entry.file_name().to_string_lossy().starts_with(BUILDING) {
                std::fs::remove_dir_all(entry.path()).map_err(failed)?;
            }
        }
        Ok(lock)
    }

    fn place(&self, requirements: &str) -> PathBuf {
        let key = sha256(format!("{PYTHON}\n{}\n{requirements}", version()).as_bytes());
        self.cache.join("python").join(&key[..32])
    }
}

/// A case's requirements in a normal form; pytest is always among them.
fn requirements(case: &Case) -> String {
    let path = assay_core::SafePath::new("requirements.txt").ok();
    let text = path.and_then(|path| case.template.get(&path)).cloned().unwrap_or_default();
    let text = String::from_utf8_lossy(&text).into_owned();
    let mut lines: Vec<&str> = text
        .lines()
        .map(|line| line.split_once(" #").map_or(line, |(code, _)| code).trim())
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .collect();
    if !lines
        .iter()
        .any(|line| line.strip_prefix("pytest").is_some_and(|rest| !rest.starts_with(['-', '_'])))
    {
        lines.push("pytest");
    }
    lines.sort_unstable();
    lines.dedup();
    lines.join("\n")
}

/// The interpreter's version, read once: an environment belongs to it.
fn version() -> &'static str {
    static VERSION: std::sync::OnceLock<String> = std::sync::OnceLock::new();
    VERSION.get_or_init(|| super::tools::version(&[PYTHON, "--version"]).unwrap_or_default())
}

/// Makes an environment beside its place and moves it there when it is whole.
fn install(requirements: &str, place: &Path) -> Result<(), String> {
    let fail = |what: &str, path: &Path, error: std::io::Error| {
        format!("failed to {what} {}: {error}", path.display())
    };
    let parent = place.parent().unwrap_or(place);
    std::fs::create_dir_all(parent).map_err(|error| fail("make", parent, error))?;
    let building = tempfile::Builder::new()
        .prefix(BUILDING)
        .tempdir_in(parent)
        .map_err(|error| fail("make a folder in", parent, error))?;
    let folder = building.path().join("environment");
    run(Path::new(PYTHON), &[OsStr::new("-m"), OsStr::new("venv"), folder.as_os_str()])?;
    let list = building.path().join("requirements.txt");
    std::fs::write(&list, requirements).map_err(|error| fail("write", &list, error))?;
    let mut install: Vec<&OsStr> = PIP_INSTALL.iter().map(OsStr::new).collect();
    install.push(list.as_os_str());
    run(&folder.join("bin/python"), &install)?;
    let mark = folder.join(COMPLETE);
    std::fs::write(&mark, requirements).map_err(|error| fail("write", &mark, error))?;
    if place.exists() {
        // What an interrupted attempt of an older version left.
        std::fs::remove_dir_all(place).map_err(|error| fail("remove", place, error))?;
    }
    std::fs::rename(&folder, place).map_err(|error| fail("move an environment to", place, error))
}

/// Runs an installer; its output matters only if it fails.
#[expect(clippy::disallowed_methods, reason = "an installer, which no artifact takes part in")]
fn run(program: &Path, arguments: &[&OsStr]) -> Result<(), String> {
    let output = Command::new(program).args(arguments).stdin(Stdio::null()).output();
    let program = program.display();
    let output =
        output.map_err(|error| format!("failed to run {program}: {error}; run `make setup`"))?;
    if output.status.success() {
        return Ok(());
    }
    let mut message = format!("{program} failed ({})", output.status);
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text).into_owned();
    let last: Vec<&str> = text.lines().rev().take(12).collect();
    for line in last.into_iter().rev() {
        let _ = write!(message, "\n    {line}");
    }
    Err(message)
}
