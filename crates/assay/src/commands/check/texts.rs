//! What the texts of a case show without being run: what is still to be written, what was copied
//! from another language, and numbers that name no weakness.

use assay_core::canary::CANARY;
use assay_core::cwe::{Cwe, Standing};
use assay_core::prompt::render;
use assay_core::prompts::Prompts;
use assay_core::{Case, FileSet, Locale, Phase};
use serde::Serialize;

/// Stands in the skeletons of `assay cases new` wherever something is to be written.
pub(super) const MARK: &str = "TO BE WRITTEN:";

/// A place of a case that is still to be written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Gap {
    /// From the folder of the case.
    pub(super) file: String,
    /// From 1; `None` where it is not known.
    pub(super) line: Option<usize>,
    pub(super) what: String,
}

impl Gap {
    /// `file:line`.
    pub(super) fn place(&self) -> String {
        match self.line {
            Some(line) => format!("{}:{line}", self.file),
            None => self.file.clone(),
        }
    }
}

/// The places that are still to be written, in the order in which they are best written.
pub(super) fn to_write(case: &Case) -> Vec<Gap> {
    let mut gaps = Vec::new();
    let titles = [Some(&case.title), case.code().and_then(|task| task.interface.as_ref())];
    for text in titles.into_iter().flatten() {
        gaps.extend(gaps_of("case.toml", text).map(|gap| Gap { line: None, ..gap }));
    }
    if let Prompts::Composed { briefs, hints } = &case.prompts {
        for (name, texts) in [("brief", briefs), ("hint", hints)] {
            for (locale, text) in texts {
                gaps.extend(gaps_of(&format!("{name}.{locale}.md"), text));
            }
        }
    }
    let Some(task) = case.code() else { return gaps };
    let mut of_files = |folder: &str, files: &FileSet| {
        for (path, content) in files {
            let text = String::from_utf8_lossy(content);
            gaps.extend(gaps_of(&format!("{folder}{path}"), &text));
        }
    };
    of_files("template/", &task.template);
    for phase in Phase::ALL {
        if let Some(suite) = task.decider(phase).and_then(|decider| decider.suite()) {
            of_files("", &suite.files);
        }
    }
    for solution in &task.solutions {
        of_files(&format!("solutions/{}/", solution.name), &solution.files);
    }
    for (phase, rubric) in case.rubrics() {
        for (locale, text) in rubric.texts() {
            gaps.extend(gaps_of(&format!("the {phase} rubric in {locale}"), text));
        }
    }
    gaps
}

fn gaps_of(file: &str, text: &str) -> impl Iterator<Item = Gap> {
    text.lines().enumerate().filter_map(move |(index, line)| {
        let (_, what) = line.split_once(MARK)?;
        // Without what closes a comment or a string.
        let what =
            what.trim().trim_end_matches(['"', '\'', ')', '(', ';', '*', '/', '-', '>', ' ']);
        Some(Gap { file: file.to_owned(), line: Some(index + 1), what: what.to_owned() })
    })
}

/// What is wrong with the texts of a case.
pub(super) fn faults(case: &Case) -> Vec<String> {
    let mut faults: Vec<String> = told_canary(case).into_iter().collect();
    let Prompts::Composed { briefs, hints } = &case.prompts else { return faults };
    for (name, texts) in [("brief", briefs), ("hint", hints)] {
        let Some(english) = texts.get(&Locale::EnUs) else { continue };
        for (locale, text) in texts.iter().filter(|(locale, _)| **locale != Locale::EnUs) {
            if text.trim() == english.trim() && !text.trim().is_empty() {
                faults.push(format!(
                    "{name}.{locale}.md is a copy of {name}.{}.md; translate it, or remove brief.{locale}.md and hint.{locale}.md, and the case has no texts in {locale}",
                    Locale::EnUs
                ));
            }
        }
    }
    faults
}

/// A prompt that has the canary, which subjects are not to be told.
fn told_canary(case: &Case) -> Option<String> {
    let locales = case.locales();
    let mut prompts = case.scenarios.iter().flat_map(|scenario| {
        locales.iter().filter_map(|locale| render(case, *scenario, *locale).ok())
    });
    prompts.any(|prompt| prompt.contains(CANARY)).then(|| {
        "a prompt holds the canary of assay's own cases; it belongs into case.toml and tests alone, so remove it from briefs, hints, the template and vulnerable solutions".to_owned()
    })
}

/// What its author should know about a case.
pub(super) fn warnings(case: &Case) -> Vec<String> {
    let numbers = case.cwe.iter().filter_map(|cwe| cwe.parse::<Cwe>().ok());
    // A number of nothing is an error when a corpus of ours is read; others are as they are.
    let known = numbers.filter(|cwe| cwe.standing() != Standing::Unknown);
    known.filter_map(Cwe::objection).collect()
}
