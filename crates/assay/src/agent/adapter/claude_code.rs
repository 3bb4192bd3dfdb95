//! Claude Code, <https://code.claude.com/docs>.

use serde_json::json;

use super::{Adapter, AgentCall, AgentTask, last_text};
use crate::subject::Provider;

#[derive(Debug)]
pub(super) struct ClaudeCode;

impl Adapter for ClaudeCode {
    fn name(&self) -> &'static str {
        "claude-code"
    }

    fn protocols(&self) -> &'static [Provider] {
        &[Provider::Anthropic]
    }

    fn instructions(&self) -> &'static str {
        "CLAUDE.md"
    }

    fn call(&self, task: &AgentTask<'_>) -> AgentCall {
        let AgentTask { model, token, home, .. } = task;
        // A token in the environment alone is passed over in some versions.
        let settings = json!({
            "apiKeyHelper": "printf %s \"$ANTHROPIC_AUTH_TOKEN\"",
            "includeCoAuthoredBy": false,
        });
        AgentCall::new("claude")
            .arguments([
                "--print",
                "--verbose",
                "--output-format=stream-json",
                "--permission-mode=bypassPermissions",
                "--disallowedTools=WebSearch,WebFetch",
            ])
            .arguments(task.more)
            .environment([
                ("ANTHROPIC_BASE_URL", task.base()),
                ("ANTHROPIC_AUTH_TOKEN", (*token).to_owned()),
                ("ANTHROPIC_MODEL", (*model).to_owned()),
                ("ANTHROPIC_SMALL_FAST_MODEL", (*model).to_owned()),
                ("ANTHROPIC_DEFAULT_HAIKU_MODEL", (*model).to_owned()),
                ("ANTHROPIC_DEFAULT_SONNET_MODEL", (*model).to_owned()),
                ("ANTHROPIC_DEFAULT_OPUS_MODEL", (*model).to_owned()),
                ("CLAUDE_CONFIG_DIR", format!("{home}/.claude")),
                ("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1".to_owned()),
                ("DISABLE_AUTOUPDATER", "1".to_owned()),
                ("DISABLE_TELEMETRY", "1".to_owned()),
                ("DISABLE_ERROR_REPORTING", "1".to_owned()),
                ("IS_SANDBOX", "1".to_owned()),
            ])
            .input(task.prompt)
            .file(".claude/settings.json", settings.to_string())
    }

    fn last_words(&self, output: &str) -> Option<String> {
        last_text(output, &["/result"])
    }
}
