//! [`Own`]: a program of the user's own that works as an agent. docs/agents.md has its contract.

use super::{Adapter, AgentCall, AgentTask, last_line};
use crate::subject::Provider;

/// A program of the user's own.
#[derive(Debug)]
pub(crate) struct Own;

/// What it is called in its workspace.
const PROGRAM: &str = "agent";

impl Adapter for Own {
    fn name(&self) -> &'static str {
        "command"
    }

    fn protocols(&self) -> &'static [Provider] {
        &[Provider::OpenAi, Provider::OpenAiResponses, Provider::Anthropic, Provider::Gemini]
    }

    fn instructions(&self) -> &'static str {
        "AGENTS.md"
    }

    fn call(&self, task: &AgentTask<'_>) -> AgentCall {
        let paths: Vec<String> = task.paths.iter().map(ToString::to_string).collect();
        let protocol = match task.protocol {
            Provider::OpenAi | Provider::OpenAiResponses => {
                [("OPENAI_BASE_URL", task.base()), ("OPENAI_API_KEY", task.token.to_owned())]
            }
            Provider::Anthropic => {
                [("ANTHROPIC_BASE_URL", task.base()), ("ANTHROPIC_API_KEY", task.token.to_owned())]
            }
            Provider::Gemini => {
                [("GOOGLE_GEMINI_BASE_URL", task.base()), ("GEMINI_API_KEY", task.token.to_owned())]
            }
        };
        AgentCall::new(PROGRAM)
            .arguments(task.more)
            .environment(protocol)
            .environment([
                ("ASSAY_PROTOCOL", task.protocol.as_str().to_owned()),
                ("ASSAY_MODEL", task.model.to_owned()),
                ("ASSAY_ARTIFACTS", paths.join("\n")),
            ])
            .input(task.prompt)
    }

    fn last_words(&self, output: &str) -> Option<String> {
        last_line(output)
    }
}
