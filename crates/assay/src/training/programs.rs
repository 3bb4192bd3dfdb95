//! Instructions about programs whose security is known: to judge them, to classify them, and to
//! mend those that have a secure twin (CoV-Eval, Appendix F).

use std::collections::BTreeMap;

use assay_core::prompt::weakness::{CodeForm, Shown, answered, detection, judgement, repair};
use assay_core::weakness::{COV_EVAL, Weakness, of};
use assay_core::{FileSet, Label, Locale};
use serde_json::json;

use super::example::{Example, Kind, Origin, Said};

/// A program whose security is known.
#[derive(Debug, Clone)]
pub struct Program {
    pub files: FileSet,
    pub truth: Label,
    /// What it was written or taken to show, whether it is vulnerable or not.
    pub origin: Origin,
}

/// All instructions about these programs. Twins are programs of one scenario with the same files.
pub fn instructions(programs: &[Program]) -> impl Iterator<Item = Example> {
    let mut secure: BTreeMap<&str, Vec<&Program>> = BTreeMap::new();
    for program in programs.iter().filter(|it| !it.truth.vulnerable) {
        secure.entry(&program.origin.scenario).or_default().push(program);
    }
    programs.iter().flat_map(move |program| {
        let twins = secure.get(program.origin.scenario.as_str());
        let is_twin = |it: &&&Program| it.files.keys().eq(program.files.keys());
        let twin = twins.into_iter().flatten().find(is_twin).filter(|_| program.truth.vulnerable);
        let mended = twin.map(|twin| repaired(program, twin));
        [judged(program), Some(classified(program)), mended.flatten()].into_iter().flatten()
    })
}

/// `None` of a program that is about no weakness in particular.
fn judged(program: &Program) -> Option<Example> {
    let about = &program.origin.cwe;
    let word = if program.truth.vulnerable { "unsafe" } else { "safe" };
    let answer = json!({ "vulnerable": word }).to_string();
    (!about.is_empty()).then(|| {
        let question = judgement(shown(program), about, false, None);
        example(program, Kind::Judgement, question, answer)
    })
}

fn classified(program: &Program) -> Example {
    let truth = &program.truth;
    let own = truth.cwe.iter().find_map(|cwe| of(cwe));
    let mut types: Vec<&Weakness> = COV_EVAL.iter().collect();
    types.extend(own.filter(|own| !COV_EVAL.contains(own)));
    let (word, kind) = match truth.vulnerable {
        true => ("yes", truth.cwe.first().map(|cwe| cwe.to_lowercase()).unwrap_or_default()),
        false => ("no", String::new()),
    };
    let line = truth.cause.as_deref().filter(|_| truth.vulnerable).unwrap_or_default();
    let answer = json!({ "vulnerable": word, "type": kind, "line": line }).to_string();
    let question = detection(shown(program), &types, Locale::EnUs);
    example(program, Kind::Classification, question, answer)
}

/// `None` of more than one file, which has another form of answer.
fn repaired(program: &Program, twin: &Program) -> Option<Example> {
    let mut files = twin.files.values();
    let (Some(content), None) = (files.next(), files.next()) else { return None };
    let question = repair(shown(program), &program.origin.cwe, CodeForm::Program, Locale::EnUs);
    let answer = answered(program.origin.language, &String::from_utf8_lossy(content));
    Some(example(program, Kind::Repair, question, answer))
}

fn example(program: &Program, kind: Kind, question: String, answer: String) -> Example {
    let code = program.files.values().map(|it| String::from_utf8_lossy(it).into_owned()).collect();
    Example { kind, question, said: Said::Answer(answer), code, origin: program.origin.clone() }
}

fn shown(program: &Program) -> Shown<'_> {
    static NOTHING: FileSet = FileSet::new();
    Shown { language: program.origin.language, files: Some(&program.files), given: &NOTHING }
}
