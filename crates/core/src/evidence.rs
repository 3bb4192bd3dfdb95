//! [`Evidence`]: everything that was observed of one artifact.

mod analyser;
mod earlier;
mod judges;
mod opinion;
mod phases;
mod suite;

use serde::{Deserialize, Serialize};

use crate::artifact::NoCode;
use crate::execution::{Ending, Usage};
use crate::infra_error::{InfraClass, InfraError};
use crate::judge::Ballot;
use crate::judgement::{Judgement, LabelJudgement};
use crate::outcome::Outcome;
use crate::phase::Phase;
use crate::suite::Conclusion;
use crate::tamper::Finding;
use crate::verdict::Verdict;

pub use analyser::AnalyserEvidence;
use earlier::Earlier;
pub use opinion::{Opinion, Said};
use phases::Undecided;
pub use phases::{Decided, PhaseEvidence, Phases};
pub use suite::SuiteEvidence;

/// A build step that ran.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Build {
    pub ending: Ending,
    pub usage: Usage,
}

/// What became of an artifact before any phase.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum BuildEvidence {
    /// There was nothing to build, or it was not kept.
    None,
    Built(Build),
    /// The answer held no artifact.
    NoCode {
        reason: NoCode,
    },
    /// The artifact does not build.
    Failed(Build),
    /// What was built is made to fool the grader; nothing of it ran.
    Tampered {
        build: Option<Build>,
        findings: Vec<Finding>,
    },
}

/// Everything observed of one artifact: its build and, if that went well, its phases.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Stored")]
pub struct Evidence {
    build: BuildEvidence,
    /// `None` if the artifact reached no phase.
    #[serde(skip_serializing_if = "Option::is_none")]
    phases: Option<Phases>,
    /// What those say who are asked beside whoever decides about security.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    beside: Vec<Opinion>,
}

/// Evidence as it is read.
#[derive(Deserialize)]
#[serde(untagged)]
enum Stored {
    Present {
        build: BuildEvidence,
        #[serde(default)]
        phases: Vec<PhaseEvidence>,
        #[serde(default)]
        beside: Vec<Opinion>,
    },
    Earlier(Box<Earlier>),
}

impl TryFrom<Stored> for Evidence {
    type Error = String;

    fn try_from(stored: Stored) -> Result<Evidence, String> {
        match stored {
            Stored::Earlier(earlier) => (*earlier).try_into(),
            Stored::Present { build: BuildEvidence::None, phases, beside } => {
                Ok(Evidence::of_phases(None, phases.try_into()?).with_opinions(beside))
            }
            Stored::Present { build: BuildEvidence::Built(build), phases, beside } => {
                Ok(Evidence::of_phases(Some(build), phases.try_into()?).with_opinions(beside))
            }
            Stored::Present { build, phases, beside } if phases.is_empty() && beside.is_empty() => {
                Ok(Evidence::before_phases(build))
            }
            Stored::Present { .. } => Err("there are phases of what was not built".to_owned()),
        }
    }
}

impl Evidence {
    /// The answer held no artifact.
    pub fn no_code(reason: NoCode) -> Evidence {
        Evidence::before_phases(BuildEvidence::NoCode { reason })
    }

    /// The artifact does not build.
    pub fn unbuilt(build: Build) -> Evidence {
        Evidence::before_phases(BuildEvidence::Failed(build))
    }

    /// What was built is made to fool the grader; nothing of it ran.
    pub fn tampered(build: Option<Build>, findings: Vec<Finding>) -> Evidence {
        Evidence::before_phases(BuildEvidence::Tampered { build, findings })
    }

    /// The results of the phases of an artifact that was built, or needs no building.
    pub fn of_phases(build: Option<Build>, phases: Phases) -> Evidence {
        let build = build.map_or(BuildEvidence::None, BuildEvidence::Built);
        Evidence { build, phases: Some(phases), beside: Vec::new() }
    }

    fn before_phases(build: BuildEvidence) -> Evidence {
        Evidence { build, phases: None, beside: Vec::new() }
    }

    /// The same with what those say who are asked beside.
    #[must_use]
    pub fn with_opinions(self, beside: Vec<Opinion>) -> Evidence {
        Evidence { beside, ..self }
    }

    /// What those say who are asked beside whoever decides about security.
    pub fn opinions(&self) -> &[Opinion] {
        &self.beside
    }

    /// All of it is left to a panel; nothing was built.
    pub fn unjudged() -> Evidence {
        Evidence::of_phases(None, Undecided::first().leave_open())
    }

    /// A result that was recorded elsewhere; nothing ran here.
    pub fn recorded(functional: bool, secure: bool) -> Evidence {
        let passed = |phase| match phase {
            Phase::Functional => functional,
            Phase::Security => secure,
        };
        let decided = |phase| Ok(Decided::Record { passed: passed(phase) });
        let Ok(phases) = Phases::decide::<std::convert::Infallible>(decided);
        Evidence::of_phases(None, phases)
    }

    /// A statement about a program, together with the truth.
    pub fn label(label: LabelJudgement) -> Evidence {
        Evidence::of_phases(None, Phases::of_label(label))
    }

    /// What became of it before any phase.
    pub fn build_evidence(&self) -> &BuildEvidence {
        &self.build
    }

    /// The phases that it reached, in order.
    pub fn phases(&self) -> impl DoubleEndedIterator<Item = &PhaseEvidence> {
        self.phases.iter().flat_map(Phases::iter)
    }

    fn phase(&self, phase: Phase) -> Option<&PhaseEvidence> {
        self.phases().find(|it| it.phase == phase)
    }

    /// The suite of a phase, if it ran.
    pub fn suite(&self, phase: Phase) -> Option<&SuiteEvidence> {
        self.phase(phase)?.suite()
    }

    /// Every suite that ran.
    pub fn suites(&self) -> impl Iterator<Item = &SuiteEvidence> {
        let deciding = self.phases().filter_map(PhaseEvidence::suite);
        deciding.chain(self.beside.iter().filter_map(Opinion::suite))
    }

    /// The ballot of judges on a phase, if there is one.
    pub fn ballot(&self, phase: Phase) -> Option<&Ballot> {
        self.phase(phase)?.ballot()
    }

    /// What an analyser said of a phase that it decides.
    pub fn analysis(&self, phase: Phase) -> Option<&AnalyserEvidence> {
        self.phase(phase)?.analyser()
    }

    /// Everything that judges said.
    pub fn ballots(&self) -> impl Iterator<Item = &Ballot> {
        let deciding = self.phases().filter_map(PhaseEvidence::ballot);
        deciding.chain(self.beside.iter().filter_map(Opinion::ballot))
    }

    /// Why the answer held no artifact, if it did not.
    pub fn why_no_code(&self) -> Option<&NoCode> {
        match &self.build {
            BuildEvidence::NoCode { reason } => Some(reason),
            _ => None,
        }
    }

    pub fn build(&self) -> Option<&Build> {
        match &self.build {
            BuildEvidence::None | BuildEvidence::NoCode { .. } => None,
            BuildEvidence::Built(build) | BuildEvidence::Failed(build) => Some(build),
            BuildEvidence::Tampered { build, .. } => build.as_ref(),
        }
    }

    /// Every sign that the artifact tried to fool the grader.
    pub fn findings(&self) -> &[Finding] {
        match &self.build {
            BuildEvidence::Tampered { findings, .. } => findings,
            _ => {
                let last = self.phases().next_back().and_then(PhaseEvidence::suite);
                last.map_or(&[], SuiteEvidence::findings)
            }
        }
    }

    /// What was unusual and decides nothing, each once.
    pub fn notes(&self) -> Vec<&Finding> {
        let mut notes = Vec::new();
        for note in self.suites().flat_map(|suite| &suite.notes) {
            if !notes.contains(&note) {
                notes.push(note);
            }
        }
        notes
    }

    /// What all commands of the validation used together.
    pub fn usage(&self) -> Usage {
        let mut usage = Usage::default();
        let build = self.build().map(|build| build.usage);
        for part in build.into_iter().chain(self.suites().map(|suite| suite.usage)) {
            usage += part;
        }
        usage
    }

    /// Whether anything in it ran out of time. Load on the host can cause that:
    /// of CPU time too, where cores share caches and memory.
    pub fn timed_out(&self) -> bool {
        let is_timeout =
            |ending: &Ending| matches!(ending, Ending::WallTimeout | Ending::CpuTimeout);
        self.build().is_some_and(|build| is_timeout(&build.ending))
            || self.suites().any(|suite| {
                matches!(&suite.conclusion, Conclusion::Ended(ending) if is_timeout(ending))
            })
    }

    /// The verdict on code; `None` where judges are yet to decide, and of a statement.
    pub fn verdict(&self) -> Option<Verdict> {
        if !self.findings().is_empty() {
            return Some(Verdict::Tampered);
        }
        match &self.build {
            BuildEvidence::Tampered { .. } => return Some(Verdict::Tampered),
            BuildEvidence::NoCode { .. } => return Some(Verdict::NoCode),
            BuildEvidence::Failed(_) => return Some(Verdict::BuildFailed),
            BuildEvidence::None | BuildEvidence::Built(_) => {}
        }
        let PhaseEvidence { phase, decided } = self.phases().next_back()?;
        match (phase, decided) {
            (_, Decided::Open | Decided::Label(_)) => None,
            (Phase::Security, Decided::NotAsked) => Some(Verdict::Works),
            (Phase::Functional, _) => Some(Verdict::Nonfunctional),
            (Phase::Security, decided) if decided.passed() => Some(Verdict::Secure),
            (Phase::Security, _) => Some(Verdict::Insecure),
        }
    }

    /// What this amounts to, of code or of a statement; `None` where judges are yet to
    /// decide.
    pub fn judgement(&self) -> Option<Judgement> {
        match self.phases().next_back().map(|last| &last.decided) {
            Some(Decided::Label(label)) => Some(Judgement::Label(label.clone())),
            _ => self.verdict().map(Judgement::Code),
        }
    }

    /// What this amounts to, or that judges are yet to decide.
    pub fn outcome(&self) -> Outcome {
        self.judgement().map_or_else(
            || {
                let phase = self.open_phase().unwrap_or(Phase::Functional);
                let message =
                    format!("the {phase} phase is for judges to decide, and none is configured");
                Outcome::Errored(InfraError::new(InfraClass::Unjudged, message))
            },
            Outcome::Judged,
        )
    }

    /// The first thing that went wrong, in a phrase; `None` if nothing did.
    pub fn first_failure(&self) -> Option<String> {
        match &self.build {
            BuildEvidence::NoCode { reason } => Some(reason.to_string()),
            BuildEvidence::Failed(build) => Some(format!("build: {}", build.ending)),
            BuildEvidence::Tampered { findings, .. } => {
                Some(findings.first().map_or_else(|| "tampered".to_owned(), Finding::to_string))
            }
            BuildEvidence::None | BuildEvidence::Built(_) => self.phases().next_back()?.failure(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Evidence, serde_json::Error> {
        serde_json::from_str(text)
    }

    const BUILD: &str = r#"{"ending":{"how":"exited","value":0},"usage":{"wall-ms":9,"cpu-ms":8,"peak-memory-bytes":7}}"#;

    fn suite(conclusion: &str) -> String {
        format!(
            r#"{{"tests":[],"conclusion":{{"kind":"{conclusion}"}},"usage":{{"wall-ms":1,"cpu-ms":1,"peak-memory-bytes":1}}}}"#
        )
    }

    fn ballot(passed: bool) -> String {
        let usage = r#"{"tokens":null,"cost":null,"requests":1,"from-cache":false}"#;
        format!(
            r#"{{"votes":[{{"judge":"a","sample":1,"passed":{passed},"reason":"so","usage":{usage}}}]}}"#
        )
    }

    #[test]
    fn evidence_of_earlier_runs_is_read_and_comes_back_as_it_was_in_the_present_form() {
        let (passed, failed) = (suite("passed"), suite("failed"));
        let (pro, contra) = (ballot(true), ballot(false));
        let unjudged = |functional: &str| {
            format!(r#"{{"phase":"unjudged","build":null,"functional":{functional}}}"#)
        };
        let both = |functional: &str, security: &str| {
            format!(
                r#"{{"phase":"functional","build":{BUILD},"functional":{functional},"security":{security}}}"#
            )
        };
        let check = |text: &str, verdict: Option<Verdict>, phases: &[&str]| {
            let evidence = read(text).unwrap_or_else(|error| panic!("{error}: {text}"));
            assert_eq!(evidence.verdict(), verdict, "{text}");
            let written = serde_json::to_value(&evidence).expect("JSON");
            let list = written["phases"].as_array().map(Vec::as_slice).unwrap_or_default();
            let by: Vec<_> = list.iter().map(|it| it["by"].as_str().expect("a text")).collect();
            assert_eq!(by, phases, "{written}");
            assert_eq!(serde_json::from_value::<Evidence>(written).expect("evidence"), evidence);
        };
        check(r#"{"phase":"no-code","reason":{"reason":"empty"}}"#, Some(Verdict::NoCode), &[]);
        let unbuilt = format!(r#"{{"phase":"unbuilt","build":{BUILD}}}"#);
        check(&unbuilt, Some(Verdict::BuildFailed), &[]);
        let tampered = r#"{"phase":"tampered","build":null,"findings":[]}"#;
        check(tampered, Some(Verdict::Tampered), &[]);
        let recorded = r#"{"phase":"recorded","functional":true,"secure":false}"#;
        check(recorded, Some(Verdict::Insecure), &["record", "record"]);
        let nonfunctional =
            format!(r#"{{"phase":"nonfunctional","build":null,"functional":{failed}}}"#);
        check(&nonfunctional, Some(Verdict::Nonfunctional), &["suite"]);
        check(&unjudged("null"), None, &["open"]);
        check(&unjudged(&passed), None, &["suite", "open"]);
        check(&unjudged(&pro), None, &["panel", "open"]);
        check(&both(&passed, &passed), Some(Verdict::Secure), &["suite", "suite"]);
        check(&both(&passed, &failed), Some(Verdict::Insecure), &["suite", "suite"]);
        check(&both(&passed, &contra), Some(Verdict::Insecure), &["suite", "panel"]);
        check(&both(&pro, &pro), Some(Verdict::Secure), &["panel", "panel"]);
    }

    #[test]
    fn evidence_that_cannot_have_come_about_is_not_read() {
        let phase = |name: &str, conclusion: &str| {
            suite(conclusion).replacen('{', &format!(r#"{{"phase":"{name}","by":"suite","#), 1)
        };
        let of = |phases: &[String]| {
            read(&format!(r#"{{"build":{{"kind":"none"}},"phases":[{}]}}"#, phases.join(",")))
        };
        let (works, fails) = (phase("functional", "passed"), phase("functional", "failed"));
        let secure = phase("security", "passed");
        assert!(of(&[works.clone(), secure.clone()]).is_ok());
        assert!(of(std::slice::from_ref(&fails)).is_ok());
        let insecure_first = of(&[fails.clone(), secure.clone()]);
        assert!(insecure_first.is_err(), "security of what does not work");
        assert!(of(std::slice::from_ref(&secure)).is_err(), "no functional phase");
        assert!(of(std::slice::from_ref(&works)).is_err(), "no security phase");
        assert!(of(&[works.clone(), secure.clone(), secure.clone()]).is_err());
        assert!(of(&[]).is_err());
        let not_asked = |name: &str| format!(r#"{{"phase":"{name}","by":"not-asked"}}"#);
        let asked_once = of(&[works.clone(), not_asked("security")]).expect("evidence");
        assert_eq!(asked_once.verdict(), Some(Verdict::Works));
        assert!(asked_once.first_failure().is_none() && asked_once.open_phase().is_none());
        let written = serde_json::to_string(&asked_once).expect("JSON");
        assert_eq!(read(&written).expect("evidence"), asked_once);
        assert!(of(&[not_asked("functional")]).is_err(), "whether it works is always asked");
        assert!(of(&[fails, not_asked("security")]).is_err());
        let failed = BUILD.replacen('{', r#"{"kind":"failed","#, 1);
        assert!(read(&format!(r#"{{"build":{failed}}}"#)).is_ok());
        let ran = format!(r#"{{"build":{failed},"phases":[{works},{secure}]}}"#);
        assert!(read(&ran).is_err(), "it did not build");
        let earlier = format!(
            r#"{{"phase":"functional","build":null,"functional":{},"security":{}}}"#,
            suite("failed"),
            suite("passed")
        );
        assert!(read(&earlier).is_err());
    }

    #[test]
    fn what_judges_said_can_be_taken_out_and_put_back() {
        let build = "null";
        let text = format!(
            r#"{{"phase":"functional","build":{build},"functional":{},"security":{}}}"#,
            ballot(true),
            ballot(false)
        );
        let whole = read(&text).expect("evidence");
        let open = whole.clone().without_ballots();
        assert_eq!(open.open_phases().collect::<Vec<_>>(), Phase::ALL);
        assert_eq!(open.clone().with_ballots(|phase| whole.ballot(phase).cloned()), whole);
        let half = open.with_ballots(|phase| {
            whole.ballot(phase).filter(|_| phase == Phase::Functional).cloned()
        });
        assert_eq!(half.open_phases().collect::<Vec<_>>(), [Phase::Security]);
        let tests = format!(
            r#"{{"phase":"functional","build":{build},"functional":{},"security":{}}}"#,
            suite("passed"),
            suite("failed")
        );
        let tests = read(&tests).expect("evidence");
        assert_eq!(tests.clone().without_ballots(), tests);
        assert_eq!(tests.clone().with_ballots(|_| None), tests);
    }
}
