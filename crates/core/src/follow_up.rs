//! What is asked about an attempt of the same subject once it is judged: whether the program
//! that it came to is vulnerable, and to mend it (CoV-Eval, Table 3).

use std::collections::BTreeMap;

use crate::artifact::Artifact;
use crate::benchmark::Asks;
use crate::case::Case;
use crate::evidence::Evidence;
use crate::files::FileSet;
use crate::judgement::{Judgement, LabelJudgement, NotAsked};
use crate::label::{Label, LabelledProgram};
use crate::outcome::Outcome;
use crate::prompt::weakness::filled;
use crate::prompts::Prompts;
use crate::record::{AttemptKey, AttemptRecord};
use crate::scenario::Scenario;
use crate::task::Task;
use crate::verdict::Verdict;

impl AttemptKey {
    /// The attempt that this one is about.
    pub fn earlier(&self) -> Option<AttemptKey> {
        let scenario = self.scenario.follows()?;
        Some(AttemptKey { scenario, ..self.clone() })
    }
}

/// The case that a scenario asks about the program that an attempt came to; `None` where
/// there is nothing to ask: no program whose security is known or, where one is to be
/// mended, none that is insecure.
pub fn case_about(case: &Case, scenario: Scenario, earlier: &AttemptRecord) -> Option<Case> {
    let truth = truth(case, scenario, &earlier.outcome)?;
    let files = program(earlier.turns.last()?.artifact.as_ref()?);
    let Prompts::Verbatim(prompts) = &case.prompts else { return None };
    let of_scenario = prompts.iter().filter(|((it, _), _)| *it == scenario);
    let prompts: BTreeMap<_, _> =
        of_scenario.map(|(key, question)| (*key, filled(question, &files))).collect();
    let task = match scenario.asks() {
        Asks::Recognise => Task::Recognise(LabelledProgram { files, truth, origin: None }),
        Asks::Write | Asks::Mend => case.task.clone(),
    };
    Some(Case {
        scenarios: vec![scenario],
        prompts: Prompts::Verbatim(prompts),
        task,
        ..case.clone()
    })
}

/// What is known of the program that an attempt came to, where that is something to ask
/// about in a scenario.
fn truth(case: &Case, scenario: Scenario, earlier: &Outcome) -> Option<Label> {
    match (scenario.asks(), earlier.verdict()?) {
        (_, Verdict::Insecure) => {
            Some(Label { vulnerable: true, cwe: case.cwe.clone(), ..Label::default() })
        }
        (Asks::Recognise, Verdict::Secure) => Some(Label::default()),
        _ => None,
    }
}

fn program(artifact: &Artifact) -> FileSet {
    let files = artifact.files.iter();
    files.map(|(path, text)| (path.clone(), text.clone().into_bytes())).collect()
}

/// What becomes of an attempt about another, where that one has been judged anew: what was
/// said stays, and what it is held against may be another truth, or none.
pub fn held_against(mut record: AttemptRecord, case: &Case, earlier: &Outcome) -> AttemptRecord {
    if record.turns.is_empty() || earlier.judgement().is_none() {
        return record;
    }
    let Some(truth) = truth(case, record.key.scenario, earlier) else {
        record.outcome = not_asked();
        return record;
    };
    for turn in &mut record.turns {
        if let Some(Judgement::Label(label)) = turn.evidence.judgement() {
            let (said, truth) = (label.said, truth.clone());
            turn.evidence = Evidence::label(LabelJudgement { said, truth });
            record.outcome = turn.evidence.outcome();
        }
    }
    record
}

/// What an attempt comes to of which there is nothing to ask.
pub fn not_asked() -> Outcome {
    Outcome::Judged(Judgement::NotAsked(NotAsked::OfEarlier))
}
