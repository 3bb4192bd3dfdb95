//! [`Phases`]: what became of an artifact in one phase after the other.
//!
//! A phase is reached only by what has passed the phase before, and the types leave no
//! other way: evidence about security beside a functional phase that did not pass cannot
//! be made, nor read.

use serde::{Deserialize, Serialize};

use super::{AnalyserEvidence, SuiteEvidence};
use crate::count::counted;
use crate::judge::Ballot;
use crate::judgement::LabelJudgement;
use crate::phase::Phase;
use crate::suite::Conclusion;

/// The result of one phase, and who decided it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "kebab-case")]
pub enum Decided {
    /// A suite ran.
    Suite(SuiteEvidence),
    /// A panel of judges voted.
    Panel(Ballot),
    /// A static analyser looked.
    Analyser(AnalyserEvidence),
    /// The result was recorded elsewhere; nothing ran here.
    Record { passed: bool },
    /// A statement about a program is compared with the truth.
    Label(LabelJudgement),
    /// Nobody yet: a panel is to decide.
    Open,
    /// Nobody: the task has no such phase. Only for the security phase.
    NotAsked,
}

/// A phase and its result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PhaseEvidence {
    pub phase: Phase,
    #[serde(flatten)]
    pub decided: Decided,
}

/// The phases that an artifact reached, in order. All but the last are passed; the last is passed
/// only where no phase follows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Phases(Vec<PhaseEvidence>);

/// An artifact before a phase, all those before which it has passed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Undecided {
    phase: Phase,
    passed: Vec<PhaseEvidence>,
}

/// What follows a phase.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Course {
    /// The next phase, as this one is passed.
    On(Undecided),
    /// Nothing: the last phase is decided, or this one is not passed.
    Over(Phases),
}

impl Decided {
    pub fn passed(&self) -> bool {
        match self {
            Decided::Suite(suite) => suite.passed(),
            Decided::Panel(ballot) => ballot.passed(),
            Decided::Analyser(analyser) => analyser.passed(),
            Decided::Record { passed } => *passed,
            Decided::Label(label) => label.is_right(),
            Decided::Open | Decided::NotAsked => false,
        }
    }

    /// What went wrong if it is not passed, in a phrase; `None` if nothing did.
    pub(super) fn failure(&self) -> Option<String> {
        match self {
            decided if decided.passed() => None,
            Decided::Open | Decided::NotAsked => None,
            Decided::Record { .. } => Some("recorded".to_owned()),
            Decided::Label(LabelJudgement { said, truth }) => Some(match said {
                Some(said) => format!("said to be {said}, and is {truth}"),
                None => format!("the answer could not be read; it is {truth}"),
            }),
            Decided::Suite(suite) => suite_failure(suite),
            Decided::Analyser(analyser) => analyser.failure(),
            Decided::Panel(ballot) => {
                let (against, votes) = (ballot.against(), ballot.votes().len());
                let mut reasons = ballot.majority().filter_map(|vote| vote.reason.lines().next());
                let reason = reasons.next().unwrap_or("no reason given");
                let votes = counted(votes, "vote");
                Some(format!("{against} of {votes} against it: {reason}"))
            }
        }
    }
}

impl From<AnalyserEvidence> for Decided {
    fn from(analyser: AnalyserEvidence) -> Decided {
        Decided::Analyser(analyser)
    }
}

impl From<SuiteEvidence> for Decided {
    fn from(suite: SuiteEvidence) -> Decided {
        Decided::Suite(suite)
    }
}

impl From<Ballot> for Decided {
    fn from(ballot: Ballot) -> Decided {
        Decided::Panel(ballot)
    }
}

impl Undecided {
    /// Before the first phase.
    pub(super) fn first() -> Undecided {
        Undecided { phase: Phase::Functional, passed: Vec::new() }
    }

    /// Takes the result of the phase.
    pub(super) fn decide(mut self, decided: impl Into<Decided>) -> Course {
        let decided = decided.into();
        let next = self.phase.next().filter(|_| decided.passed());
        self.passed.push(PhaseEvidence { phase: self.phase, decided });
        match next {
            Some(phase) => Course::On(Undecided { phase, passed: self.passed }),
            None => Course::Over(Phases(self.passed)),
        }
    }

    /// Leaves the phase to a panel.
    pub(super) fn leave_open(self) -> Phases {
        match self.decide(Decided::Open) {
            Course::Over(phases) => phases,
            Course::On(next) => Phases(next.passed),
        }
    }
}

impl Phases {
    /// Decides one phase after the other, until one is not passed.
    pub fn decide<E>(mut decide: impl FnMut(Phase) -> Result<Decided, E>) -> Result<Phases, E> {
        let mut next = Undecided::first();
        loop {
            let decided = decide(next.phase)?;
            match next.decide(decided) {
                Course::On(undecided) => next = undecided,
                Course::Over(phases) => return Ok(phases),
            }
        }
    }

    /// Whether the artifact has come to the security phase, or may yet.
    pub fn may_be_secure(&self) -> bool {
        let last = self.0.last();
        last.is_some_and(|it| it.phase == Phase::Security || it.decided == Decided::Open)
    }

    /// Of a statement about a program: the security phase, and nothing else.
    pub(super) fn of_label(label: LabelJudgement) -> Phases {
        Phases(vec![PhaseEvidence { phase: Phase::Security, decided: Decided::Label(label) }])
    }

    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = &PhaseEvidence> {
        self.0.iter()
    }

    /// The phase that is open, after those that are passed; as it is if none is.
    pub(super) fn into_open(mut self) -> Result<Undecided, Phases> {
        match self.0.pop() {
            Some(PhaseEvidence { phase, decided: Decided::Open }) => {
                Ok(Undecided { phase, passed: self.0 })
            }
            last => {
                self.0.extend(last);
                Err(self)
            }
        }
    }

    /// The same without what panels said: the first phase that one decided is open again.
    pub(super) fn without_ballots(mut self) -> Phases {
        if let Some(place) = self.0.iter().position(|it| matches!(it.decided, Decided::Panel(_))) {
            let phase = self.0[place].phase;
            self.0.truncate(place);
            self.0.push(PhaseEvidence { phase, decided: Decided::Open });
        }
        self
    }
}

impl TryFrom<Vec<PhaseEvidence>> for Phases {
    type Error = String;

    fn try_from(phases: Vec<PhaseEvidence>) -> Result<Phases, String> {
        let is_label = |it: &PhaseEvidence| matches!(it.decided, Decided::Label(_));
        if phases.iter().any(is_label) {
            return match <[PhaseEvidence; 1]>::try_from(phases) {
                Ok([only]) if only.phase == Phase::Security => Ok(Phases(vec![only])),
                _ => Err("a label is of the security phase, and alone".to_owned()),
            };
        }
        let is_not_asked = |it: &PhaseEvidence| it.decided == Decided::NotAsked;
        if phases.iter().any(|it| is_not_asked(it) && it.phase != Phase::Security) {
            return Err("only the security phase may be one that is not asked for".to_owned());
        }
        let mut course = Course::On(Undecided::first());
        for PhaseEvidence { phase, decided } in phases {
            course = match course {
                Course::On(next) if next.phase == phase => next.decide(decided),
                Course::On(next) => {
                    return Err(format!("the {phase} phase comes before the {} one", next.phase));
                }
                Course::Over(_) => {
                    return Err(format!("there is a {phase} phase after one that was not passed"));
                }
            };
        }
        match course {
            Course::Over(phases) => Ok(phases),
            Course::On(next) => Err(format!("there is nothing of the {} phase", next.phase)),
        }
    }
}

impl PhaseEvidence {
    pub fn suite(&self) -> Option<&SuiteEvidence> {
        match &self.decided {
            Decided::Suite(suite) => Some(suite),
            Decided::Panel(_)
            | Decided::Analyser(_)
            | Decided::Record { .. }
            | Decided::Label(_)
            | Decided::Open
            | Decided::NotAsked => None,
        }
    }

    pub fn ballot(&self) -> Option<&Ballot> {
        match &self.decided {
            Decided::Panel(ballot) => Some(ballot),
            Decided::Suite(_)
            | Decided::Analyser(_)
            | Decided::Record { .. }
            | Decided::Label(_)
            | Decided::Open
            | Decided::NotAsked => None,
        }
    }

    /// What an analyser said, if one decided it.
    pub fn analyser(&self) -> Option<&AnalyserEvidence> {
        match &self.decided {
            Decided::Analyser(analyser) => Some(analyser),
            _ => None,
        }
    }

    /// What went wrong in a phase that is not passed, in a phrase; `None` if nothing did.
    pub(super) fn failure(&self) -> Option<String> {
        let (phase, decided) = (self.phase, &self.decided);
        let failed = !decided.passed();
        let is_suite = failed && self.suite().is_some();
        match decided.failure() {
            Some(failure) => Some(format!("{phase}: {failure}")),
            None => is_suite.then(|| phase.to_string()),
        }
    }
}

fn suite_failure(suite: &SuiteEvidence) -> Option<String> {
    let test = suite.first_failure().map(|test| match test.detail.lines().next() {
        Some(detail) => format!("{} ({detail})", test.name),
        None => test.name.clone(),
    });
    match (&suite.conclusion, test) {
        (Conclusion::Ended(ending), Some(test)) => Some(format!("{test}: {ending}")),
        (Conclusion::Ended(ending), None) => Some(ending.to_string()),
        (Conclusion::Unproved(fault), _) => Some(fault.to_string()),
        (Conclusion::Tampered(findings), _) if !findings.is_empty() => {
            Some(findings[0].to_string())
        }
        (_, test) => test,
    }
}
