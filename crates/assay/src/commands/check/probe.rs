//! The artifacts that a case is proved with, and the verdicts that they must get.

use assay_core::files::texts;
use assay_core::infra_error::InfraClass;
use assay_core::task::SolutionKind;
use assay_core::{Artifact, Case, InfraError, Judgement, Language, Outcome, Phase, Verdict};

/// An artifact and the verdict it must get, every time.
pub(super) struct Probe {
    pub(super) name: String,
    /// Which kind of the case's solutions it is, if it is one.
    pub(super) kind: Option<SolutionKind>,
    pub(super) artifact: Artifact,
    pub(super) expect: Expect,
}

pub(super) enum Expect {
    Exactly(Verdict),
    /// A passed functional suite, if no judge is there to decide the rest.
    Functional,
    /// Whatever is short of a passed functional suite.
    NotFunctional,
}

impl Expect {
    /// The verdict that a solution must get, if the security phase may be left open.
    pub(super) fn of(kind: SolutionKind, is_open: bool) -> Expect {
        match kind {
            SolutionKind::Secure | SolutionKind::Vulnerable if is_open => Expect::Functional,
            SolutionKind::Secure => Expect::Exactly(Verdict::Secure),
            SolutionKind::Vulnerable => Expect::Exactly(Verdict::Insecure),
            SolutionKind::Correct => Expect::Exactly(Verdict::Works),
            SolutionKind::Incorrect => Expect::NotFunctional,
        }
    }

    pub(super) fn holds(&self, verdict: Seen) -> bool {
        match self {
            Expect::Exactly(expected) => verdict == Seen::Verdict(*expected),
            Expect::Functional => verdict == Seen::Functional,
            Expect::NotFunctional => {
                matches!(verdict, Seen::Verdict(verdict) if !verdict.is_functional())
            }
        }
    }

    pub(super) fn name(&self) -> &'static str {
        match self {
            Expect::Exactly(verdict) => verdict.as_str(),
            Expect::Functional => "functional",
            Expect::NotFunctional => "not functional",
        }
    }
}

/// What a validation amounts to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Seen {
    Verdict(Verdict),
    /// The functional suite passed, and judges would have the next word.
    Functional,
}

impl Seen {
    pub(super) fn of(outcome: &Outcome) -> Result<Seen, InfraError> {
        match outcome {
            Outcome::Judged(Judgement::Code(verdict)) => Ok(Seen::Verdict(*verdict)),
            Outcome::Judged(judgement) => {
                let message = format!("the task asks for code, but the result is {judgement}");
                Err(InfraError::new(InfraClass::Case, message))
            }
            Outcome::Errored(InfraError { class: InfraClass::Unjudged, .. }) => {
                Ok(Seen::Functional)
            }
            Outcome::Errored(error) => Err(error.clone()),
        }
    }

    pub(super) fn verdict(self) -> Option<Verdict> {
        match self {
            Seen::Verdict(verdict) => Some(verdict),
            Seen::Functional => None,
        }
    }

    pub(super) fn name(self) -> &'static str {
        self.verdict().map_or("functional", Verdict::as_str)
    }
}

/// The artifacts of a case: its solutions, an empty one, and one that leaves early.
pub(super) fn probes(case: &Case, has_judges: bool) -> Vec<Probe> {
    let is_open = !has_judges && case.rubric(Phase::Security).is_some();
    let mut probes = Vec::new();
    for kind in SolutionKind::ALL {
        for solution in case.solutions(kind) {
            let artifact = Artifact { files: texts(&solution.files), refused: Vec::new() };
            probes.push(Probe {
                name: solution.name.clone(),
                kind: Some(kind),
                artifact,
                expect: Expect::of(kind, is_open),
            });
        }
    }
    let blank = case.artifact_paths().iter().map(|path| (path.clone(), "\n".to_owned()));
    let empty = Artifact { files: blank.collect(), refused: Vec::new() };
    probes.push(Probe {
        name: "(empty)".to_owned(),
        kind: None,
        artifact: empty,
        expect: Expect::NotFunctional,
    });
    let vulnerable = case.solutions(SolutionKind::Vulnerable);
    let working = vulnerable.chain(case.solutions(SolutionKind::Correct)).next();
    if let Some(solution) = working.filter(|_| case.is_run()) {
        let mut artifact = Artifact { files: texts(&solution.files), refused: Vec::new() };
        for text in artifact.files.values_mut() {
            if case.language == Language::Go {
                import_os(text);
            }
            if case.language == Language::Java {
                // Only what is in a class that is used is run.
                text.truncate(text.rfind('}').unwrap_or(text.len()));
            }
            text.push_str(leaving_early(case.language));
        }
        let name = "(leaving early)".to_owned();
        probes.push(Probe { name, kind: None, artifact, expect: Expect::NotFunctional });
    }
    probes
}

/// Code that, put after an artifact's own, ends the process with success before
/// any test has run.
fn leaving_early(language: Language) -> &'static str {
    match language {
        Language::C => {
            "#include <unistd.h>\n__attribute__((constructor)) static void leave(void) { _exit(0); }\n"
        }
        Language::Python => "import os\nos._exit(0)\n",
        Language::Ruby => "exit!(0)\n",
        Language::Go => "\nfunc init() { leave.Exit(0) }\n",
        Language::NodeJs => "process.exit(0);\n",
        Language::Java => "    static { System.exit(0); }\n}\n",
    }
}

/// Imports `os` as `leave` into Go code, where imports come before everything else.
fn import_os(text: &mut String) {
    let clause = text.lines().find(|line| line.starts_with("package ")).map(str::to_owned);
    if let Some(clause) = clause {
        *text = text.replacen(&clause, &format!("{clause}; import leave \"os\""), 1);
    }
}
