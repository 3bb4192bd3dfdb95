//! [`World`]: the hosts that exist for tested code, instead of the Internet.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

/// Hosts that answer on addresses of the sandbox's own network, and names for them.
/// Every other address is unreachable, and every other name unknown.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct World {
    /// Whether the network has IPv6, its loopback address included.
    pub ipv6: bool,
    /// What the resolver knows. A host's names are not known to it unless they are here.
    pub names: Vec<Name>,
    pub hosts: Vec<Host>,
}

/// A name and what it resolves to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Name {
    /// In lower case, without a final dot.
    pub name: String,
    /// The first look-up gets the first answer, the second the second, and so on; the
    /// last one is repeated. IPv4 and IPv6 are counted apart, for one look-up usually
    /// asks for both.
    pub answers: Vec<Vec<IpAddr>>,
}

/// A server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Host {
    /// By which clients tell several hosts on one address apart.
    pub names: Vec<String>,
    pub addresses: Vec<IpAddr>,
    /// Whether a contact with it is marked, because no honest code has business there.
    pub canary: bool,
    pub ports: Vec<Port>,
    pub routes: Vec<Route>,
    /// What it proves itself with over HTTPS.
    pub identity: Option<Identity>,
}

/// A port of a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Port {
    pub number: u16,
    pub scheme: Scheme,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Scheme {
    Http,
    Https,
}

/// What a host answers to some requests. The first one that fits counts; where none
/// does, the answer is 404.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Route {
    pub path: PathRule,
    /// Only over this one; over both if it is `None`.
    pub scheme: Option<Scheme>,
    pub answer: Answer,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PathRule {
    Exact(String),
    Prefix(String),
}

impl PathRule {
    pub(crate) fn fits(&self, path: &str) -> bool {
        match self {
            PathRule::Exact(exact) => path == exact,
            PathRule::Prefix(prefix) => path.starts_with(prefix.as_str()),
        }
    }
}

/// A status, headers and a body.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    pub status: u16,
    /// Without those that frame the body; the server adds them.
    pub headers: Vec<(String, String)>,
    pub body: Body,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Body {
    Bytes(#[serde(with = "crate::bytes")] Vec<u8>),
    /// A page that leads to what the query of the request says, and a `Location` header
    /// with it. Where the query names no scheme, this one and `://` are put before it.
    RedirectToQuery {
        scheme: Option<String>,
    },
    /// The contacts that canaries have had since the command began, as a JSON array. So a test can
    /// find a request whose response never came back to it.
    CanaryContacts,
    /// Nothing, with the answer's status if a request for this prefix and the value of
    /// the only parameter of the query came before in this command, and 404 if not.
    WasRequested {
        prefix: String,
    },
}

/// A certificate and its key.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// The certificate of the host first, each in DER.
    pub chain: Vec<Vec<u8>>,
    /// PKCS #8, in DER.
    pub key: Vec<u8>,
}

impl std::fmt::Debug for Identity {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Identity").finish_non_exhaustive()
    }
}
