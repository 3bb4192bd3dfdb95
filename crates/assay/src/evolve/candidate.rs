//! [`Candidate`]: a scenario that is being evolved from a seed, and all that is known of it.

use assay_core::answer::{Answer, Finish};
use assay_core::corpus::cov_eval::{Dialect, FenceState, Program};
use assay_core::files::sha256;
use assay_core::reading::{Said, ThinkingTags, spoken};
use assay_core::{FileSet, InfraError, Reading, SafePath};

use super::case_files::{Head, assemble};
use super::decisions::Decision;
use super::gain::Gain;
use super::guards::{Guard, Prose, guard};
use super::ledger::{Answered, Proof};
use super::likeness::Likeness;
use super::seed::{Seed, SeedKind};
use super::step::Step;
use super::strategy::Strategy;
use super::verdict::{self, Verdict};

/// A scenario that is being evolved.
#[derive(Debug)]
pub struct Candidate {
    /// `SEED/STRATEGY/NUMBER`.
    pub id: String,
    /// The place of its seed.
    pub seed: usize,
    pub strategy: Strategy,
    /// From 1.
    pub number: u32,
    /// Everything that was answered about it, in order.
    pub answers: Vec<Answered>,
    /// `None` until the writer has answered; why the answer is none, if it is none.
    pub(super) scenario: Option<Result<Scenario, String>>,
    pub(super) guards: Vec<Result<Verdict, String>>,
    pub(super) weaknesses: Vec<Result<Verdict, String>>,
    pub(super) completion: Option<Result<Gain, String>>,
    pub(super) turns: Vec<Turn>,
    /// Earlier candidates that it resembles, by their places, and how much.
    pub(super) alike: Vec<(usize, f64)>,
    pub decision: Option<Decision>,
    /// What kept the last question or proof from being answered.
    pub error: Option<(Step, InfraError)>,
}

/// What the writer made.
#[derive(Debug)]
pub(super) struct Scenario {
    /// The program, or the brief.
    pub(super) text: String,
    /// Of a brief.
    pub(super) interface: String,
    pub(super) digest: String,
    pub(super) program: Option<Program>,
    pub(super) likeness: Likeness,
    pub(super) guard: Option<Guard>,
}

/// A case as the writer proposed it once.
#[derive(Debug)]
pub(super) struct Turn {
    /// Its files, or what is wrong with the answer.
    pub(super) files: Result<FileSet, Vec<String>>,
    pub(super) proof: Option<Proof>,
}

impl Turn {
    /// What is wrong with it; `None` while it is not known.
    pub(super) fn faults(&self) -> Option<&[String]> {
        match (&self.files, &self.proof) {
            (Err(faults), _) => Some(faults),
            (Ok(_), proof) => proof.as_ref().map(|proof| proof.faults.as_slice()),
        }
    }
}

/// The longest scenario that is taken.
const MOST_BYTES: usize = 64 << 10;

/// The file that a brief comes in, and that with the interface.
const BRIEF: [&str; 2] = ["brief.en-US.md", "interface.txt"];

impl Candidate {
    pub(super) fn new(seed: usize, of: &Seed, strategy: Strategy, number: u32) -> Candidate {
        Candidate {
            id: format!("{}/{}/{number}", of.id(), strategy.as_str()),
            seed,
            strategy,
            number,
            answers: Vec::new(),
            scenario: None,
            guards: Vec::new(),
            weaknesses: Vec::new(),
            completion: None,
            turns: Vec::new(),
            alike: Vec::new(),
            decision: None,
            error: None,
        }
    }

    /// The id of the case that becomes of it.
    pub fn case_id(&self, seed: &Seed) -> String {
        format!("{}-{}-{}", seed.id(), self.strategy.as_str(), self.number)
    }

    /// The scenario, if the writer made one.
    pub(super) fn written(&self) -> Option<&Scenario> {
        self.scenario.as_ref()?.as_ref().ok()
    }

    /// Its text and the digest of that.
    pub fn text(&self) -> Option<(&str, &str)> {
        self.written().map(|it| (it.text.as_str(), it.digest.as_str()))
    }

    /// Takes an answer; one that nobody can have asked for now is passed over.
    pub(super) fn take(
        &mut self,
        answered: Answered,
        seed: &Seed,
        tags: &ThinkingTags,
        canary: &str,
    ) {
        let answer = Answer::Text(answered.answer.clone());
        let thinking = tags.places(&answer, answered.finish);
        let said =
            Said { answer: &answer, finish: answered.finish, thought: false, thinking: &thinking };
        let text = spoken(&answered.answer, &thinking).into_owned();
        let is_next = |number: u32, known: usize| number as usize == known;
        match answered.step {
            Step::Write if self.scenario.is_none() => {
                self.scenario = Some(scenario(&said, seed));
            }
            Step::Guard(number) if is_next(number, self.guards.len()) => {
                self.guards.push(verdict::read(&text));
            }
            Step::Weakness(number) if is_next(number, self.weaknesses.len()) => {
                self.weaknesses.push(verdict::read(&text));
            }
            Step::Complete if self.completion.is_none() => {
                let completed = program(&said, seed);
                let before = self.written().map(|it| it.text.as_str()).unwrap_or_default();
                self.completion = Some(completed.map(|after| Gain::of(before, &after)));
            }
            Step::Case(number) if is_next(number, self.turns.len()) => {
                let turn = Turn { files: self.assembled(&said, &text, seed, canary), proof: None };
                self.turns.push(turn);
            }
            _ => return,
        }
        self.error = None;
        self.answers.push(answered);
    }

    fn assembled(
        &self,
        said: &Said<'_>,
        text: &str,
        seed: &Seed,
        canary: &str,
    ) -> Result<FileSet, Vec<String>> {
        let (SeedKind::Case(own), Some(scenario)) = (&seed.kind, self.written()) else {
            return Err(vec!["there is no case to be made of it".to_owned()]);
        };
        if said.finish == Finish::Truncated {
            return Err(vec!["the answer was cut off at the limit on tokens".to_owned()]);
        }
        let id = self.case_id(seed);
        let (brief, interface) = (scenario.text.as_str(), scenario.interface.as_str());
        assemble(text, seed, own, Head { id: &id, brief, interface, canary })
    }

    /// Takes the proof of a turn.
    pub(super) fn prove(&mut self, turn: u32, proof: Proof) {
        if let Some(turn) = self.turns.get_mut(turn as usize) {
            turn.proof = Some(proof);
            self.error = None;
        }
    }

    /// The folder of its case, if that is proved.
    pub(super) fn proved(&self) -> Option<&FileSet> {
        let turn = self.turns.last()?;
        turn.proof.as_ref().filter(|proof| proof.proved)?;
        turn.files.as_ref().ok()
    }
}

/// What the writer's answer holds.
fn scenario(said: &Said<'_>, seed: &Seed) -> Result<Scenario, String> {
    let (text, interface) = match &seed.kind {
        SeedKind::Program(_) => (program(said, seed)?, String::new()),
        SeedKind::Case(_) => brief(said)?,
    };
    if text.len() > MOST_BYTES {
        return Err(format!("it has {} bytes, more than {MOST_BYTES}", text.len()));
    }
    if text.chars().any(|c| c.is_control() && !"\n\r\t".contains(c)) {
        return Err("it holds control characters".to_owned());
    }
    let prose = match &seed.kind {
        SeedKind::Program(_) => Prose::Code(seed.language()),
        SeedKind::Case(_) => Prose::Brief,
    };
    let program = match &seed.kind {
        SeedKind::Program(own) => {
            let dialect = own.program.dialect;
            let fence = FenceState::None;
            Some(Program { text: text.clone(), dialect, named: dialect, fence })
        }
        SeedKind::Case(_) => None,
    };
    Ok(Scenario {
        digest: sha256(text.as_bytes()),
        likeness: Likeness::of(seed.text(), &text),
        guard: guard(&text, seed.text(), prose, &seed.case.cwe),
        interface,
        program,
        text,
    })
}

/// The one program that an answer holds.
fn program(said: &Said<'_>, seed: &Seed) -> Result<String, String> {
    let place = program_path(seed);
    let read = said.read(Reading::Lenient, std::slice::from_ref(&place));
    let files = read.map_err(|none| none.to_string())?.artifact.files;
    files.into_values().next().ok_or_else(|| "it holds no program".to_owned())
}

/// What the program of a seed is called in answers.
pub(super) fn program_path(seed: &Seed) -> SafePath {
    let dialect = match &seed.kind {
        SeedKind::Program(own) => own.program.dialect,
        SeedKind::Case(_) => Dialect::Python,
    };
    SafePath::new(&format!("program.{}", dialect.extension())).expect("a safe path")
}

/// The brief and the interface that an answer holds.
fn brief(said: &Said<'_>) -> Result<(String, String), String> {
    let places = BRIEF.map(|name| SafePath::new(name).expect("a safe path"));
    let read = said.read(Reading::Lenient, &places).map_err(|none| none.to_string())?;
    let [brief, interface] = places.map(|place| read.artifact.files.get(&place).cloned());
    match (brief, interface) {
        (Some(brief), Some(interface)) => Ok((brief, interface)),
        (None, _) => Err(format!("{} is missing", BRIEF[0])),
        (_, None) => Err(format!("{} is missing", BRIEF[1])),
    }
}
