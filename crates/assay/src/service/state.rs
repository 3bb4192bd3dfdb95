//! [`Service`]: everything that requests share, and a validation from its beginning to its end.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use assay_core::answer::{Answer, Finish};
use assay_core::infra_error::InfraClass;
use assay_core::reading::{ReadArtifact, Reading, Said, ThinkingTags};
use assay_core::{
    Artifact, Case, Evidence, InfraError, Judgement, Locale, NoCode, Outcome, Verdict,
};
use assay_verify::{Validation, Verifier};

use super::access::AccessLog;
use super::admission::{Admission, Caller, Full};
use super::builder::Builder;
use super::hub::{Basis, DigestedCase, How, Hub, Observed};
use super::metrics::{Gauges, Metrics};
use super::records::{Record, Records, Settled, new_id};
use super::reply::Reply;
use super::results::Results;
use super::settings::ServiceSettings;
use super::shelf::Shelf;
use super::tokens::Tokens;
use crate::judge::{Exhibit, Panel};

/// Everything that requests share.
#[derive(Debug)]
pub struct Service {
    pub(super) settings: ServiceSettings,
    pub(super) tokens: Tokens,
    pub(super) shelf: Arc<Shelf>,
    pub(super) builder: Builder,
    pub(super) admission: Arc<Admission>,
    pub(super) metrics: Metrics,
    pub(super) access: AccessLog,
    pub(super) records: Records,
    hub: Hub,
    panel: Option<Arc<Panel>>,
    capacity: usize,
    is_draining: AtomicBool,
}

/// Who says what artifacts are.
pub struct Backend<'a> {
    pub verifier: &'a dyn Verifier,
    pub basis: Box<dyn Basis>,
    /// Where results are kept; `None` to keep none.
    pub results: Option<Results>,
    /// Who decides what tests leave open; `None` if nobody does.
    pub panel: Option<Panel>,
}

impl Service {
    /// A service that has artifacts validated by this backend.
    pub fn new(
        settings: ServiceSettings,
        tokens: Tokens,
        (shelf, builder): (Arc<Shelf>, Builder),
        Backend { verifier, basis, results, panel }: Backend<'_>,
    ) -> Service {
        let capacity = verifier.capacity();
        let admission = Arc::new(Admission::new(settings.limits, capacity));
        Service {
            settings,
            tokens,
            shelf,
            builder,
            admission,
            metrics: Metrics::default(),
            access: AccessLog::none(),
            records: Records::default(),
            hub: Hub::start(verifier, basis, results.map(Arc::new)),
            panel: panel.map(Arc::new),
            capacity,
            is_draining: AtomicBool::new(false),
        }
    }

    /// The same, which notes requests here.
    #[must_use]
    pub fn with_access_log(self, access: AccessLog) -> Service {
        Service { access, ..self }
    }

    pub(super) fn is_draining(&self) -> bool {
        self.is_draining.load(Ordering::SeqCst)
    }

    pub(super) fn drain(&self) {
        self.is_draining.store(true, Ordering::SeqCst);
    }

    pub(super) fn metrics_text(&self) -> String {
        let (cases, served) = self.shelf.counts();
        self.metrics.text(&Gauges {
            cases,
            served,
            waiting: self.admission.validations(),
            under_way: self.hub.under_way(),
            capacity: self.capacity,
            body_bytes: self.admission.bodies(),
            records: self.records.count(),
            stored_bytes: self.hub.stored_bytes(),
            draining: self.is_draining(),
        })
    }

    /// The version of a case that is served, by its id or another name.
    pub(super) fn case(&self, name: &str) -> Result<DigestedCase, Reply> {
        let unknown = || {
            let message = "there is no such case; GET /v1/cases lists those that there are";
            Reply::error(404, "no-such-case", message)
        };
        let (id, entry) = self.shelf.find(name).ok_or_else(unknown)?;
        let Some(served) = entry.served else {
            let (state, reason) = (entry.state.as_str(), entry.state.reason().unwrap_or_default());
            let message = format!("the case {id} is {state}: {reason}");
            return Err(Reply::error(409, "case-not-served", message).retry_soon());
        };
        Ok(served)
    }

    /// Begins to validate what was read of an answer.
    pub(super) fn begin(
        self: &Arc<Self>,
        caller: &Arc<Caller>,
        case: &DigestedCase,
        read: Result<ReadArtifact, NoCode>,
    ) -> Result<Arc<Record>, Reply> {
        let id = new_id().map_err(|error| {
            let message = format!("the system gives no random numbers: {error}");
            Reply::error(500, "internal", message)
        })?;
        let (artifact, refused, found, missing) = match read {
            Ok(ReadArtifact { artifact, found }) => {
                let refused = artifact.refused.clone();
                (Some(artifact), refused, found.into_iter().collect(), None)
            }
            Err(reason) => (None, Vec::new(), Vec::new(), Some(reason)),
        };
        let bytes =
            artifact.iter().flat_map(|it| it.files.values()).map(String::len).sum::<usize>();
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        let place = self.admission.admit(caller, bytes).map_err(|full: Full| Reply::full(&full))?;
        let record = Arc::new(Record {
            id,
            owner: caller.name.clone(),
            case: case.case.id.clone(),
            case_digest: Arc::clone(&case.digest),
            artifact_digest: artifact.as_ref().map(Artifact::digest),
            refused,
            found,
            settled: tokio::sync::watch::Sender::new(None),
        });
        self.records.add(&record);
        let Some(artifact) = artifact.map(Arc::new) else {
            let evidence = Evidence::no_code(missing.unwrap_or(NoCode::Empty));
            let validation = Validation { evidence, logs: Vec::new() };
            self.settle(&record, settled(validation, None, How::Fresh, Duration::ZERO));
            return Ok(record);
        };
        // It goes on whatever becomes of the request.
        let (service, case, kept) = (Arc::clone(self), case.clone(), Arc::clone(&record));
        tokio::spawn(async move {
            let settled = service.carry_out(&case, artifact).await;
            service.settle(&kept, settled);
            drop(place);
        });
        Ok(record)
    }

    async fn carry_out(&self, case: &DigestedCase, artifact: Arc<Artifact>) -> Settled {
        let Observed { result, elapsed, how } = self.hub.observe(case, Arc::clone(&artifact)).await;
        if how == How::Fresh {
            self.admission.learn(elapsed);
        }
        let validation = match result {
            Ok(validation) => Arc::unwrap_or_clone(validation),
            Err(error) => {
                let (evidence, logs, reason) = (None, Vec::new(), None);
                return Settled { result: Err(error), evidence, logs, reason, how, elapsed };
            }
        };
        let Validation { evidence, logs } = validation;
        let (evidence, error) = match &self.panel {
            Some(panel) => {
                let shown = Exhibit { case: &case.case, artifact: &artifact, locale: Locale::EnUs };
                let decision = panel.decide(shown, evidence).await;
                (decision.evidence, decision.error)
            }
            None => (evidence, None),
        };
        settled(Validation { evidence, logs }, error, how, elapsed)
    }

    fn settle(&self, record: &Record, settled: Settled) {
        let outcome = match &settled.result {
            Ok(verdict) => verdict.as_str().to_owned(),
            Err(error) => format!("error: {}", error.class),
        };
        let took = (settled.how == How::Fresh).then_some(settled.elapsed);
        self.metrics.validated(&outcome, settled.how.as_str(), took);
        self.records.settle(record, Arc::new(settled));
    }
}

fn settled(
    validation: Validation,
    error: Option<InfraError>,
    how: How,
    elapsed: Duration,
) -> Settled {
    let Validation { evidence, logs } = validation;
    let result: Result<Verdict, InfraError> = match error {
        Some(error) => Err(error),
        None => match evidence.outcome() {
            Outcome::Judged(Judgement::Code(verdict)) => Ok(verdict),
            Outcome::Judged(other) => {
                let message = format!("the task asks for code, but the result is {other}");
                Err(InfraError::new(InfraClass::Case, message))
            }
            Outcome::Errored(error) => Err(error),
        },
    };
    let reason = evidence.first_failure();
    Settled { result, evidence: Some(evidence), logs, reason, how, elapsed }
}

/// What a reading finds in an answer.
pub(super) fn read(answer: &Answer, reading: Reading, case: &Case) -> Result<ReadArtifact, NoCode> {
    let finish = Finish::Complete;
    let thinking = ThinkingTags::default().places(answer, finish);
    let said = Said { answer, finish, thought: false, thinking: &thinking };
    said.read(reading, case.artifact_paths())
}

impl std::fmt::Debug for Backend<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Backend").field("verifier", &self.verifier).finish_non_exhaustive()
    }
}
