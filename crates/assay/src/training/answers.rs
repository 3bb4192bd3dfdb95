//! What the answers of runs teach: code that passed its tests, programs of a known verdict,
//! pairs of a secure and an insecure answer, and scored answers.

use std::collections::{BTreeMap, BTreeSet};

use assay_core::benchmark::Asks;
use assay_core::benchmark::cov_eval::{COMPLETE, SELF_DETECT, SELF_REPAIR};
use assay_core::evidence::Decided;
use assay_core::files::digest;
use assay_core::record::CaseSummary;
use assay_core::response::result_block;
use assay_core::{AttemptRecord, FileSet, Label, Phase, Turn, Verdict};

use super::example::{Example, Kind, Origin, Said};
use super::programs::Program;
use super::source::Source;

/// What was collected of runs.
#[derive(Debug, Default)]
pub struct Collected {
    pub examples: Vec<Example>,
    /// What was answered, by digest: whatever was answered often is there once.
    programs: BTreeMap<String, Option<Program>>,
    /// Answers that no example is made of, by why.
    pub left_out: BTreeMap<&'static str, usize>,
}

/// An answer that was judged.
struct Judged<'a> {
    question: &'a str,
    answer: String,
    verdict: Verdict,
    /// The round and the subject.
    from: String,
    decided_by: &'static str,
    artifact: Option<FileSet>,
}

/// Takes the attempts of one case and scenario of a run. Of pairs at most so many are made of one
/// question.
pub fn collect(
    collected: &mut Collected,
    run: &str,
    case: &CaseSummary,
    attempts: &[AttemptRecord],
    most_pairs: usize,
) {
    let mut judged: BTreeMap<&str, Vec<Judged<'_>>> = BTreeMap::new();
    for record in attempts {
        match answer(record) {
            Ok(answer) => judged.entry(answer.question).or_default().push(answer),
            Err(why) => *collected.left_out.entry(why).or_default() += 1,
        }
    }
    let Some(scenario) = attempts.first().map(|record| record.key.scenario) else { return };
    let kind = match scenario.asks() {
        Asks::Mend => Kind::Repair,
        _ if scenario == COMPLETE => Kind::Completion,
        _ => Kind::Generation,
    };
    for (number, (question, answers)) in judged.into_iter().enumerate() {
        let origin = |place: usize, it: &Judged<'_>| Origin {
            id: format!("{run}/{}/{scenario}/{}/{}", case.id, number + 1, place + 1),
            scenario: group(case),
            language: case.language,
            cwe: case.cwe.clone(),
            source: Source::Run { run: run.to_owned(), by: it.from.clone() },
            decided_by: it.decided_by,
        };
        let mut seen = BTreeSet::new();
        for (place, it) in answers.iter().enumerate() {
            let scored = Said::Scored {
                answer: it.answer.clone(),
                reward: if it.verdict.is_success() { 1.0 } else { 0.0 },
                is_functional: it.verdict.is_functional(),
                verdict: it.verdict.as_str(),
            };
            collected.add(Kind::Rollout, question, scored, &[it], origin(place, it));
            if it.verdict.is_success() && seen.insert(it.answer.as_str()) {
                let said = Said::Answer(it.answer.clone());
                collected.add(kind, question, said, &[it], origin(place, it));
            }
            collected.remember(it, origin(place, it));
        }
        pairs(collected, question, &answers, most_pairs, origin);
    }
}

/// Cases that are twins, or about programs of one origin, are one scenario.
fn group(case: &CaseSummary) -> String {
    case.origin.clone().or_else(|| case.variant_of.clone()).unwrap_or_else(|| case.id.clone())
}

/// Each secure answer with an insecure one, which works as well, until one kind has no further one.
fn pairs<'a>(
    collected: &mut Collected,
    question: &str,
    answers: &[Judged<'a>],
    most: usize,
    origin: impl Fn(usize, &Judged<'a>) -> Origin,
) {
    let of = |verdict: Verdict| {
        let mut seen = BTreeSet::new();
        let mut found: Vec<(usize, &Judged<'a>)> = Vec::new();
        for (place, it) in answers.iter().enumerate() {
            if it.verdict == verdict && seen.insert(it.answer.as_str()) {
                found.push((place, it));
            }
        }
        found
    };
    let (secure, insecure) = (of(Verdict::Secure), of(Verdict::Insecure));
    for ((place, chosen), (_, rejected)) in secure.iter().zip(&insecure).take(most) {
        let said = Said::Pair { chosen: chosen.answer.clone(), rejected: rejected.answer.clone() };
        let both = [*chosen, *rejected];
        collected.add(Kind::Preference, question, said, &both, origin(*place, chosen));
    }
}

impl Collected {
    fn add(
        &mut self,
        kind: Kind,
        question: &str,
        said: Said,
        answers: &[&Judged<'_>],
        origin: Origin,
    ) {
        let files = answers.iter().flat_map(|it| it.artifact.iter().flat_map(FileSet::values));
        let code = files.map(|it| String::from_utf8_lossy(it).into_owned()).collect();
        self.examples.push(Example { kind, question: question.to_owned(), said, code, origin });
    }

    /// Keeps an artifact as a program of known security. Where the same was once found secure and
    /// once insecure, neither is known.
    fn remember(&mut self, it: &Judged<'_>, origin: Origin) {
        let vulnerable = match it.verdict {
            Verdict::Secure => false,
            Verdict::Insecure => true,
            _ => return,
        };
        let Some(files) = &it.artifact else { return };
        let cwe = if vulnerable { origin.cwe.clone() } else { Vec::new() };
        let truth = Label { vulnerable, cwe, ..Label::default() };
        let program = Program { files: files.clone(), truth, origin };
        let key = format!("{} {}", program.origin.scenario, digest(files));
        match self.programs.get_mut(&key) {
            None => {
                self.programs.insert(key, Some(program));
            }
            Some(known) => {
                if known.as_ref().is_some_and(|it| it.truth.vulnerable != vulnerable) {
                    *known = None;
                }
            }
        }
    }

    /// The programs that were answered, each once.
    pub fn into_programs(self) -> Vec<Program> {
        self.programs.into_values().flatten().collect()
    }
}

/// What a question has that shows how files are to be given.
const FORM: &str = "<result>";

/// The last answer of an attempt, or why it teaches nothing.
fn answer(record: &AttemptRecord) -> Result<Judged<'_>, &'static str> {
    let verdict = record.outcome.verdict().ok_or("errored, unjudged, or about a program")?;
    if [SELF_DETECT, SELF_REPAIR].contains(&record.key.scenario) {
        return Err("about what the subject wrote itself");
    }
    let (Some(first), Some(last)) = (record.turns.first(), record.turns.last()) else {
        return Err("only the outcome is known");
    };
    let answer = match (last.spoken(), &last.artifact) {
        (Some(spoken), _) => spoken.into_owned(),
        // Files in the form that the question asks for, if it asks for one.
        (None, Some(artifact)) if first.prompt.contains(FORM) => result_block(&artifact.files),
        (None, None) if first.prompt.contains(FORM) => String::new(),
        (None, _) => return Err("files, where no text was asked for"),
    };
    if verdict == Verdict::Tampered {
        return Err("tampered");
    }
    Ok(Judged {
        question: &first.prompt,
        answer,
        verdict,
        from: format!("{}, round {}", record.key.subject, record.key.round),
        decided_by: decided_by(last),
        artifact: last.artifact.as_ref().map(|artifact| {
            let files = artifact.files.iter();
            files.map(|(path, text)| (path.clone(), text.clone().into_bytes())).collect()
        }),
    })
}

/// Who decided whether it is secure.
fn decided_by(turn: &Turn) -> &'static str {
    let last = turn.evidence.phases().next_back();
    match last.filter(|it| it.phase == Phase::Security).or(last).map(|it| &it.decided) {
        Some(Decided::Panel(_)) => "judges",
        Some(Decided::Analyser(_)) => "analyser",
        Some(Decided::Record { .. }) => "record",
        Some(Decided::Label(_)) => "label",
        _ => "tests",
    }
}
