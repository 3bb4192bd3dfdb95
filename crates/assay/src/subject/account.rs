//! [`Account`]: who pays for what a worker asks its model, request by request.

use std::fmt::Debug;

use assay_core::{Amount, InfraError, TokenUsage};

/// Who pays for what is asked while a question is worked on.
pub trait Account: Debug + Send + Sync {
    /// Counts what a request took. Called once for each, when its answer has come.
    fn charge(&self, usage: TokenUsage);

    /// Why the next request may not be sent, which will probably take at least this much.
    fn refusal(&self, next: Amount) -> Option<InfraError>;
}
