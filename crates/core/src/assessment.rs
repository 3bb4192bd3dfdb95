//! [`Assessment`]: what an evaluator says of a program whose security is known.

use serde::{Deserialize, Serialize};

use crate::case::Language;
use crate::judgement::LabelJudgement;
use crate::label::Label;
use crate::tokens::Cost;

/// What an evaluator (tests, a judge, an analyser) says of a program, beside what is known of
/// it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Assessment {
    pub evaluator: String,
    pub program: String,
    /// What programs share that do the same: they are drawn together for intervals.
    pub group: String,
    pub language: Language,
    /// The weakness that the program has, or was meant to have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<String>,
    pub truth: Label,
    /// `None` where it cannot say.
    pub said: Option<Label>,
    /// How sure it is that the program is vulnerable: higher is surer, on a scale of its own. `None` of
    /// who says no more than yes or no.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<f64>,
    /// Why it cannot say, or what it said it by.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub why: String,
    pub wall_ms: u64,
    /// `None` where nobody is paid, or the price is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost: Option<Cost>,
}

impl Assessment {
    /// What was said beside the truth.
    pub fn judgement(&self) -> LabelJudgement {
        LabelJudgement { said: self.said.clone(), truth: self.truth.clone() }
    }

    /// Whether it says that the program is vulnerable; `None` where it cannot say.
    pub fn says_vulnerable(&self) -> Option<bool> {
        self.said.as_ref().map(|said| said.vulnerable)
    }
}
