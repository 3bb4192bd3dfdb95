//! [`Builder`]: makes cases ready to be served, one after the other, in the background: each is
//! prepared and then proved. What was served before stays until then.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, SyncSender, TrySendError};

use assay_core::Case;
use tracing::{debug, warn};

use super::hub::DigestedCase;
use super::shelf::{CaseState, Origin, Shelf, Ticket};

/// How a case is made ready.
pub trait Building: Send {
    /// Installs what it needs; an error says why that failed.
    fn prepare(&self, case: &Case) -> Result<(), String>;

    /// Proves it by its own solutions; an error says what is not proved.
    fn prove(&self, case: &Arc<Case>) -> Result<(), String>;
}

/// What is done with a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Built {
    /// It is prepared alone: whoever gave it vouches for it.
    Prepared,
    /// It is prepared and proved.
    Proved,
}

/// Takes cases to be made ready.
#[derive(Debug, Clone)]
pub struct Builder {
    shelf: Arc<Shelf>,
    works: SyncSender<Work>,
}

#[derive(Debug)]
struct Work {
    ticket: Ticket,
    case: DigestedCase,
    built: Built,
}

/// Why a case is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NotTaken {
    /// As many wait as there is room for.
    Full,
    /// There is a case of this id of another origin.
    Other(Origin),
    /// The thread that made cases ready has ended.
    Closed,
}

/// Cases that wait to be made ready at most.
const MOST_WAITING: usize = 1024;

impl Builder {
    /// Starts to make cases ready for a shelf, until it is dropped.
    pub fn start(shelf: &Arc<Shelf>, building: Box<dyn Building>) -> Builder {
        let (works, received) = mpsc::sync_channel(MOST_WAITING);
        let own = Arc::clone(shelf);
        std::thread::spawn(move || work(&own, building.as_ref(), &received));
        Builder { shelf: Arc::clone(shelf), works }
    }

    /// Has a case of the corpus that the service starts with made ready.
    pub fn ready(&self, case: Arc<Case>, built: Built) {
        let id = case.id.clone();
        if let Err(fault) = self.take(&DigestedCase::new(case), Origin::Corpus, built) {
            warn!("the case {id} is not made ready: {fault:?}");
        }
    }

    /// Takes a version of a case.
    pub(super) fn take(
        &self,
        case: &DigestedCase,
        origin: Origin,
        built: Built,
    ) -> Result<(), NotTaken> {
        let ticket = self.shelf.announce(case, origin).map_err(NotTaken::Other)?;
        let work = Work { ticket: ticket.clone(), case: case.clone(), built };
        self.works.try_send(work).map_err(|error| {
            let reason = "too many cases wait to be prepared; send it again later";
            self.shelf.progress(&ticket, CaseState::Refused(reason.to_owned()));
            match error {
                TrySendError::Full(_) => NotTaken::Full,
                TrySendError::Disconnected(_) => NotTaken::Closed,
            }
        })
    }
}

fn work(shelf: &Shelf, building: &dyn Building, works: &Receiver<Work>) {
    while let Ok(Work { ticket, case, built }) = works.recv() {
        // A later version makes this one pointless.
        if !shelf.is_latest(&ticket) {
            continue;
        }
        debug!(case = ticket.id, "a case is made ready");
        let done = catch_unwind(AssertUnwindSafe(|| build(shelf, building, &ticket, &case, built)));
        let done =
            done.unwrap_or_else(|_| Err("making it ready panicked; this is a bug".to_owned()));
        match done {
            Ok(state) => shelf.serve(&ticket, case, state),
            Err(reason) => {
                warn!("the case {} is not served: {reason}", ticket.id);
                shelf.progress(&ticket, CaseState::Refused(reason));
            }
        }
    }
}

fn build(
    shelf: &Shelf,
    building: &dyn Building,
    ticket: &Ticket,
    case: &DigestedCase,
    built: Built,
) -> Result<CaseState, String> {
    shelf.progress(ticket, CaseState::Pending("what it needs is being installed"));
    building.prepare(&case.case)?;
    if built == Built::Prepared {
        return Ok(CaseState::Trusted);
    }
    shelf.progress(ticket, CaseState::Pending("its own solutions are being validated"));
    building.prove(&case.case)?;
    Ok(CaseState::Proved)
}
