//! [`Proof`]: what the validations of a case's artifacts show about the case.

use std::collections::BTreeSet;

use assay_core::infra_error::InfraClass;
use assay_core::task::SolutionKind;
use assay_core::{Case, InfraError, Phase};
use serde_json::json;

use super::attacks;
use super::mutants::Survey;
use super::probe::{Probe, Seen};
use super::texts::{self, Gap};
use crate::terminal::say;

/// One validation of one probe.
pub(super) struct Observation {
    pub(super) verdict: Result<Seen, InfraError>,
    pub(super) failure: Option<String>,
    pub(super) attacks: Option<attacks::Seen>,
}

/// What is known of a case after its artifacts were validated.
pub(in crate::commands) struct Proof {
    id: String,
    /// How many tests the functional and the security suite have.
    tests: [usize; 2],
    /// What its author has still to write.
    to_write: Vec<Gap>,
    /// A line for each artifact.
    lines: Vec<String>,
    faults: Vec<String>,
    warnings: Vec<String>,
    /// The phases that judges would have to decide.
    unproved: Vec<Phase>,
    artifacts: Vec<serde_json::Value>,
    /// What mutants show, where they were tried.
    pub(super) survey: Option<Survey>,
    /// The first thing that kept an artifact from getting a verdict and is no fault of the case.
    hindrance: Option<InfraError>,
}

/// What a proof amounts to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::commands) enum State {
    Proved,
    /// All but what judges decide.
    InPart,
    /// Some of the case is not written yet.
    ToWrite,
    NotProved,
}

impl Proof {
    /// Weighs what was observed of the case's probes.
    pub(super) fn of(
        case: &Case,
        seen: Vec<(&Probe, Vec<Observation>)>,
        has_judges: bool,
        repeat: usize,
    ) -> Proof {
        let to_write = texts::to_write(case);
        let mut proof = Proof {
            id: case.id.clone(),
            tests: Phase::ALL.map(|phase| case.expected_tests(phase).len()),
            lines: Vec::new(),
            faults: texts::faults(case),
            warnings: texts::warnings(case),
            unproved: if has_judges { Vec::new() } else { case.judged_phases() },
            artifacts: Vec::new(),
            survey: None,
            hindrance: None,
            to_write,
        };
        // What is not written yet is expected to fail, and is told in plain words.
        let is_written = proof.to_write.is_empty();
        let mut attacks = Vec::new();
        for (probe, observations) in seen {
            let mut errors_of = observations.iter().filter_map(|it| it.verdict.as_ref().err());
            let hindrance = errors_of.find(|it| it.class != InfraClass::Case);
            proof.hindrance = proof.hindrance.take().or_else(|| hindrance.cloned());
            let faults = match is_written {
                true => fault(probe, &observations, repeat),
                false => errors(probe, &observations),
            };
            proof.faults.extend(faults);
            proof.artifacts.push(describe(probe, &observations));
            proof.lines.push(line(probe, &observations));
            let first = observations.into_iter().next().and_then(|it| it.attacks);
            attacks.extend(probe.kind.zip(first).map(|(kind, seen)| (&probe.name, kind, seen)));
        }
        if is_written {
            proof.warnings.extend(weigh(case, &attacks, &mut proof.faults));
        }
        // A fault of the case is the same whatever was validated.
        let mut told = BTreeSet::new();
        proof.faults.retain(|fault: &String| told.insert(fault.clone()));
        proof
    }

    /// Adds what mutants of the case show.
    pub(super) fn add_survey(&mut self, mut survey: Survey) {
        self.hindrance = self.hindrance.take().or_else(|| survey.hindrance.take());
        self.faults.append(&mut survey.faults);
        self.survey = Some(survey);
    }

    pub(in crate::commands) fn state(&self) -> State {
        match (self.to_write.is_empty(), self.faults.is_empty(), self.unproved.is_empty()) {
            (false, _, _) => State::ToWrite,
            (true, false, _) => State::NotProved,
            (true, true, false) => State::InPart,
            (true, true, true) => State::Proved,
        }
    }

    /// The first thing that is wrong with the case.
    pub(in crate::commands) fn first_fault(&self) -> Option<String> {
        self.faults.first().cloned()
    }

    /// All that is wrong with the case.
    pub(in crate::commands) fn faults(&self) -> &[String] {
        &self.faults
    }

    /// What kept the proof from being complete, and is no fault of the case.
    pub(in crate::commands) fn hindrance(&self) -> Option<&InfraError> {
        self.hindrance.as_ref()
    }

    /// Tells people all about it.
    pub(super) fn say(&self) -> anyhow::Result<()> {
        let state = match self.state() {
            State::Proved => "proved",
            State::InPart => "in part",
            State::ToWrite => "TO WRITE",
            State::NotProved => "NOT PROVED",
        };
        say(&format!(
            "{state:<10}  {}  ({} functional and {} security tests)",
            self.id, self.tests[0], self.tests[1]
        ))?;
        for gap in &self.to_write {
            say(&format!("    to write:  {}  {}", gap.place(), gap.what))?;
        }
        for line in &self.lines {
            say(&format!("            {line}"))?;
        }
        for phase in &self.unproved {
            say(&format!(
                "            not proved: the {phase} phase, for which there are no judges"
            ))?;
        }
        for line in self.survey.iter().flat_map(Survey::lines) {
            say(&line)?;
        }
        for fault in &self.faults {
            say(&format!("    fault:  {}", fault.replace('\n', "\n            ")))?;
        }
        for warning in &self.warnings {
            say(&format!("    warning:  {warning}"))?;
        }
        Ok(())
    }

    /// The same for programs.
    pub(in crate::commands) fn describe(&self) -> serde_json::Value {
        let is_proved = matches!(self.state(), State::Proved | State::InPart);
        let mut described = json!({"case": self.id, "proved": is_proved, "to-write": self.to_write, "unproved-phases": self.unproved, "faults": self.faults, "warnings": self.warnings, "artifacts": self.artifacts});
        if let (Some(survey), Some(object)) = (&self.survey, described.as_object_mut()) {
            object.insert("mutants".to_owned(), survey.describe());
        }
        described
    }
}

/// What the first validation of each solution shows about the case's attacks: faults are added, and
/// warnings returned.
fn weigh(
    case: &Case,
    seen: &[(&String, SolutionKind, attacks::Seen)],
    faults: &mut Vec<String>,
) -> Vec<String> {
    let of_kind = |wanted| seen.iter().filter(move |(_, kind, _)| *kind == wanted);
    let vulnerable: Vec<_> = of_kind(SolutionKind::Vulnerable)
        .filter_map(|(name, _, seen)| Some((*name, seen.security.as_ref()?)))
        .collect();
    if let Some((name, suite)) = vulnerable.first() {
        faults.extend(attacks::not_of_an_attack(case, name, suite));
    }
    let suites: Vec<_> = vulnerable.iter().map(|(_, suite)| *suite).collect();
    let mut warnings = attacks::never_failed(case, &suites);
    for (name, _, seen) in of_kind(SolutionKind::Secure) {
        let lack = seen.lack.as_ref();
        warnings.extend(
            lack.map(|line| {
                format!("{name} resists the attacks while something is missing: {line}")
            }),
        );
    }
    warnings
}

/// Why the observations do not prove what the probe is to show.
fn fault(probe: &Probe, observations: &[Observation], repeat: usize) -> Vec<String> {
    let mut faults = Vec::new();
    for observation in observations {
        match &observation.verdict {
            Ok(verdict) if probe.expect.holds(*verdict) => {}
            Ok(verdict) => {
                let why = observation.failure.as_deref().unwrap_or("every test passed");
                let verdict = verdict.name();
                faults.push(format!(
                    "{} is {verdict}, expected {}: {why}",
                    probe.name,
                    probe.expect.name()
                ));
            }
            Err(error) => faults.push(told(probe, error)),
        }
    }
    if observations.len() < repeat {
        faults.push(format!(
            "{} was validated {} times of {repeat}",
            probe.name,
            observations.len()
        ));
    }
    let verdicts: Vec<_> = observations.iter().filter_map(|o| o.verdict.as_ref().ok()).collect();
    if verdicts.windows(2).any(|pair| pair[0] != pair[1]) {
        faults.push(format!("{} gets different verdicts when it is validated again", probe.name));
    }
    faults.sort_unstable();
    faults.dedup();
    faults
}

/// What kept a probe from getting a verdict at all.
fn errors(probe: &Probe, observations: &[Observation]) -> Vec<String> {
    let errors = observations.iter().filter_map(|observation| observation.verdict.as_ref().err());
    errors.map(|error| told(probe, error)).collect()
}

fn told(probe: &Probe, error: &InfraError) -> String {
    match error.class {
        InfraClass::Case => error.to_string(),
        _ => format!("{} could not be validated: {error}", probe.name),
    }
}

fn describe(probe: &Probe, observations: &[Observation]) -> serde_json::Value {
    let verdict = |observation: &Observation| match &observation.verdict {
        Ok(seen) => json!(seen.verdict()),
        Err(_) => json!(null),
    };
    json!({
        "name": probe.name,
        "expected": probe.expect.name(),
        "verdicts": observations.iter().map(verdict).collect::<Vec<_>>(),
        "first-failure": observations.first().and_then(|first| first.failure.as_deref()),
    })
}

fn line(probe: &Probe, observations: &[Observation]) -> String {
    let first = observations.first();
    let verdict = match first.map(|observation| &observation.verdict) {
        Some(Ok(seen)) => seen.name(),
        Some(Err(_)) => "error",
        None => "nothing",
    };
    match first.and_then(|observation| observation.failure.as_deref()) {
        Some(failure) => format!("{:<28} {verdict:<14} {}", probe.name, shorten(failure)),
        None => format!("{:<28} {verdict}", probe.name),
    }
}

fn shorten(text: &str) -> String {
    const WIDTH: usize = 90;
    match text.char_indices().nth(WIDTH) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
