//! Loads a checkout of CoV-Eval (MurrayTom/CoV-Eval) as a corpus, as it is: labels are in
//! paths, and there is no manifest. docs/cov-eval.md says what becomes of what.

mod checkout;
mod complexity;
mod path_facts;
mod program;
mod reader;
mod results;
mod set;
mod warnings;

use std::path::Path;

use super::{CorpusError, Fault};
use crate::benchmark::Asks;
use crate::benchmark::cov_eval::{COMPLETE, DETECT, REPAIR, SELF_DETECT, SELF_REPAIR};
use crate::case::{Case, Severity};
use crate::decider::{Decider, SYNTAX};
use crate::files::{FileSet, SafePath};
use crate::label::LabelledProgram;
use crate::locale::Locale;
use crate::mutant::Mutants;
use crate::prompt::weakness::{CodeForm, Shown, completion, detection, repair};
use crate::prompts::Prompts;
use crate::scenario::Scenario;
use crate::state::State;
use crate::task::{CaseLimits, CodeTask, Solution, SolutionKind, Task};
use crate::weakness::{self, Weakness};
use crate::weakness_rubric::weakness_rubric;

/// Whether a folder is a checkout, and not a corpus of our own.
pub(super) fn is_checkout(root: &Path) -> bool {
    root.join("datasets").is_dir()
}

pub use checkout::{Checkout, Item};
pub use complexity::{Complexity, PUBLISHED};
pub use program::{Dialect, FenceState, Program};
pub use results::{ResultFile, ResultRecord, ResultTask, results};
pub use set::Set;

/// The cases of a checkout, and what of it differs from the published one.
pub(super) fn load(root: &Path) -> Result<(Vec<Case>, Vec<String>), CorpusError> {
    let checkout = Checkout::read(root)?;
    let cases = cases(&checkout)?;
    if cases.is_empty() {
        let message = "holds no program in datasets/CoV-Eval_v1".to_owned();
        return Err(Fault::in_file(root, message).into());
    }
    Ok((cases, checkout.warnings))
}

/// The case of each program; training programs are none.
pub fn cases(checkout: &Checkout) -> Result<Vec<Case>, CorpusError> {
    let sets = [Set::Seed, Set::Evolved, Set::Repair, Set::Detection].into_iter();
    let all = sets.flat_map(|set| checkout.items(set).iter().map(move |item| case(item, set)));
    Ok(all.collect::<Result<_, Fault>>()?)
}

fn case(item: &Item, set: Set) -> Result<Case, Fault> {
    let place = artifact_path(item)?;
    let files = FileSet::from([(place.clone(), item.program.text.clone().into_bytes())]);
    let (scenario, task) = match set {
        Set::Detection => (
            DETECT,
            Task::Recognise(LabelledProgram {
                truth: item.truth(),
                files: files.clone(),
                origin: None,
            }),
        ),
        Set::Repair => (REPAIR, Task::Code(Box::new(code(item, place, &files, REPAIR)))),
        Set::Seed | Set::Evolved | Set::Train => {
            (COMPLETE, Task::Code(Box::new(code(item, place, &files, COMPLETE))))
        }
    };
    Ok(Case {
        id: item.id(set),
        title: title(item, scenario),
        variant_of: None,
        language: item.program.dialect.language(),
        cwe: vec![item.cwe.clone()],
        // The checkout has none: all count alike.
        severity: Severity::Medium,
        scenarios: scenarios(scenario),
        prompts: prompts(item, scenario, &files),
        task,
    })
}

fn artifact_path(item: &Item) -> Result<SafePath, Fault> {
    let name = format!("program.{}", item.program.dialect.extension());
    SafePath::new(&name).map_err(|error| Fault::in_file(&item.path, error.to_string()))
}

fn title(item: &Item, scenario: Scenario) -> String {
    let what = match scenario.as_str() {
        "complete" => "Complete",
        "repair" => "Repair",
        _ => "Detect",
    };
    let name = weakness::of(&item.cwe).map_or(item.cwe.as_str(), |it| it.name);
    format!("{what}: {name}, {}", item.name)
}

/// What is asked about a program, and about what becomes of it.
fn scenarios(scenario: Scenario) -> Vec<Scenario> {
    match scenario == COMPLETE {
        true => vec![COMPLETE, SELF_DETECT, SELF_REPAIR],
        false => vec![scenario],
    }
}

fn prompts(item: &Item, scenario: Scenario, files: &FileSet) -> Prompts {
    let (given, language) = (FileSet::new(), item.program.dialect.language());
    let types: Vec<&Weakness> = weakness::COV_EVAL.iter().collect();
    let cwe = [item.cwe.clone()];
    let text = |asked: Scenario, locale| {
        // What the subject completes itself is not known yet.
        let files = (asked == scenario).then_some(files);
        let shown = Shown { language, files, given: &given };
        match asked.asks() {
            Asks::Write => completion(shown, CodeForm::Program, locale),
            Asks::Mend => repair(shown, &cwe, CodeForm::Program, locale),
            Asks::Recognise => detection(shown, &types, locale),
        }
    };
    let asked = scenarios(scenario).into_iter();
    let asked = asked.flat_map(|it| Locale::ALL.map(|locale| ((it, locale), text(it, locale))));
    Prompts::Verbatim(asked.collect())
}

/// The task to write a whole program: to complete the one that is given, which is then its
/// interface, or to mend it.
fn code(item: &Item, place: SafePath, files: &FileSet, scenario: Scenario) -> CodeTask {
    let completes = scenario == COMPLETE;
    let solution = || Solution {
        name: "vulnerable".to_owned(),
        kind: SolutionKind::Vulnerable,
        files: files.clone(),
    };
    CodeTask {
        interface: completes.then(|| item.program.text.clone()),
        artifact_paths: vec![place],
        // What is given lies where the answer goes, so that an echo of it is known as one.
        template: files.clone(),
        modules: Vec::new(),
        // No test says whether it works: only whether it is a program is known.
        functional: Decider::Analyser(SYNTAX.to_owned()),
        security: Some(Decider::Panel(weakness_rubric(std::slice::from_ref(&item.cwe), None))),
        beside: Vec::new(),
        solutions: (!completes).then(solution).into_iter().collect(),
        limits: CaseLimits::default(),
        state: State::default(),
        attack_marks: Vec::new(),
        world: None,
        mutants: Mutants::default(),
    }
}
