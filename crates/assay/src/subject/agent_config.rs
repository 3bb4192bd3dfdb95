//! What a user sets of an agent that works in a project by itself.

use std::num::NonZeroU64;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::spec::SubjectConfig;

/// A `[[subject]]` table with `provider = "agent"`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct AgentConfig {
    /// The subject's name; by default the agent's, with its model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// One that Assay knows, or the path of a program or folder of the user's own.
    pub agent: String,
    /// The version to use; by default the one that Assay is tested with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The model that it asks, as a subject of its own would be written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<Box<SubjectConfig>>,
    /// Added to its command line.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub arguments: Vec<String>,
    /// A file with instructions, which lies in the workspace under the name that the agent reads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instructions: Option<PathBuf>,
    /// The limits of one attempt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wall_minutes: Option<NonZeroU64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_requests: Option<NonZeroU64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_total_tokens: Option<NonZeroU64>,
    /// In the currency of the model's price.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_cost: Option<f64>,
    /// How many attempts are under way at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub concurrency: Option<NonZeroU64>,
}

/// How long an agent may work on one attempt if the user does not say.
const WALL: Duration = Duration::from_secs(20 * 60);

/// How many requests it may send for one attempt if the user does not say.
const REQUESTS: u64 = 200;

impl AgentConfig {
    /// The default settings of an agent.
    pub fn new(agent: impl Into<String>) -> AgentConfig {
        AgentConfig {
            name: None,
            agent: agent.into(),
            version: None,
            model: None,
            arguments: Vec::new(),
            instructions: None,
            wall_minutes: None,
            max_requests: None,
            max_total_tokens: None,
            max_cost: None,
            concurrency: None,
        }
    }

    /// The subject's name.
    pub fn name(&self) -> String {
        let model = self.model.as_ref().and_then(|model| model.model());
        match (&self.name, model) {
            (Some(name), _) => name.clone(),
            (None, Some((_, model))) => format!("{} ({})", self.agent, model.name()),
            (None, None) => self.agent.clone(),
        }
    }

    pub fn wall(&self) -> Duration {
        self.wall_minutes.map_or(WALL, |minutes| Duration::from_secs(minutes.get() * 60))
    }

    pub fn requests(&self) -> u64 {
        self.max_requests.map_or(REQUESTS, NonZeroU64::get)
    }

    /// Paths in a file are relative to the file's folder.
    pub fn relative_to(&mut self, folder: &Path) {
        if let Some(instructions) = &mut self.instructions {
            *instructions = folder.join(&instructions);
        }
        if self.agent.contains('/') {
            self.agent = folder.join(&self.agent).display().to_string();
        }
        if let Some(model) = self.model.as_mut().and_then(|model| model.model_mut()) {
            model.relative_to(folder);
        }
    }
}
