//! `assay verifier`: validations for others, over HTTP.
//!
//! Three kinds of callers use it: the controller of SecCodeBench-V2 ([`official`]), a platform
//! that wants evidence, and a trainer that wants a number ([`reward`]). Whoever asks is known by
//! a token ([`tokens`]), is admitted while there is room ([`admission`]), and gets the result of
//! a verifier ([`hub`]), which may be on this machine or elsewhere. Cases are kept in
//! [`shelf`]; new ones are prepared and proved beforehand ([`builder`]).

mod access;
mod admission;
mod api;
mod archive;
mod builder;
mod cases;
mod exchange;
mod hub;
mod metrics;
mod official;
mod openapi;
mod path;
#[cfg(test)]
mod properties;
mod records;
mod reply;
mod results;
mod reward;
mod routes;
mod server;
mod settings;
mod shared;
mod shelf;
mod state;
mod tokens;
mod watch;

pub use access::{AccessLog, AccessLogError};
pub use admission::AdmissionLimits;
pub use archive::{ArchiveError, ArchiveLimits, unpack};
pub use builder::{Builder, Building, Built};
pub use hub::Basis;
pub use results::{Results, ResultsFault};
pub use reward::{RewardError, RewardRule, Rewards};
pub use server::{Drained, serve};
pub use settings::ServiceSettings;
pub use shared::SharedVerifier;
pub use shelf::{CaseState, Origin, Shelf};
pub use state::{Backend, Service};
pub use tokens::{Scope, Tokens, TokensError};
pub use watch::watch;
