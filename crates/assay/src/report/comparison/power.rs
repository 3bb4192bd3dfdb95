//! [`Power`]: how many cases and rounds show a difference, told from how the difference of two
//! subjects varies.

use assay_core::score::{Aim, Metric, Spread};
use serde::Serialize;

use super::{Compared, Pairing, as_text};
use crate::report::quantity::{count, counted};

/// Numbers of rounds of which the need of cases is told.
pub const ROUNDS: [u32; 4] = [1, 3, 5, 10];

/// A difference that is to be found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Wanted {
    /// In percentage points, above 0.
    pub points: f64,
    pub aim: Aim,
}

impl Default for Wanted {
    fn default() -> Wanted {
        Wanted { points: 5.0, aim: Aim::default() }
    }
}

/// What a score's difference needs to be found.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Power {
    #[serde(serialize_with = "as_text")]
    pub metric: Metric,
    /// The difference, in percentage points.
    pub points: f64,
    #[serde(flatten)]
    pub aim: Aim,
    /// What is compared now.
    pub cases: usize,
    pub rounds: u32,
    /// The smallest difference that this shows, in points; `None` where it cannot be told.
    pub detectable: Option<f64>,
    /// How often this would show the difference.
    pub found: Option<f64>,
    /// Cases that show the difference, by rounds.
    pub needed: Vec<Needed>,
}

/// How many cases of so many rounds are needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Needed {
    pub rounds: u32,
    /// `None` where not even a million would do, or where nothing is known of so many rounds.
    pub cases: Option<usize>,
}

impl Power {
    /// Of a spread, with so many cases and rounds.
    pub fn of(metric: Metric, spread: &Spread, now: (usize, u32), wanted: Wanted) -> Power {
        let Wanted { points, aim } = wanted;
        let (cases, rounds) = now;
        let difference = points / 100.0;
        let detectable = spread.detectable(cases, rounds, aim).map(|it| it * 100.0);
        // Two that do not vary against each other say nothing of how many would show more.
        let is_told = !detectable.is_some_and(is_nothing);
        let cases_for = |rounds| spread.cases_for(difference, rounds, aim).filter(|_| is_told);
        let needed = |rounds| Needed { rounds, cases: cases_for(rounds) };
        Power {
            metric,
            points,
            aim,
            cases,
            rounds,
            detectable,
            found: spread.power(difference, cases, rounds, aim.level),
            needed: ROUNDS.map(needed).into(),
        }
    }

    /// It in sentences for people.
    pub fn sentence(&self) -> String {
        let Power { metric, points, cases, rounds, .. } = self;
        let now = format!("{} at {}", counted(*cases, "case"), counted(*rounds as usize, "round"));
        let shown = match self.detectable {
            Some(detectable) if is_nothing(detectable) => {
                format!(
                    "{metric}: the two do not vary against each other in {now}, so nothing can be said of how much more would show"
                )
            }
            Some(detectable) if detectable > MOST_POINTS => {
                format!("{metric}: {now} would show no difference, however large")
            }
            Some(detectable) => {
                format!("{metric}: {now} would show a difference of {detectable:.1} points")
            }
            None => format!("{metric}: {now} do not say which difference they would show"),
        };
        if self.detectable.is_some_and(is_nothing) {
            return shown;
        }
        let needed: Vec<String> = self
            .needed
            .iter()
            .filter_map(|it| Some((it.rounds, it.cases?)))
            .map(|(rounds, cases)| {
                format!("{} at {}", counted(cases, "case"), counted(rounds as usize, "round"))
            })
            .collect();
        match needed.is_empty() {
            true => {
                format!("{shown}; no number of cases up to a million would show one of {points}")
            }
            false => {
                format!("{shown}; a difference of {points} would need about {}", or(&needed))
            }
        }
    }

    /// The aim of all such sentences.
    pub fn aim(aim: Aim) -> String {
        format!(
            "To show is to find the difference in {} of 100 such comparisons, with a test that finds one in {} of 100 where there is none.",
            number(aim.power * 100.0),
            number(aim.level * 100.0)
        )
    }
}

/// Scores differ by no more points.
const MOST_POINTS: f64 = 100.0;

/// Those that a comparison tells of.
pub(super) fn of(scores: &[Compared], pairing: &Pairing, wanted: Wanted) -> Vec<Power> {
    let now = (pairing.cases, pairing.rounds());
    let told = [Metric::Overall, Metric::Functional].into_iter().filter_map(|metric| {
        let spread = scores.iter().find(|it| it.metric == metric)?.spread?;
        Some(Power::of(metric, &spread, now, wanted))
    });
    told.collect()
}

/// Whether so many points are none, as they are shown.
fn is_nothing(points: f64) -> bool {
    points < 0.005
}

/// Up to one decimal, as few as it has.
fn number(value: f64) -> String {
    let text = format!("{value:.1}");
    text.strip_suffix(".0").unwrap_or(&text).to_owned()
}

/// `a, b or c`.
fn or(parts: &[String]) -> String {
    match parts {
        [rest @ .., last] if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        _ => parts.join(""),
    }
}

/// A number of cases for people.
pub(in crate::report) fn cases(needed: Option<usize>) -> String {
    needed.map_or_else(|| "–".to_owned(), count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_points_are_named_than_there_are() {
        let power = |detectable| Power {
            metric: Metric::Overall,
            points: 5.0,
            aim: Aim::default(),
            cases: 3,
            rounds: 2,
            detectable: Some(detectable),
            found: Some(0.05),
            needed: vec![Needed { rounds: 1, cases: Some(384) }],
        };
        let rest = "; a difference of 5 would need about 384 cases at 1 round";
        for (detectable, shown) in [
            (132.6, "would show no difference, however large"),
            (99.4, "would show a difference of 99.4 points"),
        ] {
            let expect = format!("overall: 3 cases at 2 rounds {shown}{rest}");
            assert_eq!(power(detectable).sentence(), expect);
        }
    }
}
