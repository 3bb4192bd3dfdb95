//! [`LogFilter`]: which events are logged.

use std::str::FromStr;

use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;

/// The crates whose events may be logged. Those of others could hold what is secret.
const CRATES: [&str; 3] = ["assay", "assay_verify", "assay_sandbox"];

/// A level for all, and other levels for some places of the program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogFilter {
    level: LevelFilter,
    places: Vec<(String, LevelFilter)>,
}

/// Why a text is not a filter.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LogFilterError {
    #[error(
        "{0:?} is neither a level (off, error, warn, info, debug, trace) nor a level for a place, as in assay_sandbox=trace"
    )]
    Level(String),
    #[error(
        "{0:?} is not a place that can be logged: a place is assay, assay_verify or assay_sandbox, or a module in one, as in assay::subject"
    )]
    Place(String),
}

impl LogFilter {
    /// What is logged where nothing else was asked for.
    pub(super) fn warnings() -> LogFilter {
        LogFilter { level: LevelFilter::WARN, places: Vec::new() }
    }

    /// The filter of a log file if none was given.
    pub(super) fn all() -> LogFilter {
        LogFilter { level: LevelFilter::DEBUG, places: Vec::new() }
    }
}

impl FromStr for LogFilter {
    type Err = LogFilterError;

    /// Reads `debug`, or `assay_sandbox=trace,info`. Blank text asks for nothing more than
    /// warnings.
    fn from_str(text: &str) -> Result<LogFilter, LogFilterError> {
        let level = |text: &str| {
            text.trim().parse().map_err(|_| LogFilterError::Level(text.trim().to_owned()))
        };
        let mut filter = LogFilter::warnings();
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            match part.split_once('=') {
                None => filter.level = level(part)?,
                Some((place, of_place)) => {
                    let place = place.trim();
                    let first = place.split("::").next().unwrap_or(place);
                    if !CRATES.contains(&first) {
                        return Err(LogFilterError::Place(place.to_owned()));
                    }
                    filter.places.push((place.to_owned(), level(of_place)?));
                }
            }
        }
        Ok(filter)
    }
}

impl From<&LogFilter> for Targets {
    fn from(filter: &LogFilter) -> Targets {
        let crates = CRATES.map(|name| (name.to_owned(), filter.level));
        Targets::new().with_targets(crates).with_targets(filter.places.iter().cloned())
    }
}

#[cfg(test)]
mod tests {
    use tracing::Level;

    use super::*;

    #[test]
    fn a_filter_is_a_level_and_levels_of_places() {
        let check = |text: &str, place: &str, level: Level, expect: bool| {
            let filter: LogFilter = text.parse().expect("a filter");
            let is_logged = Targets::from(&filter).would_enable(place, &level);
            assert_eq!(is_logged, expect, "{text}: {place} at {level}");
        };
        check("debug", "assay::subject::model", Level::DEBUG, true);
        check("debug", "assay::subject::model", Level::TRACE, false);
        check("DEBUG", "assay_sandbox::sandbox", Level::DEBUG, true);
        check("", "assay_verify", Level::WARN, true);
        check("", "assay_verify", Level::INFO, false);
        check("off", "assay_verify", Level::WARN, false);
        let of_places = "assay_sandbox=trace, assay::subject = debug,info";
        check(of_places, "assay_sandbox::nursery", Level::TRACE, true);
        check(of_places, "assay::subject::pace", Level::DEBUG, true);
        check(of_places, "assay::store", Level::DEBUG, false);
        check(of_places, "assay_verify::pool", Level::INFO, true);
        check("assay=trace", "assay_sandbox::sandbox", Level::INFO, false);
        check("assay_sandbox=trace", "assay::run", Level::WARN, true);
    }

    #[test]
    fn what_others_trace_is_never_logged() {
        let filter: LogFilter = "trace".parse().expect("a filter");
        for place in ["hyper", "hyper_util::client", "h2::codec", "reqwest", "rustls"] {
            assert!(!Targets::from(&filter).would_enable(place, &Level::ERROR), "{place}");
            let asked = format!("{place}=trace").parse::<LogFilter>();
            assert_eq!(asked, Err(LogFilterError::Place(place.to_owned())));
        }
    }

    #[test]
    fn what_is_no_filter_is_refused() {
        let check = |text: &str| {
            let error = text.parse::<LogFilter>().expect_err(text);
            assert_eq!(
                error,
                LogFilterError::Level(text.rsplit('=').next().unwrap_or(text).to_owned())
            );
        };
        check("debgu");
        check("assay_sandbox");
        check("assay=loud");
    }
}
