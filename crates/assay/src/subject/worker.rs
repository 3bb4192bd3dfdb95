//! [`Worker`]: whoever answers a question by working in a project, and not with a text.

use std::fmt::Debug;
use std::pin::Pin;

use assay_core::{Cost, InfraError};

use super::price::Price;
use super::question::{Question, Reply};

/// A reply that is being worked on.
pub type Working<'a> = Pin<Box<dyn Future<Output = Result<Reply, InfraError>> + Send + 'a>>;

/// What a worker may take for one question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WorkLimits {
    /// Requests to its model.
    pub requests: u64,
    /// Tokens of its model, in and out together; `None` where there is no limit.
    pub tokens: Option<u64>,
    /// `None` where there is no limit.
    pub cost: Option<Cost>,
}

/// Whoever answers a question by working in a project. Its answer is the files that it leaves
/// where the case's artifact goes.
pub trait Worker: Debug + Send + Sync {
    /// Unique among the subjects of a run.
    fn name(&self) -> &str;

    /// What the user should know before a run, if anything.
    fn warning(&self) -> Option<String>;

    /// How many questions to it may be open at once now.
    fn room(&self) -> usize;

    /// Why it is asked no more, if every further question would fail alike.
    fn refusal(&self) -> Option<&InfraError>;

    /// What its tokens cost, if that is known.
    fn price(&self) -> Option<Price>;

    /// What it may take for one question.
    fn limits(&self) -> WorkLimits;

    /// Ends at once all that it works on, now and later: the run is over.
    fn stop(&self);

    /// Works on a question, and charges what it takes to the account of that, request by request.
    /// The error is a fault that it did not cause.
    fn work<'a>(&'a self, question: &'a Question<'a>) -> Working<'a>;
}
