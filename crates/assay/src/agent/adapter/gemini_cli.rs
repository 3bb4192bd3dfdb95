//! Gemini CLI, <https://geminicli.com/docs>.

use serde_json::json;

use super::{Adapter, AgentCall, AgentTask, last_text};
use crate::subject::Provider;

#[derive(Debug)]
pub(super) struct GeminiCli;

impl Adapter for GeminiCli {
    fn name(&self) -> &'static str {
        "gemini-cli"
    }

    fn protocols(&self) -> &'static [Provider] {
        &[Provider::Gemini]
    }

    fn instructions(&self) -> &'static str {
        "GEMINI.md"
    }

    fn call(&self, task: &AgentTask<'_>) -> AgentCall {
        let settings = json!({
            "privacy": { "usageStatisticsEnabled": false },
            "security": { "auth": { "selectedType": "gemini-api-key" } },
            "general": { "disableAutoUpdate": true, "disableUpdateNag": true },
            "telemetry": { "enabled": false },
            "tools": { "exclude": ["google_web_search", "web_fetch"] },
        });
        AgentCall::new("gemini")
            .arguments(["--yolo", "--output-format", "stream-json", "--model", task.model])
            .arguments(task.more)
            .arguments(["--prompt", task.prompt])
            .environment([
                ("GOOGLE_GEMINI_BASE_URL", task.base()),
                ("GEMINI_API_KEY", task.token.to_owned()),
                ("GEMINI_CLI_TRUST_WORKSPACE", "true".to_owned()),
                ("GEMINI_TELEMETRY_ENABLED", "false".to_owned()),
                ("NO_BROWSER", "true".to_owned()),
            ])
            .file(".gemini/settings.json", settings.to_string())
    }

    fn last_words(&self, output: &str) -> Option<String> {
        last_text(output, &["/content", "/error/message", "/message"])
    }
}
