//! [`SuiteEvidence`]: what was observed of a suite that ran.

use serde::{Deserialize, Serialize};

use crate::contact::Contact;
use crate::execution::Usage;
use crate::suite::{Conclusion, TestOutcome, TestResult};
use crate::tamper::Finding;

/// A suite that ran.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct SuiteEvidence {
    pub tests: Vec<TestResult>,
    pub conclusion: Conclusion,
    pub usage: Usage,
    /// What was unusual about the artifact, seen when it was built for this suite or
    /// while the suite ran. None of it decides anything.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<Finding>,
    /// What it did with the hosts of the case's world, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub contacts: Vec<Contact>,
    /// How many more contacts there were than are kept.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub contacts_left_out: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference")]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

impl SuiteEvidence {
    /// The first test that did not pass.
    pub fn first_failure(&self) -> Option<&TestResult> {
        let order = [TestOutcome::Failed, TestOutcome::Errored, TestOutcome::Missing];
        order.iter().find_map(|outcome| self.tests.iter().find(|test| test.outcome == *outcome))
    }

    pub fn passed(&self) -> bool {
        self.conclusion == Conclusion::Passed
    }

    /// The signs that its run was tampered with.
    pub fn findings(&self) -> &[Finding] {
        match &self.conclusion {
            Conclusion::Tampered(findings) => findings,
            _ => &[],
        }
    }
}
