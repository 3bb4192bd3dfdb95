//! [`Versions`]: what verdicts depend on beside the case and the artifact. All workers of a fleet
//! have the same, which its first worker states.

use std::collections::BTreeMap;

use assay_core::Language;
use assay_core::files::sha256;
use async_nats::jetstream::Context;
use async_nats::jetstream::message::PublishMessage;
use serde::{Deserialize, Serialize};

use super::connection::chain;
use super::error::FleetError;
use super::ledger::{Stored, last, store};
use super::presence::{self, Presence};
use super::streams::{FLEET, FLEET_SUBJECT, WORKERS};

/// What verdicts depend on beside the case and the artifact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Versions {
    /// Of Assay.
    assay: String,
    /// The digest of the guest programs.
    harness: String,
    /// What each tool says of its version.
    tools: BTreeMap<String, String>,
}

impl Versions {
    /// What validates here, for all languages.
    pub fn here() -> Versions {
        Versions {
            assay: env!("CARGO_PKG_VERSION").to_owned(),
            harness: assay_verify::harness_digest(),
            tools: assay_verify::versions(Language::ALL),
        }
    }

    #[cfg(test)]
    pub(super) fn from_parts<const N: usize>(
        assay: &str,
        harness: &str,
        tools: [(&str, &str); N],
    ) -> Versions {
        let tools = tools.map(|(name, version)| (name.to_owned(), version.to_owned()));
        Versions { assay: assay.to_owned(), harness: harness.to_owned(), tools: tools.into() }
    }

    pub(super) fn digest(&self) -> String {
        let tools = self.tools.iter().map(|(name, version)| format!("{name}\t{version}"));
        let lines = [self.assay.clone(), self.harness.clone()].into_iter().chain(tools);
        sha256(lines.collect::<Vec<_>>().join("\n").as_bytes())
    }

    /// Those tools of it that these languages need, by their names.
    pub fn tools(&self, languages: impl IntoIterator<Item = Language>) -> BTreeMap<String, String> {
        let languages: Vec<Language> = languages.into_iter().collect();
        let is_needed = |tool: &str| {
            assay_verify::languages_of(tool).iter().any(|language| languages.contains(language))
        };
        let tools = self.tools.iter().filter(|(name, _)| is_needed(name));
        tools.map(|(name, version)| (name.clone(), version.clone())).collect()
    }

    /// What differs between these, which are expected, and others, in words.
    pub fn difference(&self, other: &Versions) -> Option<String> {
        let mut parts = Vec::new();
        let mut compare = |what: &str, expected: &str, found: &str| {
            if expected != found {
                parts.push(format!("{what} is {found:?}, not {expected:?}"));
            }
        };
        compare("assay", &self.assay, &other.assay);
        compare("the harness", short(&self.harness), short(&other.harness));
        difference(&self.tools, &other.tools).into_iter().for_each(|part| parts.push(part));
        (!parts.is_empty()).then(|| parts.join("; "))
    }

    /// That a run which knows of these tools can go on with these versions.
    pub fn check_tools(&self, expected: &BTreeMap<String, String>) -> Result<(), FleetError> {
        let found = self.tools.iter().filter(|(name, _)| expected.contains_key(*name));
        let found = found.map(|(name, version)| (name.clone(), version.clone())).collect();
        match difference(expected, &found) {
            parts if parts.is_empty() => Ok(()),
            parts => Err(FleetError::OtherVersions(parts.join("; "))),
        }
    }

    /// That the program here works with the same guest programs as the fleet.
    pub(super) fn check_program(&self) -> Result<(), FleetError> {
        let here = Versions {
            assay: env!("CARGO_PKG_VERSION").to_owned(),
            harness: assay_verify::harness_digest(),
            tools: self.tools.clone(),
        };
        match here.difference(self) {
            None => Ok(()),
            Some(difference) => Err(FleetError::OtherVersions(difference)),
        }
    }
}

fn short(digest: &str) -> &str {
    digest.get(..16).unwrap_or(digest)
}

fn difference(
    expected: &BTreeMap<String, String>,
    found: &BTreeMap<String, String>,
) -> Vec<String> {
    let names: std::collections::BTreeSet<&String> = expected.keys().chain(found.keys()).collect();
    let said = |of: &BTreeMap<String, String>, name: &String| {
        of.get(name).map_or_else(|| "not there".to_owned(), |version| format!("{version:?}"))
    };
    let differing = names.into_iter().filter(|name| expected.get(*name) != found.get(*name));
    differing
        .map(|name| format!("{name} is {}, not {}", said(found, name), said(expected, name)))
        .collect()
}

/// What the fleet's workers have, if any has ever joined.
pub(super) async fn of_fleet(context: &Context) -> Result<Option<Versions>, FleetError> {
    let Some((_, bytes)) = last(context, FLEET, FLEET_SUBJECT).await? else { return Ok(None) };
    let what = "read what the fleet's workers have";
    let wrong = |error: serde_json::Error| FleetError::Server { what, message: error.to_string() };
    serde_json::from_slice(&bytes).map(Some).map_err(wrong)
}

/// Joins a fleet with these versions: states them if nobody has, or if no worker lives that has
/// others. Who states them is there first, so that of two who differ at most one joins.
pub(super) async fn join(
    context: &Context,
    versions: &Versions,
    presence: &Presence,
) -> Result<(), FleetError> {
    let what = "state what this worker has";
    loop {
        let (expected, found) = match last(context, FLEET, FLEET_SUBJECT).await? {
            None => (0, None),
            // What cannot be read comes from another version.
            Some((sequence, bytes)) => {
                (sequence, Some(serde_json::from_slice::<Versions>(&bytes).ok()))
            }
        };
        let difference = match &found {
            None => None,
            Some(Some(stated)) if stated == versions => return Ok(()),
            Some(Some(stated)) => stated.difference(versions),
            Some(None) => Some("they are of another version of Assay".to_owned()),
        };
        presence.tell(context).await;
        let others = presence::all(context).await?;
        if others.iter().any(|other| other.versions != presence.versions) {
            presence::leave(context, &presence.worker).await;
            // Without a difference, another worker is about to state what it has.
            let stated = || "they have not said yet what they have".to_owned();
            return Err(FleetError::OtherWorkers(difference.unwrap_or_else(stated)));
        }
        let text = serde_json::to_vec(versions)
            .map_err(|error| FleetError::Server { what, message: error.to_string() })?;
        let message =
            PublishMessage::build().payload(text.into()).expected_last_subject_sequence(expected);
        if let Stored::At(_) = store(context, FLEET_SUBJECT, &message).await {
            return Ok(());
        }
    }
}

/// How many workers live.
pub(super) async fn living(context: &Context) -> Result<u64, FleetError> {
    let what = "count the fleet's workers";
    let failed = |error: &dyn std::error::Error| FleetError::Server { what, message: chain(error) };
    let stream = context.get_stream(WORKERS).await.map_err(|error| failed(&error))?;
    Ok(stream.cached_info().state.messages)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_names_the_tool_and_both_versions() {
        let here = Versions::from_parts("1", "h", [("gcc", "12.2"), ("go", "1.26")]);
        let same = here.clone();
        assert_eq!(here.difference(&same), None);
        let other = Versions::from_parts("1", "h", [("gcc", "12.3")]);
        let told = here.difference(&other).expect("they differ");
        assert_eq!(told, "gcc is \"12.3\", not \"12.2\"; go is not there, not \"1.26\"");
        assert_ne!(here.digest(), other.digest());
        let harness = Versions::from_parts("1", "i", [("gcc", "12.2"), ("go", "1.26")]);
        assert_eq!(here.difference(&harness).as_deref(), Some("the harness is \"i\", not \"h\""));
    }

    #[test]
    fn a_run_asks_only_for_the_tools_that_it_knows_of() {
        let fleet = Versions::from_parts("1", "h", [("gcc", "12.2"), ("go", "1.26")]);
        let expected = |version: &str| BTreeMap::from([("gcc".to_owned(), version.to_owned())]);
        fleet.check_tools(&expected("12.2")).expect("the same");
        let error = fleet.check_tools(&expected("11")).expect_err("another").to_string();
        assert!(error.contains("gcc is \"12.2\", not \"11\""), "{error}");
    }
}
