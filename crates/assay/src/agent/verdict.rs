//! What became of an agent's work on a task: an answer, or a fault that it did not cause.

use assay_core::InfraError;
use assay_core::infra_error::InfraClass;

use crate::gateway::{Conversation, Outcome};

/// The most characters that are repeated of what an agent said.
const QUOTED: usize = 400;

/// How the agent's program came to its end.
#[derive(Debug, Clone)]
pub(super) struct Ending {
    /// In a phrase: `it exited with status 0`.
    pub(super) how: String,
    /// Its last words, or the end of what it printed.
    pub(super) last_words: String,
}

/// The fault for which an attempt counts as none, if there is one: the provider failed and
/// answered nothing after that, or the agent asked its model nothing, or nothing that was answered.
pub(super) fn fault(conversation: &Conversation, ending: &Ending) -> Option<InfraError> {
    if let Some(failure) = conversation.failure() {
        return Some(failure.clone());
    }
    let Ending { how, last_words } = ending;
    let said: String = match last_words.trim() {
        "" => "it printed nothing".to_owned(),
        words => format!("it said: {}", words.chars().take(QUOTED).collect::<String>()),
    };
    let agent =
        |what: &str| Some(InfraError::new(InfraClass::Agent, format!("{what}; {how}; {said}")));
    if conversation.requests == 0 {
        return agent("the agent asked its model nothing");
    }
    let mut outcomes = conversation.exchanges.iter().map(|exchange| &exchange.outcome);
    let is_answer = |outcome: &Outcome| matches!(outcome, Outcome::Answered { .. });
    match conversation.left_out == 0 && !outcomes.any(is_answer) && conversation.limit().is_none() {
        true => agent("the agent was given no answer by its model"),
        false => None,
    }
}
