//! The gateway: the only way from an agent to its model.
//!
//! An agent gets the address of the gateway and a token, which is drawn for its attempt and is
//! worth nothing anywhere else. What it asks is checked, passed on with the provider's key, at
//! the pace of the provider and within the limits of the attempt, and kept as evidence; so is
//! what the model answers.
//!
//! The gateway listens on the loopback interface of the host, which no sandbox reaches: each
//! has a network of its own. There the host has a listener at a port of the sandbox, at which a
//! session answers too, so that an agent finds its model at an address of its own machine.

mod conversation;
mod exchange;
mod kept;
mod limits;
#[cfg(test)]
mod properties;
mod question;
mod refusal;
mod reply;
mod route;
mod server;
mod session;
mod tools;
mod unambiguous;

pub use conversation::{Conversation, End, Exchange, Outcome};
pub use kept::KeptRequest;
pub use limits::{Limit, SessionLimits};
pub use server::Gateway;
pub use session::{Naming, NoSession, Session, SessionConfig};
