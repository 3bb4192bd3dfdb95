//! OpenCode, <https://opencode.ai/docs>.

use serde_json::json;

use super::{Adapter, AgentCall, AgentTask, last_text};
use crate::subject::Provider;

#[derive(Debug)]
pub(super) struct OpenCode;

impl Adapter for OpenCode {
    fn name(&self) -> &'static str {
        "opencode"
    }

    fn protocols(&self) -> &'static [Provider] {
        &[Provider::OpenAi, Provider::Anthropic]
    }

    fn instructions(&self) -> &'static str {
        "AGENTS.md"
    }

    fn call(&self, task: &AgentTask<'_>) -> AgentCall {
        let package = match task.protocol {
            Provider::Anthropic => "@ai-sdk/anthropic",
            _ => "@ai-sdk/openai-compatible",
        };
        // This client takes the version for a part of the base.
        let base = match task.protocol {
            Provider::Anthropic => format!("{}/v1", task.base()),
            _ => task.base(),
        };
        let config = json!({
            "provider": { "assay": {
                "npm": package,
                "name": "assay",
                "options": { "baseURL": base, "apiKey": "{env:ASSAY_TOKEN}" },
                "models": { task.model: { "name": task.model } },
            }},
            "permission": "allow",
            "autoupdate": false,
            "share": "disabled",
            "small_model": format!("assay/{}", task.model),
            "tools": { "webfetch": false, "websearch": false },
        });
        AgentCall::new("opencode")
            .arguments(["run", "--format", "json"])
            .arguments(["--model".to_owned(), format!("assay/{}", task.model)])
            .arguments(task.more)
            .arguments(["--", task.prompt])
            .environment([
                ("OPENCODE_CONFIG_CONTENT", config.to_string()),
                ("ASSAY_TOKEN", task.token.to_owned()),
                ("OPENCODE_DISABLE_AUTOUPDATE", "1".to_owned()),
                ("OPENCODE_DISABLE_MODELS_FETCH", "1".to_owned()),
                ("OPENCODE_DISABLE_LSP_DOWNLOAD", "1".to_owned()),
                ("OPENCODE_DISABLE_DEFAULT_PLUGINS", "1".to_owned()),
            ])
    }

    fn last_words(&self, output: &str) -> Option<String> {
        last_text(output, &["/part/text", "/error/data/message", "/error/message"])
    }
}
