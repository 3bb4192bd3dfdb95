//! [`Prover`]: validates what cases are proved with.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use assay_core::{Case, Locale, Outcome};
use assay_verify::{Job, JobResult, LocalVerifier, Validation, Validator, Verifier};
use tokio::runtime::Runtime;

use super::probe::{Probe, Seen, probes};
use super::proof::{Observation, Proof, State};
use super::{Context, attacks, mutants};
use crate::cli::{Format, JobsArg, JudgeArgs, MutantChoice};
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
    pub(super) for_people: bool,
    /// The cache folder.
    pub(super) cache: PathBuf,
    mutants: Option<MutantChoice>,
}

/// What is validated.
pub(super) struct Work<'a> {
    pub(super) cases: &'a [Arc<Case>],
    /// Each with the place of its case.
    pub(super) probes: &'a [(usize, Probe)],
    /// How many times each is validated.
    pub(super) repeat: usize,
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
            cache: context.config.cache(context.global)?,
            ..Prover::of(Arc::new(verifier), &validator, context.panel(judges)?)?
        })
    }

    /// Tries mutants too of each case that is proved otherwise.
    pub(in crate::commands) fn with_mutants(self, mutants: Option<MutantChoice>) -> Prover {
        Prover { mutants, ..self }
    }

    /// Shows no progress.
    pub(in crate::commands) fn quiet(self) -> Prover {
        Prover { for_people: false, ..self }
    }

    pub(super) fn validator(&self) -> &Validator {
        &self.validator
    }

    /// One that validates each artifact once, with this verifier, and shows no progress.
    pub(in crate::commands) fn of(
        verifier: Arc<dyn Verifier>,
        validator: &Arc<Validator>,
        panel: Option<Panel>,
    ) -> anyhow::Result<Prover> {
        let (validator, runtime) = (Arc::clone(validator), crate::commands::runtime()?);
        Ok(Prover {
            verifier,
            validator,
            panel,
            runtime,
            repeat: 1,
            for_people: false,
            cache: PathBuf::new(),
            mutants: None,
        })
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
        let mut observed: BTreeMap<usize, Vec<Observation>> = BTreeMap::new();
        let mut keep = |place, it| observed.entry(place).or_default().push(it);
        let work = Work { cases, probes: &probes, repeat: self.repeat };
        self.observe_all(&work, interrupted, &mut keep);
        let mut proofs: Vec<Proof> = Vec::new();
        for (index, case) in cases.iter().enumerate() {
            let own = probes.iter().enumerate().filter(|(_, (owner, _))| *owner == index);
            let seen: Vec<(&Probe, Vec<Observation>)> = own
                .map(|(place, (_, probe))| (probe, observed.remove(&place).unwrap_or_default()))
                .collect();
            proofs.push(Proof::of(case, seen, self.panel.is_some(), self.repeat));
        }
        if let Some(choice) = self.mutants {
            self.survey(cases, &mut proofs, choice, interrupted);
        }
        proofs
    }

    /// Adds to each proof what mutants show. Of a case that is not proved they would show nothing.
    fn survey(
        &self,
        cases: &[Arc<Case>],
        proofs: &mut [Proof],
        choice: MutantChoice,
        interrupted: &AtomicBool,
    ) {
        let is_ready = |place: &usize| {
            proofs[*place].state() == State::Proved && mutants::can_be_tried(&cases[*place])
        };
        let ready: Vec<usize> = (0..cases.len()).filter(is_ready).collect();
        let chosen: Vec<Arc<Case>> = ready.iter().map(|place| Arc::clone(&cases[*place])).collect();
        let surveys = mutants::survey(self, &chosen, choice, interrupted);
        for (place, survey) in ready.into_iter().zip(surveys) {
            proofs[place].add_survey(survey);
        }
    }

    /// Hands over what is observed of each probe, with its place, as soon as it is.
    pub(super) fn observe_all(
        &self,
        work: &Work<'_>,
        interrupted: &AtomicBool,
        keep: &mut dyn FnMut(usize, Observation),
    ) {
        let Work { cases, probes, repeat } = *work;
        let (sender, results) = mpsc::channel::<JobResult>();
        let listener = move |result| sender.send(result).is_ok();
        let jobs = self.verifier.start(Arc::new(listener));
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
        let mut progress = Progress::start(total, self.for_people);
        let mut left = total;
        while left > 0 && !interrupted.load(Ordering::Relaxed) {
            let done = match results.recv_timeout(LOOK_EVERY) {
                Ok(done) => done,
                Err(RecvTimeoutError::Timeout) => continue,
                Err(RecvTimeoutError::Disconnected) => break,
            };
            left -= 1;
            let place = usize::try_from(done.id).unwrap_or(usize::MAX) / repeat;
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
            keep(place, observation);
        }
        progress.finish();
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
