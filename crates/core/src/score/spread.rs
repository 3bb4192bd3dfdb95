//! [`Spread`]: how the difference of two subjects varies, between cases and within them, and what
//! follows from it: which differences so many cases and rounds would show.
//!
//! Source: Miller, "Adding Error Bars to Evals", 2024, section 5. With n cases and K rounds the
//! variance of a difference is (ω² + σ²/K) / n, where ω² is the variance between cases of the
//! difference that is true of each, and σ² that of one round of both subjects around it. Where
//! cases weigh differently, n is Kish's effective number (Kish, "Survey Sampling", 1965).

use serde::Serialize;

use super::contributions::{Contribution, Contributions};
use super::quantiles::{power_of_t, student_quantile};

/// How the difference of two subjects varies. Variances are of differences in [-1, 1].
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Spread {
    /// Cases that both subjects have.
    pub cases: usize,
    /// How many cases of equal weight say as much as these.
    pub effective: f64,
    /// ω², between cases. Where `within` is `None`, it is ω² + σ².
    pub between: f64,
    /// σ², within cases, of one round; `None` where no case has two rounds to tell it by.
    pub within: Option<f64>,
}

/// What a test is to be: its size, and how often it is to find what is there. Both in (0, 1).
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Aim {
    /// How often a test says that there is a difference where there is none.
    pub level: f64,
    /// How often it says so where there is one.
    pub power: f64,
}

impl Default for Aim {
    fn default() -> Aim {
        Aim { level: 0.05, power: 0.8 }
    }
}

/// Medians over all pairs of the 28 models in SecCodeBench-V2's published results (release 2.2.0, 98
/// cases, 4 scenarios), in units of p (1 - p), where p is the mean of both scores. What is true of
/// other benchmarks with fewer scenarios a case may be more.
const USUAL_BETWEEN: f64 = 0.181;
const USUAL_WITHIN: f64 = 0.158;
const USUAL_EFFECTIVE: f64 = 81.8;

/// More cases than this are not asked for.
const MOST_CASES: usize = 1_000_000;

/// So many standard errors beyond its bound every difference is found.
const FAR: f64 = 8.0;

/// What is left of a difference that is no difference but rounding.
const NOTHING: f64 = 1e-12;

impl Spread {
    /// Of two subjects' scores of Pass@1. `None` with less than two cases.
    pub fn between(first: &Contributions, second: &Contributions) -> Option<Spread> {
        let (first, second) = first.over_common_cells(second);
        let cells = first.shares().into_iter().zip(second.shares());
        let cases: Vec<CaseSpread> = cells.filter_map(|(a, b)| CaseSpread::of(&a, &b)).collect();
        Spread::of(&cases)
    }

    #[expect(clippy::cast_precision_loss, reason = "cases are few")]
    fn of(cases: &[CaseSpread]) -> Option<Spread> {
        if cases.len() < 2 {
            return None;
        }
        let number = cases.len() as f64;
        let mean: f64 = cases.iter().map(|case| case.share * case.difference).sum();
        // By the squares of the shares, as cases add to the variance of the mean.
        let squares: f64 = cases.iter().map(|case| case.share.powi(2)).sum();
        let deviation = |case: &CaseSpread| (case.share * (case.difference - mean)).powi(2);
        let total = cases.iter().map(deviation).sum::<f64>() / squares * number / (number - 1.0);
        let known = || cases.iter().filter_map(|case| Some((case.share.powi(2), case.noise?)));
        let known_squares: f64 = known().map(|(square, _)| square).sum();
        let mean_noise = |of: fn(Noise) -> f64| {
            known().map(|(square, noise)| square * of(noise)).sum::<f64>() / known_squares
        };
        let effective = 1.0 / squares;
        Some(match known_squares > 0.0 {
            true => Spread {
                cases: cases.len(),
                effective,
                between: (total - mean_noise(|noise| noise.of_mean)).max(0.0),
                within: Some(mean_noise(|noise| noise.of_round)),
            },
            false => Spread { cases: cases.len(), effective, between: total, within: None },
        })
    }

    /// What is usual between two models whose scores are about `rate`, in (0, 1), with weights as
    /// in SecCodeBench-V2.
    pub fn usual(rate: f64) -> Spread {
        let most = rate * (1.0 - rate);
        Spread {
            cases: 98,
            effective: USUAL_EFFECTIVE,
            between: USUAL_BETWEEN * most,
            within: Some(USUAL_WITHIN * most),
        }
    }

    /// The mean of several, case numbers included; `None` of none.
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "spreads and cases are few"
    )]
    pub fn mean(spreads: &[Spread]) -> Option<Spread> {
        let mean = |of: &dyn Fn(&Spread) -> f64| {
            spreads.iter().map(of).sum::<f64>() / spreads.len() as f64
        };
        let within: Option<Vec<f64>> = spreads.iter().map(|spread| spread.within).collect();
        (!spreads.is_empty()).then(|| Spread {
            cases: mean(&|spread| spread.cases as f64).round() as usize,
            effective: mean(&|spread| spread.effective),
            between: mean(&|spread| spread.between),
            within: within.map(|within| within.iter().sum::<f64>() / within.len() as f64),
        })
    }

    /// The variance of a case's difference over so many rounds. `None` where it is not known how
    /// much of it further rounds would take away.
    fn of_rounds(&self, rounds: u32) -> Option<f64> {
        match self.within {
            Some(within) => Some(self.between + within / f64::from(rounds.max(1))),
            None => (rounds == 1).then_some(self.between),
        }
    }

    /// How many effective cases there are among so many with weights like these.
    #[expect(clippy::cast_precision_loss, reason = "cases are few")]
    fn effective_of(&self, cases: usize) -> f64 {
        cases as f64 * self.effective / self.cases as f64
    }

    /// The standard error of the difference over so many cases and rounds.
    pub fn standard_error(&self, cases: usize, rounds: u32) -> Option<f64> {
        Some((self.of_rounds(rounds)? / self.effective_of(cases)).sqrt())
    }

    /// How often a test of this level finds a difference with so many cases and rounds: the power
    /// of a paired t-test, to which that of the permutation test is close.
    pub fn power(&self, difference: f64, cases: usize, rounds: u32, level: f64) -> Option<f64> {
        let freedom = self.effective_of(cases) - 1.0;
        let error = self.standard_error(cases, rounds)?;
        if freedom <= 0.0 {
            return Some(0.0);
        }
        if error < NOTHING {
            return Some(if difference.abs() > NOTHING { 1.0 } else { level });
        }
        let bound = student_quantile(freedom, 1.0 - level / 2.0);
        Some(power_of_t(difference.abs() / error, freedom, bound))
    }

    /// The least number of cases that shows a difference; `None` where a million do not, or
    /// where the number of rounds is one of which nothing is known.
    pub fn cases_for(&self, difference: f64, rounds: u32, aim: Aim) -> Option<usize> {
        let shows = |cases: usize| {
            self.power(difference, cases, rounds, aim.level).map(|power| power >= aim.power)
        };
        let mut high = 2;
        while !shows(high)? {
            high *= 2;
            if high > MOST_CASES {
                return None;
            }
        }
        let mut low = high / 2;
        while high - low > 1 {
            let middle = usize::midpoint(low, high);
            match shows(middle)? {
                true => high = middle,
                false => low = middle,
            }
        }
        Some(high)
    }

    /// The smallest difference that so many cases and rounds show.
    pub fn detectable(&self, cases: usize, rounds: u32, aim: Aim) -> Option<f64> {
        let freedom = self.effective_of(cases) - 1.0;
        let error = self.standard_error(cases, rounds)?;
        if freedom <= 0.0 {
            return None;
        }
        let bound = student_quantile(freedom, 1.0 - aim.level / 2.0);
        let (mut low, mut high) = (0.0, 2.0 * (bound + FAR));
        for _ in 0..40 {
            let middle = f64::midpoint(low, high);
            match power_of_t(middle, freedom, bound) < aim.power {
                true => low = middle,
                false => high = middle,
            }
        }
        Some(error * high)
    }
}

/// One case of two subjects.
#[derive(Debug, Clone, Copy)]
struct CaseSpread {
    /// In the weights of the score.
    share: f64,
    /// The first subject's score at it minus the second's.
    difference: f64,
    noise: Option<Noise>,
}

/// The variance of a case's difference around the true one.
#[derive(Debug, Clone, Copy)]
struct Noise {
    /// Of one round.
    of_round: f64,
    /// Of the mean over the rounds that there are.
    of_mean: f64,
}

impl CaseSpread {
    /// From the same cells of both; `None` where they have no weight.
    fn of(first: &[(f64, Contribution)], second: &[(f64, Contribution)]) -> Option<CaseSpread> {
        let share: f64 = first.iter().map(|(share, _)| share).sum();
        if share <= 0.0 {
            return None;
        }
        let mut difference = 0.0;
        let mut noise = Some(Noise { of_round: 0.0, of_mean: 0.0 });
        for ((of_cell, mine), (_, other)) in first.iter().zip(second) {
            if *of_cell <= 0.0 {
                continue;
            }
            let part = of_cell / share;
            difference += part * (mine.value - other.value);
            noise = noise.zip(Noise::of(mine).zip(Noise::of(other))).map(|(sum, (a, b))| Noise {
                of_round: sum.of_round + part * part * (a.of_round + b.of_round),
                of_mean: sum.of_mean + part * part * (a.of_mean + b.of_mean),
            });
        }
        Some(CaseSpread { share, difference, noise })
    }
}

impl Noise {
    /// Of a share of successes among its attempts; `None` with less than two.
    #[expect(clippy::cast_precision_loss, reason = "attempts are few")]
    fn of(cell: &Contribution) -> Option<Noise> {
        let attempts = cell.judged as f64;
        (cell.judged >= 2).then(|| {
            let of_mean = cell.value * (1.0 - cell.value) / (attempts - 1.0);
            Noise { of_round: of_mean * attempts, of_mean }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Cell, Cells, Chance, Difference, Exchanges};
    use super::*;
    use crate::benchmark::sec_code_bench_v2;
    use crate::case::{Language, Severity};
    use crate::score::Weights;

    const AIM: Aim = Aim { level: 0.05, power: 0.8 };

    #[test]
    fn power_is_that_of_r() {
        // power.t.test(n, delta, sd = 1, type = "paired")$power, from the noncentral t.
        let spread = Spread { cases: 10, effective: 10.0, between: 1.0, within: Some(0.0) };
        for (cases, difference, expect) in
            [(10, 1.0, 0.803_1), (20, 0.5, 0.564_5), (34, 0.5, 0.807_8), (199, 0.2, 0.801_7)]
        {
            let found = spread.power(difference, cases, 1, 0.05).expect("known");
            assert!((found - expect).abs() < 0.001, "{cases} {difference}: {found} for {expect}");
        }
        // power.t.test(delta = .5, sd = 1, power = .8, type = "paired")$n is 33.37.
        let cases = spread.cases_for(0.5, 1, AIM).expect("there are");
        assert_eq!(cases, 34);
        let found = spread.detectable(cases, 1, AIM).expect("known");
        assert!((0.48..=0.5).contains(&found), "{found}");
    }

    #[test]
    fn rounds_take_away_only_what_lies_within_cases() {
        let spread = Spread { cases: 50, effective: 40.0, between: 0.1, within: Some(0.3) };
        let error = |rounds| spread.standard_error(50, rounds).expect("known");
        assert!((error(1) - (0.4_f64 / 40.0).sqrt()).abs() < 1e-12);
        assert!((error(3) - (0.2_f64 / 40.0).sqrt()).abs() < 1e-12);
        assert!(error(1_000_000) > (0.1_f64 / 40.0).sqrt() - 1e-12);
        let alone = Spread { within: None, ..spread };
        assert!(alone.standard_error(50, 1).is_some() && alone.standard_error(50, 2).is_none());
        assert_eq!(alone.cases_for(0.1, 5, AIM), None);
        assert!(spread.cases_for(0.1, 5, AIM) < spread.cases_for(0.1, 1, AIM));
    }

    /// Two subjects over so many cases: each case is as hard as chance makes it, and the second
    /// is better by about this much.
    fn pair(cases: usize, rounds: usize, gain: f64, chance: &mut Chance) -> [Cells; 2] {
        let mut subjects = [Vec::new(), Vec::new()];
        for case in 0..cases {
            // Between cases the subjects differ by chance too.
            let ease = 0.2 + 0.4 * chance.share();
            let apart = 0.3 * (chance.share() - 0.5);
            for (subject, likely) in [(0, ease), (1, ease + gain + apart)] {
                let severity = if case % 3 == 0 { Severity::Critical } else { Severity::High };
                subjects[subject].push(Cell {
                    case: format!("case-{case:04}"),
                    language: Language::C,
                    severity,
                    scenario: sec_code_bench_v2::GEN,
                    successes: (0..rounds).filter(|_| chance.share() < likely).count(),
                    judged: rounds,
                });
            }
        }
        subjects.map(Cells::new)
    }

    fn contributions(subjects: &[Cells; 2]) -> [Contributions; 2] {
        let cases = subjects[0].cases();
        [0, 1].map(|place| subjects[place].contributions(&cases, &Weights::paper(), 1))
    }

    #[test]
    fn variances_are_those_that_outcomes_were_drawn_with() {
        let mut chance = Chance::seeded(5);
        let subjects = pair(6_000, 4, 0.1, &mut chance);
        let [first, second] = contributions(&subjects);
        let spread = Spread::between(&first, &second).expect("cases");
        // A uniform number in a range of 0.3 has a variance of 0.3² / 12.
        assert!((spread.between - 0.0075).abs() < 0.004, "{spread:?}");
        // p (1 - p) of both, over the likelihoods above.
        let within = (0.24 - 0.16 / 12.0) + (0.25 - 0.16 / 12.0 - 0.09 / 12.0);
        assert!((spread.within.expect("rounds") - within).abs() < 0.01, "{spread:?} {within}");
        // A third weighs 4, and two thirds weigh 2.
        let effective = (4.0_f64 + 2.0 * 2.0).powi(2) / (3.0 * (16.0 + 2.0 * 4.0));
        assert!((spread.effective / 6_000.0 - effective).abs() < 0.001, "{spread:?}");
        let single = pair(6_000, 1, 0.1, &mut chance);
        let [first, second] = contributions(&single);
        let alone = Spread::between(&first, &second).expect("cases");
        assert_eq!(alone.within, None);
        assert!((alone.between - spread.between - within).abs() < 0.02, "{alone:?}");
    }

    /// The test of `assay compare` finds a difference as often as is promised.
    #[test]
    fn so_many_cases_show_the_difference_as_often_as_is_said() {
        let mut chance = Chance::seeded(11);
        for (gain, rounds) in [(0.15, 2), (0.1, 5)] {
            let subjects = pair(2_000, 4, gain, &mut chance);
            let [first, second] = contributions(&subjects);
            let spread = Spread::between(&first, &second).expect("cases");
            let rounds_asked = u32::try_from(rounds).expect("few");
            let cases = spread.cases_for(gain, rounds_asked, AIM).expect("there are");
            let found = |of: f64, chance: &mut Chance| {
                let found = (0..400).filter(|seed| {
                    let subjects = pair(cases, rounds, of, chance);
                    let [first, second] = contributions(&subjects);
                    let exchanges = Exchanges { seed: *seed, most: 600 };
                    let difference = Difference::between(&second, &first, exchanges);
                    difference.expect("judged").p_value <= 0.05
                });
                found.count()
            };
            // 80 % of 400 with four standard errors to both sides, and 5 % where there is none.
            let (there, not_there) = (found(gain, &mut chance), found(0.0, &mut chance));
            assert!((288..=352).contains(&there), "{there} of 400 with {cases} cases");
            assert!((3..=37).contains(&not_there), "{not_there} of 400 with {cases} cases");
        }
    }

    #[test]
    fn what_does_not_vary_is_seen_at_once_and_one_case_says_nothing() {
        let same = Spread { cases: 5, effective: 5.0, between: 0.0, within: Some(0.0) };
        assert_eq!(same.power(0.1, 5, 1, 0.05), Some(1.0));
        assert_eq!(same.detectable(5, 1, AIM), Some(0.0));
        assert_eq!(Spread::of(&[]), None);
        let wide = Spread { between: 0.5, ..same };
        assert_eq!(wide.power(0.1, 1, 1, 0.05), Some(0.0));
        assert_eq!(wide.cases_for(1e-5, 1, AIM), None);
    }
}
