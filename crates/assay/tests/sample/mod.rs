//! A small case, made without a corpus on disk.

use std::collections::BTreeMap;

use assay_core::benchmark::sec_code_bench_v2;
use assay_core::mutant::Mutants;
use assay_core::prompts::Prompts;
use assay_core::task::CaseLimits;
use assay_core::{
    Case, CodeTask, Decider, FileSet, Language, Locale, Rubric, SafePath, Severity, Task,
};

/// A case with these artifact files and no solution.
pub(crate) fn case(id: &str, artifact_paths: &[&str]) -> Case {
    let rubric = BTreeMap::from([(Locale::EnUs, "It is good.".to_owned())]);
    let decider = || Decider::Panel(Rubric::new(rubric.clone()).expect("in English"));
    Case {
        variant_of: None,
        id: id.to_owned(),
        title: id.to_owned(),
        language: Language::C,
        cwe: Vec::new(),
        severity: Severity::High,
        scenarios: vec![sec_code_bench_v2::GEN, sec_code_bench_v2::FIX],
        prompts: Prompts::Verbatim(BTreeMap::new()),
        task: Task::Code(Box::new(CodeTask {
            interface: None,
            artifact_paths: artifact_paths.iter().map(|path| safe(path)).collect(),
            template: FileSet::new(),
            modules: Vec::new(),
            functional: decider(),
            security: Some(decider()),
            beside: Vec::new(),
            solutions: Vec::new(),
            limits: CaseLimits::default(),
            attack_marks: Vec::new(),
            state: assay_core::State::default(),
            world: None,
            mutants: Mutants::default(),
        })),
    }
}

fn safe(path: &str) -> SafePath {
    SafePath::new(path).expect("the test's paths are safe")
}
