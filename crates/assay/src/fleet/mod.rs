//! A fleet: workers on other machines that validate what a coordinator (a run, or the verifier
//! service) sends them over NATS JetStream. docs/fleet.md describes what becomes of each failure.
//!
//! A validation can be repeated, so that every job is delivered at least once, and all that
//! must hold is that one result counts:
//!
//! - [`streams`]: the queue of jobs, a record for each job, and objects (cases, artifacts) by
//!   their digests.
//! - [`ledger`]: who may write a job's record. A worker claims a job before it begins, and the
//!   server takes a result only from the latest claim.
//! - [`verifier`]: the coordinator's side, with [`publisher`] and [`reconciler`].
//! - [`worker`]: the other side.
//! - [`versions`]: what all workers of a fleet must have alike.

mod connection;
mod error;
mod key;
mod ledger;
mod objects;
mod presence;
mod publisher;
mod reconciler;
mod record;
mod streams;
mod verifier;
mod versions;
mod worker;

pub use connection::Access;
pub use error::FleetError;
pub use key::Scope;
pub use verifier::FleetVerifier;
pub use versions::Versions;
pub use worker::{Told, WorkerEnd, WorkerPlan, work};
