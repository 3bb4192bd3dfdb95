//! aider, <https://aider.chat/docs>.

use super::{Adapter, AgentCall, AgentTask, by_litellm, last_line};
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
        let (model, variables) = by_litellm(task);
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
            .arguments(["--model", &model])
            .arguments(["--weak-model", &model])
            .arguments(["--message-file".to_owned(), format!("{}/{MESSAGE}", task.home)])
            // Otherwise they lie in the project.
            .arguments(["--chat-history-file".to_owned(), format!("{}/chat.md", task.home)])
            .arguments(["--input-history-file".to_owned(), format!("{}/input", task.home)])
            .arguments(task.more)
            .arguments(task.paths.iter().map(ToString::to_string))
            .environment(variables)
            .file(MESSAGE, task.prompt)
    }

    fn last_words(&self, output: &str) -> Option<String> {
        last_line(output)
    }
}
