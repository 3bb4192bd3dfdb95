//! The results that a checkout of CoV-Eval holds, as attempts of a run: answers as they were
//! recorded, and what its judge decided.

mod answerers;
mod figures;

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Context as _;
use assay_core::answer::{Answer, Finish};
use assay_core::benchmark::cov_eval::{COMPLETE, DETECT, REPAIR};
use assay_core::corpus::cov_eval::{
    Checkout, Item, Program, ResultFile, ResultRecord, ResultTask, Set, cases, results,
};
use assay_core::infra_error::{InfraClass, InfraError};
use assay_core::log::Log;
use assay_core::reading::{Reading, Said, read_label};
use assay_core::record::CaseSummary;
use assay_core::{
    AttemptKey, AttemptRecord, Case, Evidence, LabelJudgement, Outcome, Scenario, Task, TokenUsage,
    Turn,
};

pub use answerers::{Answerer, answerers};
pub use figures::{Figure, figures};

/// What a checkout holds.
#[derive(Debug)]
pub struct CovEvalResults {
    pub checkout: Checkout,
    pub files: Vec<ResultFile>,
    /// By their ids.
    cases: BTreeMap<String, Case>,
}

impl CovEvalResults {
    /// Reads a checkout of CoV-Eval and the results in it.
    pub fn read(root: &Path) -> anyhow::Result<CovEvalResults> {
        let checkout = Checkout::read(root)?;
        let files = results(root)?;
        let cases = cases(&checkout)?.into_iter().map(|case| (case.id.clone(), case)).collect();
        Ok(CovEvalResults { checkout, files, cases })
    }

    /// Every model that there are answers of, in order.
    pub fn subjects(&self) -> Vec<String> {
        let mut names: Vec<String> = self.files.iter().map(|file| file.model.clone()).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// The cases, as a run keeps them.
    pub fn summaries(&self) -> Vec<CaseSummary> {
        self.cases.values().map(CaseSummary::from).collect()
    }

    /// The attempts of a file of results, and how many of its answers are about programs that
    /// the checkout does not have.
    pub fn attempts(&self, file: &ResultFile) -> anyhow::Result<(Vec<AttemptRecord>, usize)> {
        let places = Places::of(&self.checkout, file.task);
        let (mut attempts, mut strange) = (Vec::new(), 0);
        for record in &file.records {
            let case = places.item(record).and_then(|item| self.cases.get(&item.id(places.set)));
            match case {
                Some(case) => {
                    attempts.push(attempt(case, scenario(file.task), &file.model, record));
                }
                None => strange += 1,
            }
        }
        attempts.sort_by(|a, b| a.key.cmp(&b.key));
        let twice = attempts.windows(2).find(|pair| pair[0].key == pair[1].key);
        let path = file.path.display();
        match twice {
            None => Ok((attempts, strange)),
            Some(pair) => Err(anyhow::anyhow!("{} has two answers in it", pair[0].key))
                .with_context(|| format!("failed to import {path}; remove one of both")),
        }
    }
}

fn scenario(task: ResultTask) -> Scenario {
    match task {
        ResultTask::Completion | ResultTask::Evolved => COMPLETE,
        ResultTask::Repair => REPAIR,
        ResultTask::Detection => DETECT,
    }
}

/// The programs that results are about, by what a record says of them.
struct Places<'a> {
    set: Set,
    items: BTreeMap<(String, &'a str), Vec<&'a Item>>,
}

impl<'a> Places<'a> {
    fn of(checkout: &'a Checkout, task: ResultTask) -> Places<'a> {
        let set = match task {
            ResultTask::Completion => Set::Seed,
            ResultTask::Evolved => Set::Evolved,
            ResultTask::Repair => Set::Repair,
            ResultTask::Detection => Set::Detection,
        };
        let mut items: BTreeMap<(String, &str), Vec<&Item>> = BTreeMap::new();
        for item in checkout.items(set) {
            // A scenario is called as its folder, and a completed program as its file.
            let name = match set {
                Set::Seed | Set::Evolved => item.path.parent().and_then(Path::file_name),
                Set::Repair | Set::Detection | Set::Train => item.path.file_name(),
            };
            if let Some(name) = name.and_then(|name| name.to_str()) {
                items.entry((item.cwe.to_lowercase(), name)).or_default().push(item);
            }
        }
        Places { set, items }
    }

    /// The program that a record is about: of several of one name, the one that was shown.
    fn item(&self, record: &ResultRecord) -> Option<&'a Item> {
        let key = (record.vul_type_id.to_lowercase(), record.source_code_id.as_str());
        match self.items.get(&key)?.as_slice() {
            [only] => Some(*only),
            several => several.iter().copied().find(|item| {
                Program::of(&record.source_code, item.program.named).text == item.program.text
            }),
        }
    }
}

fn attempt(case: &Case, scenario: Scenario, model: &str, record: &ResultRecord) -> AttemptRecord {
    let answer = Answer::Text(record.response.clone());
    let said = Said { answer: &answer, finish: Finish::Complete, thought: false, thinking: &[] };
    let artifact = said.read(Reading::Lenient, case.artifact_paths()).ok();
    let (evidence, outcome) = observed(case, record);
    let judge = record.judge_answer().filter(|text| !text.is_empty());
    let log = |text: &str| Log { name: "security.record".to_owned(), text: text.to_owned() };
    let turn = Turn {
        prompt: record.prompt.clone(),
        answer,
        thinking: None,
        finish: Finish::Complete,
        artifact: artifact.map(|read| read.artifact),
        reading: None,
        evidence,
        logs: judge.map(log).into_iter().collect(),
        usage: TokenUsage::default(),
        asked_ms: 0,
        validated_ms: 0,
        shared_with: None,
        served: assay_core::Served::default(),
        judge_replies: Vec::new(),
    };
    let key = AttemptKey { subject: model.to_owned(), case: case.id.clone(), scenario, round: 1 };
    AttemptRecord { key, outcome, turns: vec![turn], context_full: None }
}

/// What is known of an answer: what it says of a program, or what the judge's answer was taken
/// for. Whether code works was never looked at.
fn observed(case: &Case, record: &ResultRecord) -> (Evidence, Outcome) {
    let evidence = match (&case.task, record.vul_eval.as_deref()) {
        (Task::Recognise(program), _) => {
            let (said, truth) = (read_label(&record.response), program.truth.clone());
            Evidence::label(LabelJudgement { said, truth })
        }
        (Task::Code(_), Some("safe")) => Evidence::recorded(true, true),
        (Task::Code(_), Some("unsafe")) => Evidence::recorded(true, false),
        (Task::Code(_), _) => {
            let error = InfraError::new(InfraClass::Unjudged, "no verdict is recorded");
            return (Evidence::unjudged(), Outcome::Errored(error));
        }
    };
    let outcome = evidence.outcome();
    (evidence, outcome)
}
