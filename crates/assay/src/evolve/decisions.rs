//! [`Decision`]: what people say of candidates, as they write it into the table of the review.

use std::path::Path;

use assay_core::meant::did_you_mean;
use assay_core::text_file;
use serde::{Deserialize, Serialize};

use super::evolution::Evolution;
use super::ledger::{Entry, Event};
use crate::spreadsheet::{RowFault, Rows, block};

/// Whether people keep a candidate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    Keep,
    Drop,
}

impl Verdict {
    pub fn as_str(self) -> &'static str {
        match self {
            Verdict::Keep => "keep",
            Verdict::Drop => "drop",
        }
    }
}

/// What somebody decided about a candidate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Decision {
    pub verdict: Verdict,
    /// The digest of the scenario that they saw.
    pub digest: String,
    pub comment: String,
    pub who: String,
}

impl Decision {
    /// Whether the table of the review shows it so, in which signs of formulas are made harmless.
    fn is_shown_as(&self, read: &Decision) -> bool {
        let is_same = |own: &str, read: &str| own == read || block(own).trim() == read;
        self.verdict == read.verdict
            && self.digest == read.digest
            && is_same(&self.comment, &read.comment)
            && is_same(&self.who, &read.who)
    }

    pub(super) fn reason(&self) -> String {
        match (self.who.as_str(), self.comment.as_str()) {
            ("", "") => "without a comment".to_owned(),
            ("", comment) => comment.to_owned(),
            (who, "") => format!("by {who}"),
            (who, comment) => format!("by {who}: {comment}"),
        }
    }
}

/// Why decisions cannot be taken.
#[derive(Debug, thiserror::Error)]
pub enum DecisionsFault {
    #[error("failed to read {path}: {message}")]
    Unread { path: String, message: String },
    #[error("{path}:{line}: {message}")]
    Row { path: String, line: u64, message: String },
}

/// A row; other columns, such as those of the review, are for people.
#[derive(Deserialize)]
struct Row {
    candidate: String,
    decision: String,
    #[serde(default)]
    digest: String,
    #[serde(default)]
    comment: String,
    #[serde(default)]
    who: String,
}

/// The decisions of a table with the columns `candidate`, `decision` (keep, drop or nothing) and, if
/// they are there, `digest`, `comment` and `who`. Those that are known already are left out.
pub fn read(path: &Path, evolution: &Evolution) -> Result<Vec<Entry>, DecisionsFault> {
    let name = path.display().to_string();
    let text = text_file::read(path).map_err(|error| DecisionsFault::Unread {
        path: name.clone(),
        message: error.to_string(),
    })?;
    let fault = |line, message| DecisionsFault::Row { path: name.clone(), line, message };
    let unread = |RowFault { line, message }: RowFault| {
        let columns =
            "the columns are candidate,decision and, if they are there, digest,comment,who";
        fault(line, format!("{message}; {columns}"))
    };
    let mut rows = Rows::of_any(&text).map_err(unread)?;
    let mut entries: Vec<Entry> = Vec::new();
    while let Some(row) = rows.next::<Row>() {
        let (line, row) = row.map_err(unread)?;
        let verdict = match row.decision.to_lowercase().as_str() {
            "" => continue,
            "keep" => Verdict::Keep,
            "drop" => Verdict::Drop,
            _ => {
                let said = &row.decision;
                let message = format!("decision is {said:?}; write keep, drop or nothing");
                return Err(fault(line, message));
            }
        };
        let Some(place) = evolution.place(&row.candidate) else {
            let ids = evolution.candidates.iter().map(|it| it.id.as_str());
            let meant = did_you_mean(&row.candidate, ids);
            let message = format!("there is no candidate {:?}{meant}", row.candidate);
            return Err(fault(line, message));
        };
        let candidate = &evolution.candidates[place];
        let Some((_, digest)) = candidate.text() else {
            let message = format!("the writer has made no scenario of {} yet", row.candidate);
            return Err(fault(line, message));
        };
        if !row.digest.is_empty() && row.digest != digest {
            let message = format!(
                "the decision about {} is of another text (digest {}, now {digest}); look at it again in the review",
                row.candidate, row.digest
            );
            return Err(fault(line, message));
        }
        if entries.iter().any(|it| it.candidate == row.candidate) {
            return Err(fault(line, format!("{} is decided twice", row.candidate)));
        }
        let digest = digest.to_owned();
        let decision = Decision { verdict, digest, comment: row.comment, who: row.who };
        if !candidate.decision.as_ref().is_some_and(|known| known.is_shown_as(&decision)) {
            entries.push(Entry { candidate: row.candidate, event: Event::Decided(decision) });
        }
    }
    Ok(entries)
}
