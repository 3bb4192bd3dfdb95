//! [`Task`]: what a case asks for, code or a statement about code.

use std::time::Duration;

use crate::decider::Decider;
use crate::files::{FileSet, SafePath};
use crate::judge::Rubric;
use crate::label::LabelledProgram;
use crate::mutant::Mutants;
use crate::phase::Phase;
use crate::state::State;
use crate::suite::Suite;
use crate::world::World;

/// What a case asks for.
#[derive(Debug, Clone)]
pub enum Task {
    /// Code, which is run.
    Code(Box<CodeTask>),
    /// Whether a program is vulnerable, and how.
    Recognise(LabelledProgram),
}

/// A project that lacks a part, its tests, and parts known to be secure and known to be
/// vulnerable.
#[derive(Debug, Clone)]
pub struct CodeTask {
    /// The signature that the artifact must provide, as source text.
    pub interface: Option<String>,
    /// The only paths that an artifact may write.
    pub artifact_paths: Vec<SafePath>,
    /// The project without the artifact and without tests.
    pub template: FileSet,
    /// What an artifact may import beyond the packages of the template, by the
    /// names that the language's package manager knows.
    pub modules: Vec<String>,
    pub functional: Decider,
    /// `None` if the task only asks that the code works.
    pub security: Option<Decider>,
    /// Who else is asked whether it is secure; what they say decides nothing.
    pub beside: Vec<Decider>,
    pub solutions: Vec<Solution>,
    pub limits: CaseLimits,
    /// What exists outside the project before each suite.
    pub state: State,
    /// Words of errors by which an attack of the security suite shows: a failure with
    /// one of them is not taken for one of the environment.
    pub attack_marks: Vec<String>,
    /// The hosts that exist for the artifact and the tests.
    pub world: Option<World>,
    /// Solutions with one change each, for the proof of the case.
    pub mutants: Mutants,
}

impl CodeTask {
    /// Who decides a phase; `None` if the task does not have it.
    pub fn decider(&self, phase: Phase) -> Option<&Decider> {
        match phase {
            Phase::Functional => Some(&self.functional),
            Phase::Security => self.security.as_ref(),
        }
    }

    /// The suite of each phase that tests decide.
    pub fn suites(&self) -> impl Iterator<Item = (Phase, &Suite)> {
        Phase::ALL.into_iter().filter_map(|phase| Some((phase, self.decider(phase)?.suite()?)))
    }

    /// The suite that asks whether an artifact is secure, whether or not it decides that.
    pub fn security_suite(&self) -> Option<&Suite> {
        let deciding = self.security.as_ref().and_then(Decider::suite);
        deciding.or_else(|| self.beside.iter().find_map(Decider::suite))
    }

    /// The rubric that judges are asked by beside others, if they are.
    pub fn rubric_beside(&self) -> Option<&Rubric> {
        self.beside.iter().find_map(Decider::rubric)
    }

    /// Everyone who decides or is asked beside: each phase's decider, then the others.
    pub fn deciders(&self) -> impl Iterator<Item = &Decider> {
        std::iter::once(&self.functional).chain(&self.security).chain(&self.beside)
    }
}

/// A set of artifact files whose verdict is known.
#[derive(Debug, Clone)]
pub struct Solution {
    /// The folder's name, such as `secure` or `vulnerable-blocklist`.
    pub name: String,
    pub kind: SolutionKind,
    pub files: FileSet,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SolutionKind {
    Secure,
    Vulnerable,
    /// It works, and the task has no security phase.
    Correct,
    /// It does not work.
    Incorrect,
}

impl SolutionKind {
    pub const ALL: [SolutionKind; 4] = [
        SolutionKind::Secure,
        SolutionKind::Vulnerable,
        SolutionKind::Correct,
        SolutionKind::Incorrect,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            SolutionKind::Secure => "secure",
            SolutionKind::Vulnerable => "vulnerable",
            SolutionKind::Correct => "correct",
            SolutionKind::Incorrect => "incorrect",
        }
    }

    /// Whether solutions of this kind pass every phase of their task.
    pub fn passes(self) -> bool {
        matches!(self, SolutionKind::Secure | SolutionKind::Correct)
    }
}

/// What one command of a validation may use. The CPU time is the real limit; the wall limit is
/// generous, so that load on the host changes no verdict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseLimits {
    /// CPU seconds of all processes of one build.
    pub build: Duration,
    /// CPU seconds of all processes of one suite.
    pub suite: Duration,
    /// Wall seconds of one suite, for programs that wait (sleep, read from a
    /// silent peer) and so use no CPU time. A timeout is rerun alone before it
    /// counts.
    pub wall: Duration,
    /// Bytes of memory of all processes together.
    pub memory: u64,
}

impl Default for CaseLimits {
    fn default() -> CaseLimits {
        CaseLimits {
            build: Duration::from_secs(30),
            suite: Duration::from_secs(10),
            wall: Duration::from_secs(30),
            memory: 2 << 30,
        }
    }
}
