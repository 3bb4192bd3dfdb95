//! [`KnownProgram`]: a program whose security is known, as evaluators are shown it.

use std::sync::Arc;

use assay_core::assessment::Assessment;
use assay_core::benchmark::cov_eval::scenario_of_program;
use assay_core::files::{FileSet, digest};
use assay_core::score::Baseline;
use assay_core::{Case, Label, Task};

use super::prior::weakness_prior;

/// A program whose security is known.
#[derive(Debug, Clone)]
pub struct KnownProgram {
    pub case: Arc<Case>,
    /// What is known of it.
    pub truth: Label,
    /// What programs share that do the same: the case or the scenario that they are of.
    pub group: String,
}

/// The programs of these cases that are there to be told vulnerable or not.
pub fn known_programs<'a>(cases: impl IntoIterator<Item = &'a Case>) -> Vec<KnownProgram> {
    let known = |case: &'a Case| match &case.task {
        Task::Recognise(program) => {
            let group = program.origin.as_deref().unwrap_or_else(|| scenario_of_program(&case.id));
            let group = group.to_owned();
            let truth = program.truth.clone();
            Some(KnownProgram { case: Arc::new(case.clone()), truth, group })
        }
        Task::Code(_) => None,
    };
    cases.into_iter().filter_map(known).collect()
}

impl KnownProgram {
    pub fn id(&self) -> &str {
        &self.case.id
    }

    /// Of its files.
    pub fn digest(&self) -> String {
        digest(&self.files())
    }

    pub fn files(&self) -> FileSet {
        match &self.case.task {
            Task::Recognise(program) => program.files.clone(),
            Task::Code(_) => FileSet::new(),
        }
    }

    /// What an evaluator says of it, or why it cannot say.
    pub fn assessed(
        &self,
        evaluator: &str,
        said: Result<Label, String>,
        wall_ms: u64,
    ) -> Assessment {
        let (said, why) = match said {
            Ok(said) => (Some(said), String::new()),
            Err(why) => (None, why),
        };
        Assessment {
            evaluator: evaluator.to_owned(),
            program: self.id().to_owned(),
            group: self.group.clone(),
            language: self.case.language,
            about: self.case.cwe.first().cloned(),
            truth: self.truth.clone(),
            said,
            score: None,
            why,
            wall_ms,
            cost: None,
        }
    }
}

/// What those say of the programs who answer without looking.
pub fn baselines(programs: &[KnownProgram]) -> Vec<Assessment> {
    let truths: Vec<Label> = programs.iter().map(|program| program.truth.clone()).collect();
    let each = |baseline: Baseline| {
        let said = baseline.says(&truths);
        programs.iter().map(move |it| it.assessed(baseline.title(), Ok(said.clone()), 0))
    };
    let constant = Baseline::ALL.into_iter().flat_map(each);
    constant.chain(weakness_prior(programs)).collect()
}
