//! The fixed set of artifacts: all solutions of a corpus, or some recorded answers.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::sync::Arc;

use assay_core::answer::{Answer, Finish};
use assay_core::corpus::Corpus;
use assay_core::files::texts;
use assay_core::reading::{Reading, Said};
use assay_core::task::SolutionKind;
use assay_core::{Artifact, Case, Language};
use assay_verify::bare::TestedCase;
use flate2::read::MultiGzDecoder;
use serde::Deserialize;

use crate::shell::Suites;

/// An artifact to measure, and what is known of it.
#[derive(Debug)]
pub(crate) struct Item {
    pub(crate) case: Arc<Case>,
    pub(crate) artifact: Arc<Artifact>,
    pub(crate) expected: Suites,
}

impl Item {
    /// The case as one whose artifacts are run.
    pub(crate) fn tested(&self) -> TestedCase<'_> {
        TestedCase::of(&self.case).expect("a case with a functional suite")
    }
}

/// A recorded answer; more than this is in it.
#[derive(Debug, Deserialize)]
struct Record {
    case: String,
    functional: bool,
    security: bool,
    code: String,
}

/// The outcomes that are chosen in turn: about as often as they are recorded.
const WANTED: [Suites; 8] =
    [SECURE, INSECURE, SECURE, NONFUNCTIONAL, SECURE, INSECURE, SECURE, SECURE];

const SECURE: Suites = Suites { functional: true, security: true };
const INSECURE: Suites = Suites { functional: true, security: false };
const NONFUNCTIONAL: Suites = Suites { functional: false, security: false };

/// All solutions of a corpus.
pub(crate) fn solutions(corpus: &Corpus) -> Vec<Item> {
    let mut items = Vec::new();
    for case in &corpus.cases {
        let case = Arc::new(case.clone());
        for (kind, expected) in
            [(SolutionKind::Secure, SECURE), (SolutionKind::Vulnerable, INSECURE)]
        {
            items.extend(case.solutions(kind).map(|solution| Item {
                case: Arc::clone(&case),
                artifact: Arc::new(Artifact { files: texts(&solution.files), refused: Vec::new() }),
                expected,
            }));
        }
    }
    items
}

/// So many recorded answers of each language, spread evenly over its cases.
///
/// The first record, in the file's order, with the outcome that is in turn is
/// taken, or else the case's first. Records without an artifact are left out.
pub(crate) fn recorded(
    corpus: &Corpus,
    file: &Path,
    count: usize,
    takes_part: impl Fn(&Case) -> bool,
) -> Vec<Item> {
    let records = read(file);
    let mut items = Vec::new();
    for language in Language::ALL {
        let of_language = corpus.cases.iter().filter(|case| case.language == language);
        let cases: Vec<Arc<Case>> = of_language
            .filter(|case| takes_part(case) && records.contains_key(&case.id))
            .map(|case| Arc::new(case.clone()))
            .collect();
        let mut taken: BTreeSet<(usize, usize)> = BTreeSet::new();
        for turn in 0..count {
            let step = if count < cases.len() { turn * cases.len() / count } else { turn };
            let Some(place) = step.checked_rem(cases.len()) else { break };
            let case = &cases[place];
            let wanted = WANTED[turn % WANTED.len()];
            let free = |(number, _): &(usize, &Record)| !taken.contains(&(place, *number));
            let mut records = records[&case.id].iter().enumerate().filter(free);
            let first = records.clone().next();
            let Some((number, record)) =
                records.find(|(_, record)| record.suites() == wanted).or(first)
            else {
                continue;
            };
            taken.insert((place, number));
            if let Some(artifact) = record.artifact(case) {
                let (case, artifact) = (Arc::clone(case), Arc::new(artifact));
                items.push(Item { case, artifact, expected: record.suites() });
            }
        }
    }
    items
}

fn read(file: &Path) -> BTreeMap<String, Vec<Record>> {
    let opened = File::open(file)
        .unwrap_or_else(|error| panic!("failed to open {}: {error}", file.display()));
    let mut records: BTreeMap<String, Vec<Record>> = BTreeMap::new();
    for line in BufReader::new(MultiGzDecoder::new(opened)).lines() {
        let line =
            line.unwrap_or_else(|error| panic!("failed to read {}: {error}", file.display()));
        let record: Record = serde_json::from_str(&line)
            .unwrap_or_else(|error| panic!("{}: no record: {error}", file.display()));
        records.entry(record.case.clone()).or_default().push(record);
    }
    records
}

impl Record {
    fn suites(&self) -> Suites {
        Suites { functional: self.functional, security: self.functional && self.security }
    }

    fn artifact(&self, case: &Case) -> Option<Artifact> {
        if self.code.contains("<result>") {
            let answer = Answer::Text(self.code.clone());
            let said =
                Said { answer: &answer, finish: Finish::Complete, thought: false, thinking: &[] };
            let read = said.read(Reading::Strict, case.artifact_paths());
            return read.ok().map(|read| read.artifact);
        }
        let path = case.artifact_paths().first()?;
        let file = (path.to_string(), self.code.clone());
        Artifact::from_files([file], case.artifact_paths()).ok()
    }
}
