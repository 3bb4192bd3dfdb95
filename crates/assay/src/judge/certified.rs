//! A panel as a certificate names it, and what it says of a program whose security is known: asked
//! exactly as in a run whose judges decide about a weakness.

use std::sync::Arc;

use assay_core::certificate::{Certified, CertifiedJudge};
use assay_core::{DeciderChoice, InfraError, JudgeMode, Locale, Phase, Rubric};
use serde_json::{Value, json};

use super::brief::{Exhibit, prompts_digest};
use super::panel::{Panel, Poll};

/// Why a panel says nothing of a program.
#[derive(Debug, thiserror::Error)]
pub enum NoOpinion {
    /// What it answered is no vote.
    #[error("{0}")]
    Malformed(InfraError),
    /// It could not be asked.
    #[error("{0}")]
    Unasked(InfraError),
}

/// These judges, asked about a weakness in this way.
pub fn certified(panel: &Panel, mode: Option<JudgeMode>, locale: Locale) -> Certified {
    let judge = |judge: &super::panel::Judge| {
        let identity = judge.model.identity(1);
        let text =
            |name: &str| identity.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let part = |name: &str| identity.get(name).cloned().unwrap_or_default();
        let name = judge.model.name().to_owned();
        let votes = panel.seats.iter().filter(|(seat, _)| *seat == name).count();
        CertifiedJudge {
            provider: text("provider"),
            model: text("model"),
            base_url: text("base-url"),
            votes: u32::try_from(votes).unwrap_or(u32::MAX),
            structured: judge.structured,
            settings: json!({ "system": part("system"), "request": part("settings") }),
            name,
        }
    };
    Certified::Panel {
        judges: panel.judges.iter().map(Arc::as_ref).map(judge).collect(),
        asked_as: DeciderChoice::Judges(mode),
        locale,
        prompts_digest: prompts_digest(mode, locale),
    }
}

impl Panel {
    /// Whether a program passes by a rubric, by the majority of all votes.
    pub async fn says(&self, shown: Exhibit<'_>, rubric: &Rubric) -> Result<bool, NoOpinion> {
        let question = shown.question(Phase::Security, rubric);
        let Poll { ballot, is_malformed, .. } = self.ask(&question).await;
        ballot.map(|ballot| ballot.passed()).map_err(|error| match is_malformed {
            true => NoOpinion::Malformed(error),
            false => NoOpinion::Unasked(error),
        })
    }
}
