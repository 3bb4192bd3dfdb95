//! What a user writes of a judge, on the command line or in `assay.toml`.

use std::num::NonZeroU32;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::subject::{SubjectConfig, SubjectError};

/// A `[[judge]]` table of `assay.toml`: that of a model, and how it votes. `FromStr`
/// reads the short form of the command line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct JudgeConfig {
    /// How often it is asked about one phase of an artifact; each answer is a vote.
    #[serde(default = "one")]
    pub votes: NonZeroU32,
    /// Whether the provider is asked to hold the answer to its schema. It is read
    /// strictly either way.
    #[serde(default = "yes")]
    pub structured: bool,
    #[serde(flatten)]
    pub model: SubjectConfig,
}

fn one() -> NonZeroU32 {
    NonZeroU32::MIN
}

fn yes() -> bool {
    true
}

impl FromStr for JudgeConfig {
    type Err = SubjectError;

    fn from_str(text: &str) -> Result<JudgeConfig, SubjectError> {
        let model = match text {
            "heuristic" => return Err(SubjectError::Heuristic),
            text => text.parse()?,
        };
        Ok(JudgeConfig { votes: one(), structured: true, model })
    }
}
