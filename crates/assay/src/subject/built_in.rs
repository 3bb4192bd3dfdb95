//! What subjects answer that are part of the program.

use assay_core::Case;
use assay_core::answer::Answer;
use assay_core::files::texts;
use assay_core::label::Label;
use assay_core::task::{Solution, SolutionKind, Task};

/// The first solution known to pass every phase of its task; of a program, what it is.
pub(super) fn reference(case: &Case) -> Option<Answer> {
    match &case.task {
        Task::Code(_) => case.passing_solutions().next().map(files),
        Task::Recognise(program) => Some(statement(&program.truth)),
    }
}

/// The first solution known to be vulnerable; of every program, that nothing is wrong with
/// it.
pub(super) fn vulnerable(case: &Case) -> Option<Answer> {
    match &case.task {
        Task::Code(_) => case.solutions(SolutionKind::Vulnerable).next().map(files),
        Task::Recognise(_) => Some(statement(&Label::default())),
    }
}

/// Files without content; of a program, nothing.
pub(super) fn empty(case: &Case) -> Answer {
    match &case.task {
        Task::Code(_) => {
            let paths = case.artifact_paths().iter();
            Answer::Files(paths.map(|path| (path.to_string(), String::new())).collect())
        }
        Task::Recognise(_) => Answer::Text(String::new()),
    }
}

fn files(solution: &Solution) -> Answer {
    let texts = texts(&solution.files).into_iter();
    Answer::Files(texts.map(|(path, text)| (path.into(), text)).collect())
}

fn statement(label: &Label) -> Answer {
    Answer::Text(serde_json::to_string(label).unwrap_or_default())
}
