//! Qwen Code, <https://qwenlm.github.io/qwen-code-docs>.

use serde_json::json;

use super::{Adapter, AgentCall, AgentTask, last_text};
use crate::subject::Provider;

#[derive(Debug)]
pub(super) struct QwenCode;

impl Adapter for QwenCode {
    fn name(&self) -> &'static str {
        "qwen-code"
    }

    fn protocols(&self) -> &'static [Provider] {
        &[Provider::OpenAi]
    }

    fn instructions(&self) -> &'static str {
        "QWEN.md"
    }

    fn call(&self, task: &AgentTask<'_>) -> AgentCall {
        let settings = json!({
            "privacy": { "usageStatisticsEnabled": false },
            "security": { "auth": { "selectedType": "openai" } },
            "general": { "disableAutoUpdate": true },
            "telemetry": { "enabled": false },
            // With "web_fetch" here, it refuses every command that has curl in it.
            "tools": { "exclude": ["web_search"] },
        });
        AgentCall::new("qwen")
            .arguments(["--yolo", "--auth-type", "openai", "--output-format", "stream-json"])
            .arguments(["--model", task.model])
            .arguments(task.more)
            .arguments(["--prompt", task.prompt])
            .environment([
                ("OPENAI_BASE_URL", task.base()),
                ("OPENAI_API_KEY", task.token.to_owned()),
                ("OPENAI_MODEL", task.model.to_owned()),
                ("NO_BROWSER", "true".to_owned()),
            ])
            .file(".qwen/settings.json", settings.to_string())
    }

    fn last_words(&self, output: &str) -> Option<String> {
        last_text(output, &["/result", "/error/message", "/message/content/0/text"])
    }
}
