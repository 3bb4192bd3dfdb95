//! [`AnalyserEvidence`]: what a static analyser said of an artifact.

use serde::{Deserialize, Serialize};

use crate::analysis::{Analysis, Opinion};
use crate::cwe::{Cwe, Relation};

/// What a static analyser said of an artifact, and which weaknesses it was asked about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct AnalyserEvidence {
    /// Only alerts count that are about one of these, or one of their family. Every alert
    /// counts if there is none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub about: Vec<Cwe>,
    pub analysis: Analysis,
}

impl AnalyserEvidence {
    /// What it comes to.
    pub fn opinion(&self) -> Opinion {
        match self.about.is_empty() {
            true => self.analysis.opinion(),
            false => self.analysis.opinion_on(&self.about, Relation::Family),
        }
    }

    /// Whether all of the artifact was looked at, and nothing said against it.
    pub fn passed(&self) -> bool {
        self.opinion() == Opinion::Clean
    }

    /// What it said against the artifact, in a phrase; `None` if nothing.
    pub fn failure(&self) -> Option<String> {
        let name = &self.analysis.analyser;
        match self.opinion() {
            Opinion::Clean => None,
            Opinion::Unknown => Some(self.analysis.gap().unwrap_or_default().to_owned()),
            Opinion::Vulnerable => {
                let counts = |alert: &&crate::Alert| {
                    self.about.is_empty()
                        || crate::cwe::relation(&alert.cwe, &self.about) >= Relation::Family
                };
                let alert = self.analysis.alerts.iter().find(counts);
                Some(alert.map_or_else(|| name.clone(), |alert| format!("{name}: {alert}")))
            }
        }
    }
}
