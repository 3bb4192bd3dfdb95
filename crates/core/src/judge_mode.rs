//! [`JudgeMode`]: how a judge is asked about one weakness.

use std::fmt;
use std::str::FromStr;

use crate::meant::did_you_mean;

/// How a judge is asked about one weakness (CoV-Eval, Appendix K).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum JudgeMode {
    /// For the verdict alone.
    Direct,
    /// For an analysis, and then the verdict.
    Analysis,
    /// For the verdict alone, after two programs with theirs.
    FewShot,
}

impl JudgeMode {
    pub const ALL: [JudgeMode; 3] = [JudgeMode::Direct, JudgeMode::Analysis, JudgeMode::FewShot];

    pub fn as_str(self) -> &'static str {
        match self {
            JudgeMode::Direct => "direct",
            JudgeMode::Analysis => "analysis",
            JudgeMode::FewShot => "few-shot",
        }
    }

    /// Whether judges say why before they say what.
    pub fn analyses(self) -> bool {
        self == JudgeMode::Analysis
    }
}

impl fmt::Display for JudgeMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for JudgeMode {
    type Err = String;

    fn from_str(text: &str) -> Result<JudgeMode, String> {
        JudgeMode::ALL.into_iter().find(|mode| mode.as_str() == text).ok_or_else(|| {
            let meant = did_you_mean(text, JudgeMode::ALL.map(JudgeMode::as_str));
            format!("{text:?} is not a mode{meant}; there are direct, analysis and few-shot")
        })
    }
}
