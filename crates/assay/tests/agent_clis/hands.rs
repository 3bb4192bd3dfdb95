//! What a model has an agent do, by the tools that the agent offers.

use serde_json::{Value, json};

use super::model::Asked;
use super::said::{Call, Said};

/// Where the project lies in a workspace.
const PROJECT: &str = "/work/project";

/// The tools of the agents that carry out a command, write a file and read one: their names, and
/// those of the arguments.
const SHELLS: [(&str, &str); 4] = [
    ("Bash", "command"),
    ("exec_command", "cmd"),
    ("run_shell_command", "command"),
    ("bash", "command"),
];
const WRITERS: [(&str, &str); 3] =
    [("Write", "file_path"), ("write_file", "file_path"), ("write", "filePath")];
const READERS: [(&str, &str); 3] =
    [("Read", "file_path"), ("read_file", "file_path"), ("read", "filePath")];

/// One thing that a model does.
#[derive(Debug, Clone)]
pub(crate) enum Deed {
    Read(String),
    Write(String, String),
    Run(String),
    Say(String),
    /// Calls this tool, offered or not.
    Call(&'static str, Value),
}

impl Deed {
    /// How it is said to the agent that asks. One without a shell is shown a file as text.
    pub(crate) fn said(&self, asked: &Asked) -> Said {
        match self {
            Deed::Say(text) => Said::words(text),
            Deed::Read(path) => match tool(asked, &READERS) {
                Some((tool, key)) => {
                    call(asked, "I read the file.", tool, json!({ key: absolute(path) }))
                }
                None => Deed::Run(format!("cat {path}")).said(asked),
            },
            Deed::Write(path, text) => match tool(asked, &WRITERS) {
                Some((tool, key)) => {
                    let arguments = json!({ key: absolute(path), "content": text });
                    call(asked, "I write the file.", tool, arguments)
                }
                None => {
                    let end = "END_OF_FILE";
                    Deed::Run(format!("cat > {path} <<'{end}'\n{text}\n{end}")).said(asked)
                }
            },
            Deed::Run(command) => match tool(asked, &SHELLS) {
                Some((tool, key)) => {
                    // Some tools want to know what a command is for.
                    let arguments = json!({ key: command, "description": "A step of the task" });
                    call(asked, "I run a command.", tool, arguments)
                }
                None => Said::words("There is nothing that I could do it with."),
            },
            Deed::Call(tool, arguments) => {
                call(asked, "I need to know something.", tool, arguments.clone())
            }
        }
    }
}

impl Asked {
    pub(crate) fn offers(&self, tool: &str) -> bool {
        self.tools.iter().any(|name| name == tool)
    }
}

fn absolute(path: &str) -> String {
    format!("{PROJECT}/{path}")
}

fn tool(
    asked: &Asked,
    known: &[(&'static str, &'static str)],
) -> Option<(&'static str, &'static str)> {
    known.iter().copied().find(|(tool, _)| asked.offers(tool))
}

fn call(asked: &Asked, text: &str, tool: &str, arguments: Value) -> Said {
    let id = format!("call_{}", asked.results.len() + 1);
    Said { text: text.to_owned(), call: Some(Call { id, tool: tool.to_owned(), arguments }) }
}
