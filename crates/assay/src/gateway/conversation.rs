//! [`Conversation`]: all that was said in a session, as evidence of an attempt.

use assay_core::answer::Finish;
use assay_core::infra_error::{InfraClass, InfraError};
use assay_core::{Served, TokenUsage};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::kept::KeptRequest;
use super::limits::Limit;

/// All that an agent and its model said to each other in a session. No key is in it, and no
/// token.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Conversation {
    /// The protocol, by its name in `assay.toml`.
    pub protocol: String,
    /// When it began, in RFC 3339.
    pub opened_at: String,
    /// In the order in which they began.
    pub exchanges: Vec<Exchange>,
    /// How many more there were, which are not kept.
    pub left_out: u64,
    /// Questions that were passed on to the model. An agent that has none did not work.
    pub requests: u64,
    /// What all exchanges took, those that are left out among them.
    pub usage: TokenUsage,
    /// Why no more was answered, if anything ended it but the agent itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<End>,
}

/// Why a session answers no more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum End {
    /// The agent passed a limit.
    Limit(Limit),
    /// The provider failed, and no retry mended it.
    Failure(InfraError),
}

/// One request of the agent, and what became of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Exchange {
    /// In milliseconds from the beginning of the session.
    pub begun_ms: u64,
    pub ended_ms: u64,
    pub method: String,
    /// The address without its query.
    pub path: String,
    /// The model that the agent named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked_model: Option<String>,
    /// `None` where it was not read, or takes too much room.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<KeptRequest>,
    /// How long the body of the request is.
    pub request_bytes: u64,
    pub outcome: Outcome,
}

/// What became of a request. A `body` of an answer is that which would have come without a
/// stream; it is null where it takes too much room.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "kebab-case", rename_all_fields = "kebab-case")]
pub enum Outcome {
    Answered {
        status: u16,
        body: Value,
        finish: Finish,
        usage: TokenUsage,
        served: Served,
    },
    /// The provider counted the tokens of a question.
    Counted {
        status: u16,
        body: Value,
    },
    /// The provider refuses the request itself: it is too long, say.
    Declined {
        status: u16,
        body: String,
        /// `None` if a filter of the provider kept the question from the model.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        class: Option<InfraClass>,
    },
    /// The gateway refuses it.
    Refused {
        status: u16,
        message: String,
    },
    /// The provider failed, perhaps after a part of the answer.
    Failed {
        error: InfraError,
        body: Value,
        usage: TokenUsage,
    },
    /// The agent went away before the end.
    Abandoned {
        body: Value,
        usage: TokenUsage,
    },
    /// The time of the session was over before the end.
    CutOff {
        body: Value,
        usage: TokenUsage,
    },
}

impl Outcome {
    /// What was taken, if the model was asked.
    pub fn usage(&self) -> Option<&TokenUsage> {
        match self {
            Outcome::Answered { usage, .. }
            | Outcome::Failed { usage, .. }
            | Outcome::Abandoned { usage, .. }
            | Outcome::CutOff { usage, .. } => Some(usage),
            Outcome::Counted { .. } | Outcome::Declined { .. } | Outcome::Refused { .. } => None,
        }
    }

    /// Forgets the texts, of which there are too many.
    pub(super) fn without_body(self) -> Outcome {
        let none = Value::Null;
        match self {
            Outcome::Answered { status, finish, usage, served, .. } => {
                Outcome::Answered { status, body: none, finish, usage, served }
            }
            Outcome::Counted { status, .. } => Outcome::Counted { status, body: none },
            Outcome::Declined { status, class, .. } => {
                Outcome::Declined { status, body: String::new(), class }
            }
            Outcome::Failed { error, usage, .. } => Outcome::Failed { error, body: none, usage },
            Outcome::Abandoned { usage, .. } => Outcome::Abandoned { body: none, usage },
            Outcome::CutOff { usage, .. } => Outcome::CutOff { body: none, usage },
            refused @ Outcome::Refused { .. } => refused,
        }
    }
}

impl Conversation {
    /// The limit that ended the agent.
    pub fn limit(&self) -> Option<Limit> {
        match self.end {
            Some(End::Limit(limit)) => Some(limit),
            _ => None,
        }
    }

    /// The provider's failure that ended the agent: one that no retry mended, or one in the
    /// middle of an answer after which nothing was answered any more. Its attempt is errored,
    /// and says nothing about the agent.
    pub fn failure(&self) -> Option<&InfraError> {
        if let Some(End::Failure(error)) = &self.end {
            return Some(error);
        }
        let last = self.exchanges.iter().rev().find_map(|exchange| match &exchange.outcome {
            Outcome::Failed { error, .. } => Some(Some(error)),
            Outcome::Answered { .. } => Some(None),
            _ => None,
        });
        last.flatten()
    }

    /// The body of the request of an exchange, as the agent sent it; `None` where it is not
    /// kept.
    pub fn request(&self, place: usize) -> Option<Value> {
        let mut chain = vec![self.exchanges.get(place)?.request.as_ref()?];
        while let Some(earlier) = chain.last()?.earlier {
            // What is read from a file may name anything.
            if chain.len() > self.exchanges.len() {
                return None;
            }
            chain.push(self.exchanges.get(earlier)?.request.as_ref()?);
        }
        let mut body: Option<Value> = None;
        for kept in chain.into_iter().rev() {
            body = Some(kept.whole(body.as_ref())?);
        }
        body
    }
}

/// A path as it is kept.
pub(super) fn short_path(path: &str) -> String {
    const MOST_CHARACTERS: usize = 200;
    let text: String = path.chars().take(MOST_CHARACTERS).collect();
    if path.chars().nth(MOST_CHARACTERS).is_some() { text + "..." } else { text }
}
