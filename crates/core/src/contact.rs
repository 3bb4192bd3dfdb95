//! [`Contact`]: something that an artifact or its tests did with the world of a case.

use core::net::IpAddr;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::world::Scheme;

/// A look-up, a connection or a request. Texts are what the artifact sent, cut to a
/// few hundred characters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Contact {
    /// Milliseconds since the suite began.
    pub at_ms: u64,
    pub source_port: u16,
    /// Whether it was with a canary.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub canary: bool,
    #[serde(flatten)]
    pub event: ContactEvent,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case", rename_all_fields = "kebab-case")]
pub enum ContactEvent {
    LookUp {
        name: String,
        /// `A`, `AAAA`, or another type's number.
        kind: String,
        /// `None` if there is no such name.
        answers: Option<Vec<IpAddr>>,
    },
    /// A connection over which no request came.
    Connection {
        address: IpAddr,
        port: u16,
        scheme: Scheme,
        /// The name in the client's TLS greeting.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        server_name: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        failure: Option<String>,
    },
    Request {
        address: IpAddr,
        port: u16,
        scheme: Scheme,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        server_name: Option<String>,
        /// The `Host` header.
        host: String,
        method: String,
        /// Path and query.
        target: String,
        status: u16,
    },
}

impl Contact {
    /// Where it went: a name, or an address and port.
    pub fn destination(&self) -> String {
        match &self.event {
            ContactEvent::LookUp { .. } => "name server".to_owned(),
            ContactEvent::Connection { address, port, .. }
            | ContactEvent::Request { address, port, .. } => {
                core::net::SocketAddr::new(*address, *port).to_string()
            }
        }
    }
}

impl fmt::Display for ContactEvent {
    /// What was asked, and what the answer was.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ContactEvent::LookUp { name, kind, answers } => {
                write!(f, "{name} {kind}: ")?;
                match answers.as_deref() {
                    None => f.write_str("no such name"),
                    Some([]) => f.write_str("none"),
                    Some(answers) => {
                        let answers: Vec<String> =
                            answers.iter().map(ToString::to_string).collect();
                        f.write_str(&answers.join(", "))
                    }
                }
            }
            ContactEvent::Connection { scheme, server_name, failure, .. } => {
                write!(f, "connected for {scheme}")?;
                if let Some(name) = server_name {
                    write!(f, " to {name}")?;
                }
                write!(f, ", {}", failure.as_deref().unwrap_or("no request"))
            }
            ContactEvent::Request { scheme, host, method, target, status, .. } => {
                write!(f, "{method} {scheme}://{host}{target}: {status}")
            }
        }
    }
}
