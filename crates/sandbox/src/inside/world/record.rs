//! [`Record`]: the contacts of the command that is running.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use nix::time::{ClockId, clock_gettime};

use crate::{Contact, ContactEvent, Contacts};

/// How many contacts are kept of a command, and how many more with canaries, so that
/// none of them is lost behind noise.
const KEPT: usize = 400;
const KEPT_OF_CANARIES: usize = 100;

/// How much is kept of each text.
const TEXT_BYTES: usize = 600;

#[derive(Debug, Default)]
pub(super) struct Record {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// How often the list was taken.
    epoch: u64,
    list: Vec<Contact>,
    of_canaries: usize,
    left_out: u64,
}

/// Where a contact is kept, to be made more precise.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    epoch: u64,
    index: usize,
}

impl Record {
    /// Keeps a contact; `None` if there is no room for it.
    pub(super) fn add(&self, source_port: u16, canary: bool, event: ContactEvent) -> Option<Entry> {
        let mut state = self.state();
        let has_room = if canary {
            state.of_canaries < KEPT_OF_CANARIES
        } else {
            state.list.len() - state.of_canaries < KEPT
        };
        if !has_room {
            state.left_out += 1;
            return None;
        }
        state.of_canaries += usize::from(canary);
        state.list.push(Contact { at: now(), source_port, canary, event });
        Some(Entry { epoch: state.epoch, index: state.list.len() - 1 })
    }

    /// Says what a contact turned out to be.
    pub(super) fn refine(&self, entry: Entry, event: ContactEvent) {
        let mut state = self.state();
        if state.epoch == entry.epoch
            && let Some(contact) = state.list.get_mut(entry.index)
        {
            contact.event = event;
        }
    }

    /// The contacts since the last time; their times are those of the monotonic clock.
    pub(super) fn take(&self) -> Contacts {
        let mut state = self.state();
        state.epoch += 1;
        state.of_canaries = 0;
        Contacts {
            list: std::mem::take(&mut state.list),
            left_out: std::mem::take(&mut state.left_out),
        }
    }

    pub(super) fn of_canaries(&self) -> Vec<Contact> {
        self.state().list.iter().filter(|contact| contact.canary).cloned().collect()
    }

    /// Whether a request for this target was made. Where more contacts came than are
    /// kept, it may have been among those, and nobody is to hide it so.
    pub(super) fn has_request(&self, wanted: &str) -> bool {
        let asks = |contact: &Contact| match &contact.event {
            ContactEvent::Request { target, .. } => *target == cut(wanted),
            _ => false,
        };
        let state = self.state();
        state.left_out > 0 || state.list.iter().any(asks)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // No thread leaves it half changed.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The text as it is kept.
pub(super) fn cut(text: &str) -> String {
    let end = (0..=TEXT_BYTES.min(text.len())).rev().find(|end| text.is_char_boundary(*end));
    text[..end.unwrap_or(0)].to_owned()
}

/// The time of the monotonic clock, which all processes share.
pub(crate) fn now() -> Duration {
    clock_gettime(ClockId::CLOCK_MONOTONIC).map_or(Duration::ZERO, Duration::from)
}
