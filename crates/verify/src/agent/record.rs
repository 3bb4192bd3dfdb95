//! [`Record`]: what an installation of an agent is made of, in the installation.

use std::fs;
use std::path::Path;

use assay_core::files::sha256;
use assay_sandbox::File;
use serde::{Deserialize, Serialize};

use super::Agent;
use crate::toolchain::Site;

const NAME: &str = "assay-agent.json";

/// What an installation of an agent is made of.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Record {
    pub(super) name: String,
    pub(super) version: String,
    /// SHA-256 of all lines `NAME VERSION DIGEST` of the packages.
    pub(super) digest: String,
    packages: Vec<Package>,
}

/// A package, and its digest as the package manager writes it.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Package {
    pub(super) name: String,
    pub(super) version: String,
    pub(super) digest: String,
}

impl Record {
    pub(super) fn new(agent: &Agent, packages: Vec<Package>) -> Record {
        let line =
            |Package { name, version, digest }: &Package| format!("{name} {version} {digest}\n");
        let digest = sha256(packages.iter().map(line).collect::<String>().as_bytes());
        let (name, version) = (agent.name().to_owned(), agent.version().to_owned());
        Record { name, version, digest, packages }
    }

    pub(super) fn write(&self, site: &Site<'_>) -> Result<(), String> {
        let text = serde_json::to_vec_pretty(self).map_err(|error| error.to_string())?;
        site.write(&File::new(NAME, text))
    }

    /// The message of a failure goes on after the agent's name.
    pub(super) fn read(place: &Path) -> Result<Record, String> {
        let text = fs::read(place.join(NAME)).map_err(|error| error.to_string());
        let record =
            text.and_then(|text| serde_json::from_slice(&text).map_err(|error| error.to_string()));
        record.map_err(|error| format!("has no {NAME} that can be read: {error}"))
    }
}
