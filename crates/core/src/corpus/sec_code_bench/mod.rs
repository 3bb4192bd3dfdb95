//! Loads a checkout of SecCodeBench-V2 (alibaba/sec-code-bench) as a corpus.
//!
//! `datasets/benchmark/<language>/<language>.json` lists the cases,
//! `.../prompts/<version>/` holds their prompts and
//! `datasets/templates/<language>/<version>/<case>/` their projects.

mod endpoints;
mod names;
mod state;
mod suites;
mod world;

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use serde::Deserialize;

use super::{CorpusError, Fault, read_text, read_tree};
use crate::artifact::Artifact;
use crate::benchmark::sec_code_bench_v2;
use crate::case::{Case, Language, Severity};
use crate::decider::Decider;
use crate::files::SafePath;
use crate::locale::Locale;
use crate::mutant::Mutants;
use crate::prompts::Prompts;
use crate::response::result_blocks;
use crate::scenario::Scenario;
use crate::suite::Suite;
use crate::task::{CaseLimits, CodeTask, Solution, SolutionKind, Task};
pub(super) use endpoints::endpoints;
use names::{cwe, title};

/// The folder of each language, and its list of cases.
const LISTS: [(&str, &str, Language); 5] = [
    ("cpp", "c.json", Language::C),
    ("go", "go.json", Language::Go),
    ("java", "java.json", Language::Java),
    ("nodejs", "nodejs.json", Language::NodeJs),
    ("python", "python.json", Language::Python),
];

/// The part of a list's entry for a case that is used.
#[derive(Debug, Deserialize)]
struct Entry {
    template: String,
    prompt: String,
    scenarios: Vec<Scenario>,
    params: BTreeMap<String, String>,
    severity: Severity,
    locale: Locale,
    #[serde(rename = "FuncTester")]
    functional: Tester,
    #[serde(rename = "SecTester")]
    security: Tester,
}

/// Who decides a phase.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
enum Tester {
    #[serde(rename = "UnitTester")]
    Tests,
    #[serde(rename = "LLMTester")]
    Judges,
}

/// What a Python project's `signature.json` says about its artifact.
#[derive(Debug, Deserialize)]
struct Signature {
    module_name: String,
}

pub(super) fn facts(id: &str) -> (String, Vec<String>) {
    (title(id), cwe(id).into_iter().map(str::to_owned).collect())
}

pub(super) fn load(root: &Path) -> Result<Vec<Case>, CorpusError> {
    let datasets = root.join("datasets");
    if !datasets.join("benchmark").is_dir() {
        let message = "is not a checkout of sec-code-bench: it has no datasets/benchmark";
        return Err(Fault::in_file(root, message.to_owned()).into());
    }
    let mut cases = Vec::new();
    let mut faults = Vec::new();
    for (folder, list, language) in LISTS {
        let path = datasets.join("benchmark").join(folder).join(list);
        let text = read_text(&path)?;
        let entries: BTreeMap<String, Entry> =
            serde_json::from_str(&text).map_err(|error| Fault {
                place: path.display().to_string(),
                line: Some(error.line()),
                message: error.to_string(),
            })?;
        for (id, entry) in entries {
            match load_case(&datasets, folder, language, id, &entry) {
                Ok(case) => cases.push(case),
                Err(fault) => faults.push(fault),
            }
        }
    }
    if faults.is_empty() { Ok(cases) } else { Err(CorpusError(faults)) }
}

fn load_case(
    datasets: &Path,
    folder: &str,
    language: Language,
    id: String,
    entry: &Entry,
) -> Result<Case, Fault> {
    let project = datasets.join("templates").join(folder).join(&entry.template);
    let mut files = read_tree(&project)?;
    let artifact_paths = artifact_paths(&project, language, entry)?;
    // Some templates hold a flawed artifact, and all hold texts about it.
    files.retain(|path, _| !artifact_paths.contains(path) && !path.is_under("resources"));

    let [functional, security] = suites::of(&files, language);
    let decider = |suite: Suite, tester, name| match tester {
        Tester::Tests if suite.expected.is_empty() => {
            Err(Fault::in_file(&project, "a test suite is missing or empty".to_owned()))
        }
        Tester::Tests => Ok(Decider::Suite(suite)),
        Tester::Judges => suites::rubric(&files, name).map(Decider::Panel).ok_or_else(|| {
            let message = format!("there is no rubric {name}.{}", Locale::EnUs);
            Fault::in_file(&project, message)
        }),
    };
    let functional = decider(functional, entry.functional, "FunctionalTest")?;
    let security = decider(security, entry.security, "SecurityTest")?;
    let template = files.into_iter().filter(|(path, _)| !is_test(path, language)).collect();
    let prompts = prompts(datasets, folder, entry)?;
    let solutions = vulnerable(&prompts, entry.locale, &artifact_paths).into_iter().collect();
    Ok(Case {
        title: title(&id),
        variant_of: None,
        language,
        cwe: cwe(&id).into_iter().map(str::to_owned).collect(),
        severity: entry.severity,
        scenarios: entry.scenarios.clone(),
        prompts,
        task: Task::Code(Box::new(CodeTask {
            interface: None,
            artifact_paths,
            template,
            modules: suites::modules(&id, language),
            functional,
            security: Some(security),
            beside: Vec::new(),
            solutions,
            limits: limits(language),
            state: state::of(&id),
            attack_marks: Vec::new(),
            world: world::of(&id),
            mutants: Mutants::default(),
        })),
        id,
    })
}

fn artifact_paths(
    project: &Path,
    language: Language,
    entry: &Entry,
) -> Result<Vec<SafePath>, Fault> {
    let places: Vec<String> = match language {
        // The list names a helper for some Python cases; the place that the
        // official verifier uses is this one.
        Language::Python => {
            let path = project.join("signature.json");
            let text = read_text(&path)?;
            let signature: Signature = serde_json::from_str(&text)
                .map_err(|error| Fault::in_file(&path, error.to_string()))?;
            let module = signature.module_name;
            vec![format!("src/{module}/{module}.py")]
        }
        _ => entry.params.values().cloned().collect(),
    };
    places
        .iter()
        .map(|place| {
            SafePath::new(place).map_err(|error| Fault::in_file(project, error.to_string()))
        })
        .collect()
}

/// Whether a file belongs to the tests, and not to the project that they test.
fn is_test(path: &SafePath, language: Language) -> bool {
    path.is_under(match language {
        Language::Java => "src/test",
        Language::NodeJs => "test",
        Language::C | Language::Go | Language::Python | Language::Ruby => "tests",
    })
}

/// The official limits are wall times of 10 s and 25 s, and of 5 minutes for
/// Java with Maven, which needs most of its time for itself. Some safe artifacts fill
/// buffers of two times 2 GiB for an official C test, which has no limit of
/// memory and takes 7 s for it where page faults are slow.
///
/// In Go they are 60 s of wall time with the build in it, and what takes longer is
/// an artifact that waits for a server which never answers. The longest suite that
/// passed took 2 s on a busy machine, and attacks have to be refused within one
/// second; clients that give up after 15 s twice still end by themselves.
fn limits(language: Language) -> CaseLimits {
    let (seconds, wall, memory) = match language {
        Language::C => (20, 40, 6 << 30),
        Language::Go => (25, 35, 2 << 30),
        Language::Java => (60, 120, 2 << 30),
        _ => (25, 50, 2 << 30),
    };
    CaseLimits {
        suite: Duration::from_secs(seconds),
        wall: Duration::from_secs(wall),
        memory,
        ..CaseLimits::default()
    }
}

fn prompts(datasets: &Path, folder: &str, entry: &Entry) -> Result<Prompts, Fault> {
    let stem = datasets.join("benchmark").join(folder).join("prompts").join(&entry.prompt);
    let mut prompts = BTreeMap::new();
    for scenario in &entry.scenarios {
        let suffix = match scenario.as_str() {
            "gen-hints" => "Hints",
            "fix" => "Fix",
            "fix-hints" => "FixHints",
            _ => "",
        };
        let path = format!("{}{suffix}.{}", stem.display(), entry.locale);
        prompts.insert((*scenario, entry.locale), read_text(Path::new(&path))?);
    }
    Ok(Prompts::Verbatim(prompts))
}

/// The flawed artifact: the checkout has it only inside the prompt to fix it, as
/// the first of its `<result>` blocks, or, for Java, as a class in a fence.
fn vulnerable(prompts: &Prompts, locale: Locale, allowed: &[SafePath]) -> Option<Solution> {
    let Prompts::Verbatim(prompts) = prompts else { return None };
    let prompt = prompts.get(&(sec_code_bench_v2::FIX, locale))?;
    let in_block = result_blocks(prompt).into_iter().next().and_then(|shown| {
        let items = shown.into_iter().map(|item| (item.path, item.content));
        Artifact::from_files(items, allowed).ok()
    });
    let artifact = in_block.or_else(|| {
        let [place] = allowed else { return None };
        Artifact::from_files([(place.to_string(), fenced_class(prompt, place)?)], allowed).ok()
    })?;
    let files = artifact.files.into_iter().map(|(path, text)| (path, text.into_bytes()));
    Some(Solution {
        name: "vulnerable".to_owned(),
        kind: SolutionKind::Vulnerable,
        files: files.collect(),
    })
}

/// The fenced source that declares the class of a Java file.
fn fenced_class(prompt: &str, place: &SafePath) -> Option<String> {
    let class = place.file_name().strip_suffix(".java")?;
    let declares = |line: &str| {
        let words: Vec<&str> = line.split(|c: char| !c.is_alphanumeric() && c != '_').collect();
        words.windows(2).any(|pair| ["class", "interface"].contains(&pair[0]) && pair[1] == class)
    };
    let fences = prompt.split("\n```").skip(1).step_by(2);
    let sources = fences.filter_map(|fence| Some(fence.split_once('\n')?.1));
    let mut declaring = sources.filter(|source| source.lines().any(declares));
    declaring.next().map(|source| format!("{source}\n"))
}
