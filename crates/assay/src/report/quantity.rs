//! Numbers as people read them.

use std::collections::BTreeMap;

use assay_core::score::{Bracket, Interval, RankRange, Scorecard};
use assay_core::{Bill, Cost};

use super::Spending;
use assay_core::infra_error::InfraClass;

pub(crate) use assay_core::count::{count, counted};

/// A score in [0, 1] as a percentage, and a dash for none.
pub(crate) fn percent(score: Option<f64>) -> String {
    score.map_or_else(|| "–".to_owned(), |score| format!("{:.2}%", score * 100.0))
}

/// A number in [-1, 1], and a dash for none.
pub(crate) fn coefficient(number: Option<f64>) -> String {
    number.map_or_else(|| "–".to_owned(), |number| format!("{number:.3}"))
}

/// `59.1–74.9`, per cent.
pub(crate) fn interval(interval: Option<Interval>) -> String {
    interval.map_or_else(
        || "–".to_owned(),
        |it| format!("{:.1}–{:.1}", it.low * 100.0, it.high * 100.0),
    )
}

/// A difference in [-1, 1] in percentage points, with its sign, and nothing as `0.00`.
pub(crate) fn points(difference: f64) -> String {
    signed(difference * 100.0, 2)
}

/// The ends of a difference's interval, in percentage points.
pub(crate) fn points_between(interval: Interval) -> String {
    format!("{} to {}", points(interval.low), points(interval.high))
}

/// A number with its sign and so many decimals; without a sign where these show nothing.
pub(crate) fn signed(number: f64, decimals: usize) -> String {
    let text = format!("{number:+.decimals$}");
    match text[1..].bytes().all(|byte| matches!(byte, b'0' | b'.')) {
        true => text[1..].to_owned(),
        false => text,
    }
}

/// `1–11`, or one rank.
pub(crate) fn ranks(ranks: Option<RankRange>) -> String {
    match ranks {
        None => "–".to_owned(),
        Some(RankRange { best, worst }) if best == worst => best.to_string(),
        Some(RankRange { best, worst }) => format!("{best}–{worst}"),
    }
}

/// An overall score, or that it is withheld.
pub(crate) fn overall(card: &Scorecard) -> String {
    if card.withheld.is_some() { "withheld".to_owned() } else { percent(card.overall) }
}

/// What lies between errored attempts as failures and as successes.
pub(crate) fn bracket(bracket: &Bracket) -> String {
    let Bracket { without, as_failures, as_successes } = bracket;
    format!(
        "{} without them, {} with them as failures, {} as successes",
        percent(*without),
        percent(*as_failures),
        percent(*as_successes)
    )
}

/// `rate limit 3, timeout 2`.
pub(crate) fn errors(errors: &BTreeMap<InfraClass, usize>) -> String {
    let parts: Vec<String> =
        errors.iter().map(|(class, number)| format!("{class} {}", count(*number))).collect();
    parts.join(", ")
}

/// An amount; a dash where it is not known, and a sign where it is known of a part or
/// estimated.
pub(crate) fn cost(bill: &Bill) -> String {
    match bill.cost {
        _ if bill.likely_cost().is_some() => {
            format!("≈{}", bill.likely_cost().unwrap_or_default())
        }
        None => "–".to_owned(),
        Some(cost) if bill.is_whole() => cost.to_string(),
        Some(cost) => format!("≥{cost}"),
    }
}

/// What was paid while a run went on. Nothing, where all came from the response cache,
/// is an amount only of what has a price.
pub(crate) fn paid(spending: &Spending) -> String {
    match (spending.paid.replies, spending.total.cost) {
        (0, Some(_)) => Cost::ZERO.to_string(),
        _ => cost(&spending.paid),
    }
}

pub(crate) fn amount(cost: Option<Cost>) -> String {
    cost.map_or_else(|| "–".to_owned(), |cost| cost.to_string())
}

/// A number of tokens.
pub(crate) fn tokens(number: u64) -> String {
    count(usize::try_from(number).unwrap_or(usize::MAX))
}

pub(crate) fn duration(milliseconds: u64) -> String {
    match milliseconds {
        0..1_000 => format!("{milliseconds} ms"),
        1_000..60_000 => {
            format!("{}.{:02} s", milliseconds / 1_000, milliseconds % 1_000 / 10)
        }
        _ => {
            let seconds = milliseconds / 1_000;
            format!("{} min {:02} s", seconds / 60, seconds % 60)
        }
    }
}

pub(crate) fn bytes(bytes: u64) -> String {
    let scaled =
        |unit: u64, name: &str| format!("{}.{} {name}", bytes / unit, bytes % unit * 10 / unit);
    match bytes {
        0..1_024 => format!("{bytes} B"),
        1_024..1_048_576 => scaled(1 << 10, "KiB"),
        1_048_576..1_073_741_824 => scaled(1 << 20, "MiB"),
        _ => scaled(1 << 30, "GiB"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_are_readable() {
        assert_eq!(
            [percent(Some(2.0 / 3.0)), percent(Some(1.0)), percent(None)],
            ["66.67%", "100.00%", "–"]
        );
        assert_eq!(
            [0.051, -0.3, 0.000_01, -0.000_01, 0.0].map(points),
            ["+5.10", "-30.00", "0.00", "0.00", "0.00"]
        );
        assert_eq!([0, 1_239, 125_000].map(duration), ["0 ms", "1.23 s", "2 min 05 s"]);
        assert_eq!(
            [0, 1_536, 5 << 20, 3 << 30].map(bytes),
            ["0 B", "1.5 KiB", "5.0 MiB", "3.0 GiB"]
        );
    }
}
