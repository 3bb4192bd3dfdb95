//! The axes of plots: their ends, the values that are marked along them, and how these are written.

/// What an axis counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    /// Shares in [0, 1], written as percentages.
    Share,
    /// Amounts of money.
    Cost,
}

/// An axis: what it shows, its ends, and what it counts.
#[derive(Debug, Clone, Copy)]
pub(super) struct Axis {
    pub(super) label: &'static str,
    pub(super) from: f64,
    pub(super) to: f64,
    pub(super) unit: Unit,
}

impl Axis {
    /// Per cent, around these values in steps of ten.
    pub(super) fn percent(label: &'static str, values: impl Iterator<Item = f64> + Clone) -> Axis {
        let least = values.clone().fold(1.0, f64::min);
        let most = values.fold(0.0, f64::max);
        let from = (least * 10.0 - 0.2).floor().max(0.0) / 10.0;
        let to = ((most * 10.0 + 0.2).ceil() / 10.0).min(1.0);
        Axis { label, from: from.min(to - 0.1).max(0.0), to, unit: Unit::Share }
    }

    /// Amounts from 0 to a round number above these values.
    pub(super) fn cost(label: &'static str, values: impl Iterator<Item = f64>) -> Axis {
        let most = values.fold(0.0, f64::max);
        let step = round_step(most);
        let to = if most > 0.0 { (most / step - 1e-9).ceil() * step } else { 1.0 };
        Axis { label, from: 0.0, to, unit: Unit::Cost }
    }

    /// Where between the ends a value lies.
    pub(super) fn share(&self, value: f64) -> f64 {
        ((value - self.from) / (self.to - self.from)).clamp(0.0, 1.0)
    }

    /// Round values along the axis.
    pub(super) fn ticks(&self) -> Vec<f64> {
        let step = round_step(self.to - self.from);
        let mut ticks = Vec::new();
        let mut number = (self.from / step - 1e-9).ceil();
        while number * step <= self.to + step * 1e-6 {
            ticks.push(number * step);
            number += 1.0;
        }
        ticks
    }

    /// A value that is marked, with as many places as tell it from its neighbours.
    pub(super) fn write_tick(&self, value: f64) -> String {
        let step = round_step(self.to - self.from);
        match self.unit {
            Unit::Share => format!("{}%", fixed(value * 100.0, places(step * 100.0))),
            Unit::Cost => fixed(value, places(step)),
        }
    }

    /// A value of a point.
    pub(super) fn write(&self, value: f64) -> String {
        match self.unit {
            Unit::Share => format!("{}%", fixed(value * 100.0, 2)),
            Unit::Cost if value >= 1.0 || value == 0.0 => fixed(value, 2),
            Unit::Cost => fixed(value, places(value / 100.0)),
        }
    }
}

/// A number with these places; never a zero with a sign.
fn fixed(value: f64, places: usize) -> String {
    let text = format!("{value:.places$}");
    match text.strip_prefix('-') {
        Some(rest) if rest.bytes().all(|byte| matches!(byte, b'0' | b'.')) => rest.to_owned(),
        _ => text,
    }
}

/// How many places behind the point it takes to write a step.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a small number")]
fn places(step: f64) -> usize {
    if step <= 0.0 { 0 } else { (-(step * 1.000_1).log10().floor()).clamp(0.0, 8.0) as usize }
}

/// 1, 2 or 5 times a power of ten, of which about five make up a span.
pub(super) fn round_step(span: f64) -> f64 {
    if span <= 0.0 {
        return 1.0;
    }
    let rough = span / 5.0;
    let power = 10.0_f64.powf(rough.log10().floor());
    let times = [1.0, 2.0, 5.0, 10.0].into_iter().find(|times| rough <= times * power * 1.000_1);
    times.unwrap_or(10.0) * power
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_within_the_axis() {
        let axis = Axis { label: "", from: 0.3, to: 0.8, unit: Unit::Share };
        let ticks = axis.ticks();
        assert_eq!(ticks.len(), 6, "{ticks:?}");
        assert!(ticks.iter().all(|tick| (0.299..0.801).contains(tick)), "{ticks:?}");
        for (span, step) in [(1.0, 0.2), (0.07, 0.02), (430.0, 100.0), (0.0, 1.0), (26.0, 10.0)] {
            assert!((round_step(span) - step).abs() < 1e-9, "{span}: {}", round_step(span));
        }
    }

    #[test]
    fn ticks_are_written_apart_and_without_a_negative_zero() {
        let check = |axis: Axis, expect: &[&str]| {
            let written: Vec<String> =
                axis.ticks().into_iter().map(|tick| axis.write_tick(tick)).collect();
            assert_eq!(written, expect);
        };
        let share = |from, to| Axis { label: "", from, to, unit: Unit::Share };
        check(share(-0.0, 1.0), &["0%", "20%", "40%", "60%", "80%", "100%"]);
        check(share(0.0, 0.1), &["0%", "2%", "4%", "6%", "8%", "10%"]);
        let cost = |most| Axis::cost("", [most].into_iter());
        check(cost(0.000_043), &["0.00000", "0.00001", "0.00002", "0.00003", "0.00004", "0.00005"]);
        check(cost(0.0), &["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]);
        check(cost(7.0), &["0", "2", "4", "6", "8"]);
        assert_eq!(fixed(-0.000_1, 2), "0.00");
        assert_eq!(cost(1.0).write(0.000_012_3), "0.0000123");
    }

    #[test]
    fn an_axis_of_shares_never_leaves_its_range() {
        for values in [[0.0, 0.0], [1.0, 1.0], [0.0, 1.0], [0.47, 0.52]] {
            let axis = Axis::percent("", values.into_iter());
            assert!(axis.from >= 0.0 && axis.to <= 1.0 && axis.from < axis.to, "{axis:?}");
            assert!(values.iter().all(|it| (axis.from..=axis.to).contains(it)), "{axis:?}");
        }
    }
}
