//! Answers that the server lost: it counts what its model said, and sends nothing of it.

use assay_core::answer::Finish;
use assay_core::infra_error::{InfraClass, InfraError};

use super::spoken::Spoken;

/// Tokens that frame an empty answer: those for its beginning and end, and for empty thinking.
const FRAME: u64 = 8;

/// What a count of reasoning may be short of: some providers count it in steps of 64.
const STEP: u64 = 64;

impl Spoken {
    /// An error if output was counted but is nowhere: neither text nor thinking, nor anything else
    /// that a model does. That is not silence of the model.
    pub(super) fn not_lost(self) -> Result<Spoken, InfraError> {
        let Some(tokens) = self.tokens else { return Ok(self) };
        let is_silent = self.finish == Finish::Complete
            && self.text.is_empty()
            && self.refusal.is_empty()
            && self.thinking.is_empty()
            && !self.calls_tool
            && !self.does_more;
        let slack = if tokens.reasoning == 0 { FRAME } else { STEP };
        if !is_silent || tokens.output.saturating_sub(tokens.reasoning) <= slack {
            return Ok(self);
        }
        let message = format!(
            "the server counted {} tokens of output and sent neither text nor thinking: it lost the answer",
            tokens.output
        );
        Err(InfraError::new(InfraClass::MalformedResponse, message))
    }
}
