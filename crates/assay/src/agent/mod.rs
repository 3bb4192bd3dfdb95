//! Coding agents as subjects: each works on a task by itself, in a workspace in the sandbox, and
//! reaches its model through the gateway and nothing else. docs/agents.md describes them.

mod adapter;
mod setup;
mod subject;
mod verdict;
mod workplace;

pub(crate) use adapter::AgentCall;
pub(crate) use setup::{model_of, own_program, settle};
pub(crate) use subject::Staff;
pub(crate) use workplace::{Cause, OpenWorkspace, Stopper, Work, Workplace, WorkspaceOrder};
