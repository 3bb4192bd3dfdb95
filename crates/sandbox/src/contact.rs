//! [`Contact`]: something that tested code did with the [`crate::World`].

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::world::Scheme;

/// One look-up, connection or request. Texts come from tested code and are cut to a
/// few hundred characters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    /// When it was, since the command began.
    pub at: Duration,
    /// From which port it came.
    pub source_port: u16,
    /// Whether it was with a canary.
    pub canary: bool,
    pub event: ContactEvent,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ContactEvent {
    LookUp {
        name: String,
        /// `A`, `AAAA`, or another type's number.
        kind: String,
        /// `None` if the name does not exist.
        answers: Option<Vec<IpAddr>>,
    },
    /// A connection over which no request came.
    Connection {
        address: SocketAddr,
        scheme: Scheme,
        /// The name that a client asked for in its TLS greeting.
        server_name: Option<String>,
        /// Why it ended, where that is known.
        failure: Option<String>,
    },
    Request {
        address: SocketAddr,
        scheme: Scheme,
        server_name: Option<String>,
        /// The `Host` header.
        host: String,
        method: String,
        /// Path and query.
        target: String,
        status: u16,
    },
}

/// The contacts of a command in the order in which they began.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contacts {
    pub list: Vec<Contact>,
    /// How many more there were than are kept. Those with canaries have room of their own.
    pub left_out: u64,
}
