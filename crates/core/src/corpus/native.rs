//! Loads a corpus in Assay's own layout:
//! `<root>/<suite>/<language>/<case-id>/case.toml` and what is beside it.

mod mutants;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

use serde::Deserialize;
use toml::Spanned;
use walkdir::WalkDir;

use super::{CorpusError, Fault, read_lines, read_tree};
use crate::benchmark::cov_eval;
use crate::case::{Case, Language, Severity};
use crate::cwe::{Cwe, Standing};
use crate::decider::Decider;
use crate::files::{FileSet, SafePath};
use crate::judge::Rubric;
use crate::locale::Locale;
use crate::phase::Phase;
use crate::prompts::Prompts;
use crate::scenario::Scenario;
use crate::state::{State, StateFault, StateTable};
use crate::suite::{Runner, Suite, nodejs};
use crate::task::{CaseLimits, CodeTask, Solution, SolutionKind, Task};
use crate::world::{World, WorldFault};
use mutants::{MutantsTable, mutants};

/// What `case.toml` holds.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct CaseFile {
    id: Spanned<String>,
    title: String,
    #[serde(rename = "variant-of")]
    variant_of: Option<String>,
    language: Language,
    cwe: Vec<Spanned<String>>,
    severity: Severity,
    scenarios: Spanned<Vec<Scenario>>,
    artifact: Spanned<Vec<SafePath>>,
    interface: Option<String>,
    #[serde(default)]
    modules: Vec<String>,
    #[serde(default)]
    limits: LimitsTable,
    #[serde(default)]
    rubric: RubricTable,
    #[serde(default)]
    state: StateTable,
    #[serde(default)]
    attack: AttackTable,
    #[serde(default)]
    mutants: MutantsTable,
}

/// The `[attack]` table.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct AttackTable {
    /// Words of errors that an attack brings about.
    #[serde(default)]
    marks: Vec<String>,
}

/// The `[rubric]` table: of each phase that judges decide, the name of the files with
/// its criteria, before the locale and `.md`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct RubricTable {
    functional: Option<Spanned<SafePath>>,
    security: Option<SafePath>,
}

/// The `[limits]` table; what it leaves out has a default.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct LimitsTable {
    build_cpu_seconds: Option<u64>,
    suite_cpu_seconds: Option<u64>,
    suite_wall_seconds: Option<u64>,
    memory_mib: Option<u64>,
}

impl LimitsTable {
    fn limits(&self) -> CaseLimits {
        let usual = CaseLimits::default();
        let seconds = |given: Option<u64>, usual| given.map_or(usual, Duration::from_secs);
        CaseLimits {
            build: seconds(self.build_cpu_seconds, usual.build),
            suite: seconds(self.suite_cpu_seconds, usual.suite),
            wall: seconds(self.suite_wall_seconds, usual.wall),
            memory: self.memory_mib.map_or(usual.memory, |mib| mib << 20),
        }
    }
}

/// How deep below the root the case folders are.
const CASE_DEPTH: usize = 3;

pub(super) fn load(root: &Path) -> Result<Vec<Case>, CorpusError> {
    let mut cases = Vec::new();
    let mut faults = Vec::new();
    for entry in WalkDir::new(root).min_depth(CASE_DEPTH).max_depth(CASE_DEPTH).sort_by_file_name()
    {
        let entry = entry.map_err(|error| {
            Fault::in_file(
                root,
                format!("failed to read the corpus: {error}; give its folder with --corpus"),
            )
        })?;
        if !entry.file_type().is_dir() {
            continue;
        }
        match load_case(entry.path()) {
            Ok(case) => cases.push(case),
            Err(error) => faults.extend(error.0),
        }
    }
    if !faults.is_empty() {
        return Err(CorpusError(faults));
    }
    if cases.is_empty() {
        return Err(Fault::in_file(
            root,
            "holds no case; a corpus has folders <suite>/<language>/<case>/ with a case.toml, and is given with --corpus".to_owned(),
        )
        .into());
    }
    Ok(cases)
}

pub(super) fn load_case(folder: &Path) -> Result<Case, CorpusError> {
    let path = folder.join("case.toml");
    let text = read_lines(&path)?;
    let case_file: CaseFile = toml::from_str(&text).map_err(|error| {
        let offset = error.span().map_or(0, |span| span.start);
        Fault::at(&path, &text, offset, error.message().to_owned())
    })?;
    let mut faults = check(&case_file, &path, &text, folder);

    let template = tree(&folder.join("template"), &mut faults);
    let known_runner = runner(case_file.language, &template);
    let runner = known_runner.clone().unwrap_or(Runner::Jest);
    let rubric = &case_file.rubric;
    let stem = rubric.functional.as_ref().map(Spanned::get_ref);
    let functional = decider(folder, Phase::Functional, stem, &runner, &mut faults);
    let stem = rubric.security.as_ref();
    let security = decider(folder, Phase::Security, stem, &runner, &mut faults);
    if known_runner.is_none() {
        let message = "names neither jest nor mocha among its dependencies; add one".to_owned();
        faults.push(Fault::in_file(&folder.join("template/package.json"), message));
    }
    let solutions = solutions(folder, &case_file, &mut faults);
    for path in case_file.artifact.get_ref() {
        if template.contains_key(path) {
            faults.push(Fault::in_file(
                &folder.join("template").join(path.as_str()),
                "the template holds the artifact; move it to solutions/".to_owned(),
            ));
        }
    }
    let world = world(folder, &mut faults);
    let mutants = mutants(folder, &case_file.mutants, &text, &solutions, &mut faults);
    let state = state(&case_file.state, &path, &text, &mut faults);
    let briefs = texts(folder, "brief", &mut faults);
    let hints = texts(folder, "hint", &mut faults);
    for locale in Locale::ALL {
        pair(folder, locale, &mut faults);
    }
    if !faults.is_empty() {
        return Err(CorpusError(faults));
    }
    Ok(Case {
        id: case_file.id.into_inner(),
        title: case_file.title,
        variant_of: case_file.variant_of,
        language: case_file.language,
        cwe: case_file.cwe.into_iter().map(Spanned::into_inner).collect(),
        severity: case_file.severity,
        scenarios: case_file.scenarios.into_inner(),
        prompts: Prompts::Composed { briefs, hints },
        task: Task::Code(Box::new(CodeTask {
            interface: case_file.interface.map(|text| text.trim_matches('\n').to_owned()),
            artifact_paths: case_file.artifact.into_inner(),
            template,
            modules: case_file.modules,
            functional,
            security: Some(security),
            beside: Vec::new(),
            solutions,
            limits: case_file.limits.limits(),
            state,
            attack_marks: case_file.attack.marks,
            world,
            mutants,
        })),
    })
}

fn tree(directory: &Path, faults: &mut Vec<Fault>) -> FileSet {
    if !directory.is_dir() {
        faults.push(Fault::in_file(directory, "this folder is missing".to_owned()));
        return FileSet::new();
    }
    read_tree(directory).unwrap_or_else(|fault| {
        faults.push(fault);
        FileSet::new()
    })
}

/// The tests of a phase, or its rubric where `case.toml` names one.
fn decider(
    folder: &Path,
    phase: Phase,
    rubric: Option<&SafePath>,
    runner: &Runner,
    faults: &mut Vec<Fault>,
) -> Decider {
    let place = folder.join("tests").join(phase.as_str());
    let Some(stem) = rubric else {
        let suite = suite(phase, tree(&place, faults), runner);
        check_tests(&suite, &place, faults);
        return Decider::Suite(suite);
    };
    if place.exists() {
        let message = "is there although `rubric` gives this phase to judges; remove one of both";
        faults.push(Fault::in_file(&place, message.to_owned()));
    }
    let texts = Locale::ALL.into_iter().filter_map(|locale| {
        let path = folder.join(format!("{stem}.{locale}.md"));
        // Judges read English; other languages are welcome and not needed.
        if locale != Locale::EnUs && !path.exists() {
            return None;
        }
        text(&path, faults).map(|text| (locale, text))
    });
    let rubric = Rubric::new(texts.collect());
    let nothing = || Suite { files: FileSet::new(), runner: runner.clone(), expected: Vec::new() };
    rubric.map_or_else(|| Decider::Suite(nothing()), Decider::Panel)
}

/// What is wrong with the names of a suite's tests.
fn check_tests(suite: &Suite, place: &Path, faults: &mut Vec<Fault>) {
    if suite.expected.is_empty() {
        faults.push(Fault::in_file(place, "holds no test".to_owned()));
    }
    let mut seen = BTreeSet::new();
    let replaced = suite.replaced_tests();
    for name in suite.expected.iter().map(|test| &test.name).chain(&replaced) {
        if !seen.insert(name) {
            let message =
                format!("the test name {name} is there twice; only one of both would be run");
            faults.push(at_second_place(suite, place, name, message));
        }
    }
}

/// A fault at the second line of a suite that has the last part of a test's name.
fn at_second_place(suite: &Suite, place: &Path, name: &str, message: String) -> Fault {
    let word = name.rsplit([':', '.', '>']).next().unwrap_or(name).trim();
    let is_here = |line: &str| {
        line.match_indices(word).any(|(start, _)| {
            let is_part = |c: char| c.is_alphanumeric() || c == '_';
            let before = line[..start].chars().next_back();
            let after = line[start + word.len()..].chars().next();
            !before.is_some_and(is_part) && !after.is_some_and(is_part)
        })
    };
    let mut lines = suite.files.iter().flat_map(|(path, content)| {
        let text = String::from_utf8_lossy(content).into_owned();
        let numbers: Vec<usize> =
            text.lines().enumerate().filter(|(_, line)| is_here(line)).map(|it| it.0 + 1).collect();
        numbers.into_iter().map(move |line| (path.clone(), line))
    });
    let Some((path, line)) = lines.nth(1) else { return Fault::in_file(place, message) };
    // Files of a suite are named from the case's folder.
    let folder = place.ancestors().nth(2).unwrap_or(place);
    Fault { place: folder.join(path.as_str()).display().to_string(), line: Some(line), message }
}

/// What is wrong with the values of `case.toml`.
fn check(case: &CaseFile, path: &Path, text: &str, folder: &Path) -> Vec<Fault> {
    let mut faults = Vec::new();
    let mut fault = |offset: usize, message: String| {
        faults.push(Fault::at(path, text, offset, message));
    };
    let id = case.id.get_ref();
    let folder_name = folder.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    if id != folder_name {
        let message = format!("the id {id:?} is not the folder's name {folder_name:?}");
        fault(case.id.span().start, message);
    }
    if !id.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c)) {
        let message = format!("the id {id:?} has characters other than letters, digits, - and _");
        fault(case.id.span().start, message);
    }
    for cwe in &case.cwe {
        let number = cwe.get_ref().strip_prefix("CWE-");
        let is_number = |n: &&str| !n.is_empty() && n.chars().all(|c| c.is_ascii_digit());
        let Some(number) = number.filter(is_number).and_then(|number| number.parse().ok()) else {
            let message = format!("{:?} is not of the form CWE-787", cwe.get_ref());
            fault(cwe.span().start, message);
            continue;
        };
        // What else is to be said of a number says `assay check`.
        if let (Standing::Unknown, Some(message)) =
            (Cwe(number).standing(), Cwe(number).objection())
        {
            fault(cwe.span().start, message);
        }
    }
    if case.cwe.is_empty() {
        fault(0, "`cwe` is empty; name at least one, such as CWE-787".to_owned());
    }
    if case.scenarios.get_ref().is_empty() {
        fault(case.scenarios.span().start, "`scenarios` is empty".to_owned());
    }
    let only_works = |it: &&Scenario| it.benchmark().phases == [Phase::Functional];
    if let Some(scenario) = case.scenarios.get_ref().iter().find(only_works) {
        let message = format!(
            "the scenario {scenario} is of {}, whose tasks have no security phase, and this case has one; remove the scenario",
            scenario.benchmark().title
        );
        fault(case.scenarios.span().start, message);
    }
    let is_made = |it: &&Scenario| it.benchmark().name == cov_eval::BENCHMARK.name;
    if let Some(scenario) = case.scenarios.get_ref().iter().find(is_made) {
        let message = format!(
            "the scenario {scenario} is asked of every case with --corpus cov-eval:PATH, and is named in none; remove the scenario"
        );
        fault(case.scenarios.span().start, message);
    }
    if let (Some(functional), None) = (&case.rubric.functional, &case.rubric.security) {
        // Security tests run in the sandbox right after the functional ones.
        let message = "judges who decide the functional phase decide the security phase too; name its rubric as well";
        fault(functional.span().start, message.to_owned());
    }
    if case.artifact.get_ref().is_empty() {
        fault(case.artifact.span().start, "`artifact` is empty".to_owned());
    }
    faults
}

/// `None` where the template does not say.
fn runner(language: Language, template: &FileSet) -> Option<Runner> {
    match language {
        Language::C => Some(Runner::AssayC),
        Language::Go => Some(Runner::GoTest { imports: false }),
        Language::Java => Some(Runner::JUnit),
        Language::NodeJs => nodejs::runner(template),
        Language::Python => Some(Runner::Pytest),
        Language::Ruby => Some(Runner::Minitest),
    }
}

fn suite(phase: Phase, files: FileSet, runner: &Runner) -> Suite {
    let files: FileSet = files
        .into_iter()
        .filter_map(|(path, content)| {
            Some((SafePath::new(&format!("tests/{phase}/{path}")).ok()?, content))
        })
        .collect();
    Suite::of(phase, runner.clone(), files)
}

fn solutions(folder: &Path, case: &CaseFile, faults: &mut Vec<Fault>) -> Vec<Solution> {
    let root = folder.join("solutions");
    let mut solutions = Vec::new();
    for entry in WalkDir::new(&root).min_depth(1).max_depth(1).sort_by_file_name() {
        let Ok(entry) = entry else { continue };
        let place = entry.path();
        let name = entry.file_name().to_string_lossy().into_owned();
        let kind = match name.split('-').next() {
            Some("secure") => SolutionKind::Secure,
            Some("vulnerable") => SolutionKind::Vulnerable,
            _ => {
                let message = "a solution's name begins with `secure` or `vulnerable`".to_owned();
                faults.push(Fault::in_file(place, message));
                continue;
            }
        };
        match read_tree(place) {
            Ok(files) => {
                for path in files.keys().filter(|path| !case.artifact.get_ref().contains(path)) {
                    let message = "is not one of the artifact paths of case.toml".to_owned();
                    faults.push(Fault::in_file(&place.join(path.as_str()), message));
                }
                solutions.push(Solution { name, kind, files });
            }
            Err(fault) => faults.push(fault),
        }
    }
    for (kind, name) in [(SolutionKind::Secure, "secure"), (SolutionKind::Vulnerable, "vulnerable")]
    {
        if !solutions.iter().any(|solution| solution.kind == kind && !solution.files.is_empty()) {
            faults.push(Fault::in_file(&root, format!("there is no solution {name:?}")));
        }
    }
    solutions
}

/// The state that `case.toml` declares, with the contents that lie in `state/`.
fn state(table: &StateTable, path: &Path, text: &str, faults: &mut Vec<Fault>) -> State {
    let folder = path.with_file_name("state");
    let files = if folder.is_dir() { read_tree(&folder) } else { Ok(FileSet::new()) };
    let files = files.unwrap_or_else(|fault| {
        faults.push(fault);
        FileSet::new()
    });
    table.read(&files).unwrap_or_else(|found| {
        let fault = |it: StateFault| Fault::at(path, text, it.offset, it.message);
        faults.extend(found.into_iter().map(fault));
        State::default()
    })
}

/// The world of `world.toml`, with the bodies that lie in `world/`.
fn world(folder: &Path, faults: &mut Vec<Fault>) -> Option<World> {
    let (path, bodies) = (folder.join("world.toml"), folder.join("world"));
    if !path.exists() {
        if bodies.exists() {
            let message = "is there without a world.toml beside it".to_owned();
            faults.push(Fault::in_file(&bodies, message));
        }
        return None;
    }
    let files = if bodies.is_dir() { read_tree(&bodies) } else { Ok(FileSet::new()) };
    let read = files.and_then(|files| Ok((read_lines(&path)?, files)));
    let (text, files) = read.map_err(|fault| faults.push(fault)).ok()?;
    World::parse(&text, &files)
        .map_err(|found| {
            let fault = |it: WorldFault| Fault::at(&path, &text, it.offset, it.message);
            faults.extend(found.into_iter().map(fault));
        })
        .ok()
}

/// The texts of a name by locale. English is needed, for judges read it; other languages are
/// welcome.
fn texts(folder: &Path, name: &str, faults: &mut Vec<Fault>) -> BTreeMap<Locale, String> {
    let text = |locale: Locale| {
        let path = folder.join(format!("{name}.{locale}.md"));
        if locale != Locale::EnUs && !path.exists() {
            return None;
        }
        Some((locale, text(&path, faults)?))
    };
    Locale::ALL.into_iter().filter_map(text).collect()
}

/// That a locale other than English has a brief and a hint, or neither.
fn pair(folder: &Path, locale: Locale, faults: &mut Vec<Fault>) {
    let [brief, hint] = ["brief", "hint"].map(|name| folder.join(format!("{name}.{locale}.md")));
    let (there, missing) = match (brief.exists(), hint.exists()) {
        (true, false) => (brief, hint),
        (false, true) => (hint, brief),
        _ => return,
    };
    if locale != Locale::EnUs {
        let missing = missing.file_name().unwrap_or_default().to_string_lossy();
        let message = format!("is there without {missing}; write that one too, or remove this one");
        faults.push(Fault::in_file(&there, message));
    }
}

/// A text of the case, which is not blank.
fn text(path: &Path, faults: &mut Vec<Fault>) -> Option<String> {
    let read = match read_lines(path) {
        Ok(text) if text.trim().is_empty() => Err(Fault::in_file(path, "is empty".to_owned())),
        other => other,
    };
    read.map_err(|fault| faults.push(fault)).ok()
}
