//! Runs untrusted programs on Linux and says how they ended.
//!
//! This crate is the trusted computing base of Assay: everything a language model
//! wrote is run here and nowhere else. A [`Sandbox`] is a session in namespaces of its
//! own. The host writes files into it, executes commands one after another, and reads
//! files back, or makes one trusted command a [`Service`] that answers it. Whatever the code does (forks without end, ignores signals, fills the
//! disk) becomes an [`Exit`]; only trouble with the sandbox itself is a
//! [`SandboxError`].
//!
//! Two processes stand between host and tested code, both a fresh exec of a trusted
//! binary, which is why every host calls [`enter_if_launched`] first in `main`:
//!
//! - the *launcher* makes the namespaces and stays outside the PID namespace, where
//!   tested code can neither see nor signal it. It kills everything when the host goes;
//! - *init* is PID 1 inside. It builds the file system, gives up every privilege,
//!   and then serves the requests of the host.

mod bytes;
mod command;
mod contact;
mod error;
mod exchange;
mod execution;
mod file;
mod idle;
mod inside;
mod nursery;
pub mod probe;
mod protocol;
mod sandbox;
mod service;
mod spec;
mod state;
mod stop;
mod surroundings;
mod world;

pub use command::{Command, INPUT_FD, Limits, REPORT_FD};
pub use contact::{Contact, ContactEvent, Contacts};
pub use error::{Obstacle, OsError, SandboxError};
pub use execution::{Captured, Execution, Exit, Usage};
pub use file::{File, TreeEntry};
pub use idle::idle;
pub use inside::entry::enter_if_launched;
pub use inside::inherited::raise_limits;
pub use nursery::{Nursery, Seed};
pub use sandbox::Sandbox;
pub use service::Service;
pub use spec::{Launcher, Mount, Spec, SystemFile};
pub use state::{State, StateFile, StateFolder, StateProgram};
pub use stop::Stop;
pub use world::{Answer, Body, Host, Identity, Name, PathRule, Port, Route, Scheme, World};
