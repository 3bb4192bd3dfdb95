//! [`Analysis`]: what a static analyser says of one program.

use serde::{Deserialize, Serialize};

use crate::alert::Alert;
use crate::cwe::{Cwe, Relation, relation};

/// What an analyser says of one program. That it failed is no analysis but an
/// [`crate::InfraError`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Analysis {
    /// What whoever asked calls the program.
    pub program: String,
    /// The analyser's name: `bandit`.
    pub analyser: String,
    /// The analyser's version, with that of its rules where these are apart.
    pub version: String,
    #[serde(flatten)]
    pub reach: Reach,
    /// What the analyser alerts to, in the order of files and lines.
    pub alerts: Vec<Alert>,
    /// Its share of the time that the analyser took: programs that were analysed together
    /// have equal shares.
    pub wall_ms: u64,
}

/// How much of a program an analyser has looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "reach", rename_all = "kebab-case")]
pub enum Reach {
    /// All of it, so that no alert means that it found nothing.
    Analysed,
    /// Not all of it: a file that it cannot parse, say. Alerts are of the rest, and their
    /// absence means nothing.
    NotAnalysed { why: String },
}

/// What an analysis comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Opinion {
    /// There is an alert.
    Vulnerable,
    /// All of the program was looked at, and there is none.
    Clean,
    /// There is none, but not all of the program was looked at.
    Unknown,
}

impl Analysis {
    /// What it comes to, whichever weaknesses the alerts are about.
    pub fn opinion(&self) -> Opinion {
        self.opinion_if(|_| true)
    }

    /// What it comes to if only alerts count that are so closely related to one of these
    /// weaknesses.
    pub fn opinion_on(&self, wanted: &[Cwe], at_least: Relation) -> Opinion {
        self.opinion_if(|alert| relation(&alert.cwe, wanted) >= at_least)
    }

    fn opinion_if(&self, counts: impl Fn(&Alert) -> bool) -> Opinion {
        match &self.reach {
            _ if self.alerts.iter().any(counts) => Opinion::Vulnerable,
            Reach::Analysed => Opinion::Clean,
            Reach::NotAnalysed { .. } => Opinion::Unknown,
        }
    }

    /// Why not all of the program was looked at, if it was not.
    pub fn gap(&self) -> Option<&str> {
        match &self.reach {
            Reach::Analysed => None,
            Reach::NotAnalysed { why } => Some(why),
        }
    }

    /// The place of an alert's file, where programs are called by their paths: the
    /// program's own, if it is that file alone.
    pub fn place_of(&self, alert: &Alert) -> String {
        let before = self.program.strip_suffix(alert.file.as_str());
        match before.is_some_and(|before| before.is_empty() || before.ends_with('/')) {
            true => self.program.clone(),
            false => format!("{}/{}", self.program, alert.file),
        }
    }

    /// Every weakness that an alert is about, in order, each once.
    pub fn cwe(&self) -> Vec<Cwe> {
        let mut all: Vec<Cwe> =
            self.alerts.iter().flat_map(|alert| alert.cwe.iter().copied()).collect();
        all.sort_unstable();
        all.dedup();
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_alert_means_clean_only_where_all_was_looked_at() {
        let analysis = |reach: &Reach, cwe: &[u32]| {
            let alert = |cwe: &u32| Alert {
                rule: "r".to_owned(),
                cwe: vec![Cwe(*cwe)],
                file: "a.c".to_owned(),
                line: None,
                message: String::new(),
                severity: None,
                confidence: None,
            };
            Analysis {
                program: "p".to_owned(),
                analyser: "a".to_owned(),
                version: "1".to_owned(),
                reach: reach.clone(),
                alerts: cwe.iter().map(alert).collect(),
                wall_ms: 0,
            }
        };
        let not = Reach::NotAnalysed { why: "a.c does not parse".to_owned() };
        for (reach, silent) in [(&Reach::Analysed, Opinion::Clean), (&not, Opinion::Unknown)] {
            assert_eq!(analysis(reach, &[]).opinion(), silent);
            let found = analysis(reach, &[121]);
            assert_eq!(found.opinion(), Opinion::Vulnerable);
            assert_eq!(found.opinion_on(&[Cwe(787)], Relation::Family), Opinion::Vulnerable);
            assert_eq!(found.opinion_on(&[Cwe(787)], Relation::Exact), silent);
            let text = serde_json::to_string(&found).expect("JSON");
            assert_eq!(serde_json::from_str::<Analysis>(&text).expect("an analysis"), found);
        }
    }
}
