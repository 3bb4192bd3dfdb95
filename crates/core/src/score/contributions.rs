//! [`Contributions`]: a score as what each case adds to it.

use crate::scenario::Scenario;

use super::drawn::Drawn;
use super::weighted_mean::WeightedMean;

/// A score of equation 3 as what each case adds to it, over a list of cases.
#[derive(Debug, Clone, PartialEq)]
pub struct Contributions {
    /// Of each scenario: its weight, and a contribution for each case.
    scenarios: Vec<(Scenario, f64, Vec<Contribution>)>,
}

/// What a case adds in a scenario.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Contribution {
    /// Pass@k.
    pub(super) value: f64,
    /// 0 where there is no cell.
    pub(super) weight: f64,
    /// The attempts that the value is of.
    pub(super) judged: usize,
}

impl Drawn for Contributions {
    /// Equation 3; `None` where no case has a contribution.
    fn score(&self) -> Option<f64> {
        self.weighted(|_| 1.0)
    }

    fn score_of(&self, counts: &[u16]) -> Option<f64> {
        self.weighted(|place| f64::from(counts[place]))
    }

    #[expect(clippy::cast_precision_loss, reason = "cases are few")]
    fn cases_that_count(&self) -> f64 {
        let cases = self.scenarios.first().map_or(0, |(_, _, contributions)| contributions.len());
        let counts = |place: &usize| {
            self.scenarios
                .iter()
                .any(|(_, weight, contributions)| weight * contributions[*place].weight > 0.0)
        };
        (0..cases).filter(counts).count() as f64
    }

    fn mean(&self) -> Option<WeightedMean> {
        let of_case = |cells: Vec<(f64, Contribution)>| {
            let share: f64 = cells.iter().map(|(share, _)| share).sum();
            let part: f64 = cells.iter().map(|(share, cell)| share * cell.value).sum();
            (share, if share > 0.0 { part / share } else { 0.0 })
        };
        WeightedMean::of(self.shares().into_iter().map(of_case))
    }
}

impl Contributions {
    /// Of these scenarios: the weight of each, and a contribution for each case.
    pub(super) fn new(scenarios: Vec<(Scenario, f64, Vec<Contribution>)>) -> Contributions {
        Contributions { scenarios }
    }

    fn weighted(&self, times: impl Fn(usize) -> f64) -> Option<f64> {
        let (mut sum, mut total) = (0.0, 0.0);
        for (_, weight, contributions) in &self.scenarios {
            let (mut successes, mut all) = (0.0, 0.0);
            for (place, contribution) in contributions.iter().enumerate() {
                let counted = contribution.weight * times(place);
                successes += contribution.value * counted;
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
        let shares = self.shares().into_iter();
        shares.map(|cells| cells.iter().map(|(share, cell)| share * cell.value).sum())
    }

    /// Of each case, in each scenario that counts: its share in the weights of the score, and
    /// what it adds. All shares together are 1.
    pub(super) fn shares(&self) -> Vec<Vec<(f64, Contribution)>> {
        let total = |contributions: &[Contribution]| -> f64 {
            contributions.iter().map(|contribution| contribution.weight).sum()
        };
        let scenarios = self.scenarios.iter().map(|(_, weight, of)| (weight, total(of), of));
        let present: Vec<_> = scenarios.filter(|(_, total, _)| *total > 0.0).collect();
        let weights: f64 = present.iter().map(|(weight, ..)| *weight).sum();
        let cases = self.scenarios.first().map_or(0, |(_, _, contributions)| contributions.len());
        let of_case = |place: usize| {
            let cells = present.iter().map(|(weight, total, contributions)| {
                let cell: Contribution = contributions[place];
                (*weight / weights * cell.weight / total, cell)
            });
            cells.collect()
        };
        (0..cases).map(of_case).collect()
    }

    /// Both over the cells that both have.
    pub fn over_common_cells(&self, other: &Contributions) -> (Contributions, Contributions) {
        let (mut first, mut second) = (self.clone(), other.clone());
        let common = |scenario: Scenario, of: &Contributions| {
            of.scenarios.iter().any(|(other, _, _)| *other == scenario)
        };
        first.scenarios.retain(|(scenario, _, _)| common(*scenario, other));
        second.scenarios.retain(|(scenario, _, _)| common(*scenario, self));
        for (mine, others) in first.scenarios.iter_mut().zip(&mut second.scenarios) {
            for (mine, other) in mine.2.iter_mut().zip(&mut others.2) {
                if mine.weight == 0.0 || other.weight == 0.0 {
                    (*mine, *other) = (Contribution::default(), Contribution::default());
                }
            }
        }
        (first, second)
    }
}
