//! The first question to a model goes alone.
//!
//! It is a real question, so that finding out whether a model can be asked at all costs
//! nothing beside. Only when it is answered are more asked, and where it cannot be, none
//! is: a wrong address or name would fail thousands of times alike.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};

use tokio::sync::MutexGuard;

/// Whether a model has answered yet, and who may ask it before.
#[derive(Debug, Default)]
pub(super) struct Debut {
    is_over: AtomicBool,
    failures: AtomicU32,
    turn: tokio::sync::Mutex<()>,
    /// What the user should know at once, and has not been told.
    notice: Mutex<Option<String>>,
    has_noticed: AtomicBool,
}

/// Questions that fail before the first is answered, after which no more is asked.
pub(super) const MOST_FAILURES: u32 = 3;

impl Debut {
    /// Whether a question was answered.
    pub(super) fn is_over(&self) -> bool {
        self.is_over.load(Ordering::Acquire)
    }

    /// Waits until nobody else is asking the first question; does not wait once a question was
    /// answered.
    pub(super) async fn turn(&self) -> Option<MutexGuard<'_, ()>> {
        if self.is_over() {
            return None;
        }
        let turn = self.turn.lock().await;
        (!self.is_over()).then_some(turn)
    }

    pub(super) fn succeed(&self) {
        self.is_over.store(true, Ordering::Release);
    }

    /// One more question failed; returns whether that were enough without any answer.
    pub(super) fn fail(&self) -> bool {
        !self.is_over() && self.failures.fetch_add(1, Ordering::AcqRel) + 1 >= MOST_FAILURES
    }

    /// Keeps a warning for the user while the first question is tried again. It is shown once.
    pub(super) fn notice(&self, text: String) {
        if !self.is_over() && !self.has_noticed.swap(true, Ordering::AcqRel) {
            *self.notice.lock().unwrap_or_else(PoisonError::into_inner) = Some(text);
        }
    }

    pub(super) fn take_notice(&self) -> Option<String> {
        self.notice.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}
