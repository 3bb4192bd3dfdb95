//! The tasks of CoV-Eval about programs of our own: every solution of a case is a program
//! whose security was proved by running it, and every case a program to be written.

use std::collections::{BTreeMap, BTreeSet};

use super::{CorpusError, Fault};
use crate::benchmark::{cov_eval, sec_code_bench_v2};
use crate::case::Case;
use crate::files::FileSet;
use crate::label::{Label, LabelledProgram};
use crate::locale::Locale;
use crate::phase::Phase;
use crate::prompt::render;
use crate::prompt::weakness::{CodeForm, Shown, detection, repair};
use crate::prompts::Prompts;
use crate::scenario::Scenario;
use crate::task::{CodeTask, Solution, SolutionKind, Task};
use crate::weakness::{self, Weakness};

/// What the cases of a corpus ask as CoV-Eval does. Of each: its program to be written, every
/// vulnerable solution to be mended, and every solution to be told secure or vulnerable.
pub(super) fn of(cases: &[Case]) -> Result<Vec<Case>, CorpusError> {
    let types = types(cases);
    let tasks: Vec<Case> = cases
        .iter()
        .filter_map(|case| Some((case, case.code()?)))
        .flat_map(|(case, task)| tasks(case, task, &types))
        .collect();
    match tasks.is_empty() {
        true => Err(Fault::new("the corpus", "has no case that asks for code".to_owned()).into()),
        false => Ok(tasks),
    }
}

/// The types of weakness that a subject chooses from: those of the paper, and those of the
/// corpus that are not among them.
fn types(cases: &[Case]) -> Vec<&'static Weakness> {
    let mut types: Vec<&Weakness> = weakness::COV_EVAL.iter().collect();
    let more: BTreeSet<&str> =
        cases.iter().filter_map(|case| case.cwe.first()).map(String::as_str).collect();
    for weakness in more.into_iter().filter_map(weakness::of) {
        if !types.contains(&weakness) {
            types.push(weakness);
        }
    }
    types
}

fn tasks<'a>(
    case: &'a Case,
    task: &'a CodeTask,
    types: &'a [&Weakness],
) -> impl Iterator<Item = Case> + 'a {
    let vulnerable = case.solutions(SolutionKind::Vulnerable);
    // What no test decides is not proved.
    let proved = task.solutions.iter().filter(|_| task.suites().count() == Phase::ALL.len());
    std::iter::once(completion(case, task, types))
        .chain(vulnerable.map(|solution| mending(case, task, solution)))
        .chain(proved.map(|solution| telling(case, task, solution, types)))
}

/// The case's own description is what is completed; about the program that comes of it, it is
/// asked whether it is vulnerable and, if it is, for a better one.
fn completion(case: &Case, task: &CodeTask, types: &[&Weakness]) -> Case {
    let shown = Shown { language: case.language, files: None, given: &task.template };
    let form = CodeForm::Files(&task.artifact_paths);
    let mut prompts = BTreeMap::new();
    for locale in Locale::ALL {
        if let Ok(question) = render(case, sec_code_bench_v2::GEN, locale) {
            prompts.insert((cov_eval::COMPLETE, locale), question);
            prompts.insert((cov_eval::SELF_DETECT, locale), detection(shown, types, locale));
            let question = repair(shown, &case.cwe, form, locale);
            prompts.insert((cov_eval::SELF_REPAIR, locale), question);
        }
    }
    let scenarios = vec![cov_eval::COMPLETE, cov_eval::SELF_DETECT, cov_eval::SELF_REPAIR];
    asking(case, format!("complete-{}", case.id), scenarios, prompts, case.task.clone())
}

fn mending(case: &Case, task: &CodeTask, solution: &Solution) -> Case {
    let files = Some(&solution.files);
    let shown = Shown { language: case.language, files, given: &task.template };
    let form = CodeForm::Files(&task.artifact_paths);
    let question = |locale| repair(shown, &case.cwe, form, locale);
    // The first vulnerable program is the one that is shown.
    let mut mended = task.clone();
    mended.solutions.sort_by_key(|it| it.name != solution.name);
    let id = format!("repair-{}-{}", case.id, solution.name);
    let scenario = cov_eval::REPAIR;
    asking(case, id, vec![scenario], in_all(scenario, question), Task::Code(Box::new(mended)))
}

fn telling(case: &Case, task: &CodeTask, solution: &Solution, types: &[&Weakness]) -> Case {
    let files = Some(&solution.files);
    let shown = Shown { language: case.language, files, given: &task.template };
    let vulnerable = solution.kind == SolutionKind::Vulnerable;
    let cwe = if vulnerable { case.cwe.clone() } else { Vec::new() };
    let files: FileSet = solution.files.clone();
    let origin = Some(case.id.clone());
    let program =
        LabelledProgram { files, truth: Label { vulnerable, cwe, ..Label::default() }, origin };
    let id = format!("detect-{}-{}", case.id, solution.name);
    let scenario = cov_eval::DETECT;
    let question = |locale| detection(shown, types, locale);
    asking(case, id, vec![scenario], in_all(scenario, question), Task::Recognise(program))
}

type Questions = BTreeMap<(Scenario, Locale), String>;

fn in_all(scenario: Scenario, question: impl Fn(Locale) -> String) -> Questions {
    Locale::ALL.into_iter().map(|locale| ((scenario, locale), question(locale))).collect()
}

fn asking(
    case: &Case,
    id: String,
    scenarios: Vec<Scenario>,
    prompts: Questions,
    task: Task,
) -> Case {
    Case { id, scenarios, prompts: Prompts::Verbatim(prompts), task, ..case.clone() }
}
