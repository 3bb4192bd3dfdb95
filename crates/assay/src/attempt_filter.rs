//! [`AttemptFilter`]: which attempts of a run are listed or exported.

use std::time::Duration;

use assay_core::answer::Finish;
use assay_core::infra_error::InfraClass;
use assay_core::{AttemptEnd, Scenario, Verdict};
use clap::Args;
use serde::de::DeserializeOwned;

use crate::moment::Moment;
use crate::store::AttemptSummary;

/// Which attempts to take; an empty list lets all through.
#[derive(Debug, Clone, Default, Args)]
pub struct AttemptFilter {
    /// Only attempts at this case, by id; may be repeated
    #[arg(long = "case", value_name = "CASE")]
    pub cases: Vec<String>,
    /// Only attempts in this scenario; may be repeated
    #[arg(long = "scenario", value_name = "SCENARIO")]
    pub scenarios: Vec<Scenario>,
    /// Only attempts with this verdict; may be repeated
    #[arg(long = "verdict", value_name = "VERDICT", value_parser = word::<Verdict>)]
    pub verdicts: Vec<Verdict>,
    /// Only attempts that ended in this way: settled, answers-used, context-full, unjudged or
    /// errored; may be repeated
    #[arg(long = "end", value_name = "END")]
    pub ends: Vec<AttemptEnd>,
    /// Only attempts that ended with an error of this class, such as timeout or rate-limit; may be
    /// repeated
    #[arg(long = "error", value_name = "CLASS", value_parser = word::<InfraClass>)]
    pub errors: Vec<InfraClass>,
    /// Only attempts whose last answer ended in this way: complete, truncated, refused, filtered or
    /// tool-call; may be repeated
    #[arg(long = "finish", value_name = "FINISH")]
    pub finishes: Vec<Finish>,
    /// Only attempts that finished at this time or later: a day or time in UTC, or how long ago,
    /// such as 2026-11-28, 2026-11-28T14:30 or 2h
    #[arg(long, value_name = "TIME")]
    pub since: Option<Moment>,
    /// Only attempts that finished at this time or earlier; a day counts to its end
    #[arg(long, value_name = "TIME")]
    pub until: Option<Moment>,
    /// Only attempts whose answering and validation took at least this long, such as 90s
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
    pub longer_than: Option<Duration>,
    /// Only attempts that took less than this
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
    pub shorter_than: Option<Duration>,
}

/// Reads a word as it is written in JSON; the error lists the known ones.
fn word<T: DeserializeOwned>(text: &str) -> Result<T, serde_json::Error> {
    serde_json::from_value(serde_json::Value::from(text))
}

impl AttemptFilter {
    /// Whether an attempt passes all filters.
    pub fn has(&self, attempt: &AttemptSummary) -> bool {
        fn holds<T: PartialEq>(list: &[T], value: Option<&T>) -> bool {
            list.is_empty() || value.is_some_and(|value| list.contains(value))
        }
        let time = attempt.finished_at.as_str();
        let took = Duration::from_millis(attempt.asked_ms.saturating_add(attempt.validated_ms));
        holds(&self.cases, Some(&attempt.key.case))
            && holds(&self.scenarios, Some(&attempt.key.scenario))
            && holds(&self.verdicts, attempt.outcome.verdict().as_ref())
            && holds(&self.ends, Some(&attempt.end()))
            && holds(&self.errors, attempt.outcome.error_class().as_ref())
            && holds(&self.finishes, attempt.finish.as_ref())
            && self.since.is_none_or(|since| since.is_reached_by(time))
            && self.until.is_none_or(|until| until.is_not_passed_by(time))
            && self.longer_than.is_none_or(|least| took >= least)
            && self.shorter_than.is_none_or(|most| took < most)
    }
}
