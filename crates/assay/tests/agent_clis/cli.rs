//! The agents that Assay installs, as programs that a model can be played to.

use std::io::Write as _;
use std::sync::{Mutex, MutexGuard, PoisonError};

use assay_verify::agent::{Agent, Agents};

use super::hands::Deed;
use super::model::Asked;
use super::said::Said;
use crate::door::{Door, cache};

/// The key of the scripted models, which nothing else contains.
pub(crate) const KEY: &str = "sk-planted-4e07f1d2a9c85b36";

/// The variables in which keys are looked for.
pub(crate) const KEY_VARIABLES: [&str; 3] =
    ["OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GEMINI_API_KEY"];

/// An agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cli {
    pub(crate) name: &'static str,
    /// The protocols that it speaks, the usual one first.
    pub(crate) protocols: &'static [&'static str],
    /// The tool by which it asks its user, where it has a user.
    pub(crate) question: &'static str,
}

pub(crate) const CLIS: [Cli; 7] = [
    Cli { name: "claude-code", protocols: &["anthropic"], question: "AskUserQuestion" },
    Cli { name: "codex", protocols: &["openai-responses"], question: "request_user_input" },
    Cli { name: "gemini-cli", protocols: &["gemini"], question: "ask_user" },
    Cli { name: "qwen-code", protocols: &["openai"], question: "ask_user_question" },
    Cli { name: "opencode", protocols: &["openai", "anthropic"], question: "question" },
    Cli { name: "aider", protocols: &["openai", "anthropic"], question: "question" },
    Cli { name: "mini-swe-agent", protocols: &["openai", "anthropic"], question: "question" },
];

/// The variable that names agents, separated by commas, or says `all`: those alone are tried,
/// and with all that there is to try.
const CHOSEN: &str = "ASSAY_TEST_AGENTS";

/// The agents that are named, if there are any.
pub(crate) fn chosen() -> Option<String> {
    let named = std::env::var(CHOSEN).ok()?;
    Some(if named == "all" { CLIS.map(|cli| cli.name).join(",") } else { named })
}

/// The right to have agents work: some need two gigabytes, and the processors are few.
pub(crate) struct Turn(#[expect(dead_code, reason = "it is held")] MutexGuard<'static, ()>);

impl Turn {
    pub(crate) fn take() -> Turn {
        static TURN: Mutex<()> = Mutex::new(());
        Turn(TURN.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Says something that is not captured as the output of tests is.
pub(crate) fn tell(line: &str) {
    std::io::stderr().write_all(format!("{line}\n").as_bytes()).expect("it is open");
}

/// What mini-SWE-agent takes for the end of its work.
const SUBMIT: &str = "echo COMPLETE_TASK_AND_SUBMIT_FINAL_OUTPUT";

impl Cli {
    /// Those that are installed here, or of these those that [`CHOSEN`] names; who is not there is
    /// said.
    pub(crate) fn installed() -> Vec<Cli> {
        let agents = Agents::new(cache().to_owned());
        let is_there = |cli: &Cli| {
            let agent: Agent = cli.name.parse().expect("a known agent");
            let found = agents.installed(&agent);
            if let Err(error) = &found {
                tell(&format!("skipped: the agent {}: {}", cli.name, error.message));
            }
            found.is_ok()
        };
        let chosen = chosen();
        let is_chosen = |cli: &Cli| chosen.as_ref().is_none_or(|names| names.contains(cli.name));
        CLIS.into_iter().filter(is_chosen).filter(is_there).collect()
    }

    /// The table of a subject whose model is called so.
    pub(crate) fn table(self, protocol: &str, model: &str, address: &str, more: &str) -> String {
        let version = if protocol == "gemini" { "v1beta" } else { "v1" };
        format!(
            "[[subject]]\nprovider = 'agent'\nagent = '{name}'\nname = '{name} {model}'\nmax-requests = 12\n[subject.model]\nprovider = '{protocol}'\nmodel = '{model}'\nbase-url = '{address}/{version}'\nprice = {{ input = 1, cache-write = 1, output = 10 }}\n{more}\n",
            name = self.name,
        )
    }

    /// What a model says that does these things one after the other and then ends.
    pub(crate) fn play(self, deeds: &[Deed], path: &str, asked: &Asked) -> Said {
        if self.name == "aider" {
            return by_text(deeds, path);
        }
        // Beside their work, agents ask for titles.
        if asked.tools.is_empty() {
            return Said::words("A title");
        }
        let end = match self.name {
            "mini-swe-agent" => Deed::Run(SUBMIT.to_owned()),
            _ => Deed::Say("All is written and tested.".to_owned()),
        };
        deeds.get(asked.results.len()).unwrap_or(&end).said(asked)
    }
}

/// aider has no tools: it takes a file whole from the text.
fn by_text(deeds: &[Deed], path: &str) -> Said {
    let written = deeds.iter().find_map(|deed| match deed {
        Deed::Write(_, text) => Some(text),
        _ => None,
    });
    match written {
        Some(text) => Said::words(&format!("I write it.\n\n{path}\n```\n{text}\n```\n")),
        None => Said::words("May I go on? Please answer yes or no."),
    }
}

/// The command that runs these subjects on one case.
pub(crate) fn run(door: &Door, case: &str) -> std::process::Command {
    let arguments = ["run", "--case", case, "--scenario", "gen", "--output", "run.assay"];
    let mut command = door.command(&arguments);
    for variable in KEY_VARIABLES {
        command.env(variable, KEY);
    }
    command
}
