//! What a subject is asked, and what it replies.

use std::ops::Range;
use std::sync::Arc;

use assay_core::answer::{Answer, Finish};
use assay_core::case::Case;
use assay_core::log::Log;
use assay_core::reading::{ThinkingTags, thought};
use assay_core::scenario::Scenario;
use assay_core::{Artifact, Served, TokenUsage};

use super::account::Account;

/// One question of an attempt, with the conversation that led to it.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    pub case: &'a Case,
    pub scenario: Scenario,
    /// From 1.
    pub round: u32,
    /// The whole conversation, oldest first; the last message is the user's.
    pub messages: &'a [Message],
    /// What the subject wrote before that this question is about: in its last answer, or in the
    /// attempt that this one follows.
    pub written: Option<&'a Artifact>,
    /// Who pays for the requests of a worker, as they are made.
    pub account: Option<&'a Arc<dyn Account>>,
}

/// One message of a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    pub role: Role,
    pub text: String,
}

impl Message {
    pub fn user(text: impl Into<String>) -> Message {
        Message { role: Role::User, text: text.into() }
    }

    pub fn system(text: impl Into<String>) -> Message {
        Message { role: Role::System, text: text.into() }
    }

    pub fn assistant(text: impl Into<String>) -> Message {
        Message { role: Role::Assistant, text: text.into() }
    }
}

/// Who wrote a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Whoever asks, about how to answer.
    System,
    User,
    Assistant,
}

impl Role {
    /// The role's name in most protocols.
    pub fn as_str(self) -> &'static str {
        match self {
            Role::System => "system",
            Role::User => "user",
            Role::Assistant => "assistant",
        }
    }
}

/// The form that an answer is to have.
#[derive(Debug, Clone, PartialEq)]
pub struct AnswerSchema {
    pub name: &'static str,
    pub schema: serde_json::Value,
}

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    pub answer: Answer,
    /// The thinking that the model showed, which is not part of the answer.
    pub thinking: Option<String>,
    pub finish: Finish,
    pub usage: TokenUsage,
    pub served: Served,
    /// What an agent left behind beside its answer; a model leaves nothing.
    pub logs: Vec<Log>,
}

impl Reply {
    /// Finds thinking that the server left in the text of the answer, and adds it to the thinking
    /// that was sent apart. The text stays as it came; returns the places of thinking in it.
    pub fn find_thinking(&mut self, tags: &ThinkingTags) -> Vec<Range<usize>> {
        let Answer::Text(text) = &self.answer else { return Vec::new() };
        let found = tags.find_in(text, self.finish);
        if let Some(more) = thought(text, &found) {
            self.thinking = Some(match self.thinking.take() {
                Some(thinking) => thinking + "\n" + &more,
                None => more,
            });
        }
        found.into_iter().map(|thinking| thinking.at).collect()
    }
}

impl From<Answer> for Reply {
    /// A reply that took nothing.
    fn from(answer: Answer) -> Reply {
        let (usage, served) = (TokenUsage::default(), Served::default());
        let (thinking, finish, logs) = (None, Finish::Complete, Vec::new());
        Reply { answer, thinking, finish, usage, served, logs }
    }
}
