//! [`Finding`]: a sign that an artifact tried to fool the grader, or only a note.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Something that was seen of an artifact. As a finding of tampering it has no honest
/// purpose and aims at the grader; as a note it is only unusual and decides nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    pub layer: Layer,
    /// What was seen: a phrase such as `defines memcmp, which belongs to libc`.
    pub what: String,
    /// Where: a file and line, a symbol, a test.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
}

/// Which layer of the defence saw it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Layer {
    /// The answer itself: its paths and names.
    Answer,
    /// What was built, before any of it ran.
    Build,
    /// Sentinels, tripwires and the report, while the suite ran.
    Run,
    /// What the suite left behind.
    After,
}

impl Finding {
    pub fn answer(what: impl Into<String>, place: Option<String>) -> Finding {
        Finding { layer: Layer::Answer, what: what.into(), place }
    }

    pub fn build(what: impl Into<String>, place: Option<String>) -> Finding {
        Finding { layer: Layer::Build, what: what.into(), place }
    }

    pub fn run(what: impl Into<String>, place: Option<String>) -> Finding {
        Finding { layer: Layer::Run, what: what.into(), place }
    }

    pub fn after(what: impl Into<String>, place: Option<String>) -> Finding {
        Finding { layer: Layer::After, what: what.into(), place }
    }
}

impl Layer {
    /// The name that people read.
    pub fn title(self) -> &'static str {
        match self {
            Layer::Answer => "in the answer",
            Layer::Build => "before the run",
            Layer::Run => "during the run",
            Layer::After => "after the run",
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)?;
        match &self.place {
            Some(place) => write!(f, " ({place})"),
            None => Ok(()),
        }
    }
}
