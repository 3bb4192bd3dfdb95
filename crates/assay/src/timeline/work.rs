//! [`AgentWork`]: an agent's work on an attempt in numbers, read from what is kept of it.
//! docs/agents.md says what each number counts.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::builds::builds;
use super::{Timeline, test_files};

/// The log that holds these numbers as JSON, so that no conversation is read for a table.
pub(crate) const WORK_LOG: &str = "agent.work";

/// The logs that the numbers are read from.
pub(crate) const END_LOG: &str = "agent.end";
pub(crate) const CONVERSATION_LOG: &str = "agent.conversation";
pub(crate) const PATCH_LOG: &str = "agent.patch";

/// What begins the line of a patch that says why it does not show everything.
pub(crate) const PATCH_GAP: &str = "(not compared: ";
pub(crate) const PATCH_REST: &str = "(left out: ";

/// An agent's work in numbers; `None` is a number that the record does not tell.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct AgentWork {
    /// Questions that were passed on to its model.
    pub(crate) requests: Option<u64>,
    /// Calls of a tool that runs commands.
    pub(crate) commands: Option<u64>,
    /// Those of them that compile or test something.
    pub(crate) builds: Option<u64>,
    /// Files of tests that it leaves and that are new or changed.
    pub(crate) tests_written: Option<u64>,
    /// Whether a part of the record is missing, so that the numbers are at least these.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) is_least: bool,
}

impl AgentWork {
    /// The numbers by how the agent was started, what it said to its model, and its patch, which
    /// is not there if it changed nothing.
    pub(crate) fn read(end: &str, conversation: Option<&str>, patch: Option<&str>) -> AgentWork {
        let mut work = AgentWork { tests_written: tests_written(patch), ..AgentWork::default() };
        work.is_least = patch.is_some_and(|patch| patch.contains(&format!("\n{PATCH_REST}")));
        let conversation = conversation.and_then(|text| serde_json::from_str(text).ok());
        let Some(conversation): Option<Value> = conversation else { return work };
        work.requests = conversation["requests"].as_u64();
        let Some(timeline) = Timeline::of(&conversation) else { return work };
        work.is_least |= timeline.lacks_a_part;
        let program = end.split_whitespace().next().unwrap_or_default();
        // It edits by its answers, and is told not to run commands that its model proposes.
        let runs_none = program.rsplit('/').next() == Some("aider");
        if timeline.offers_tools || runs_none {
            let answered = timeline.steps.iter().filter(|step| step.failure.is_none());
            let calls = answered.flat_map(|step| &step.calls);
            let scripts: Vec<&str> = calls.filter_map(|call| call.script.as_deref()).collect();
            work.commands = Some(scripts.len() as u64);
            work.builds = Some(scripts.into_iter().filter(|script| builds(script)).count() as u64);
        }
        work
    }

    /// Both together, as far as both are known.
    pub(crate) fn and(self, other: AgentWork) -> AgentWork {
        let sum = |a: Option<u64>, b: Option<u64>| Some(a?.saturating_add(b?));
        AgentWork {
            requests: sum(self.requests, other.requests),
            commands: sum(self.commands, other.commands),
            builds: sum(self.builds, other.builds),
            tests_written: sum(self.tests_written, other.tests_written),
            is_least: self.is_least || other.is_least,
        }
    }
}

/// Files of tests in a patch; `None` if nobody knows what was changed.
fn tests_written(patch: Option<&str>) -> Option<u64> {
    match patch {
        None => Some(0),
        Some(patch) if patch.starts_with(PATCH_GAP) => None,
        Some(patch) => Some(test_files::in_patch(patch)),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// A conversation in which a model calls a tool so often.
    fn conversation(tools: &Value, calls: &[(&str, Value)]) -> String {
        let call = |(name, input): &(&str, Value)| {
            json!({ "begun-ms": 1, "ended-ms": 2, "request": { "new": { "tools": tools } },
                "outcome": { "outcome": "answered", "status": 200, "body": { "content": [
                    { "type": "tool_use", "name": name, "input": input }] } } })
        };
        let exchanges: Vec<Value> = calls.iter().map(call).collect();
        json!({ "requests": calls.len(), "exchanges": exchanges, "left-out": 0 }).to_string()
    }

    #[test]
    fn commands_builds_and_tests_are_counted_where_the_record_tells_them() {
        let tools = json!([{ "name": "Bash" }]);
        let calls = [
            ("Bash", json!({ "command": "go test ./..." })),
            ("Bash", json!({ "command": "ls" })),
            ("Write", json!({ "file_path": "a_test.go", "content": "go test" })),
            ("Bash", json!({ "restart": true })),
        ];
        let patch = "diff --git a/a_test.go b/a_test.go\nnew file\n";
        let text = conversation(&tools, &calls);
        let work = AgentWork::read("claude --print\nit exited", Some(&text), Some(patch));
        let expect = AgentWork {
            requests: Some(4),
            commands: Some(2),
            builds: Some(1),
            tests_written: Some(1),
            is_least: false,
        };
        assert_eq!(work, expect);
        assert_eq!(work.and(expect).commands, Some(4));

        let untold =
            AgentWork::read("/opt/agent/agent", Some(&conversation(&json!([]), &calls)), None);
        assert_eq!((untold.commands, untold.builds, untold.tests_written), (None, None, Some(0)));
        assert_eq!(work.and(untold).commands, None);
        let aider =
            AgentWork::read("aider --yes-always", Some(&conversation(&json!(null), &[])), None);
        assert_eq!((aider.commands, aider.builds), (Some(0), Some(0)));
        let lost = AgentWork::read("claude", None, Some("(not compared: it is too deep)\n"));
        assert_eq!(lost, AgentWork::default());
    }

    #[test]
    fn what_a_record_lacks_makes_its_numbers_lower_bounds() {
        let text =
            conversation(&json!([{ "name": "Bash" }]), &[("Bash", json!({ "command": "a" }))]);
        let left_out = text.replace("\"left-out\":0", "\"left-out\":7");
        assert!(AgentWork::read("claude", Some(&left_out), None).is_least);
        let bodiless =
            text.replace("\"answered\"", "\"answered\",\"x\":1").replace("\"content\"", "\"gone\"");
        assert!(!AgentWork::read("claude", Some(&bodiless), None).is_least);
        let whole = "diff --git a/x b/x\n";
        assert!(!AgentWork::read("claude", Some(&text), Some(whole)).is_least);
        let cut = format!("{whole}\n{PATCH_REST}3 more files)\n");
        assert!(AgentWork::read("claude", Some(&text), Some(&cut)).is_least);
    }
}
