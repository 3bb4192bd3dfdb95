//! [`Adapter`]: how an agent is called, so that it works by itself on one task, with one model,
//! behind the gateway. Each known agent is one file below and one row of [`ADAPTERS`].

mod aider;
mod claude_code;
mod codex;
mod gemini_cli;
mod mini_swe_agent;
mod opencode;
mod own;
mod qwen_code;

use std::fmt::Debug;

use assay_core::SafePath;
use serde_json::Value;

use crate::subject::Provider;
pub(crate) use own::Own;

/// The agents that Assay knows, in the order in which they are shown.
static ADAPTERS: [&dyn Adapter; 7] = [
    &claude_code::ClaudeCode,
    &codex::Codex,
    &gemini_cli::GeminiCli,
    &qwen_code::QwenCode,
    &opencode::OpenCode,
    &aider::Aider,
    &mini_swe_agent::MiniSweAgent,
];

/// How an agent is called.
pub(crate) trait Adapter: Debug + Send + Sync {
    /// What users call it.
    fn name(&self) -> &'static str;

    /// The protocols that it speaks with models, the usual one first.
    fn protocols(&self) -> &'static [Provider];

    /// The file of the workspace that it reads instructions from by itself.
    fn instructions(&self) -> &'static str;

    /// The call that has it work on a task to its end, with nobody to ask.
    fn call(&self, task: &AgentTask<'_>) -> AgentCall;

    /// What it said last, by what it printed; `None` where it says that in no known form.
    fn last_words(&self, output: &str) -> Option<String>;
}

/// The adapter of a known agent.
pub(crate) fn named(name: &str) -> Option<&'static dyn Adapter> {
    ADAPTERS.into_iter().find(|adapter| adapter.name() == name)
}

/// What the agents are called that Assay knows.
pub(crate) fn names() -> Vec<&'static str> {
    ADAPTERS.into_iter().map(Adapter::name).collect()
}

/// What an agent is to do, and with which model.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AgentTask<'a> {
    pub(crate) prompt: &'a str,
    pub(crate) protocol: Provider,
    pub(crate) model: &'a str,
    /// Where the gateway is inside the sandbox, without a path: `http://127.0.0.1:9000`.
    pub(crate) gateway: &'a str,
    /// What the gateway knows the attempt by; worth nothing anywhere else.
    pub(crate) token: &'a str,
    /// The home folder inside the sandbox.
    pub(crate) home: &'a str,
    /// Where its work is to be written.
    pub(crate) paths: &'a [SafePath],
    /// What the user adds to its command line.
    pub(crate) more: &'a [String],
}

impl AgentTask<'_> {
    /// What the endpoints of the protocol are below.
    pub(crate) fn base(&self) -> String {
        match self.protocol {
            Provider::OpenAi | Provider::OpenAiResponses => format!("{}/v1", self.gateway),
            Provider::Anthropic | Provider::Gemini => self.gateway.to_owned(),
        }
    }
}

/// A command that has an agent work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AgentCall {
    /// Found by the `PATH` of its installation.
    pub(crate) program: String,
    pub(crate) arguments: Vec<String>,
    pub(crate) environment: Vec<(String, String)>,
    pub(crate) input: Vec<u8>,
    /// Files to lie below its home before it starts, by their paths there.
    pub(crate) files: Vec<(String, String)>,
}

impl AgentCall {
    fn new(program: &str) -> AgentCall {
        AgentCall {
            program: program.to_owned(),
            arguments: Vec::new(),
            environment: Vec::new(),
            input: Vec::new(),
            files: Vec::new(),
        }
    }

    fn arguments<T: Into<String>>(mut self, arguments: impl IntoIterator<Item = T>) -> AgentCall {
        self.arguments.extend(arguments.into_iter().map(Into::into));
        self
    }

    fn environment<V: Into<String>>(
        mut self,
        variables: impl IntoIterator<Item = (&'static str, V)>,
    ) -> AgentCall {
        let variables = variables.into_iter();
        self.environment.extend(variables.map(|(name, value)| (name.to_owned(), value.into())));
        self
    }

    fn input(self, input: &str) -> AgentCall {
        AgentCall { input: input.as_bytes().to_vec(), ..self }
    }

    fn file(mut self, path: &str, content: impl Into<String>) -> AgentCall {
        self.files.push((path.to_owned(), content.into()));
        self
    }
}

/// What agents that ask by LiteLLM are told: the model by its name there, and variables.
fn by_litellm(task: &AgentTask<'_>) -> (String, [(&'static str, String); 3]) {
    let (prefix, base, key) = match task.protocol {
        Provider::Anthropic => ("anthropic", "ANTHROPIC_API_BASE", "ANTHROPIC_API_KEY"),
        _ => ("openai", "OPENAI_API_BASE", "OPENAI_API_KEY"),
    };
    let variables = [
        (base, task.base()),
        (key, task.token.to_owned()),
        // Prices and windows of models are not fetched.
        ("LITELLM_LOCAL_MODEL_COST_MAP", "True".to_owned()),
    ];
    (format!("{prefix}/{}", task.model), variables)
}

/// The last line of an output that is not blank.
fn last_line(output: &str) -> Option<String> {
    output.lines().rev().map(str::trim).find(|line| !line.is_empty()).map(str::to_owned)
}

/// The values of the lines of an output that are JSON.
fn json_lines(output: &str) -> impl DoubleEndedIterator<Item = Value> + '_ {
    output.lines().filter_map(|line| serde_json::from_str(line.trim()).ok())
}

/// The last text at one of these places of the lines that are JSON.
fn last_text(output: &str, pointers: &[&str]) -> Option<String> {
    let text = |line: &Value| {
        let mut found = pointers.iter().filter_map(|pointer| line.pointer(pointer)?.as_str());
        found.find(|text| !text.trim().is_empty()).map(str::to_owned)
    };
    json_lines(output).rev().find_map(|line| text(&line))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn task<'a>(protocol: Provider, more: &'a [String], paths: &'a [SafePath]) -> AgentTask<'a> {
        AgentTask {
            prompt: "Write it.",
            protocol,
            model: "the-model",
            gateway: "http://127.0.0.1:9000",
            token: "the-token",
            home: "/home/agent",
            paths,
            more,
        }
    }

    #[test]
    fn every_agent_is_told_all_that_it_needs_and_has_the_token_in_no_argument() {
        let more = ["--more".to_owned()];
        let paths = [SafePath::new("src/a.py").expect("safe")];
        for adapter in ADAPTERS {
            for protocol in adapter.protocols() {
                let call = adapter.call(&task(*protocol, &more, &paths));
                let name = adapter.name();
                let everything = format!("{call:?} {}", String::from_utf8_lossy(&call.input));
                for part in ["Write it.", "the-model", "http://127.0.0.1:9000", "the-token"] {
                    assert!(everything.contains(part), "{name} with {protocol:?}: {part}");
                }
                assert!(call.arguments.contains(&"--more".to_owned()), "{name}");
                let arguments = call.arguments.join(" ");
                assert!(!arguments.contains("the-token"), "{name}: {arguments}");
            }
            assert_eq!(named(adapter.name()).map(Adapter::name), Some(adapter.name()));
        }
        assert!(named("nobody").is_none());
    }
}
