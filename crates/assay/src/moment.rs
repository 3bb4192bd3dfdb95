//! [`Moment`]: a time as a user writes it. Crates for times read one form each. That a day, a
//! minute or a second counts as a whole, and that a zone may be missing, would be our code anyway,
//! so nothing larger than humantime, which writes our times, is worth a dependency.

use std::str::FromStr;
use std::time::{Duration, SystemTime};

/// A day, a minute or a second of UTC, or a time ago: from its start to before its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    start: SystemTime,
    end: SystemTime,
}

/// A text that is not a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "it is not a time; write a day in UTC as 2026-11-28, a time as 2026-11-28T14:30 or 2026-11-28T14:30:00+01:00, or how long ago as 90min or 2days"
)]
pub struct NoMoment;

const DAY: Duration = Duration::from_secs(86_400);
const MINUTE: Duration = Duration::from_secs(60);
const SECOND: Duration = Duration::from_secs(1);

impl Moment {
    /// Whether a time (RFC 3339, UTC) is not before it.
    pub fn is_reached_by(&self, time: &str) -> bool {
        at(time).is_some_and(|time| time >= self.start)
    }

    /// Whether a time (RFC 3339, UTC) is not after it.
    pub fn is_not_passed_by(&self, time: &str) -> bool {
        at(time).is_some_and(|time| time < self.end)
    }

    fn lasting(start: SystemTime, duration: Duration) -> Option<Moment> {
        Some(Moment { start, end: start.checked_add(duration)? })
    }

    fn ago(text: &str, now: SystemTime) -> Option<Moment> {
        let text = text.strip_suffix("ago").unwrap_or(text).trim();
        let ago = humantime::parse_duration(text).ok()?;
        Moment::lasting(now.checked_sub(ago)?, SECOND)
    }

    fn of_calendar(text: &str) -> Option<Moment> {
        let (day, time) = match text.split_once(['T', 't', ' ']) {
            None => return Moment::lasting(at(&format!("{text}T00:00:00Z"))?, DAY),
            Some(parts) => parts,
        };
        let (time, east) = without_zone(time.trim())?;
        let (time, duration) = match time.matches(':').count() {
            1 => (format!("{time}:00"), MINUTE),
            _ => (time.to_owned(), SECOND),
        };
        let local = at(&format!("{day}T{time}Z"))?;
        let zone = Duration::from_secs(60 * u64::from(east.unsigned_abs()));
        let start = if east < 0 { local.checked_add(zone) } else { local.checked_sub(zone) };
        Moment::lasting(start?, duration)
    }
}

/// A time of day without its zone, and how many minutes that lies east of UTC.
fn without_zone(time: &str) -> Option<(&str, i32)> {
    if let Some(time) = time.strip_suffix(['Z', 'z']) {
        return Some((time, 0));
    }
    let Some(place) = time.rfind(['+', '-']) else { return Some((time, 0)) };
    let (time, zone) = time.split_at(place);
    let (hours, minutes) = zone[1..].split_once(':')?;
    let east = hours.parse::<u16>().ok()? * 60 + minutes.parse::<u16>().ok()?;
    let east = i32::from(east);
    Some((time, if zone.starts_with('-') { -east } else { east }))
}

fn at(time: &str) -> Option<SystemTime> {
    humantime::parse_rfc3339_weak(time).ok()
}

impl FromStr for Moment {
    type Err = NoMoment;

    fn from_str(text: &str) -> Result<Moment, NoMoment> {
        let text = text.trim();
        let moment = Moment::of_calendar(text).or_else(|| Moment::ago(text, SystemTime::now()));
        moment.ok_or(NoMoment)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_named_counts_whole() {
        for (text, first, last) in [
            ("2026-11-28", "2026-11-28T00:00:00Z", "2026-11-28T23:59:59Z"),
            ("2026-11-28T14:30", "2026-11-28T14:30:00Z", "2026-11-28T14:30:59Z"),
            ("2026-11-28 14:30:05", "2026-11-28T14:30:05Z", "2026-11-28T14:30:05Z"),
            ("2026-11-28T14:30:05Z", "2026-11-28T14:30:05Z", "2026-11-28T14:30:05Z"),
            ("2026-11-28T14:30+01:00", "2026-11-28T13:30:00Z", "2026-11-28T13:30:59Z"),
            ("2026-11-28T23:30-02:30", "2026-11-29T02:00:00Z", "2026-11-29T02:00:59Z"),
        ] {
            let moment: Moment = text.parse().expect("a time");
            let second = |time: &str, by: i64| {
                let time = at(time).expect("a time");
                let by_one = if by < 0 { time - SECOND } else { time + SECOND };
                humantime::format_rfc3339_seconds(by_one).to_string()
            };
            assert!(moment.is_reached_by(first) && moment.is_not_passed_by(last), "{text}");
            assert!(!moment.is_reached_by(&second(first, -1)), "{text}");
            assert!(!moment.is_not_passed_by(&second(last, 1)), "{text}");
        }
    }

    #[test]
    fn a_time_ago_is_counted_from_now() {
        let now = at("2026-11-28T14:30:00Z").expect("a time");
        for text in ["90min", "90min ago", "1h 30m"] {
            let moment = Moment::ago(text, now).expect("a time");
            assert!(moment.is_reached_by("2026-11-28T13:00:00Z"), "{text}");
            assert!(!moment.is_reached_by("2026-11-28T12:59:59Z"), "{text}");
        }
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in ["", "yesterday", "2026-13-01", "2026-11-28T25:00", "28.11.2026", "12"] {
            assert_eq!(text.parse::<Moment>(), Err(NoMoment), "{text}");
        }
    }
}
