//! mini-swe-agent, <https://mini-swe-agent.com>: the smallest loop that works.

use super::{Adapter, AgentCall, AgentTask};
use crate::subject::Provider;

#[derive(Debug)]
pub(super) struct MiniSweAgent;

impl Adapter for MiniSweAgent {
    fn name(&self) -> &'static str {
        "mini-swe-agent"
    }

    fn protocols(&self) -> &'static [Provider] {
        &[Provider::OpenAi, Provider::Anthropic]
    }

    fn instructions(&self) -> &'static str {
        "AGENTS.md"
    }

    fn call(&self, task: &AgentTask<'_>) -> AgentCall {
        let (prefix, base, key) = match task.protocol {
            Provider::Anthropic => ("anthropic", "ANTHROPIC_API_BASE", "ANTHROPIC_API_KEY"),
            _ => ("openai", "OPENAI_API_BASE", "OPENAI_API_KEY"),
        };
        let output = format!("{}/trajectory.json", task.home);
        AgentCall::new("mini")
            .arguments(["--yolo", "--exit-immediately", "--cost-limit", "0"])
            .arguments(["--output", &output])
            .arguments(["--model".to_owned(), format!("{prefix}/{}", task.model)])
            .arguments(task.more)
            .arguments(["--task", task.prompt])
            .environment([
                (base, task.base()),
                (key, task.token.to_owned()),
                ("MSWEA_CONFIGURED", "true".to_owned()),
                ("MSWEA_SILENT_STARTUP", "1".to_owned()),
                ("MSWEA_COST_TRACKING", "ignore_errors".to_owned()),
                ("MSWEA_GLOBAL_CONFIG_DIR", format!("{}/.mini", task.home)),
                ("LITELLM_LOCAL_MODEL_COST_MAP", "True".to_owned()),
            ])
    }

    fn last_words(&self, output: &str) -> Option<String> {
        output.lines().rev().map(str::trim).find(|line| !line.is_empty()).map(str::to_owned)
    }
}
