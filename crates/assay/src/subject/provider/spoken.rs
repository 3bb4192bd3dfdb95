//! [`Spoken`]: what was read of a body, whatever the protocol.

use assay_core::Tokens;
use assay_core::answer::{Answer, Finish};

use crate::subject::question::Reply;

/// What was read of a body.
#[derive(Debug, Default)]
pub(super) struct Spoken {
    pub(super) text: String,
    /// What the model said in the place that its protocol has for refusals.
    pub(super) refusal: String,
    pub(super) thinking: String,
    pub(super) finish: Finish,
    pub(super) tokens: Option<Tokens>,
    pub(super) calls_tool: bool,
    /// Whether there is something that is neither said nor shown: thinking that its
    /// provider hides, a tool of its own.
    pub(super) does_more: bool,
}

impl From<Spoken> for Reply {
    fn from(spoken: Spoken) -> Reply {
        let Spoken { mut text, refusal, thinking, mut finish, tokens, calls_tool, .. } = spoken;
        if !refusal.is_empty() {
            finish = Finish::Refused;
            if !text.is_empty() {
                text.push('\n');
            }
            text.push_str(&refusal);
        }
        if calls_tool && text.trim().is_empty() && finish == Finish::Complete {
            finish = Finish::ToolCall;
        }
        let mut reply = Reply::from(Answer::Text(text));
        reply.thinking = (!thinking.trim().is_empty()).then_some(thinking);
        reply.finish = finish;
        reply.usage.tokens = tokens;
        reply
    }
}
