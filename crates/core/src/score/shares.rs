//! [`Shares`]: a score as what each case adds to it.

use crate::scenario::Scenario;

use super::drawn::Drawn;

/// A score of equation 3 as what each case adds to it, over a list of cases.
#[derive(Debug, Clone, PartialEq)]
pub struct Shares {
    /// Of each scenario: its weight, and a share for each case.
    scenarios: Vec<(Scenario, f64, Vec<Share>)>,
}

/// What a case adds in a scenario.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Share {
    /// Pass@k.
    pub(super) value: f64,
    /// 0 where there is no cell.
    pub(super) weight: f64,
}

impl Drawn for Shares {
    /// Equation 3; `None` where no case has a share.
    fn score(&self) -> Option<f64> {
        self.weighted(|_| 1.0)
    }

    fn score_of(&self, counts: &[u16]) -> Option<f64> {
        self.weighted(|place| f64::from(counts[place]))
    }

    #[expect(clippy::cast_precision_loss, reason = "cases are few")]
    fn cases_that_count(&self) -> f64 {
        let cases = self.scenarios.first().map_or(0, |(_, _, shares)| shares.len());
        let counts = |place: &usize| {
            self.scenarios.iter().any(|(_, weight, shares)| weight * shares[*place].weight > 0.0)
        };
        (0..cases).filter(counts).count() as f64
    }
}

impl Shares {
    /// Of these scenarios: the weight of each, and a share for each case.
    pub(super) fn new(scenarios: Vec<(Scenario, f64, Vec<Share>)>) -> Shares {
        Shares { scenarios }
    }

    fn weighted(&self, times: impl Fn(usize) -> f64) -> Option<f64> {
        let (mut sum, mut total) = (0.0, 0.0);
        for (_, weight, shares) in &self.scenarios {
            let (mut successes, mut all) = (0.0, 0.0);
            for (place, share) in shares.iter().enumerate() {
                let counted = share.weight * times(place);
                successes += share.value * counted;
                all += counted;
            }
            if all > 0.0 {
                sum += weight * successes / all;
                total += weight;
            }
        }
        (total > 0.0).then(|| sum / total)
    }

    /// What each case adds to the score; their sum is the score.
    pub fn parts(&self) -> impl Iterator<Item = f64> {
        let totals: Vec<f64> = self
            .scenarios
            .iter()
            .map(|(_, _, shares)| shares.iter().map(|share| share.weight).sum())
            .collect();
        let present = self.scenarios.iter().zip(&totals).filter(|(_, total)| **total > 0.0);
        let weights: f64 = present.map(|((_, weight, _), _)| weight).sum();
        let cases = self.scenarios.first().map_or(0, |(_, _, shares)| shares.len());
        (0..cases).map(move |place| {
            let of_scenarios = self.scenarios.iter().zip(&totals);
            let parts = of_scenarios.filter(|(_, total)| **total > 0.0);
            parts
                .map(|((_, weight, shares), total)| {
                    let share = shares[place];
                    weight / weights * share.value * share.weight / total
                })
                .sum()
        })
    }

    /// Both over the cells that both have.
    pub fn shared_with(&self, other: &Shares) -> (Shares, Shares) {
        let (mut first, mut second) = (self.clone(), other.clone());
        let common = |scenario: Scenario, of: &Shares| {
            of.scenarios.iter().any(|(other, _, _)| *other == scenario)
        };
        first.scenarios.retain(|(scenario, _, _)| common(*scenario, other));
        second.scenarios.retain(|(scenario, _, _)| common(*scenario, self));
        for (mine, others) in first.scenarios.iter_mut().zip(&mut second.scenarios) {
            for (mine, other) in mine.2.iter_mut().zip(&mut others.2) {
                if mine.weight == 0.0 || other.weight == 0.0 {
                    (*mine, *other) = (Share::default(), Share::default());
                }
            }
        }
        (first, second)
    }
}
