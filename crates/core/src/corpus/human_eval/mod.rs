//! Loads HumanEval (openai/human-eval), or problems in its form, as a corpus: JSON lines,
//! gzipped or not, one problem in a line. Only whether code works is asked.

mod lines;
mod problem;

use std::collections::BTreeMap;
use std::path::Path;

use super::{CorpusError, Fault};
use crate::benchmark::human_eval::SOLVE;
use crate::case::{Case, Language, Severity};
use crate::count::counted;
use crate::decider::Decider;
use crate::files::{FileSet, SafePath};
use crate::locale::Locale;
use crate::mutant::Mutants;
use crate::phase::Phase;
use crate::prompts::Prompts;
use crate::state::State;
use crate::suite::{Runner, Suite};
use crate::task::{CaseLimits, CodeTask, Solution, SolutionKind, Task};
use problem::Problem;

/// The file that is asked for.
const ARTIFACT: &str = "src/solution.py";

const TESTS: &str = "tests/functional/test_solution.py";

/// The one test of every problem.
const TEST: &str = "test_solution";

/// The same environment for all problems, and for those of our cases that need no more.
const REQUIREMENTS: (&str, &str) = ("requirements.txt", "pytest==8.4.2\n");

/// The most faults of a file that are reported.
const MAX_FAULTS: usize = 20;

pub(super) fn load(path: &Path) -> Result<Vec<Case>, CorpusError> {
    let lines = lines::read(path)?;
    let mut cases = Vec::new();
    let mut faults = Vec::new();
    // By the id of a case, the line that it is in.
    let mut known: BTreeMap<String, usize> = BTreeMap::new();
    for (number, line) in &lines {
        let loaded = Problem::parse(line).and_then(|problem| {
            let id = problem.id();
            match known.insert(id.clone(), *number) {
                Some(first) => Err(format!("{id} is also in line {first}; remove one of the two")),
                None => case(&problem),
            }
        });
        match loaded {
            Ok(case) => cases.push(case),
            Err(message) => faults.push(at(path, *number, message)),
        }
    }
    if cases.is_empty() && faults.is_empty() {
        let message = "holds no problem; give the file HumanEval.jsonl or HumanEval.jsonl.gz";
        faults.push(Fault::in_file(path, message.to_owned()));
    }
    match faults.len() {
        0 => Ok(cases),
        count => {
            faults.truncate(MAX_FAULTS);
            if let Some(more) = count.checked_sub(MAX_FAULTS).filter(|more| *more > 0) {
                faults.push(Fault::in_file(
                    path,
                    format!("{} with faults", counted(more, "more line")),
                ));
            }
            Err(CorpusError(faults))
        }
    }
}

fn at(path: &Path, line: usize, message: String) -> Fault {
    Fault { place: path.display().to_string(), line: Some(line), message }
}

fn case(problem: &Problem) -> Result<Case, String> {
    let suite =
        Suite::of(Phase::Functional, Runner::Pytest, files([(TESTS, problem.suite(TEST))])?);
    let replaced = suite.replaced_tests();
    if suite.expected.iter().map(|test| test.name.as_str()).ne([TEST]) || !replaced.is_empty() {
        return Err(
            "`prompt` or `test` defines a function or class whose name begins with `test`, which would be taken for a test; rename it"
                .to_owned(),
        );
    }
    let solution = |kind: SolutionKind, text: String| {
        let files = files([(ARTIFACT, text)])?;
        Ok::<_, String>(Solution { name: kind.as_str().to_owned(), kind, files })
    };
    Ok(Case {
        id: problem.id(),
        title: problem.entry_point.clone(),
        variant_of: None,
        language: Language::Python,
        cwe: Vec::new(),
        // No problem has one; all weigh the same.
        severity: Severity::Medium,
        scenarios: vec![SOLVE],
        prompts: prompts(&problem.entry_point),
        task: Task::Code(Box::new(CodeTask {
            interface: Some(problem.prompt.trim_matches('\n').to_owned()),
            artifact_paths: vec![safe(ARTIFACT)?],
            template: files([(REQUIREMENTS.0, REQUIREMENTS.1.to_owned())])?,
            modules: Vec::new(),
            functional: Decider::Suite(suite),
            security: None,
            beside: Vec::new(),
            solutions: vec![
                solution(SolutionKind::Correct, problem.solved())?,
                solution(SolutionKind::Incorrect, problem.unsolved())?,
            ],
            limits: CaseLimits::default(),
            state: State::default(),
            attack_marks: Vec::new(),
            world: None,
            mutants: Mutants::default(),
        })),
    })
}

fn files<const N: usize>(files: [(&str, String); N]) -> Result<FileSet, String> {
    files.into_iter().map(|(path, text)| Ok((safe(path)?, text.into_bytes()))).collect()
}

fn safe(path: &str) -> Result<SafePath, String> {
    SafePath::new(path).map_err(|error| error.to_string())
}

/// What is asked beside the beginning of the file, which is the interface. There is no
/// scenario with a hint.
fn prompts(function: &str) -> Prompts {
    let english = format!(
        "Complete the function `{function}`. What stands under \"Interface\" is the beginning of the file: its imports, its other definitions if it has any, and the signature of the function with what it has to do. Keep all of that, and add what is missing. Only the standard library of Python is there."
    );
    let chinese = format!(
        "请补全函数 `{function}`。“接口”一节是该文件的开头，包括其导入、可能有的其他定义，以及该函数的签名和应有的行为。请保留这些内容，并补上缺少的部分。只能使用 Python 标准库。"
    );
    Prompts::Composed {
        briefs: BTreeMap::from([(Locale::EnUs, english), (Locale::ZhCn, chinese)]),
        hints: Locale::ALL.into_iter().map(|locale| (locale, String::new())).collect(),
    }
}
