//! `assay check`: proves cases.

mod attacks;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::mpsc;

use assay_core::files::texts;
use assay_core::infra_error::InfraClass;
use assay_core::task::SolutionKind;
use assay_core::{
    Artifact, Case, InfraError, Judgement, Language, Locale, Outcome, Phase, Verdict,
};
use assay_verify::Validation;
use assay_verify::{Job, JobResult, Verifier as _};
use serde_json::json;

use super::{Context, select};
use crate::cli::{CheckArgs, Format};
use crate::exit::Exit;
use crate::judge::{Exhibit, Panel};
use crate::run::progress::Progress;
use crate::terminal::{say, say_json};

/// An artifact and the verdict it must get, every time.
struct Probe {
    name: String,
    /// Which kind of the case's solutions it is, if it is one.
    kind: Option<SolutionKind>,
    artifact: Artifact,
    expect: Expect,
}

enum Expect {
    Exactly(Verdict),
    /// A passed functional suite, if no judge is there to decide the rest.
    Functional,
    /// Whatever is short of a passed functional suite.
    NotFunctional,
}

impl Expect {
    /// The verdict that a solution must get, if the security phase may be left open.
    fn of(kind: SolutionKind, is_open: bool) -> Expect {
        match kind {
            SolutionKind::Secure | SolutionKind::Vulnerable if is_open => Expect::Functional,
            SolutionKind::Secure => Expect::Exactly(Verdict::Secure),
            SolutionKind::Vulnerable => Expect::Exactly(Verdict::Insecure),
            SolutionKind::Correct => Expect::Exactly(Verdict::Works),
            SolutionKind::Incorrect => Expect::NotFunctional,
        }
    }

    fn holds(&self, verdict: Seen) -> bool {
        match self {
            Expect::Exactly(expected) => verdict == Seen::Verdict(*expected),
            Expect::Functional => verdict == Seen::Functional,
            Expect::NotFunctional => {
                matches!(verdict, Seen::Verdict(verdict) if !verdict.is_functional())
            }
        }
    }

    fn name(&self) -> &'static str {
        match self {
            Expect::Exactly(verdict) => verdict.as_str(),
            Expect::Functional => "functional",
            Expect::NotFunctional => "not functional",
        }
    }
}

/// What a validation amounts to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Seen {
    Verdict(Verdict),
    /// The functional suite passed, and judges would have the next word.
    Functional,
}

impl Seen {
    fn of(outcome: &Outcome) -> Result<Seen, InfraError> {
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

    fn verdict(self) -> Option<Verdict> {
        match self {
            Seen::Verdict(verdict) => Some(verdict),
            Seen::Functional => None,
        }
    }

    fn name(self) -> &'static str {
        self.verdict().map_or("functional", Verdict::as_str)
    }
}

/// One validation of one probe.
struct Observation {
    verdict: Result<Seen, InfraError>,
    failure: Option<String>,
    attacks: Option<attacks::Seen>,
}

pub(super) fn execute(context: &Context<'_>, args: &CheckArgs) -> anyhow::Result<Exit> {
    let corpus = context.corpus()?;
    let panel = context.panel(&args.judges)?;
    // Without judges there is nothing to see of a case that tests have no part in.
    let (cases, left_out): (Vec<&Case>, Vec<&Case>) = select(&corpus, &args.filter)?
        .into_iter()
        .partition(|case| case.is_run() || (panel.is_some() && case.code().is_some()));
    let runtime = super::runtime()?;
    let human = context.global.format == Format::Human;
    let cases: Vec<Arc<Case>> = cases.into_iter().cloned().map(Arc::new).collect();
    let probes: Vec<(usize, Probe)> = cases
        .iter()
        .enumerate()
        .flat_map(|(index, case)| {
            probes(case, panel.is_some()).into_iter().map(move |probe| (index, probe))
        })
        .collect();

    let (sender, results) = mpsc::channel::<JobResult>();
    let listener = move |result| sender.send(result).is_ok();
    let jobs = context.verifier(args.jobs)?.start(Arc::new(listener));
    let repeat = args.repeat as usize;
    for (place, (case, probe)) in probes.iter().enumerate() {
        let artifact = Arc::new(probe.artifact.clone());
        for time in 0..repeat {
            jobs.submit(Job {
                id: (place * repeat + time) as u64,
                case: Arc::clone(&cases[*case]),
                artifact: Arc::clone(&artifact),
            });
        }
    }
    let total = probes.len() * repeat;
    let mut progress = Progress::start(total, human);
    let mut observed: BTreeMap<usize, Vec<Observation>> = BTreeMap::new();
    for _ in 0..total {
        let Ok(done) = results.recv() else { break };
        let place = usize::try_from(done.id).unwrap_or(usize::MAX) / repeat;
        let observation = match (done.result, probes.get(place)) {
            (Ok(validation), Some((case, probe))) => {
                runtime.block_on(observe(panel.as_ref(), &cases[*case], probe, validation))
            }
            (Err(error), _) => Observation { verdict: Err(error), failure: None, attacks: None },
            (Ok(_), None) => continue,
        };
        match &observation.verdict {
            Ok(Seen::Functional) => progress.advance_open(),
            Ok(Seen::Verdict(verdict)) => progress.advance(&Outcome::from(*verdict)),
            Err(_) => progress.advance_errored(),
        }
        observed.entry(place).or_default().push(observation);
    }
    progress.finish();

    let (mut proved, mut in_part) = (0, 0);
    let mut described = Vec::new();
    for (index, case) in cases.iter().enumerate() {
        let mut faults = Vec::new();
        let mut lines = Vec::new();
        let mut seen = Vec::new();
        let mut described_probes = Vec::new();
        for (place, (owner, probe)) in probes.iter().enumerate() {
            if *owner == index {
                let observations = observed.remove(&place).unwrap_or_default();
                faults.extend(fault(probe, &observations, repeat));
                described_probes.push(describe(probe, &observations));
                lines.push(line(probe, &observations));
                let first = observations.into_iter().next();
                let attacks = first.and_then(|observation| observation.attacks);
                seen.extend(probe.kind.zip(attacks).map(|(kind, it)| (&probe.name, kind, it)));
            }
        }
        let warnings = weigh(case, &seen, &mut faults);
        // A fault of the case is the same whatever was validated.
        let mut told = BTreeSet::new();
        faults.retain(|fault: &String| told.insert(fault.clone()));
        let unproved = if panel.is_some() { Vec::new() } else { case.judged_phases() };
        proved += usize::from(faults.is_empty() && unproved.is_empty());
        in_part += usize::from(faults.is_empty() && !unproved.is_empty());
        if human {
            let state = match (faults.is_empty(), unproved.is_empty()) {
                (true, true) => "proved",
                (true, false) => "in part",
                (false, _) => "NOT PROVED",
            };
            let tests = Phase::ALL.map(|phase| case.expected_tests(phase).len());
            say(&format!(
                "{state:<10}  {}  ({} functional and {} security tests)",
                case.id, tests[0], tests[1]
            ))?;
            for line in &lines {
                say(&format!("            {line}"))?;
            }
            for phase in &unproved {
                say(&format!(
                    "            not proved: the {phase} phase, for which there are no judges"
                ))?;
            }
            for fault in &faults {
                say(&format!("    fault:  {}", fault.replace('\n', "\n            ")))?;
            }
            for warning in &warnings {
                say(&format!("    warning:  {warning}"))?;
            }
        }
        described.push(json!({"case": case.id, "proved": faults.is_empty(), "unproved-phases": unproved, "faults": faults, "warnings": warnings, "artifacts": described_probes}));
    }
    if human {
        let times = if repeat == 1 {
            String::new()
        } else {
            format!(", each artifact validated {repeat} times")
        };
        say(&format!("\n{proved} of {} cases proved{times}", cases.len()))?;
        if in_part > 0 {
            say(&format!(
                "{in_part} proved except for what judges decide, and none is configured; name some with --judge"
            ))?;
        }
        if !left_out.is_empty() {
            say(&format!("{} more are for judges alone, and none is configured", left_out.len()))?;
        }
    } else {
        say_json(
            &json!({"schema": "assay.check/1", "digest": corpus.digest, "repeat": repeat, "proved": proved, "cases": described}),
        )?;
    }
    Ok(if proved + in_part == cases.len() { Exit::Success } else { Exit::Negative })
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

/// What is seen of a validated probe, after judges have decided what was theirs.
async fn observe(
    panel: Option<&Panel>,
    case: &Case,
    probe: &Probe,
    validation: Validation,
) -> Observation {
    let Validation { evidence, logs } = validation;
    let attacks = attacks::Seen::of(&evidence, &logs);

    let (evidence, error) = match panel {
        Some(panel) => {
            let shown = Exhibit { case, artifact: &probe.artifact, locale: Locale::EnUs };
            let decision = panel.decide(shown, evidence).await;
            (decision.evidence, decision.error)
        }
        None => (evidence, None),
    };
    let outcome = error.map_or_else(|| evidence.outcome(), Outcome::Errored);
    Observation {
        failure: evidence.first_failure(),
        verdict: Seen::of(&outcome),
        attacks: Some(attacks),
    }
}

fn probes(case: &Case, has_judges: bool) -> Vec<Probe> {
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
            Err(error) if error.class == InfraClass::Case => faults.push(error.to_string()),
            Err(error) => faults.push(format!("{} could not be validated: {error}", probe.name)),
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
