//! [`Purse`]: what a run has spent, counted at the moment when it is spent.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use assay_core::{Amount, TokenUsage};

use super::budget::Spending;
use crate::limits::{Limit, Limits};
use crate::subject::Requests;

/// What a run has spent, and may spend. Agents ask it before each request, from other threads
/// than that of the dispatcher.
#[derive(Debug)]
pub(super) struct Purse {
    limits: Limits,
    requests: Arc<Requests>,
    contents: Mutex<Contents>,
}

#[derive(Debug)]
struct Contents {
    /// Of money and tokens; requests are counted where they are sent.
    spent: Amount,
    /// Whether a part of it is estimated.
    is_estimated: bool,
    /// The limit for which a request was refused. From then on none is allowed.
    refused_by: Option<Limit>,
}

impl Purse {
    /// `before` is what the run has spent before; `requests` counts those that are sent.
    pub(super) fn new(limits: Limits, before: Spending, requests: Arc<Requests>) -> Purse {
        let Spending { amount: spent, is_estimated } = before;
        let contents = Contents { spent, is_estimated, refused_by: None };
        Purse { limits, requests, contents: Mutex::new(contents) }
    }

    pub(super) fn limits(&self) -> Limits {
        self.limits
    }

    pub(super) fn spent(&self) -> Spending {
        let contents = self.contents();
        let amount = Amount { requests: self.requests.sent(), ..contents.spent };
        Spending { amount, is_estimated: contents.is_estimated }
    }

    pub(super) fn pay(&self, usage: &TokenUsage) {
        let mut contents = self.contents();
        contents.is_estimated |= usage.estimate.is_some() && !usage.from_cache;
        contents.spent = contents.spent + Amount::from(usage);
    }

    /// The limit that keeps a request from being sent that takes at least this much, if there is
    /// one. Who is refused once is not let through again, though it asked for less: it would begin
    /// anew, and pay again for what it had asked before.
    pub(super) fn refuse(&self, next: Amount) -> Option<Limit> {
        let mut contents = self.contents();
        // Requests are counted, and refused, where they are sent.
        let sum = Amount { requests: 0, ..contents.spent + next };
        let refused_by = contents.refused_by.or_else(|| self.limits.passed_by(&sum));
        contents.refused_by = refused_by;
        refused_by
    }

    /// The limit for which a request was refused.
    pub(super) fn refused_by(&self) -> Option<Limit> {
        self.contents().refused_by
    }

    fn contents(&self) -> MutexGuard<'_, Contents> {
        self.contents.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use assay_core::{Cost, Tokens};

    use super::*;

    #[test]
    fn what_is_refused_once_is_refused_for_good() {
        let limits = Limits { cost: Some(Cost::from_nanos(100)), ..Limits::default() };
        let purse = Purse::new(limits, Spending::default(), Arc::default());
        let asked = |nanos| Amount { cost: Cost::from_nanos(nanos), ..Amount::default() };
        let tokens = Some(Tokens { input: 7, ..Tokens::default() });
        let cost = Some(Cost::from_nanos(90));
        purse.pay(&TokenUsage { tokens, cost, requests: 1, ..TokenUsage::default() });
        assert_eq!(purse.refuse(asked(10)), None);
        assert_eq!(purse.refuse(asked(11)), Some(Limit::Cost));
        assert_eq!(purse.refuse(asked(1)), Some(Limit::Cost));
        assert_eq!(purse.refused_by(), Some(Limit::Cost));
        assert_eq!(purse.spent().amount.tokens, 7);
    }

    #[test]
    fn what_was_spent_before_counts() {
        let limits = Limits { tokens: Some(100), ..Limits::default() };
        let amount = Amount { tokens: 100, ..Amount::default() };
        let before = Spending { amount, is_estimated: true };
        let purse = Purse::new(limits, before, Arc::default());
        assert_eq!(purse.refuse(Amount { tokens: 1, ..Amount::default() }), Some(Limit::Tokens));
        assert!(purse.spent().is_estimated);
    }
}
