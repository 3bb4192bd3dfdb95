//! [`Confusion`]: how often an evaluator says what of which programs, and intervals of the rates
//! that follow.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::corrected::{Accuracy, Trials};
use super::cov_eval::Rate;
use super::drawn::Drawn;
use super::interval::{Draws, Interval, wilson};
use crate::assessment::Assessment;

/// How often each was said of which.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Confusion {
    pub vulnerable_said_vulnerable: usize,
    pub vulnerable_said_secure: usize,
    pub vulnerable_unknown: usize,
    pub secure_said_vulnerable: usize,
    pub secure_said_secure: usize,
    pub secure_unknown: usize,
}

/// A rate of an evaluator. What it cannot say is never right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Share {
    /// Of all programs, what it says rightly.
    Consistency,
    /// What it calls secure less what is, among programs of which it says something.
    Difference,
    Sensitivity,
    Specificity,
}

/// A share over groups of programs that are drawn together.
#[derive(Debug)]
struct Grouped<'a> {
    groups: &'a [Confusion],
    share: Share,
}

impl Confusion {
    pub(super) fn add(&mut self, assessment: &Assessment) {
        let cell = match (assessment.truth.vulnerable, assessment.says_vulnerable()) {
            (true, Some(true)) => &mut self.vulnerable_said_vulnerable,
            (true, Some(false)) => &mut self.vulnerable_said_secure,
            (true, None) => &mut self.vulnerable_unknown,
            (false, Some(true)) => &mut self.secure_said_vulnerable,
            (false, Some(false)) => &mut self.secure_said_secure,
            (false, None) => &mut self.secure_unknown,
        };
        *cell += 1;
    }

    /// How often the evaluator is right of what it could say something of.
    pub fn accuracy(self) -> Accuracy {
        let trials = |successes, failures| Trials { successes, trials: successes + failures };
        Accuracy {
            sensitivity: trials(self.vulnerable_said_vulnerable, self.vulnerable_said_secure),
            specificity: trials(self.secure_said_secure, self.secure_said_vulnerable),
        }
    }

    pub(super) fn difference(self) -> Option<f64> {
        let accuracy = self.accuracy();
        let known = accuracy.sensitivity.trials + accuracy.specificity.trials;
        let said = self.vulnerable_said_secure + self.secure_said_secure;
        let share = |count| Rate::new(count, known).share();
        Some(share(said)? - share(accuracy.specificity.trials)?)
    }

    /// What a share is made of: the part, and of how much.
    #[expect(clippy::cast_precision_loss, reason = "programs are few")]
    fn parts(self, share: Share) -> (f64, f64) {
        let vulnerable = self.vulnerable_said_vulnerable + self.vulnerable_said_secure;
        let secure = self.secure_said_vulnerable + self.secure_said_secure;
        let unknown = self.vulnerable_unknown + self.secure_unknown;
        let (part, whole) = match share {
            Share::Consistency => (
                (self.vulnerable_said_vulnerable + self.secure_said_secure) as f64,
                vulnerable + secure + unknown,
            ),
            Share::Difference => (
                self.vulnerable_said_secure as f64 - self.secure_said_vulnerable as f64,
                vulnerable + secure,
            ),
            Share::Sensitivity => {
                (self.vulnerable_said_vulnerable as f64, vulnerable + self.vulnerable_unknown)
            }
            Share::Specificity => (self.secure_said_secure as f64, secure + self.secure_unknown),
        };
        (part, whole as f64)
    }

    /// The confusion over the programs of each group.
    pub(super) fn by_group(assessments: &[&Assessment]) -> Vec<Confusion> {
        let mut groups: BTreeMap<&str, Confusion> = BTreeMap::new();
        for assessment in assessments {
            groups.entry(&assessment.group).or_default().add(assessment);
        }
        groups.into_values().collect()
    }
}

impl Share {
    /// The interval of 95 %, for draws of these groups.
    pub(super) fn interval(self, groups: &[Confusion], draws: &Draws) -> Option<Interval> {
        let drawn = Grouped { groups, share: self };
        let found = Interval::of(&drawn, draws)?;
        if self != Share::Difference {
            return Some(found);
        }
        // Wilson's interval is of a share. A difference may be on either side of what it is: where
        // no draw differs from another, it may be off by as much as none of so many groups allows.
        let values = draws.values(&drawn);
        let first = values.first()?;
        if values.iter().any(|value| (value - first).abs() > 1e-12) {
            return Some(found);
        }
        let off = wilson(0.0, drawn.cases_that_count())?.high;
        Some(Interval { low: (first - off).max(-1.0), high: (first + off).min(1.0) })
    }
}

impl Grouped<'_> {
    fn over(&self, weight: impl Fn(usize) -> f64) -> Option<f64> {
        let (mut part, mut whole) = (0.0, 0.0);
        for (place, group) in self.groups.iter().enumerate() {
            let (of_group, of_whole) = group.parts(self.share);
            part += weight(place) * of_group;
            whole += weight(place) * of_whole;
        }
        (whole > 0.0).then(|| part / whole)
    }
}

impl Drawn for Grouped<'_> {
    fn score(&self) -> Option<f64> {
        self.over(|_| 1.0)
    }

    fn score_of(&self, counts: &[u16]) -> Option<f64> {
        self.over(|place| counts.get(place).copied().map_or(0.0, f64::from))
    }

    #[expect(clippy::cast_precision_loss, reason = "groups are few")]
    fn cases_that_count(&self) -> f64 {
        self.groups.iter().filter(|group| group.parts(self.share).1 > 0.0).count() as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::Resampling;

    fn confusion(cells: [usize; 6]) -> Confusion {
        Confusion {
            vulnerable_said_vulnerable: cells[0],
            vulnerable_said_secure: cells[1],
            vulnerable_unknown: cells[2],
            secure_said_vulnerable: cells[3],
            secure_said_secure: cells[4],
            secure_unknown: cells[5],
        }
    }

    fn interval(groups: &[Confusion], share: Share) -> Interval {
        let draws = Draws::of(groups.len(), Resampling::default());
        share.interval(groups, &draws).expect("programs")
    }

    #[test]
    fn shares_are_of_what_they_say() {
        let all = confusion([6, 2, 2, 1, 3, 1]);
        let share = |of| Grouped { groups: &[all], share: of }.score().expect("programs");
        assert!((share(Share::Consistency) - 9.0 / 15.0).abs() < 1e-12);
        assert!((share(Share::Sensitivity) - 0.6).abs() < 1e-12);
        assert!((share(Share::Specificity) - 0.6).abs() < 1e-12);
        let difference = all.difference().expect("known");
        assert!((share(Share::Difference) - difference).abs() < 1e-12, "{difference}");
    }

    #[test]
    fn an_interval_is_around_the_share_and_wider_for_fewer_groups() {
        let groups: Vec<Confusion> = (0..40)
            .map(|place| confusion([2, usize::from(place % 3 == 0), 0, place % 2, 1, 0]))
            .collect();
        for share in [Share::Consistency, Share::Difference, Share::Sensitivity, Share::Specificity]
        {
            let value = Grouped { groups: &groups, share }.score().expect("programs");
            let (many, few) = (interval(&groups, share), interval(&groups[..8], share));
            assert!(many.low < value && value < many.high, "{share:?} {many:?} {value}");
            assert!(few.high - few.low > many.high - many.low, "{share:?}");
        }
    }

    #[test]
    fn who_is_never_wrong_may_be_wrong_on_either_side() {
        let groups = [confusion([1, 0, 0, 0, 1, 0]); 20];
        let found = interval(&groups, Share::Difference);
        assert!(found.low < -0.1 && found.high > 0.1 && found.high < 0.2, "{found:?}");
        let found = interval(&groups, Share::Consistency);
        assert!(found.low > 0.8 && found.high >= 1.0, "{found:?}");
    }
}
