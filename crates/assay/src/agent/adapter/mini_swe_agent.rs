//! mini-swe-agent, <https://mini-swe-agent.com>: the smallest loop that works.

use super::{Adapter, AgentCall, AgentTask, by_litellm, last_line};
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
        let (model, variables) = by_litellm(task);
        let output = format!("{}/trajectory.json", task.home);
        AgentCall::new("mini")
            .arguments(["--yolo", "--exit-immediately", "--cost-limit", "0"])
            .arguments(["--output", &output])
            .arguments(["--model", &model])
            .arguments(task.more)
            .arguments(["--task", task.prompt])
            .environment(variables)
            .environment([
                ("MSWEA_CONFIGURED", "true".to_owned()),
                ("MSWEA_SILENT_STARTUP", "1".to_owned()),
                // The gateway asks again; here it would take minutes until it ends.
                ("MSWEA_MODEL_RETRY_STOP_AFTER_ATTEMPT", "1".to_owned()),
                ("MSWEA_COST_TRACKING", "ignore_errors".to_owned()),
                ("MSWEA_GLOBAL_CONFIG_DIR", format!("{}/.mini", task.home)),
            ])
    }

    fn last_words(&self, output: &str) -> Option<String> {
        last_line(output)
    }
}
