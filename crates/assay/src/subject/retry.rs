//! When a failed request is sent again, and after how long. Crates that retry own the loop;
//! ours takes a place in a provider's line for each try, and waits as long as a server asks.

use std::time::{Duration, SystemTime};

use assay_core::infra_error::{InfraClass, InfraError};
use reqwest::header::{HeaderMap, RETRY_AFTER};

use super::pace::Trouble;

/// The bounds on the retries of one question.
#[derive(Debug, Clone, Copy)]
pub(super) struct Retry {
    /// Requests after the first.
    pub(super) limit: u32,
    /// No retry starts later than this after the first request.
    pub(super) total: Duration,
}

/// A request that failed.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) error: InfraError,
    /// What the server asks to wait.
    pub(super) retry_after: Option<Duration>,
    /// Whether the server says that it has no room for more now.
    pub(super) overloaded: bool,
    /// The status of the answer, where it is not one of success.
    pub(super) status: Option<u16>,
    /// Whether the server could not be reached at all.
    pub(super) unreachable: bool,
    /// Whether it is the HTTP client that failed, so that the message has nothing of what
    /// the server said.
    pub(super) in_transport: bool,
}

impl Failure {
    /// What it says about the provider's limits. A wait longer than any question's is
    /// not everybody's: their requests fail by themselves.
    pub(super) fn trouble(&self, longest_wait: Duration) -> Trouble {
        let wait = self.retry_after.filter(|wait| *wait <= longest_wait);
        match self.error.class {
            InfraClass::RateLimit => Trouble::Limited { wait },
            _ if self.overloaded => Trouble::Limited { wait },
            InfraClass::Timeout | InfraClass::Connection => Trouble::Silent,
            _ => Trouble::Other,
        }
    }
}

/// The first pause; each later one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

impl Retry {
    /// The pause before the next request, or `None` if there is no retry: the failure would repeat
    /// itself, or the bounds are reached. `jitter` is between 0 and 1 and keeps concurrent requests
    /// from returning together.
    pub(super) fn pause(
        &self,
        failure: &Failure,
        requests: u32,
        elapsed: Duration,
        jitter: f64,
    ) -> Option<Duration> {
        if !is_transient(failure.error.class) || requests > self.limit {
            return None;
        }
        let pause = match failure.retry_after {
            Some(asked) => asked.saturating_add(FIRST_PAUSE.mul_f64(jitter / 2.0)),
            None => {
                let doublings = requests.saturating_sub(1).min(16);
                let pause = FIRST_PAUSE.saturating_mul(1 << doublings).min(LONGEST_PAUSE);
                pause.mul_f64(0.5 + jitter / 2.0)
            }
        };
        (elapsed.saturating_add(pause) <= self.total).then_some(pause)
    }
}

impl From<InfraError> for Failure {
    fn from(error: InfraError) -> Failure {
        Failure {
            error,
            retry_after: None,
            overloaded: false,
            status: None,
            unreachable: false,
            in_transport: false,
        }
    }
}

/// Whether the same request may succeed later.
fn is_transient(class: InfraClass) -> bool {
    match class {
        InfraClass::RateLimit
        | InfraClass::Timeout
        | InfraClass::Connection
        | InfraClass::Server
        | InfraClass::MalformedResponse => true,
        InfraClass::Quota
        | InfraClass::Authentication
        | InfraClass::BadRequest
        | InfraClass::NotFound
        | InfraClass::KeyInAnswer
        | InfraClass::ContextFull
        | InfraClass::RequestLimit
        | InfraClass::Sandbox
        | InfraClass::Agent
        | InfraClass::Fleet
        | InfraClass::Unprepared
        | InfraClass::Case
        | InfraClass::Unjudged
        | InfraClass::Panel
        | InfraClass::Analyser => false,
    }
}

/// The wait of a `Retry-After` header, which holds seconds or a date
/// (RFC 9110, section 10.2.3), or of OpenAI's more exact one. A date in the past is no
/// wait.
pub(super) fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let text = |name: &str| headers.get(name)?.to_str().ok().map(str::trim);
    let exact = text("retry-after-ms").and_then(|text| text.parse::<f64>().ok());
    if let Some(wait) = exact.and_then(|ms| Duration::try_from_secs_f64(ms / 1_000.0).ok()) {
        return Some(wait);
    }
    let text = text(RETRY_AFTER.as_str())?;
    // Some servers send fractions of a second.
    if let Ok(seconds) = text.parse::<f64>() {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    let date = httpdate::parse_http_date(text).ok()?;
    Some(date.duration_since(now).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    const RETRY: Retry = Retry { limit: 3, total: Duration::from_secs(60) };

    fn failure(class: InfraClass, retry_after: Option<u64>) -> Failure {
        let retry_after = retry_after.map(Duration::from_secs);
        Failure { retry_after, ..InfraError::new(class, "it failed").into() }
    }

    #[test]
    fn pauses_double_up_to_the_limit() {
        let check = |requests: u32, expect: Option<u64>| {
            let pause =
                RETRY.pause(&failure(InfraClass::Server, None), requests, Duration::ZERO, 1.0);
            assert_eq!(pause, expect.map(Duration::from_millis), "{requests}");
        };
        check(1, Some(500));
        check(2, Some(1_000));
        check(3, Some(2_000));
        check(4, None);
        let patient = Retry { limit: 90, total: Duration::from_secs(60) };
        let pause = patient.pause(&failure(InfraClass::Server, None), 80, Duration::ZERO, 0.0);
        assert_eq!(pause, Some(Duration::from_secs(15)));
    }

    #[test]
    fn the_server_decides_the_pause_within_the_total() {
        let check = |asked: u64, elapsed: u64, expect: Option<u64>| {
            let failure = failure(InfraClass::RateLimit, Some(asked));
            let pause = RETRY.pause(&failure, 1, Duration::from_secs(elapsed), 0.0);
            assert_eq!(pause, expect.map(Duration::from_secs), "{asked} {elapsed}");
        };
        check(0, 0, Some(0));
        check(20, 30, Some(20));
        check(20, 50, None);
        check(u64::MAX, 50, None);
    }

    #[test]
    fn what_would_repeat_itself_is_not_retried() {
        for class in [
            InfraClass::Authentication,
            InfraClass::Quota,
            InfraClass::BadRequest,
            InfraClass::NotFound,
            InfraClass::KeyInAnswer,
            InfraClass::ContextFull,
        ] {
            let pause = RETRY.pause(&failure(class, Some(0)), 1, Duration::ZERO, 0.0);
            assert_eq!(pause, None, "{class}");
        }
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now = httpdate::parse_http_date("Tue, 03 Nov 2026 10:00:00 GMT").expect("a date");
        let check = |text: &str, expect: Option<u64>| {
            let mut headers = HeaderMap::new();
            headers.insert(RETRY_AFTER, text.parse().expect("a header"));
            let expect = expect.map(Duration::from_millis);
            assert_eq!(retry_after(&headers, now), expect, "{text}");
        };
        check("0", Some(0));
        check("120", Some(120_000));
        check("0.5", Some(500));
        check("Tue, 03 Nov 2026 10:00:07 GMT", Some(7_000));
        check("Tue, 03 Nov 2026 09:00:00 GMT", Some(0));
        check("-1", None);
        check("1e300", None);
        check("soon", None);
        assert_eq!(retry_after(&HeaderMap::new(), now), None);
        let mut headers = HeaderMap::new();
        headers.insert(RETRY_AFTER, "9".parse().expect("a header"));
        headers.insert("retry-after-ms", "1500".parse().expect("a header"));
        assert_eq!(retry_after(&headers, now), Some(Duration::from_millis(1_500)));
    }
}
