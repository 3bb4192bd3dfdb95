//! A score by its name, and what is asked of a difference.

use std::fmt;
use std::str::FromStr;

use super::cells::Cells;
use super::contributions::Contributions;
use super::weights::Weights;
use crate::case::Language;
use crate::meant::did_you_mean;
use crate::scenario::Scenario;

/// A score that two subjects can be compared by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Metric {
    Overall,
    Unweighted,
    Functional,
    /// The overall score as a share of the functional one: how much of what works is secure.
    SecureIfFunctional,
    Scenario(Scenario),
    Language(Language),
}

impl Metric {
    /// All of them, the overall score first.
    pub fn all() -> impl Iterator<Item = Metric> {
        use Metric::{Functional, Overall, SecureIfFunctional, Unweighted};
        [Overall, Unweighted, Functional, SecureIfFunctional]
            .into_iter()
            .chain(Scenario::all().map(Metric::Scenario))
            .chain(Language::ALL.map(Metric::Language))
    }

    /// What each of these cases adds to it, given how often a subject is secure and how
    /// often its answers work. Of a quotient it is what they add to the part.
    pub fn contributions(
        self,
        secure: &Cells,
        functional: &Cells,
        cases: &[&str],
        weights: &Weights,
    ) -> Contributions {
        match self {
            Metric::Overall | Metric::SecureIfFunctional => secure.contributions(cases, weights, 1),
            Metric::Unweighted => secure.contributions(cases, &Weights::equal(), 1),
            Metric::Functional => functional.contributions(cases, weights, 1),
            Metric::Scenario(it) => {
                secure.only(|cell| cell.scenario == it).contributions(cases, weights, 1)
            }
            Metric::Language(it) => {
                secure.only(|cell| cell.language == it).contributions(cases, weights, 1)
            }
        }
    }
}

impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Metric::Overall => f.write_str("overall"),
            Metric::Unweighted => f.write_str("unweighted"),
            Metric::Functional => f.write_str("functional"),
            Metric::SecureIfFunctional => f.write_str("secure-if-functional"),
            Metric::Scenario(scenario) => scenario.fmt(f),
            Metric::Language(language) => language.fmt(f),
        }
    }
}

impl FromStr for Metric {
    type Err = String;

    fn from_str(text: &str) -> Result<Metric, String> {
        Metric::all().find(|metric| metric.to_string() == text).ok_or_else(|| {
            let names: Vec<String> = Metric::all().map(|metric| metric.to_string()).collect();
            let meant = did_you_mean(text, names.iter().map(String::as_str));
            format!("{text:?} is no score{meant}; there are {}", names.join(", "))
        })
    }
}

/// A bound on a difference, such as `overall<-2`: in percentage points.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Condition {
    pub metric: Metric,
    order: Order,
    points: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    Below,
    AtMost,
    Above,
    AtLeast,
}

/// The longer ones first.
const ORDERS: [(&str, Order); 4] =
    [("<=", Order::AtMost), (">=", Order::AtLeast), ("<", Order::Below), (">", Order::Above)];

impl Condition {
    /// Whether a difference of scores in [-1, 1] meets it.
    pub fn holds(&self, difference: f64) -> bool {
        // Without what rounding adds to a difference that is equal.
        let points = (difference * 100.0 * 1e9).round() / 1e9;
        match self.order {
            Order::Below => points < self.points,
            Order::AtMost => points <= self.points,
            Order::Above => points > self.points,
            Order::AtLeast => points >= self.points,
        }
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = ORDERS.iter().find(|(_, order)| *order == self.order).map_or("", |it| it.0);
        write!(f, "{}{sign}{}", self.metric, self.points)
    }
}

impl FromStr for Condition {
    type Err = String;

    fn from_str(text: &str) -> Result<Condition, String> {
        let parts = ORDERS.iter().find_map(|(sign, order)| {
            text.split_once(sign).map(|(metric, points)| (metric, *order, points))
        });
        let (metric, order, points) =
            parts.ok_or_else(|| format!("{text:?} is no condition; write one like overall<-2"))?;
        let points: f64 = points
            .trim()
            .parse()
            .ok()
            .filter(|points: &f64| points.is_finite())
            .ok_or_else(|| format!("{points:?} is no number of percentage points"))?;
        Ok(Condition { metric: metric.trim().parse()?, order, points })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_condition_is_about_percentage_points() {
        let check = |text: &str, difference: f64, expect: bool| {
            let condition: Condition = text.parse().expect("a condition");
            assert_eq!(condition.holds(difference), expect, "{text} {difference}");
            assert_eq!(condition.to_string().parse(), Ok(condition));
        };
        check("overall<-2", -0.03, true);
        check("overall<-2", -0.02, false);
        check("overall <= -2", -0.02, true);
        check("java>=0", 0.0, true);
        check("fix-hints>1.5", 0.02, true);
    }

    #[test]
    fn what_is_no_condition_says_what_is_one() {
        for (text, expect) in [
            ("overall", "write one like overall<-2"),
            ("speed<1", "there are overall, unweighted, functional, secure-if-functional, gen"),
            ("overall<x", "no number of percentage points"),
            ("overall<NaN", "no number of percentage points"),
        ] {
            let error = text.parse::<Condition>().expect_err("no condition");
            assert!(error.contains(expect), "{text}: {error}");
        }
    }
}
