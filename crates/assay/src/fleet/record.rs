//! What is sent: [`JobMessage`] to workers, and [`Record`], which says how far a job has come.

use assay_verify::JobResult;
use serde::{Deserialize, Serialize};

use super::versions::Versions;

/// The version of the form of both; another one is refused.
const SCHEMA: &str = "assay.fleet/1";

/// A job in the queue. Its case and artifact are objects.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct JobMessage {
    schema: String,
    /// The digests of the case and the artifact.
    pub(super) case: String,
    pub(super) artifact: String,
    /// What is to validate it.
    pub(super) versions: Versions,
}

impl JobMessage {
    pub(super) fn new(case: String, artifact: String, versions: Versions) -> JobMessage {
        JobMessage { schema: SCHEMA.to_owned(), case, artifact, versions }
    }

    /// What a message holds, or what is wrong with it.
    pub(super) fn read(bytes: &[u8]) -> Result<JobMessage, String> {
        let message: JobMessage =
            serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
        match message.schema == SCHEMA {
            true => Ok(message),
            false => {
                Err(format!("its form is {:?}; this version reads {SCHEMA:?}", message.schema))
            }
        }
    }
}

/// How far a job has come.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Record {
    /// The random name of the claim that wrote it.
    pub(super) ticket: String,
    /// The worker's name.
    pub(super) worker: String,
    /// How many workers before this one fell silent over the job.
    pub(super) deaths: u32,
    pub(super) state: State,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) enum State {
    /// The worker is on it.
    Claimed,
    /// An object is not there, and must be put there again.
    Lacking,
    /// The result is here, or is an object by this digest.
    Done(Body),
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) enum Body {
    Result(Box<JobResult>),
    Object(String),
}
