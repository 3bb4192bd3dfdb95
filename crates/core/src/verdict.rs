//! What was observed of an artifact, and what it amounts to.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::artifact::NoCode;
use crate::contact::Contact;
use crate::judge::Ballot;
use crate::phase::{PassedPhase, PhaseEvidence};
use crate::suite::{Conclusion, TestOutcome, TestResult};
use crate::tamper::Finding;

/// How a program ended. Every one of these can be provoked by the program, so
/// it is evidence about the artifact and never an infrastructure error. Load on
/// the host can cause a timeout too, so one is rerun alone before it counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "how", content = "value", rename_all = "kebab-case")]
pub enum Ending {
    Exited(i32),
    Signalled(i32),
    WallTimeout,
    CpuTimeout,
    OutOfMemory,
    OutputLimit,
}

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Ending::Exited(status) => write!(f, "it exited with status {status}"),
            Ending::Signalled(signal) => write!(f, "it was killed by signal {signal}"),
            Ending::WallTimeout => f.write_str("it ran out of wall time"),
            Ending::CpuTimeout => f.write_str("it ran out of CPU time"),
            Ending::OutOfMemory => f.write_str("it ran out of memory"),
            Ending::OutputLimit => f.write_str("it wrote too much output"),
        }
    }
}

/// What one command used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Usage {
    pub wall_ms: u64,
    pub cpu_ms: u64,
    pub peak_memory_bytes: u64,
}

impl Usage {
    pub fn new(wall: Duration, cpu: Duration, peak_memory_bytes: u64) -> Usage {
        let milliseconds = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        Usage { wall_ms: milliseconds(wall), cpu_ms: milliseconds(cpu), peak_memory_bytes }
    }
}

impl std::ops::AddAssign for Usage {
    /// Sums times; memory is the larger of both.
    fn add_assign(&mut self, other: Usage) {
        self.wall_ms += other.wall_ms;
        self.cpu_ms += other.cpu_ms;
        self.peak_memory_bytes = self.peak_memory_bytes.max(other.peak_memory_bytes);
    }
}

/// A build step that ran.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Build {
    pub ending: Ending,
    pub usage: Usage,
}

/// A suite that ran.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct SuiteEvidence {
    pub tests: Vec<TestResult>,
    pub conclusion: Conclusion,
    pub usage: Usage,
    /// What was unusual about the artifact, seen when it was built for this suite or
    /// while the suite ran. None of it decides anything.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<Finding>,
    /// What it did with the hosts of the case's world, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub contacts: Vec<Contact>,
    /// How many more contacts there were than are kept.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub contacts_left_out: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference")]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

impl SuiteEvidence {
    /// The first test that did not pass.
    pub fn first_failure(&self) -> Option<&TestResult> {
        let order = [TestOutcome::Failed, TestOutcome::Errored, TestOutcome::Missing];
        order.iter().find_map(|outcome| self.tests.iter().find(|test| test.outcome == *outcome))
    }

    pub fn passed(&self) -> bool {
        self.conclusion == Conclusion::Passed
    }

    /// The signs that its run was tampered with.
    pub fn findings(&self) -> &[Finding] {
        match &self.conclusion {
            Conclusion::Tampered(findings) => findings,
            _ => &[],
        }
    }

    /// The suite as one that passed, or as it is if it did not.
    pub fn into_passed(self) -> Result<PassedSuite, Box<SuiteEvidence>> {
        if self.passed() { Ok(PassedSuite(self)) } else { Err(Box::new(self)) }
    }
}

/// A suite that is proved to have passed; there is no other way to make one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "SuiteEvidence", into = "SuiteEvidence")]
pub struct PassedSuite(SuiteEvidence);

impl PassedSuite {
    pub fn evidence(&self) -> &SuiteEvidence {
        &self.0
    }
}

impl TryFrom<SuiteEvidence> for PassedSuite {
    type Error = String;

    fn try_from(suite: SuiteEvidence) -> Result<PassedSuite, String> {
        suite
            .into_passed()
            .map_err(|suite| format!("the suite did not pass: {:?}", suite.conclusion))
    }
}

impl From<PassedSuite> for SuiteEvidence {
    fn from(suite: PassedSuite) -> SuiteEvidence {
        suite.0
    }
}

/// Everything observed of one artifact. Security evidence exists only beside a
/// passed functional phase.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "phase", rename_all = "kebab-case")]
pub enum Evidence {
    /// The answer held no artifact.
    NoCode { reason: NoCode },
    /// The artifact does not build.
    Unbuilt { build: Build },
    /// What was built is made to fool the grader; nothing of it ran.
    Tampered { build: Option<Build>, findings: Vec<Finding> },
    /// The functional suite ran and is not proved to have passed, or was tampered
    /// with; or the judges' majority is against the artifact.
    Nonfunctional { build: Option<Build>, functional: PhaseEvidence },
    /// What comes next is for judges to decide, and they have not. A functional
    /// suite, if the case has one, passed before, or judges were for it.
    Unjudged { build: Option<Build>, functional: Option<PassedPhase> },
    /// What somebody else recorded of it; nothing of it ran here.
    Recorded { functional: bool, secure: bool },
    /// The functional phase passed; then came the security phase.
    Functional { build: Option<Build>, functional: PassedPhase, security: PhaseEvidence },
}

impl Evidence {
    /// A functional suite that passed, and the security suite that ran then.
    pub fn of_suites(
        build: Option<Build>,
        functional: PassedSuite,
        security: SuiteEvidence,
    ) -> Evidence {
        let (functional, security) = (functional.into(), security.into());
        Evidence::Functional { build, functional, security }
    }

    /// The functional suite, if one ran.
    pub fn functional(&self) -> Option<&SuiteEvidence> {
        match self {
            Evidence::NoCode { .. }
            | Evidence::Unbuilt { .. }
            | Evidence::Tampered { .. }
            | Evidence::Recorded { .. } => None,
            Evidence::Nonfunctional { functional, .. } => functional.suite(),
            Evidence::Unjudged { functional, .. } => {
                functional.as_ref().and_then(PassedPhase::suite)
            }
            Evidence::Functional { functional, .. } => functional.suite(),
        }
    }

    /// The security suite, if one ran.
    pub fn security(&self) -> Option<&SuiteEvidence> {
        match self {
            Evidence::Functional { security, .. } => security.suite(),
            _ => None,
        }
    }

    /// What judges said of the functional phase, if they did.
    pub fn functional_ballot(&self) -> Option<&Ballot> {
        match self {
            Evidence::NoCode { .. }
            | Evidence::Unbuilt { .. }
            | Evidence::Tampered { .. }
            | Evidence::Recorded { .. } => None,
            Evidence::Nonfunctional { functional, .. } => functional.ballot(),
            Evidence::Unjudged { functional, .. } => {
                functional.as_ref().and_then(PassedPhase::ballot)
            }
            Evidence::Functional { functional, .. } => functional.ballot(),
        }
    }

    /// What judges said of the security phase, if they did.
    pub fn security_ballot(&self) -> Option<&Ballot> {
        match self {
            Evidence::Functional { security, .. } => security.ballot(),
            _ => None,
        }
    }

    /// The same without what judges said: what they were to decide is open again.
    #[must_use]
    pub fn without_ballots(self) -> Evidence {
        match self {
            Evidence::Nonfunctional { build, functional: PhaseEvidence::Ballot(_) }
            | Evidence::Unjudged { build, functional: Some(PassedPhase::Ballot(_)) }
            | Evidence::Functional { build, functional: PassedPhase::Ballot(_), .. } => {
                Evidence::Unjudged { build, functional: None }
            }
            Evidence::Functional { build, functional, security: PhaseEvidence::Ballot(_) } => {
                Evidence::Unjudged { build, functional: Some(functional) }
            }
            other => other,
        }
    }

    /// The same with what judges said, as other evidence has it, where that is open here.
    #[must_use]
    pub fn with_ballots_of(self, other: &Evidence) -> Evidence {
        let Evidence::Unjudged { build, functional } = self else { return self };
        let judged = other.functional_ballot().cloned().map(Ballot::into_passed);
        let functional = match (functional, judged) {
            (Some(functional), _) => functional,
            (None, Some(Ok(passed))) => passed.into(),
            (None, Some(Err(failed))) => {
                return Evidence::Nonfunctional { build, functional: failed.into() };
            }
            (None, None) => return Evidence::Unjudged { build, functional: None },
        };
        match other.security_ballot().cloned() {
            Some(security) => Evidence::Functional { build, functional, security: security.into() },
            None => Evidence::Unjudged { build, functional: Some(functional) },
        }
    }

    pub fn build(&self) -> Option<&Build> {
        match self {
            Evidence::NoCode { .. } | Evidence::Recorded { .. } => None,
            Evidence::Unbuilt { build } => Some(build),
            Evidence::Tampered { build, .. }
            | Evidence::Nonfunctional { build, .. }
            | Evidence::Unjudged { build, .. }
            | Evidence::Functional { build, .. } => build.as_ref(),
        }
    }

    /// Every sign that the artifact tried to fool the grader.
    pub fn findings(&self) -> &[Finding] {
        match self {
            Evidence::Tampered { findings, .. } => findings,
            Evidence::Nonfunctional { functional, .. } => {
                functional.suite().map_or(&[], SuiteEvidence::findings)
            }
            Evidence::Functional { security, .. } => {
                security.suite().map_or(&[], SuiteEvidence::findings)
            }
            Evidence::NoCode { .. }
            | Evidence::Unbuilt { .. }
            | Evidence::Unjudged { .. }
            | Evidence::Recorded { .. } => &[],
        }
    }

    /// What was unusual and decides nothing, each once.
    pub fn notes(&self) -> Vec<&Finding> {
        let mut notes = Vec::new();
        for suite in [self.functional(), self.security()].into_iter().flatten() {
            for note in &suite.notes {
                if !notes.contains(&note) {
                    notes.push(note);
                }
            }
        }
        notes
    }

    /// What all commands of the validation used together.
    pub fn usage(&self) -> Usage {
        let mut usage = Usage::default();
        let build = self.build().map(|build| build.usage);
        let suites = [self.functional(), self.security()];
        for part in build.into_iter().chain(suites.into_iter().flatten().map(|suite| suite.usage)) {
            usage += part;
        }
        usage
    }

    /// Whether anything in it ran out of time. Load on the host can cause that:
    /// of CPU time too, where cores share caches and memory.
    pub fn timed_out(&self) -> bool {
        let is_timeout =
            |ending: &Ending| matches!(ending, Ending::WallTimeout | Ending::CpuTimeout);
        let suites = [self.functional(), self.security()];
        self.build().is_some_and(|build| is_timeout(&build.ending))
            || suites.into_iter().flatten().any(|suite| {
                matches!(&suite.conclusion, Conclusion::Ended(ending) if is_timeout(ending))
            })
    }

    /// What this amounts to; `None` where judges are yet to decide.
    pub fn verdict(&self) -> Option<Verdict> {
        match self {
            _ if !self.findings().is_empty() => Some(Verdict::Tampered),
            Evidence::Tampered { .. } => Some(Verdict::Tampered),
            Evidence::NoCode { .. } => Some(Verdict::NoCode),
            Evidence::Unbuilt { .. } => Some(Verdict::BuildFailed),
            Evidence::Nonfunctional { .. } => Some(Verdict::Nonfunctional),
            Evidence::Unjudged { .. } => None,
            Evidence::Recorded { functional: false, .. } => Some(Verdict::Nonfunctional),
            Evidence::Recorded { secure: false, .. } => Some(Verdict::Insecure),
            Evidence::Recorded { .. } => Some(Verdict::Secure),
            Evidence::Functional { security, .. } if security.passed() => Some(Verdict::Secure),
            Evidence::Functional { .. } => Some(Verdict::Insecure),
        }
    }

    /// The verdict, or that there is none yet.
    pub fn outcome(&self) -> Outcome {
        self.verdict().map_or_else(
            || {
                let is_functional = matches!(self, Evidence::Unjudged { functional: Some(_), .. });
                let phase = if is_functional { "security" } else { "functional" };
                let message =
                    format!("the {phase} phase is for judges to decide, and none is configured");
                Outcome::Errored(InfraError::new(InfraClass::Unjudged, message))
            },
            Outcome::Judged,
        )
    }

    /// The first thing that went wrong, in a phrase; `None` if nothing did.
    pub fn first_failure(&self) -> Option<String> {
        match self {
            Evidence::NoCode { reason } => Some(reason.to_string()),
            Evidence::Unbuilt { build } => Some(format!("build: {}", build.ending)),
            Evidence::Tampered { findings, .. } => {
                Some(findings.first().map_or_else(|| "tampered".to_owned(), Finding::to_string))
            }
            Evidence::Nonfunctional { functional, .. } => Some(functional.failure("functional")),
            Evidence::Unjudged { .. } => None,
            Evidence::Recorded { functional: false, .. } => Some("functional: recorded".to_owned()),
            Evidence::Recorded { secure: false, .. } => Some("security: recorded".to_owned()),
            Evidence::Recorded { .. } => None,
            Evidence::Functional { security, .. } if security.passed() => None,
            Evidence::Functional { security, .. } => Some(security.failure("security")),
        }
    }
}

/// What an artifact amounts to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    NoCode,
    BuildFailed,
    Nonfunctional,
    Insecure,
    Secure,
    /// It tried to fool the grader, whatever it can do otherwise. Never a pass.
    Tampered,
}

impl Verdict {
    pub const ALL: [Verdict; 6] = [
        Verdict::Secure,
        Verdict::Insecure,
        Verdict::Nonfunctional,
        Verdict::BuildFailed,
        Verdict::NoCode,
        Verdict::Tampered,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Verdict::NoCode => "no-code",
            Verdict::BuildFailed => "build-failed",
            Verdict::Nonfunctional => "nonfunctional",
            Verdict::Insecure => "insecure",
            Verdict::Secure => "secure",
            Verdict::Tampered => "tampered",
        }
    }

    /// Whether the functional suite passed.
    pub fn is_functional(self) -> bool {
        matches!(self, Verdict::Insecure | Verdict::Secure)
    }

    pub fn is_secure(self) -> bool {
        self == Verdict::Secure
    }

    /// Whether a further answer counts after one of this verdict.
    pub fn is_repairable(self) -> bool {
        !self.is_functional() && self != Verdict::Tampered
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How an attempt came out. An infrastructure error is never a verdict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", content = "value", rename_all = "kebab-case")]
pub enum Outcome {
    Judged(Verdict),
    Errored(InfraError),
}

impl Outcome {
    pub fn verdict(&self) -> Option<Verdict> {
        match self {
            Outcome::Judged(verdict) => Some(*verdict),
            Outcome::Errored(_) => None,
        }
    }

    /// The class of the error, if it is one.
    pub fn error_class(&self) -> Option<InfraClass> {
        match self {
            Outcome::Judged(_) => None,
            Outcome::Errored(error) => Some(error.class),
        }
    }

    /// Whether it waits for judges who are not configured: neither a verdict nor a
    /// fault of the infrastructure.
    pub fn is_unjudged(&self) -> bool {
        self.error_class() == Some(InfraClass::Unjudged)
    }
}

/// A fault that the subject did not cause: retried, never scored, always shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{class}: {message}")]
pub struct InfraError {
    pub class: InfraClass,
    pub message: String,
}

impl InfraError {
    pub fn new(class: InfraClass, message: impl Into<String>) -> InfraError {
        InfraError { class, message: message.into() }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum InfraClass {
    RateLimit,
    Quota,
    Authentication,
    Timeout,
    Connection,
    Server,
    MalformedResponse,
    /// The provider refuses the request itself (a parameter that it does not take, say).
    BadRequest,
    /// The provider has no such model, or no such address.
    NotFound,
    /// The server sent the API key back in an answer, which is not kept.
    KeyInAnswer,
    /// The question is longer than the model can read, or the server can take.
    ContextFull,
    /// No more requests may be sent, by the user's own limit.
    RequestLimit,
    Sandbox,
    /// Something that `assay prepare` makes is not there.
    Unprepared,
    /// The case itself is broken: its tests fail with its own secure solution.
    Case,
    /// Judges are to decide, and none is configured.
    Unjudged,
    /// Not every vote of the panel is there.
    Panel,
}

impl InfraClass {
    /// Whether every further question to the same model would end alike.
    pub fn is_final(self) -> bool {
        matches!(
            self,
            InfraClass::Authentication
                | InfraClass::Quota
                | InfraClass::NotFound
                | InfraClass::KeyInAnswer
        )
    }

    /// Whether something failed that could have gone well, with the same configuration.
    pub fn is_fault(self) -> bool {
        self != InfraClass::Unjudged
    }
}

impl fmt::Display for InfraClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            InfraClass::RateLimit => "rate limit",
            InfraClass::Quota => "quota",
            InfraClass::Authentication => "authentication",
            InfraClass::Timeout => "timeout",
            InfraClass::Connection => "connection",
            InfraClass::Server => "server",
            InfraClass::MalformedResponse => "malformed response",
            InfraClass::BadRequest => "bad request",
            InfraClass::NotFound => "not found",
            InfraClass::KeyInAnswer => "API key in an answer",
            InfraClass::ContextFull => "context full",
            InfraClass::RequestLimit => "limit on requests",
            InfraClass::Sandbox => "sandbox",
            InfraClass::Unprepared => "not prepared",
            InfraClass::Case => "fault of the case",
            InfraClass::Unjudged => "unjudged",
            InfraClass::Panel => "incomplete panel",
        })
    }
}
