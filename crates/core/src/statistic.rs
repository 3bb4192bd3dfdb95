//! [`Statistic`]: a number computed from the outcomes of a set of cases. All such numbers have
//! intervals from the same draws of cases.

mod binary;

use std::collections::BTreeMap;

use crate::judgement::LabelJudgement;
use crate::pass::{pass_all, pass_at};
pub use binary::Binary;

/// How outcomes become a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Statistic {
    /// The weighted mean over cases of Pass@k (SecCodeBench-V2, equations 1 and 2).
    PassAt(usize),
    /// The weighted mean over cases of pass^k: how likely all of k attempts are to succeed
    /// (Yao et al., "tau-bench", 2024).
    PassAll(usize),
    /// The share of successes among all attempts (CoV-Eval, section 5.1, SR).
    SuccessRate,
    /// The harmonic mean of precision and recall of what is vulnerable.
    F1,
    /// Matthews' correlation coefficient, in [-1, 1] (Matthews, 1975).
    Mcc,
    /// The mean of the recalls of what is vulnerable and of what is not.
    BalancedAccuracy,
    /// The mean of each class's F1, weighted by how often the class is true.
    WeightedF1,
}

/// The outcomes of a case in a scenario.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CaseCounts {
    /// What the case weighs, 0 or more.
    pub weight: f64,
    pub successes: usize,
    /// At least one.
    pub judged: usize,
    /// How often programs of each true class were said to be of each class.
    pub confusion: BTreeMap<Classes, usize>,
}

/// The true class of a program, and the one that was said.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Classes {
    pub truth: Class,
    pub said: Class,
}

/// What a program is, or is said to be.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// The answer could not be read, which is never right.
    Unread,
    Secure,
    /// Vulnerable, with the first of its weaknesses; empty if none is named.
    Vulnerable(String),
}

impl CaseCounts {
    /// Takes one more statement about the case's program.
    pub fn add(&mut self, judgement: &LabelJudgement) {
        let class = |label: &crate::Label| match label.vulnerable {
            true => Class::Vulnerable(label.cwe.first().cloned().unwrap_or_default()),
            false => Class::Secure,
        };
        let truth = class(&judgement.truth);
        let said = judgement.said.as_ref().map_or(Class::Unread, class);
        self.judged += 1;
        self.successes += usize::from(judgement.is_right());
        *self.confusion.entry(Classes { truth, said }).or_default() += 1;
    }

    /// The statements, by whether they are about vulnerable programs and say so.
    pub fn binary(&self) -> Binary {
        binary(std::slice::from_ref(self), &|_| 1.0)
    }
}

impl Statistic {
    /// The number over these cases; `None` where it is not defined.
    pub fn value(self, cases: &[CaseCounts]) -> Option<f64> {
        self.over(cases, |_| 1.0)
    }

    /// The number where each case counts so many times.
    pub(crate) fn over(self, cases: &[CaseCounts], times: impl Fn(usize) -> f64) -> Option<f64> {
        match self {
            Statistic::PassAt(k) => mean(cases, times, |it| pass_at(k, it.successes, it.judged)),
            Statistic::PassAll(k) => mean(cases, times, |it| pass_all(k, it.successes, it.judged)),
            Statistic::SuccessRate => {
                let attempts = |place: usize| times(place) * number(cases[place].judged);
                let successes = |place: usize| times(place) * number(cases[place].successes);
                ratio(sum(cases, successes), sum(cases, attempts))
            }
            Statistic::F1 => binary(cases, &times).f1(),
            Statistic::Mcc => binary(cases, &times).mcc(),
            Statistic::BalancedAccuracy => binary(cases, &times).balanced_accuracy(),
            Statistic::WeightedF1 => weighted_f1(cases, &times),
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "attempts are few")]
fn number(count: usize) -> f64 {
    count as f64
}

fn sum(cases: &[CaseCounts], value: impl Fn(usize) -> f64) -> f64 {
    (0..cases.len()).map(value).sum()
}

fn ratio(part: f64, whole: f64) -> Option<f64> {
    (whole > 0.0).then(|| part / whole)
}

fn mean(
    cases: &[CaseCounts],
    times: impl Fn(usize) -> f64,
    value: impl Fn(&CaseCounts) -> Option<f64>,
) -> Option<f64> {
    let (mut total, mut weights) = (0.0, 0.0);
    for (place, case) in cases.iter().enumerate() {
        if let Some(value) = value(case) {
            let weight = case.weight * times(place);
            total += weight * value;
            weights += weight;
        }
    }
    ratio(total, weights)
}

/// Every statement, by truth and what was said.
fn statements<'a>(
    cases: &'a [CaseCounts],
    times: &'a impl Fn(usize) -> f64,
) -> impl Iterator<Item = (&'a Classes, f64)> {
    cases.iter().enumerate().flat_map(move |(place, case)| {
        let counted =
            move |(classes, count): (&'a Classes, &usize)| (classes, times(place) * number(*count));
        case.confusion.iter().map(counted)
    })
}

/// The statements, by whether they are about vulnerable programs and say so.
fn binary(cases: &[CaseCounts], times: &impl Fn(usize) -> f64) -> Binary {
    let mut binary = Binary::default();
    for (classes, count) in statements(cases, times) {
        binary.add(classes, count);
    }
    binary
}

fn weighted_f1(cases: &[CaseCounts], times: &impl Fn(usize) -> f64) -> Option<f64> {
    let mut classes: BTreeMap<&Class, [f64; 3]> = BTreeMap::new();
    for (Classes { truth, said }, count) in statements(cases, times) {
        let of_truth = classes.entry(truth).or_default();
        of_truth[0] += count;
        if truth == said {
            of_truth[2] += count;
        }
        classes.entry(said).or_default()[1] += count;
    }
    let total: f64 = classes.values().map(|[truth, ..]| truth).sum();
    let f1 =
        |[truth, said, both]: &[f64; 3]| truth * ratio(2.0 * both, truth + said).unwrap_or(0.0);
    ratio(classes.values().map(f1).sum(), total)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Label;
    use crate::score::{Drawn as _, Draws, Interval, Measured, Resampling};

    /// A case of one program, and what was said of it: `+` is vulnerable, `-` is not, `?`
    /// could not be read, and a number is a CWE.
    fn case(truth: &str, said: &[&str]) -> CaseCounts {
        let label = |text: &str| match text {
            "?" => None,
            "-" => Some(Label::default()),
            "+" => Some(Label { vulnerable: true, ..Label::default() }),
            cwe => Some(Label {
                vulnerable: true,
                cwe: vec![format!("CWE-{cwe}")],
                ..Label::default()
            }),
        };
        let mut counts = CaseCounts { weight: 1.0, ..CaseCounts::default() };
        for said in said {
            let truth = label(truth).expect("the truth is known");
            counts.add(&LabelJudgement { said: label(said), truth });
        }
        counts
    }

    fn check(statistic: Statistic, cases: &[CaseCounts], expect: Option<f64>) {
        let found = statistic.value(cases);
        let is_near = match (found, expect) {
            (Some(found), Some(expect)) => (found - expect).abs() < 5e-7,
            (found, expect) => found == expect,
        };
        assert!(is_near, "{statistic:?}: {found:?}, expected {expect:?}");
    }

    #[test]
    fn statistics_of_statements_are_those_of_scikit_learn() {
        // truth + + + - - - -, said + - + - - + - : f1_score, matthews_corrcoef and
        // balanced_accuracy_score of scikit-learn 1.9.
        let cases = [case("+", &["+", "-", "+"]), case("-", &["-", "-", "+", "-"])];
        check(Statistic::F1, &cases, Some(0.666_666_7));
        check(Statistic::Mcc, &cases, Some(0.416_666_7));
        check(Statistic::BalancedAccuracy, &cases, Some(0.708_333_3));
        check(Statistic::SuccessRate, &cases, Some(5.0 / 7.0));
        // truth 22 22 22 79 79 -, said 22 79 22 79 - - : f1_score(average="weighted").
        let cases = [case("22", &["22", "79", "22"]), case("79", &["79", "-"]), case("-", &["-"])];
        check(Statistic::WeightedF1, &cases, Some(0.677_777_8));
    }

    #[test]
    fn what_could_not_be_read_is_wrong_whatever_the_truth() {
        let cases = [case("+", &["+", "?"]), case("-", &["-", "?"])];
        check(Statistic::F1, &cases, Some(0.5));
        check(Statistic::BalancedAccuracy, &cases, Some(0.5));
        check(Statistic::SuccessRate, &cases, Some(0.5));
        check(Statistic::Mcc, &cases, Some(0.0));
    }

    #[test]
    fn a_statistic_that_is_not_defined_is_none() {
        let only_secure = [case("-", &["-", "-"])];
        check(Statistic::F1, &only_secure, None);
        check(Statistic::Mcc, &only_secure, None);
        check(Statistic::BalancedAccuracy, &only_secure, None);
        check(Statistic::SuccessRate, &only_secure, Some(1.0));
        for statistic in [Statistic::PassAt(1), Statistic::SuccessRate, Statistic::WeightedF1] {
            check(statistic, &[], None);
        }
    }

    #[test]
    fn pass_at_k_and_pass_to_the_k_are_means_over_cases_by_weight() {
        let of = |weight, successes| CaseCounts {
            weight,
            successes,
            judged: 4,
            confusion: BTreeMap::new(),
        };
        let cases = [of(4.0, 4), of(1.0, 2)];
        check(Statistic::PassAt(1), &cases, Some((4.0 + 0.5) / 5.0));
        check(Statistic::PassAt(2), &cases, Some((4.0 + 5.0 / 6.0) / 5.0));
        check(Statistic::PassAll(2), &cases, Some((4.0 + 1.0 / 6.0) / 5.0));
        check(Statistic::PassAll(5), &cases, None);
    }

    #[test]
    fn every_statistic_has_an_interval_of_the_same_draws() {
        let cases: Vec<CaseCounts> = (0..40)
            .map(|place| match place % 4 {
                0 => case("22", &["22", "22", "-"]),
                1 => case("79", &["22", "79", "79"]),
                2 => case("-", &["-", "?", "-"]),
                _ => case("-", &["-", "-", "22"]),
            })
            .collect();
        let draws = Draws::of(cases.len(), Resampling::default());
        for statistic in [
            Statistic::PassAt(1),
            Statistic::PassAll(2),
            Statistic::SuccessRate,
            Statistic::F1,
            Statistic::Mcc,
            Statistic::BalancedAccuracy,
            Statistic::WeightedF1,
        ] {
            let measured = Measured { statistic, cases: cases.clone() };
            let value = measured.score().expect("defined");
            let Interval { low, high } = Interval::of(&measured, &draws).expect("defined");
            assert!(low < value && value < high, "{statistic:?}: {low} {value} {high}");
        }
    }
}
