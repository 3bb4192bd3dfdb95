//! Codex, <https://developers.openai.com/codex>.

use super::{Adapter, AgentCall, AgentTask, last_text};
use crate::subject::Provider;

#[derive(Debug)]
pub(super) struct Codex;

impl Adapter for Codex {
    fn name(&self) -> &'static str {
        "codex"
    }

    fn protocols(&self) -> &'static [Provider] {
        &[Provider::OpenAiResponses]
    }

    fn instructions(&self) -> &'static str {
        "AGENTS.md"
    }

    fn call(&self, task: &AgentTask<'_>) -> AgentCall {
        let AgentTask { model, token, home, .. } = task;
        let base = toml::Value::from(task.base());
        // With plugins, it looks for a list of them in the Internet.
        let config = format!(
            "model_provider = \"assay\"\nweb_search = \"disabled\"\ncheck_for_update_on_startup = false\n\n\
             [model_providers.assay]\nname = \"assay\"\nbase_url = {base}\nenv_key = \"ASSAY_TOKEN\"\n\
             wire_api = \"responses\"\nrequest_max_retries = 0\nstream_max_retries = 3\n\n\
             [analytics]\nenabled = false\n\n[history]\npersistence = \"none\"\n\n\
             [features]\nplugins = false\n"
        );
        AgentCall::new("codex")
            .arguments([
                "exec",
                "--json",
                "--skip-git-repo-check",
                // It is in a sandbox already, and its own fails there.
                "--dangerously-bypass-approvals-and-sandbox",
                "--model",
                model,
            ])
            .arguments(task.more)
            .arguments(["-"])
            .environment([
                ("CODEX_HOME", format!("{home}/.codex")),
                ("ASSAY_TOKEN", (*token).to_owned()),
            ])
            .input(task.prompt)
            .file(".codex/config.toml", config)
    }

    fn last_words(&self, output: &str) -> Option<String> {
        last_text(output, &["/item/text", "/error/message", "/message"])
    }
}
