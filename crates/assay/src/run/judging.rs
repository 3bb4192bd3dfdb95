//! Judges in a run: what validations leave open goes to the panel, while everything
//! else goes on.

use std::sync::Arc;
use std::sync::mpsc::Sender;

use assay_core::verdict::InfraClass;
use assay_core::{Artifact, Case, Evidence, InfraError, Locale};
use tokio::runtime::Runtime;

use super::attempt::Validated;
use super::dispatch::Event;
use crate::judge::{Decision, Panel};
use crate::validate::Validation;
use crate::validate::pool::Done;

/// The panel of a run, if it has one.
#[derive(Debug)]
pub(super) struct Judging {
    panel: Option<Arc<Panel>>,
    locale: Locale,
}

/// An artifact that may have gone to the panel.
#[derive(Debug)]
pub(super) struct Judged {
    pub(super) id: u64,
    pub(super) validated: Validated,
}

impl Judging {
    pub(super) fn new(panel: Option<Arc<Panel>>, locale: Locale) -> Judging {
        Judging { panel, locale }
    }

    /// Has judges decide what a validation left open, and sends the outcome as an
    /// event; gives the validation back if nothing is left to them.
    pub(super) fn take(
        &self,
        done: Done,
        work: Option<(Arc<Case>, Arc<Artifact>)>,
        runtime: &Runtime,
        events: &Sender<Event>,
    ) -> Option<Done> {
        let (panel, (case, artifact)) = match (&self.panel, work, &done.result) {
            (
                Some(panel),
                Some(work),
                Ok(Validation { evidence: Evidence::Unjudged { .. }, .. }),
            ) => (Arc::clone(panel), work),
            _ => return Some(done),
        };
        let Done { id, result: Ok(Validation { evidence, logs }), elapsed } = done else {
            return None;
        };
        let (locale, events) = (self.locale, events.clone());
        runtime.spawn(async move {
            let before = evidence.clone();
            let decided =
                tokio::spawn(async move { panel.decide(&case, &artifact, evidence, locale).await });
            // A fault of ours must not leave the run waiting for ever.
            let decision = decided.await.unwrap_or_else(|error| {
                let message = format!("judging failed: {error}; this is a bug");
                let error = Some(InfraError::new(InfraClass::Panel, message));
                Decision { evidence: before, replies: Vec::new(), error }
            });
            let validation = Validation { evidence: decision.evidence, logs };
            let validated = Validated {
                judge_replies: decision.replies,
                open: decision.error,
                ..Validated::own(validation, elapsed)
            };
            // The dispatcher is gone only after an interruption.
            let _ = events.send(Event::Judged(Box::new(Judged { id, validated })));
        });
        None
    }
}
