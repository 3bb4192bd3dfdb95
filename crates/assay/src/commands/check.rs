//! `assay check`: proves cases.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::mpsc;

use assay_core::case::SolutionKind;
use assay_core::files::texts;
use assay_core::{Artifact, Case, Language, Outcome, Verdict};
use serde_json::json;

use super::{Context, select};
use crate::cli::{CheckArgs, Format};
use crate::exit::Exit;
use crate::run::progress::Progress;
use crate::terminal::{say, say_json};
use crate::validate::pool::{Done, Pool, PoolLimits, Work};

/// An artifact and the verdict it must get, every time.
struct Probe {
    name: String,
    artifact: Artifact,
    expect: Expect,
}

enum Expect {
    Exactly(Verdict),
    /// Whatever is short of a passed functional suite.
    NotFunctional,
}

impl Expect {
    fn holds(&self, verdict: Verdict) -> bool {
        match self {
            Expect::Exactly(expected) => verdict == *expected,
            Expect::NotFunctional => !verdict.is_functional(),
        }
    }

    fn name(&self) -> &'static str {
        match self {
            Expect::Exactly(verdict) => verdict.as_str(),
            Expect::NotFunctional => "not functional",
        }
    }
}

/// One validation of one probe.
struct Observation {
    verdict: Result<Verdict, String>,
    failure: Option<String>,
}

pub(super) fn execute(context: &Context<'_>, args: &CheckArgs) -> anyhow::Result<Exit> {
    let corpus = context.corpus()?;
    let (cases, judged): (Vec<&Case>, Vec<&Case>) = select(&corpus, &args.filter)?
        .into_iter()
        .partition(|case| case.judged_phases().is_empty());
    let human = context.global.format == Format::Human;
    let cases: Vec<Arc<Case>> = cases.into_iter().cloned().map(Arc::new).collect();
    let probes: Vec<(usize, Probe)> = cases
        .iter()
        .enumerate()
        .flat_map(|(index, case)| probes(case).into_iter().map(move |probe| (index, probe)))
        .collect();

    let validator = context.validator()?;
    let (sender, results) = mpsc::channel::<Done>();
    let pool = Pool::start(&validator, PoolLimits::new(context.jobs(args.jobs)?), &sender);
    let repeat = args.repeat as usize;
    for (place, (case, probe)) in probes.iter().enumerate() {
        let artifact = Arc::new(probe.artifact.clone());
        for time in 0..repeat {
            pool.submit(Work {
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
        let observation = Observation {
            failure: done.result.as_ref().ok().and_then(|v| v.evidence.first_failure()),
            verdict: match done.result.map(|validation| validation.evidence.outcome()) {
                Ok(Outcome::Judged(verdict)) => Ok(verdict),
                Ok(Outcome::Errored(error)) | Err(error) => Err(error.to_string()),
            },
        };
        progress.advance(observation.verdict.as_ref().ok().copied());
        let place = usize::try_from(done.id).unwrap_or(usize::MAX) / repeat;
        observed.entry(place).or_default().push(observation);
    }
    progress.finish();

    let mut proved = 0;
    let mut described = Vec::new();
    for (index, case) in cases.iter().enumerate() {
        let mut faults = Vec::new();
        let mut lines = Vec::new();
        let mut described_probes = Vec::new();
        for (place, (owner, probe)) in probes.iter().enumerate() {
            if *owner == index {
                let observations = observed.remove(&place).unwrap_or_default();
                faults.extend(fault(probe, &observations, repeat));
                described_probes.push(describe(probe, &observations));
                lines.push(line(probe, &observations));
            }
        }
        proved += usize::from(faults.is_empty());
        if human {
            let state = if faults.is_empty() { "proved" } else { "NOT PROVED" };
            let tests = (case.functional.expected.len(), case.security.expected.len());
            say(&format!(
                "{state:<10}  {}  ({} functional and {} security tests)",
                case.id, tests.0, tests.1
            ))?;
            for line in &lines {
                say(&format!("            {line}"))?;
            }
            for fault in &faults {
                say(&format!("    fault:  {fault}"))?;
            }
        }
        described.push(json!({"case": case.id, "proved": faults.is_empty(), "faults": faults, "artifacts": described_probes}));
    }
    if human {
        let times = if repeat == 1 {
            String::new()
        } else {
            format!(", each artifact validated {repeat} times")
        };
        say(&format!("\n{proved} of {} cases proved{times}", cases.len()))?;
        if !judged.is_empty() {
            say(&format!("{} more need judges, and none is configured", judged.len()))?;
        }
    } else {
        say_json(
            &json!({"schema": "assay.check/1", "digest": corpus.digest, "repeat": repeat, "proved": proved, "cases": described}),
        )?;
    }
    Ok(if proved == cases.len() { Exit::Success } else { Exit::Negative })
}

fn probes(case: &Case) -> Vec<Probe> {
    let mut probes = Vec::new();
    for (kind, expect) in
        [(SolutionKind::Secure, Verdict::Secure), (SolutionKind::Vulnerable, Verdict::Insecure)]
    {
        for solution in case.solutions(kind) {
            let artifact = Artifact { files: texts(&solution.files), refused: Vec::new() };
            probes.push(Probe {
                name: solution.name.clone(),
                artifact,
                expect: Expect::Exactly(expect),
            });
        }
    }
    let blank = case.artifact_paths.iter().map(|path| (path.clone(), "\n".to_owned()));
    let empty = Artifact { files: blank.collect(), refused: Vec::new() };
    probes.push(Probe {
        name: "(empty)".to_owned(),
        artifact: empty,
        expect: Expect::NotFunctional,
    });
    let vulnerable =
        probes.iter().find(|probe| matches!(probe.expect, Expect::Exactly(Verdict::Insecure)));
    if let Some(mut artifact) = vulnerable.map(|probe| probe.artifact.clone()) {
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
        probes.push(Probe { name, artifact, expect: Expect::NotFunctional });
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
                faults.push(format!(
                    "{} is {verdict}, expected {}: {why}",
                    probe.name,
                    probe.expect.name()
                ));
            }
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
        faults.push(format!("{} gets different verdicts from time to time", probe.name));
    }
    faults.sort_unstable();
    faults.dedup();
    faults
}

fn describe(probe: &Probe, observations: &[Observation]) -> serde_json::Value {
    let verdict = |observation: &Observation| match &observation.verdict {
        Ok(verdict) => json!(verdict),
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
        Some(Ok(verdict)) => verdict.as_str(),
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
