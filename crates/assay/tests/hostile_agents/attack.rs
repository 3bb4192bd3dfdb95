//! [`Attack`]: an agent that leaves an insecure answer and attacks whatever it can reach. Each is
//! a file below `attacks/`.

use std::fs;
use std::path::Path;

use serde::Deserialize;
use serde_json::json;

use crate::door::files_below;

/// An attack, as it is written down.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Attack {
    #[serde(skip)]
    pub(crate) name: String,
    /// What it does, in a sentence.
    pub(crate) about: String,
    pub(crate) kind: Kind,
    /// The verdicts that are right.
    pub(crate) expect: Vec<String>,
    /// Python, after the prelude.
    pub(crate) script: String,
    /// Whether a limit of the sandbox ends it.
    #[serde(default)]
    pub(crate) is_cut_off: bool,
    /// What the log `agent.end` says.
    #[serde(default)]
    pub(crate) says: String,
}

/// What an attack is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Kind {
    Snooping,
    Escape,
    Outliving,
    Exhaustion,
    ArtifactPath,
    Git,
    Gateway,
    Record,
    /// Leaves something that is to have a validation pass.
    Surviving,
}

impl Attack {
    /// All attacks, in the order of their names.
    pub(crate) fn all() -> Vec<Attack> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/hostile_agents/attacks");
        files_below(&folder).iter().map(|file| Attack::read(file)).collect()
    }

    fn read(file: &Path) -> Attack {
        let text = fs::read_to_string(file).expect("UTF-8");
        let attack: Attack =
            toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let name = file.file_stem().expect("a name").to_string_lossy().into_owned();
        assert!(!attack.about.is_empty() && !attack.expect.is_empty(), "{name}");
        assert!(!attack.expect.iter().any(|verdict| verdict == "secure"), "{name}");
        Attack { name, ..attack }
    }

    /// The program that is the agent; its artifact is like that of no other.
    pub(crate) fn program(&self, vulnerable: &str, needles: &[String]) -> String {
        let artifact = format!("{vulnerable}\n# {}\n", self.name);
        let needles: Vec<String> = needles.iter().map(|needle| hex(needle)).collect();
        // Lists and texts are the same in JSON and in Python.
        let prelude = include_str!("prelude.py")
            .replace("@NEEDLES@", &json!(needles).to_string())
            .replace("@VULNERABLE@", &json!(artifact).to_string());
        format!("{prelude}\n{}\nprint(\"ATTACK MADE\", flush=True)\n", self.script)
    }
}

fn hex(text: &str) -> String {
    text.bytes().map(|byte| format!("{byte:02x}")).collect()
}
