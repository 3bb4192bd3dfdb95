//! aider, <https://aider.chat/docs>.

use super::{Adapter, AgentCall, AgentTask};
use crate::subject::Provider;

#[derive(Debug)]
pub(super) struct Aider;

/// Where its task lies, as a command line may be too short for it.
const MESSAGE: &str = "task.md";

impl Adapter for Aider {
    fn name(&self) -> &'static str {
        "aider"
    }

    fn protocols(&self) -> &'static [Provider] {
        &[Provider::OpenAi, Provider::Anthropic]
    }

    fn instructions(&self) -> &'static str {
        "CONVENTIONS.md"
    }

    fn call(&self, task: &AgentTask<'_>) -> AgentCall {
        let (prefix, base, key) = match task.protocol {
            Provider::Anthropic => ("anthropic", "ANTHROPIC_API_BASE", "ANTHROPIC_API_KEY"),
            _ => ("openai", "OPENAI_API_BASE", "OPENAI_API_KEY"),
        };
        AgentCall::new("aider")
            .arguments([
                "--yes-always",
                "--no-auto-commits",
                "--no-gitignore",
                "--no-check-update",
                "--no-show-model-warnings",
                "--no-show-release-notes",
                "--no-detect-urls",
                "--no-pretty",
                "--no-stream",
                "--no-suggest-shell-commands",
                "--analytics-disable",
                "--map-tokens=1024",
            ])
            .arguments(["--model".to_owned(), format!("{prefix}/{}", task.model)])
            .arguments(["--weak-model".to_owned(), format!("{prefix}/{}", task.model)])
            .arguments(["--message-file".to_owned(), format!("{}/{MESSAGE}", task.home)])
            // Otherwise they lie in the project.
            .arguments(["--chat-history-file".to_owned(), format!("{}/chat.md", task.home)])
            .arguments(["--input-history-file".to_owned(), format!("{}/input", task.home)])
            .arguments(task.more)
            .arguments(task.paths.iter().map(ToString::to_string))
            .environment([
                (base, task.base()),
                (key, task.token.to_owned()),
                // Prices and windows of models are not fetched.
                ("LITELLM_LOCAL_MODEL_COST_MAP", "True".to_owned()),
            ])
            .file(MESSAGE, task.prompt)
    }

    fn last_words(&self, output: &str) -> Option<String> {
        output.lines().rev().map(str::trim).find(|line| !line.is_empty()).map(str::to_owned)
    }
}
