//! How a panel of judges voted over a run.

use std::collections::BTreeMap;

use super::alpha;
use crate::judge::Ballot;
use crate::tokens::TokenUsage;

/// What the ballots of a run say of the panel.
#[derive(Debug, Clone, PartialEq)]
pub struct PanelScore {
    /// At least one.
    pub ballots: usize,
    pub unanimous: usize,
    /// Krippendorff's alpha over all ballots; `None` where all votes are the same.
    pub alpha: Option<f64>,
    pub judges: BTreeMap<String, JudgeScore>,
}

/// One judge of a panel.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct JudgeScore {
    pub votes: usize,
    /// Votes for the artifact.
    pub passed: usize,
    /// Votes that were with the majority.
    pub with_majority: usize,
    pub usage: TokenUsage,
}

impl PanelScore {
    /// `None` without a ballot.
    pub fn of(ballots: &[Ballot]) -> Option<PanelScore> {
        if ballots.is_empty() {
            return None;
        }
        let mut judges: BTreeMap<String, JudgeScore> = BTreeMap::new();
        for ballot in ballots {
            for vote in ballot.votes() {
                let judge = judges.entry(vote.judge.clone()).or_default();
                judge.votes += 1;
                judge.passed += usize::from(vote.passed);
                judge.with_majority += usize::from(vote.passed == ballot.passed());
                judge.usage += vote.usage;
            }
        }
        let unanimous = ballots.iter().filter(|ballot| ballot.is_unanimous()).count();
        let votes = ballots.iter().map(|ballot| ballot.votes().iter().map(|vote| vote.passed));
        Some(PanelScore { ballots: ballots.len(), unanimous, alpha: alpha::nominal(votes), judges })
    }

    /// The share of ballots without a dissenting vote.
    #[expect(clippy::cast_precision_loss, reason = "ballots are few")]
    pub fn unanimous_share(&self) -> f64 {
        self.unanimous as f64 / self.ballots as f64
    }
}
