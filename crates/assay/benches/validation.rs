//! What a validation costs beside the bare compiler and test runner on the same
//! inputs, in one run: `make bench`.
//!
//! Every secure and vulnerable solution of the corpus is validated by Assay and,
//! in turn, built and tested by the same commands without sandbox, proof or
//! store, both from prepared test objects and environments. Bare runs execute
//! code of the corpus only, never a model's.

#![expect(clippy::disallowed_methods, reason = "the bare commands, on the corpus's own code")]
#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use assay::validate::{Validator, bare};
use assay_core::case::SolutionKind;
use assay_core::corpus::CorpusSource;
use assay_core::files::{FileSet, texts};
use assay_core::{Artifact, Case, Language};
use assay_sandbox::{Sandbox, Spec};

/// Jobs at one time, and how often each solution is measured.
const JOBS: usize = 2;
const ROUNDS: usize = 5;

/// One solution to measure.
struct Item<'a> {
    case: &'a Case,
    artifact: Artifact,
    /// A folder with everything that the bare commands need.
    prepared: PathBuf,
}

/// What was measured of one language, in milliseconds.
#[derive(Default)]
struct Figures {
    validated: Vec<f64>,
    bare: Vec<f64>,
}

fn main() {
    assay_sandbox::enter_if_launched();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let corpus = CorpusSource::Native(root.join("corpus")).load().expect("the corpus loads");
    let cache = std::env::var_os("ASSAY_CACHE").map_or_else(default_cache, PathBuf::from);
    let validator = Validator::new(cache);
    let cases: Vec<&Case> = corpus.cases.iter().collect();
    let failures = validator.prepare(&cases, &mut |_| ()).expect("a cache");
    assert_eq!(failures, 0, "everything is prepared");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let items: Vec<Item<'_>> = cases
        .iter()
        .flat_map(|case| {
            let kinds = [SolutionKind::Secure, SolutionKind::Vulnerable];
            kinds.into_iter().flat_map(|kind| case.solutions(kind)).map(|solution| Item {
                case,
                artifact: artifact(&solution.files),
                prepared: prepare(case, folder.path(), &validator),
            })
        })
        .collect();
    let start_up = start_up();
    let figures = measure(&items, &validator, folder.path());
    println!("sandbox start, /bin/true and end: median {start_up:.1} ms\n");
    println!(
        "{} artifacts, {ROUNDS} times each, {JOBS} jobs; milliseconds of wall time per artifact",
        items.len()
    );
    println!(
        "{:<10}{:>12}{:>12}{:>10}{:>8}{:>14}",
        "language", "assay median", "bare median", "ratio", "mean", "above bare"
    );
    for (language, Figures { mut validated, mut bare }) in figures {
        let (assay, plain) = (median(&mut validated), median(&mut bare));
        println!(
            "{:<10}{assay:>12.0}{plain:>12.0}{:>10.2}{:>8.0}{:>12.0} %",
            language.title(),
            assay / plain,
            validated.iter().sum::<f64>() / f64::from(u32::try_from(validated.len()).unwrap_or(1)),
            100.0 * (assay - plain) / assay,
        );
    }
}

fn default_cache() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("assay-cache")
}

fn artifact(files: &FileSet) -> Artifact {
    Artifact { files: texts(files), refused: Vec::new() }
}

/// Validates and runs bare in turn, by `JOBS` threads.
fn measure<'a>(
    items: &[Item<'a>],
    validator: &Validator,
    folder: &Path,
) -> BTreeMap<Language, Figures> {
    let queue: Mutex<Vec<&Item<'a>>> = Mutex::new((0..ROUNDS).flat_map(|_| items).collect());
    let figures: Mutex<BTreeMap<Language, Figures>> = Mutex::default();
    std::thread::scope(|scope| {
        for _ in 0..JOBS {
            scope.spawn(|| {
                while let Some(item) = { queue.lock().expect("no panic").pop() } {
                    let validated = time(|| {
                        validator.validate(item.case, &item.artifact).expect("a validation");
                    });
                    let work = tempfile::tempdir_in(folder).expect("a temporary folder");
                    let bare = time(|| run_bare(item, work.path()));
                    let mut figures = figures.lock().expect("no panic");
                    let entry = figures.entry(item.case.language).or_default();
                    entry.validated.push(validated);
                    entry.bare.push(bare);
                }
            });
        }
    });
    figures.into_inner().expect("no panic")
}

/// What does not depend on the artifact: test objects for C, folders for Python.
fn prepare(case: &Case, folder: &Path, validator: &Validator) -> PathBuf {
    let prepared = folder.join(&case.id);
    if prepared.exists() {
        return prepared;
    }
    let place = bare::prepared(validator, case);
    for (phase, suite) in [("functional", &case.functional), ("security", &case.security)] {
        let directory = prepared.join(phase);
        write(&directory, &case.template);
        write(&directory, &suite.files);
        std::os::unix::fs::symlink(&place, directory.join("environment")).expect("a link");
    }
    prepared
}

/// Builds and runs both suites as far as the verdict needs them.
fn run_bare(item: &Item<'_>, work: &Path) {
    let mut objects: Vec<PathBuf> = Vec::new();
    for phase in ["functional", "security"] {
        let prepared = item.prepared.join(phase);
        let passed = match item.case.language {
            Language::C => {
                if objects.is_empty() {
                    objects = compile_bare(item, work);
                }
                let environment = prepared.join("environment");
                let tests = std::fs::read_dir(&environment).expect("prepared").flatten();
                let tests = tests.map(|entry| entry.path());
                let tests = tests.filter(|path| is_object(path, phase));
                let mut gcc = Command::new("gcc");
                gcc.args(bare::c_flags(&item.case.functional.runner)).args(&objects).args(tests);
                succeed(gcc.args(["-o", "suite", "-ldl", "-lm"]).current_dir(work));
                let suite = Command::new("sh")
                    .args(["-c", "printf %032d 1 | \"$0\" ./suite \"$@\" 3>report 4<&0 >log 2>&1"])
                    .arg(environment.join("supervise"))
                    .args(suite_tests(item.case, phase))
                    .env("ASAN_OPTIONS", "detect_leaks=0")
                    .current_dir(work)
                    .status();
                suite.is_ok_and(|status| status.success())
            }
            _ => {
                let directory = work.join(phase);
                copy(&prepared, &directory);
                write_artifact(&directory, &item.artifact);
                let python = prepared.join("environment/bin/python");
                let status = Command::new(python)
                    .args(["-B", "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests"])
                    .env_clear()
                    .env("PYTHONPATH", "src")
                    .current_dir(&directory)
                    .stdout(Stdio::null())
                    .stderr(Stdio::null())
                    .status();
                status.is_ok_and(|status| status.success())
            }
        };
        if !passed {
            return;
        }
    }
}

fn suite_tests<'a>(case: &'a Case, phase: &str) -> impl Iterator<Item = &'a str> {
    let suite = if phase == "functional" { &case.functional } else { &case.security };
    suite.expected.iter().map(|test| test.name.as_str())
}

fn compile_bare(item: &Item<'_>, work: &Path) -> Vec<PathBuf> {
    write(work, &item.case.template);
    write_artifact(work, &item.artifact);
    let template = item.case.template.keys();
    let sources = template.chain(item.artifact.files.keys());
    sources
        .filter(|path| path.extension() == Some("c"))
        .map(|source| {
            let object = work.join(format!("{}.o", source.as_str().replace('/', "_")));
            let mut gcc = Command::new("gcc");
            gcc.args(bare::c_flags(&item.case.functional.runner)).args(["-Isrc", "-c"]);
            succeed(gcc.arg(source.as_str()).arg("-o").arg(&object).current_dir(work));
            object
        })
        .collect()
}

/// The median time of a sandbox that runs `/bin/true`.
fn start_up() -> f64 {
    let mut times: Vec<f64> = (0..50)
        .map(|_| {
            time(|| {
                let mut sandbox = Sandbox::start(&Spec::default()).expect("a sandbox");
                sandbox.execute(&assay_sandbox::Command::new("/bin/true")).expect("true runs");
            })
        })
        .collect();
    median(&mut times)
}

fn time(work: impl FnOnce()) -> f64 {
    let started = Instant::now();
    work();
    let elapsed: Duration = started.elapsed();
    elapsed.as_secs_f64() * 1000.0
}

fn median(times: &mut [f64]) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

fn is_object(path: &Path, phase: &str) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    name.starts_with(&format!("test_objects_{phase}")) && name.ends_with(".o")
}

fn succeed(command: &mut Command) {
    let output = command.output().expect("the tool starts");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?} failed: {stderr}");
}

fn write(directory: &Path, files: &FileSet) {
    for (path, content) in files {
        let place = directory.join(path.as_str());
        std::fs::create_dir_all(place.parent().expect("a parent")).expect("a folder");
        std::fs::write(place, content).expect("a file");
    }
}

fn write_text(place: &Path, text: &str) {
    std::fs::create_dir_all(place.parent().expect("a parent")).expect("a folder");
    std::fs::write(place, text).expect("a file");
}

fn write_artifact(directory: &Path, artifact: &Artifact) {
    for (path, text) in &artifact.files {
        write_text(&directory.join(path.as_str()), text);
    }
}

/// Copies a prepared project; the link to its environment stays behind.
fn copy(from: &Path, to: &Path) {
    let files = from.read_dir().expect("prepared").flatten();
    for entry in files {
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        let kind = entry.file_type().expect("a kind");
        if kind.is_dir() {
            copy(&source, &target);
        } else if kind.is_file() {
            std::fs::create_dir_all(to).expect("a folder");
            std::fs::copy(source, target).expect("a copy");
        }
    }
}
