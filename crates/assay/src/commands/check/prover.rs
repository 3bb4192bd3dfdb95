//! [`Prover`]: validates what cases are proved with.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use assay_core::{Case, Locale, Outcome};
use assay_verify::{Job, JobResult, LocalVerifier, Validation, Validator, Verifier};
use tokio::runtime::Runtime;

use super::probe::{Probe, Seen, probes};
use super::proof::{Observation, Proof};
use super::{Context, attacks};
use crate::cli::{Format, JobsArg, JudgeArgs};
use crate::commands::prepare;
use crate::judge::{Exhibit, Panel};
use crate::run::progress::Progress;
use crate::terminal::complain;

/// How often it is looked whether the user has had enough.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// Proves cases, as often as it is asked to.
pub(in crate::commands) struct Prover {
    verifier: Arc<dyn Verifier>,
    validator: Arc<Validator>,
    panel: Option<Panel>,
    pub(super) runtime: Runtime,
    repeat: usize,
    for_people: bool,
}

impl Prover {
    pub(in crate::commands) fn new(
        context: &Context<'_>,
        judges: &JudgeArgs,
        jobs: JobsArg,
        repeat: u32,
    ) -> anyhow::Result<Prover> {
        let LocalVerifier { validator, limits } = context.verifier(jobs)?;
        let verifier = LocalVerifier { validator: Arc::clone(&validator), limits };
        Ok(Prover {
            repeat: repeat as usize,
            for_people: context.global.format == Format::Human,
            ..Prover::of(Arc::new(verifier), &validator, context.panel(judges)?)?
        })
    }

    /// One that validates each artifact once, with this verifier, and shows no progress.
    pub(in crate::commands) fn of(
        verifier: Arc<dyn Verifier>,
        validator: &Arc<Validator>,
        panel: Option<Panel>,
    ) -> anyhow::Result<Prover> {
        let (validator, runtime) = (Arc::clone(validator), crate::commands::runtime()?);
        Ok(Prover { verifier, validator, panel, runtime, repeat: 1, for_people: false })
    }

    /// Whether there is anything to see of a case: of one that is for judges alone, only with a
    /// panel.
    pub(in crate::commands) fn can_prove(&self, case: &Case) -> bool {
        case.is_run() || (self.panel.is_some() && case.code().is_some())
    }

    /// Installs what these cases need and is not there yet: in some languages the tests are compiled
    /// beforehand, so that it changes with them.
    pub(in crate::commands) fn prepare(&self, cases: &[Arc<Case>]) -> anyhow::Result<()> {
        let validator = &self.validator;
        let is_lacking = |case: &&Case| case.is_run() && validator.prepared(case).is_none();
        let lacking: Vec<&Case> = cases.iter().map(Arc::as_ref).filter(is_lacking).collect();
        if !lacking.is_empty() {
            // What fails is told here, and again as a fault of each artifact.
            validator.prepare(&lacking, &mut |progress| complain(&prepare::line(progress)))?;
        }
        Ok(())
    }

    /// Proves the cases, one proof each, unless it is interrupted: then what is missing counts as
    /// not observed.
    pub(in crate::commands) fn prove(
        &self,
        cases: &[Arc<Case>],
        interrupted: &AtomicBool,
    ) -> Vec<Proof> {
        let probes: Vec<(usize, Probe)> = cases
            .iter()
            .enumerate()
            .flat_map(|(index, case)| {
                probes(case, self.panel.is_some()).into_iter().map(move |probe| (index, probe))
            })
            .collect();
        let mut observed = self.observe_all(cases, &probes, interrupted);
        let mut proofs: Vec<Proof> = Vec::new();
        for (index, case) in cases.iter().enumerate() {
            let own = probes.iter().enumerate().filter(|(_, (owner, _))| *owner == index);
            let seen: Vec<(&Probe, Vec<Observation>)> = own
                .map(|(place, (_, probe))| (probe, observed.remove(&place).unwrap_or_default()))
                .collect();
            proofs.push(Proof::of(case, seen, self.panel.is_some(), self.repeat));
        }
        proofs
    }

    /// What is observed of each probe, by its place.
    fn observe_all(
        &self,
        cases: &[Arc<Case>],
        probes: &[(usize, Probe)],
        interrupted: &AtomicBool,
    ) -> BTreeMap<usize, Vec<Observation>> {
        let (sender, results) = mpsc::channel::<JobResult>();
        let listener = move |result| sender.send(result).is_ok();
        let jobs = self.verifier.start(Arc::new(listener));
        for (place, (case, probe)) in probes.iter().enumerate() {
            let artifact = Arc::new(probe.artifact.clone());
            for time in 0..self.repeat {
                jobs.submit(Job {
                    id: (place * self.repeat + time) as u64,
                    case: Arc::clone(&cases[*case]),
                    artifact: Arc::clone(&artifact),
                });
            }
        }
        let total = probes.len() * self.repeat;
        let mut progress = Progress::start(total, self.for_people);
        let mut observed: BTreeMap<usize, Vec<Observation>> = BTreeMap::new();
        let mut left = total;
        while left > 0 && !interrupted.load(Ordering::Relaxed) {
            let done = match results.recv_timeout(LOOK_EVERY) {
                Ok(done) => done,
                Err(RecvTimeoutError::Timeout) => continue,
                Err(RecvTimeoutError::Disconnected) => break,
            };
            left -= 1;
            let place = usize::try_from(done.id).unwrap_or(usize::MAX) / self.repeat;
            let observation = match (done.result, probes.get(place)) {
                (Ok(validation), Some((case, probe))) => {
                    self.runtime.block_on(self.observe(&cases[*case], probe, validation))
                }
                (Err(error), _) => {
                    Observation { verdict: Err(error), failure: None, attacks: None }
                }
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
        observed
    }

    /// What is seen of a validated probe, after judges have decided what was theirs.
    async fn observe(&self, case: &Case, probe: &Probe, validation: Validation) -> Observation {
        let Validation { evidence, logs } = validation;
        let attacks = attacks::Seen::of(&evidence, &logs);
        let (evidence, error) = match &self.panel {
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
}
