//! [`Prompts`]: what a case is asked with, before it is put into words.

use std::collections::BTreeMap;

use crate::locale::Locale;
use crate::scenario::Scenario;

/// Where a case's prompts come from.
#[derive(Debug, Clone)]
pub enum Prompts {
    /// Composed from a brief and a security hint in each locale.
    Composed { briefs: BTreeMap<Locale, String>, hints: BTreeMap<Locale, String> },
    /// Given whole, for each scenario and locale.
    Verbatim(BTreeMap<(Scenario, Locale), String>),
}
