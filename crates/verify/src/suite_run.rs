//! Runs one suite in a sandbox that holds everything it needs, and proves
//! whether it passed.

use assay_core::evidence::SuiteEvidence;
use assay_core::log::Log;
use assay_core::suite::{Conclusion, Proof, Suite, prove};
use assay_core::{Finding, InfraError, Phase};
use assay_sandbox::{Command, Sandbox};
use tracing::{debug, debug_span};

use super::entropy::random_bytes;
use super::{ending, infra, logs, usage, world};

/// Finds the names by which things are known, where others were drawn for the run.
pub(super) trait Restore {
    fn restore_report(&self, report: &[u8]) -> Vec<u8>;
    fn restore_text(&self, text: &mut String);
}

/// Nothing had another name.
struct Unchanged;

impl Restore for Unchanged {
    fn restore_report(&self, report: &[u8]) -> Vec<u8> {
        report.to_vec()
    }

    fn restore_text(&self, _text: &mut String) {}
}

/// How a suite is run.
pub(super) struct SuiteRun<'a> {
    pub(super) phase: Phase,
    pub(super) suite: &'a Suite,
    /// Reports on the report channel under the nonce it reads as input.
    pub(super) command: Command,
    /// A directory that the run must leave as it is.
    pub(super) test_tree: Option<&'a str>,
}

impl SuiteRun<'_> {
    pub(super) fn execute(
        self,
        sandbox: &mut Sandbox,
    ) -> Result<(SuiteEvidence, Vec<Log>), InfraError> {
        self.execute_renamed(sandbox, &Unchanged)
    }

    /// The same where what runs has other names than it is known by.
    pub(super) fn execute_renamed(
        self,
        sandbox: &mut Sandbox,
        names: &impl Restore,
    ) -> Result<(SuiteEvidence, Vec<Log>), InfraError> {
        let _span = debug_span!("suite", phase = self.phase.as_str()).entered();
        let nonce = nonce()?;
        let before = match self.test_tree {
            Some(directory) => Some(sandbox.tree(directory).map_err(|error| infra(&error))?),
            None => None,
        };
        let command = self.command.report().input(nonce.as_bytes());
        let execution = sandbox.execute(&command).map_err(|error| infra(&error))?;
        let report = match execution.report.dropped {
            0 => names.restore_report(&execution.report.bytes),
            _ => b"?".to_vec(),
        };
        let ended = ending(execution.exit);
        let Proof { tests, mut conclusion, notes } =
            prove(&self.suite.expected, &report, &nonce, &ended);
        if conclusion == Conclusion::Passed {
            // What is left running may go on to do what no test sees. It proves no bad
            // intention, and there is no proof of a pass.
            match execution.leftover_processes {
                0 => {}
                1 => conclusion = Conclusion::Unproved("a process was left running".to_owned()),
                count => {
                    conclusion =
                        Conclusion::Unproved(format!("{count} processes were left running"));
                }
            }
            if let (Some(directory), Some(before)) = (self.test_tree, before) {
                // Whatever keeps the tree from being read now, the run did it.
                let after = sandbox.tree(directory).inspect_err(|error| {
                    debug!(%error, "the tests cannot be looked at after the run, which counts as changed");
                });
                if after.map_or(true, |after| after != before) {
                    let place = Some(directory.to_owned());
                    conclusion =
                        Conclusion::Tampered(vec![Finding::after("changed its tests", place)]);
                }
            }
        }
        let mut logs = logs(self.phase.as_str(), &execution);
        for log in &mut logs {
            names.restore_text(&mut log.text);
        }
        let evidence = SuiteEvidence {
            tests,
            conclusion,
            usage: usage(&execution),
            notes,
            contacts: execution.contacts.list.into_iter().map(world::contact).collect(),
            contacts_left_out: execution.contacts.left_out,
        };
        Ok((evidence, logs))
    }
}

/// 32 hexadecimal digits that the tested code cannot guess.
pub(super) fn nonce() -> Result<String, InfraError> {
    Ok(format!("{:032x}", u128::from_be_bytes(random_bytes()?)))
}
