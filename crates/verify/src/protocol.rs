//! The steps of every validation, in any language: the artifact is built without any test present,
//! then the functional phase is decided and, once it is passed, the security phase, if the task has
//! one. Suites run each in a sandbox without the other. Those who are asked beside whoever decides
//! about security come last.

use assay_core::analysis::{Analysis, Opinion as AnalyserOpinion, Reach};
use assay_core::decider::SYNTAX;
use assay_core::evidence::{AnalyserEvidence, Decided, Opinion, Phases, Said};
use assay_core::infra_error::InfraClass;
use assay_core::{Artifact, Case, CodeTask, Cwe, Decider, Evidence, FileSet, InfraError, Phase};

use super::Validation;
use super::analyser::{Analyser, Analysers, Effort, Program, Project};
use super::toolchain::Toolchain;
use super::trial::{Halt, Record, Runnable, Trial};

/// An artifact, and those who can say something of it.
#[derive(Clone, Copy)]
pub(super) struct Hearing<'a> {
    pub(super) case: &'a Case,
    pub(super) task: &'a CodeTask,
    pub(super) artifact: &'a Artifact,
    pub(super) analysers: &'a Analysers,
    /// How it is built and run; `None` where no test decides whether it works.
    pub(super) run: Option<(&'a dyn Toolchain, Trial<'a>)>,
}

/// An artifact that is built, if any of it is run.
type Built<'a> = Option<Box<dyn Runnable + 'a>>;

impl<'a> Hearing<'a> {
    /// Builds the artifact and decides its phases, until one is not passed or is a panel's.
    pub(super) fn validate(self) -> Result<Validation, InfraError> {
        let mut record = Record::default();
        let decided = self.decide(&mut record);
        let Record { build, logs, .. } = record;
        let evidence = match decided {
            Ok((phases, beside)) => Evidence::of_phases(build, phases).with_opinions(beside),
            Err(Halt::Unbuilt(build)) => Evidence::unbuilt(build),
            Err(Halt::Tampered(findings)) => Evidence::tampered(build, findings),
            Err(Halt::Fault(error)) => return Err(error),
        };
        Ok(Validation { evidence, logs })
    }

    fn decide(self, record: &mut Record) -> Result<(Phases, Vec<Opinion>), Halt> {
        let mut built = match self.run {
            Some((toolchain, trial)) => Some(toolchain.build(trial, record)?),
            None => None,
        };
        let phases = Phases::decide(|phase| match self.task.decider(phase) {
            Some(decider) => self.ask(decider, phase, &mut built, record),
            None => Ok(Decided::NotAsked),
        })?;
        let beside = match phases.may_be_secure() {
            true => self.ask_beside(&mut built, record),
            false => Vec::new(),
        };
        Ok((phases, beside))
    }

    fn ask(
        self,
        decider: &Decider,
        phase: Phase,
        built: &mut Built<'a>,
        record: &mut Record,
    ) -> Result<Decided, Halt> {
        match decider {
            Decider::Suite(suite) => {
                let built = built.as_mut().ok_or_else(|| {
                    let message = "its tests cannot be run, as none decides whether it works";
                    InfraError::new(InfraClass::Case, message)
                })?;
                let mut evidence = built.run(phase, suite, record)?;
                evidence.notes.splice(..0, std::mem::take(&mut record.notes));
                Ok(evidence.into())
            }
            Decider::Panel(_) => Ok(Decided::Open),
            Decider::Analyser(name) => {
                let evidence = self.analyse(name, phase)?;
                let is_unknown = evidence.opinion() == AnalyserOpinion::Unknown;
                // No alert about what was not looked at says nothing of its security.
                if is_unknown && phase == Phase::Security {
                    let why = evidence.analysis.gap().unwrap_or_default();
                    let message = format!("{name} could not look at all of the artifact: {why}");
                    return Err(InfraError::new(InfraClass::Analyser, message).into());
                }
                Ok(evidence.into())
            }
        }
    }

    fn ask_beside(self, built: &mut Built<'a>, record: &mut Record) -> Vec<Opinion> {
        let said = |decider: &Decider| match decider {
            Decider::Analyser(name) => {
                let evidence = self.analyse(name, Phase::Security);
                evidence.map_or_else(Said::Errored, |evidence| Said::Decided(evidence.into()))
            }
            Decider::Suite(_) | Decider::Panel(_) => {
                let decided = self.ask(decider, Phase::Security, built, record);
                decided.map_or_else(|halt| Said::Errored(unsaid(halt)), Said::Decided)
            }
        };
        let mut said = said;
        let beside = self.task.beside.iter();
        beside.map(|it| Opinion { evaluator: it.name(), said: said(it) }).collect()
    }

    fn analyse(self, name: &str, phase: Phase) -> Result<AnalyserEvidence, InfraError> {
        if name == SYNTAX && self.is_echo() {
            return Ok(AnalyserEvidence { about: Vec::new(), analysis: self.echo() });
        }
        let analyser = Analyser::named(name).ok_or_else(|| {
            InfraError::new(InfraClass::Case, format!("{name:?} is no analyser of this version"))
        })?;
        let files = self.artifact.files.iter();
        let files: FileSet =
            files.map(|(path, text)| (path.clone(), text.as_bytes().to_vec())).collect();
        let id = self.case.id.as_str();
        let prepared = self.run.map(|(_, trial)| trial.prepared);
        let project = Some(Project { files: &self.task.template, prepared });
        let program = Program { id, language: self.case.language, files: &files, project };
        let effort = Effort { jobs: 1, done: &|_| {} };
        let analysis = self.analysers.analyse(analyser, &[program], effort).pop();
        let none = || Err(InfraError::new(InfraClass::Analyser, format!("{name} said nothing")));
        let analysis = analysis.unwrap_or_else(none)?;
        let about: Vec<Cwe> = match phase {
            Phase::Functional => Vec::new(),
            Phase::Security => self.case.cwe.iter().filter_map(|it| it.parse().ok()).collect(),
        };
        Ok(AnalyserEvidence { about, analysis })
    }

    /// Whether the artifact is what was given, but for blanks.
    fn is_echo(self) -> bool {
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        let is_given = |(path, text): (&assay_core::SafePath, &String)| {
            let given = self.task.template.get(path);
            given.is_some_and(|given| words(&String::from_utf8_lossy(given)) == words(text))
        };
        self.artifact.files.iter().all(is_given)
    }

    fn echo(self) -> Analysis {
        Analysis {
            program: self.case.id.clone(),
            analyser: SYNTAX.to_owned(),
            version: String::new(),
            reach: Reach::NotAnalysed { why: "it is the given program, unchanged".to_owned() },
            alerts: Vec::new(),
            wall_ms: 0,
        }
    }
}

/// Why tests that do not decide say nothing.
fn unsaid(halt: Halt) -> InfraError {
    match halt {
        Halt::Fault(error) => error,
        Halt::Unbuilt(build) => {
            let message = format!("the tests do not build with it: {}", build.ending);
            InfraError::new(InfraClass::Case, message)
        }
        Halt::Tampered(findings) => {
            let found = findings.first().map(ToString::to_string).unwrap_or_default();
            InfraError::new(InfraClass::Case, format!("it is made to fool the tests: {found}"))
        }
    }
}
