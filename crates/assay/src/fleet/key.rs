//! [`Scope`] and [`Key`]: what makes two jobs one.

use std::fmt;

use assay_core::files::sha256;
use serde::{Deserialize, Serialize};

use super::error::FleetError;
use super::versions::Versions;

/// Whose jobs share results.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// A run's: what is validated once for it is not validated again when it is resumed.
    Run(String),
    /// All that ask for it: a job that was ever done (in the time that records are kept) is
    /// answered from its record.
    Shared,
    /// Nobody's: each job is done by itself.
    Each,
}

/// A name in which jobs' keys are unique.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ScopeName(pub(super) String);

impl Scope {
    pub(super) fn name(&self) -> Result<ScopeName, FleetError> {
        Ok(ScopeName(match self {
            Scope::Run(run) => sha256(format!("run {run}").as_bytes())[..16].to_owned(),
            Scope::Shared => "shared".to_owned(),
            Scope::Each => ticket()?,
        }))
    }
}

/// The digest of all that a result depends on. Two jobs with one key and scope are one.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Key(String);

impl Key {
    /// Of the digests of a case and an artifact, what validates them, and which of the equal ones
    /// this is, where each is done by itself.
    pub(super) fn new(case: &str, artifact: &str, versions: &Versions, copy: Option<u64>) -> Key {
        let copy = copy.map(|copy| copy.to_string()).unwrap_or_default();
        let parts = [case, artifact, &versions.digest(), &copy];
        Key(sha256(parts.join("\n").as_bytes()))
    }

    /// The key at the end of a subject.
    pub(super) fn of_subject(subject: &str) -> Key {
        Key(subject.rsplit('.').next().unwrap_or_default().to_owned())
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// 16 random hexadecimal digits.
pub(super) fn ticket() -> Result<String, FleetError> {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).map_err(FleetError::Random)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn versions(python: &str) -> Versions {
        Versions::from_parts("1", "h", [("python", python)])
    }

    #[test]
    fn a_key_differs_with_everything_that_a_result_depends_on() {
        let keys = [
            Key::new("c", "a", &versions("3.11"), None),
            Key::new("d", "a", &versions("3.11"), None),
            Key::new("c", "b", &versions("3.11"), None),
            Key::new("c", "a", &versions("3.12"), None),
            Key::new("c", "a", &versions("3.11"), Some(0)),
            Key::new("c", "a", &versions("3.11"), Some(1)),
        ];
        let distinct: std::collections::BTreeSet<&Key> = keys.iter().collect();
        assert_eq!(distinct.len(), keys.len());
        assert_eq!(keys[0], Key::new("c", "a", &versions("3.11"), None));
        assert_eq!(Key::of_subject(&format!("assay.records.shared.{}", keys[0])), keys[0]);
    }

    #[test]
    fn a_run_finds_its_own_scope_again_and_no_other_does() {
        let name = |scope: Scope| scope.name().expect("random numbers").0;
        assert_eq!(name(Scope::Run("r.1".into())), name(Scope::Run("r.1".into())));
        assert_ne!(name(Scope::Run("r.1".into())), name(Scope::Run("r.2".into())));
        assert_ne!(name(Scope::Each), name(Scope::Each));
        assert!(!name(Scope::Run("r.1".into())).contains('.'), "it is one part of a subject");
    }
}
