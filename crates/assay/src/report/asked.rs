//! What the tasks of a run ask of code, which decides the verdicts that it can have and
//! the word for success.

use assay_core::{Benchmark, Verdict};

use super::RunData;

impl RunData {
    /// The verdicts that its code can have, in order.
    pub(super) fn verdicts(&self) -> Vec<Verdict> {
        Benchmark::verdicts(self.attempts.iter().map(|attempt| attempt.key.scenario))
    }

    /// Whether it asks that code is secure.
    pub(super) fn asks_for_security(&self) -> bool {
        self.verdicts().contains(&Verdict::Secure)
    }
}
