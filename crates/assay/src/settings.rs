//! [`RunSettings`]: everything that a run depends on.

use std::path::PathBuf;

use assay_core::corpus::CorpusSource;
use assay_core::{CitedCertificate, Deciders, Locale, Reading, Scenario};
use serde::{Deserialize, Serialize};

use crate::judge::JudgeConfig;
use crate::limits::LimitSettings;
use crate::selection::{Selection, Traits};
use crate::subject::SubjectConfig;

/// Everything that a run depends on, as it is stored with the run. It holds the
/// names of variables with keys, never a key.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct RunSettings {
    pub corpus: String,
    pub subjects: Vec<SubjectConfig>,
    /// Empty for all.
    pub cases: Vec<String>,
    #[serde(flatten)]
    pub traits: Traits,
    /// Empty for all scenarios of a case.
    pub scenarios: Vec<Scenario>,
    pub rounds: u32,
    pub locale: Locale,
    /// Answers in one attempt at most.
    pub max_answers: u32,
    /// The same of agents, which test for themselves.
    #[serde(default = "one")]
    pub agent_max_answers: u32,
    /// How answers are read; `None` in a run of a version that had one way to do so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reading: Option<Reading>,
    /// Whether identical artifacts of a case are validated one by one.
    #[serde(default)]
    pub validate_each: bool,
    /// Whether cases are asked that judges are to decide, where none is configured. Runs
    /// of versions that did not keep it asked all.
    #[serde(default = "yes")]
    pub judge_later: bool,
    /// The judges, who decide what tests cannot; may be empty.
    #[serde(default)]
    pub judges: Vec<JudgeConfig>,
    /// What was measured of these judges.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub judge_certificate: Option<CitedCertificate>,
    /// Who decides whether code is secure, and who is asked beside, where that is not left to
    /// the cases.
    #[serde(flatten)]
    pub deciders: Deciders,
    /// What cases are drawn by for intervals.
    #[serde(default)]
    pub seed: u64,
    /// Whether answers are taken from the response cache and kept there.
    #[serde(default = "yes")]
    pub response_cache: bool,
    /// Asking stops before more than this is taken.
    #[serde(flatten)]
    pub limits: LimitSettings,
    /// How many tokens an answer is taken to have before one is known.
    #[serde(default = "expected_output_tokens")]
    pub expected_output_tokens: u64,
}

fn yes() -> bool {
    true
}

fn one() -> u32 {
    1
}

fn expected_output_tokens() -> u64 {
    EXPECTED_OUTPUT_TOKENS
}

/// About what an answer of our cases and of SecCodeBench-V2's has, with a short
/// explanation around the code and little reasoning.
pub(crate) const EXPECTED_OUTPUT_TOKENS: u64 = 2_000;

impl RunSettings {
    /// The settings of a resumed run: its own, except for what the command line may change.
    pub fn resume(mut self, no_cache: bool, limits: LimitSettings) -> RunSettings {
        self.response_cache &= !no_cache;
        self.limits = limits.or(self.limits);
        self
    }

    /// How answers are read.
    pub fn reading(&self) -> Reading {
        self.reading.unwrap_or_else(|| default_reading(&CorpusSource::parse(&self.corpus)))
    }

    /// The files that the subjects are read from.
    pub fn files(&self) -> Vec<PathBuf> {
        let file = |subject: &SubjectConfig| match subject {
            SubjectConfig::Replay(replay) => Some(replay.file.clone()),
            subject => subject.model().and_then(|(_, config)| config.api_key_file.clone()),
        };
        self.subjects.iter().filter_map(file).collect()
    }

    /// Which cases take part.
    pub fn selection(&self) -> Selection {
        Selection { cases: self.cases.clone(), traits: self.traits.clone() }
    }
}

/// How answers are read where nobody says it: to the letter where answers have a form that
/// published results were held to, and as a person would for any other.
pub fn default_reading(corpus: &CorpusSource) -> Reading {
    match corpus {
        CorpusSource::SecCodeBench(_) => Reading::Strict,
        CorpusSource::Native(_) | CorpusSource::HumanEval(_) | CorpusSource::CovEval(_) => {
            Reading::Lenient
        }
    }
}

/// How many answers an attempt may have if the user does not say: the first and two repairs, as
/// in SecCodeBench-V2, or one, as HumanEval's pass@1 is defined.
pub fn default_max_answers(corpus: &CorpusSource) -> u32 {
    match corpus {
        CorpusSource::HumanEval(_) => 1,
        CorpusSource::SecCodeBench(_) | CorpusSource::Native(_) | CorpusSource::CovEval(_) => 3,
    }
}
