//! Tokens and cost of the replies of a subject's attempts, by purpose.

use assay_core::{Bill, Cost, Estimated};

use super::quantity;
use crate::store::{Purpose, Spent};

/// The tokens and cost of one subject in a run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Spending {
    /// All that the run's attempts keep.
    pub total: Bill,
    /// Of that, answers after the first of an attempt.
    pub repairs: Bill,
    /// Of that, the votes of judges.
    pub judges: Bill,
    /// Of that, replies from the response cache, with their cost of then.
    pub from_cache: Bill,
    /// What was paid for while the run went on, for unfinished attempts too.
    pub paid: Bill,
}

impl Spending {
    pub(super) fn of(subject: &str, spent: &[Spent], paid: &[(String, Bill)]) -> Spending {
        let mut spending = Spending::default();
        for Spent { purpose, from_cache, bill, .. } in
            spent.iter().filter(|spent| spent.subject == subject)
        {
            spending.total += *bill;
            match purpose {
                Purpose::First => {}
                Purpose::Repair => spending.repairs += *bill,
                Purpose::Judging => spending.judges += *bill,
            }
            if *from_cache {
                spending.from_cache += *bill;
            }
        }
        for (_, bill) in paid.iter().filter(|(name, _)| name == subject) {
            spending.paid += *bill;
        }
        spending
    }

    /// What is estimated, because a provider did not count it, in a sentence.
    pub(super) fn estimated(&self) -> Option<String> {
        let Bill { replies, estimated, estimate, .. } = &self.total;
        let Estimated { tokens, cost } = estimate;
        let cost = cost.map_or_else(String::new, |cost| format!(", cost ≈{cost}"));
        (*estimated > 0).then(|| {
            format!(
                "tokens of {} of {} replies were not counted by the provider, and are estimated from the length of the texts: ≈{} in, ≈{} out{cost}; hidden thinking is not included",
                quantity::tokens(*estimated),
                quantity::tokens(*replies),
                quantity::tokens(tokens.input),
                quantity::tokens(tokens.output),
            )
        })
    }

    /// Whether no model was asked.
    pub fn is_nothing(&self) -> bool {
        self.total.replies == 0 && self.paid.replies == 0
    }

    /// The cost of one attempt, given their number.
    pub fn cost_each(&self, attempts: usize) -> Option<Cost> {
        self.total.cost_each(attempts)
    }
}
