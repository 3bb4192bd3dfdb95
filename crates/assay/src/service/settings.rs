//! [`ServiceSettings`]: how a service answers.

use std::time::Duration;

use assay_core::Reading;

use super::admission::AdmissionLimits;
use super::reward::Rewards;

/// How a service answers.
#[derive(Debug, Clone)]
pub struct ServiceSettings {
    /// How responses are read where a request does not say it.
    pub reading: Reading,
    pub rewards: Rewards,
    pub limits: AdmissionLimits,
    /// How long validations under way may take once the service is to end.
    pub drain: Duration,
}
