//! [`Job`] and [`JobResult`]: a request for a validation and its result, in a form that can be sent
//! to another process or machine (docs/jobs.md).

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use assay_core::{Artifact, Case, InfraError};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::Validation;

/// The version of the form of a job; another one is refused.
const JOB: &str = "assay.job/1";

/// The version of the form of a result.
const RESULT: &str = "assay.job-result/1";

/// An artifact to validate, with everything that is needed for it.
#[derive(Debug, Clone)]
pub struct Job {
    /// The submitter's own name for it.
    pub id: u64,
    pub case: Arc<Case>,
    pub artifact: Arc<Artifact>,
}

/// The result of a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobResult {
    pub id: u64,
    pub result: Result<Validation, InfraError>,
    /// From the start of the last try to its end.
    pub elapsed: Duration,
}

/// A job as it is written.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenJob<'a> {
    schema: String,
    id: u64,
    case: WrittenCase,
    artifact: std::borrow::Cow<'a, Artifact>,
}

/// A case as it is written: the member `case` of a job, which can also travel by itself.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WrittenCase {
    title: String,
    /// What arrives is held against it.
    digest: String,
    entries: BTreeMap<String, Content>,
}

/// A content, as the text that it is or else in Base64 (RFC 4648, section 4).
#[derive(Debug, Serialize, Deserialize)]
#[serde(untagged)]
enum Content {
    Text(String),
    Bytes { base64: String },
}

/// A result as it is written.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct WrittenResult {
    schema: String,
    id: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    validation: Option<Validation>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    error: Option<InfraError>,
    elapsed_ms: u64,
}

fn check_schema<E: de::Error>(found: &str, known: &str) -> Result<(), E> {
    match found == known {
        true => Ok(()),
        false => Err(E::custom(format!("the schema is {found:?}; this version reads {known:?}"))),
    }
}

impl From<&Case> for WrittenCase {
    fn from(case: &Case) -> WrittenCase {
        let content = |bytes: Vec<u8>| match String::from_utf8(bytes) {
            Ok(text) => Content::Text(text),
            Err(error) => Content::Bytes { base64: STANDARD.encode(error.as_bytes()) },
        };
        let entries = case.entries().into_iter();
        WrittenCase {
            title: case.title.clone(),
            digest: case.digest(),
            entries: entries.map(|(name, bytes)| (name, content(bytes))).collect(),
        }
    }
}

impl TryFrom<WrittenCase> for Case {
    /// What is wrong with what arrived.
    type Error = String;

    fn try_from(WrittenCase { title, digest, entries }: WrittenCase) -> Result<Case, String> {
        let bytes = |content| match content {
            Content::Text(text) => Ok(text.into_bytes()),
            Content::Bytes { base64 } => STANDARD.decode(base64),
        };
        let entries = entries.into_iter().map(|(name, it)| Ok((name, bytes(it)?)));
        let entries: Result<_, base64::DecodeError> = entries.collect();
        let case = Case::from_entries(title, &entries.map_err(|error| error.to_string())?);
        let case = case.map_err(|error| error.to_string())?;
        match case.digest() {
            found if found == digest => Ok(case),
            found => Err(format!("the digest of case {} is {found}, not {digest}", case.id)),
        }
    }
}

impl Serialize for Job {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let case = WrittenCase::from(self.case.as_ref());
        let artifact = std::borrow::Cow::Borrowed(self.artifact.as_ref());
        WrittenJob { schema: JOB.to_owned(), id: self.id, case, artifact }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Job {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Job, D::Error> {
        let WrittenJob { schema, id, case, artifact } = WrittenJob::deserialize(deserializer)?;
        check_schema(&schema, JOB)?;
        let case = Case::try_from(case).map_err(de::Error::custom)?;
        Ok(Job { id, case: Arc::new(case), artifact: Arc::new(artifact.into_owned()) })
    }
}

impl Serialize for JobResult {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let JobResult { id, result, elapsed } = self;
        WrittenResult {
            schema: RESULT.to_owned(),
            id: *id,
            validation: result.as_ref().ok().cloned(),
            error: result.as_ref().err().cloned(),
            elapsed_ms: u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX),
        }
        .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for JobResult {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<JobResult, D::Error> {
        let written = WrittenResult::deserialize(deserializer)?;
        check_schema(&written.schema, RESULT)?;
        let result = match (written.validation, written.error) {
            (Some(validation), None) => Ok(validation),
            (None, Some(error)) => Err(error),
            _ => return Err(de::Error::custom("a result has either a validation or an error")),
        };
        let elapsed = Duration::from_millis(written.elapsed_ms);
        Ok(JobResult { id: written.id, result, elapsed })
    }
}
