//! [`Workplace`]: where agents work, each attempt in a workspace of its own in the sandbox.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use assay_core::{Case, FileSet, InfraError, SafePath};

use super::adapter::AgentCall;

/// Where agents work.
pub(crate) trait Workplace: Debug + Send + Sync {
    /// The home folder of every workspace, as it is seen inside.
    fn home(&self) -> &'static str;

    /// Whether an agent could be started here; the error names the remedy.
    fn check(&self, agent: &str, version: Option<&str>) -> Result<(), InfraError>;

    /// A fresh workspace of a case, for one attempt of one agent.
    fn open(&self, order: &WorkspaceOrder<'_>) -> Result<Box<dyn OpenWorkspace>, InfraError>;
}

/// What a workspace is to hold.
#[derive(Debug, Clone, Copy)]
pub(crate) struct WorkspaceOrder<'a> {
    pub(crate) case: &'a Case,
    /// The agent: a known one, or the path of the user's own.
    pub(crate) agent: &'a str,
    pub(crate) version: Option<&'a str>,
    /// Laid over the scaffold: code to be mended, for example, and instructions.
    pub(crate) files: &'a FileSet,
    /// Files of the home folder, by their paths there.
    pub(crate) home: &'a [(String, String)],
    /// The port of its own 127.0.0.1 at which the gateway is to be.
    pub(crate) port: u16,
    /// How long the agent may work in it.
    pub(crate) wall: Duration,
}

/// A workspace.
pub(crate) trait OpenWorkspace: Send {
    /// The listener at the port of the order; once.
    fn take_listener(&mut self) -> Option<TcpListener>;

    /// What ends the agent at once, from another thread: before it begins to work, while it works,
    /// or never, if it has ended already.
    fn stopper(&self) -> Stopper;

    /// Has the agent work, to its end or that of its time.
    fn work(&mut self, call: &AgentCall) -> Result<Work, InfraError>;
}

/// Ends an agent at once.
pub(crate) type Stopper = Arc<dyn Fn() + Send + Sync>;

/// What an agent has done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Work {
    /// How its program ended, in a phrase: `it exited with status 0`.
    pub(crate) how: String,
    /// Bounded, as is what follows.
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    /// What lies where the artifact goes, changed or not.
    pub(crate) artifact: BTreeMap<SafePath, String>,
    /// Everything else that it changed, as a patch.
    pub(crate) patch: String,
    /// What of it cannot be taken, a sentence each: a link where a file should be, say.
    pub(crate) not_taken: Vec<String>,
    pub(crate) cause: Cause,
}

/// What ended an agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cause {
    /// Itself, or what it did.
    Itself,
    /// Its time was over.
    Time,
    /// Somebody stopped it.
    Stopped,
}
