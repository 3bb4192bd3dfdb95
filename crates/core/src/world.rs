//! [`World`]: the simulated Internet that a case declares.
//!
//! A case without one has no network but its sandbox's own loopback interface. How it
//! is written down is in `declaration.rs`; docs/world.md describes it.

mod declaration;

use core::net::IpAddr;
use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

pub use declaration::WorldFault;

/// The hosts and names that exist for a case's code. No others do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct World {
    /// Whether there is IPv6, its loopback address included.
    pub ipv6: bool,
    /// What each name resolves to; hosts' own names are among them.
    pub names: Vec<Name>,
    pub hosts: Vec<Host>,
}

/// A name and its answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Name {
    /// In lower case.
    pub name: String,
    /// At least one. Each look-up gets the next one, and the last one is repeated.
    pub answers: Vec<Vec<IpAddr>>,
}

/// A server with one or several addresses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Host {
    pub names: Vec<String>,
    /// At least one.
    pub addresses: Vec<IpAddr>,
    /// Whether a contact with it is evidence: nothing that is asked for leads here.
    pub canary: bool,
    /// The ports on which it speaks HTTP.
    pub http: Vec<u16>,
    /// The ports on which it speaks HTTPS.
    pub https: Vec<u16>,
    /// The first that fits a request answers it; without one the answer is 404.
    pub routes: Vec<Route>,
}

impl Host {
    /// What people call it: its first name or address.
    pub fn title(&self) -> String {
        match (self.names.first(), self.addresses.first()) {
            (Some(name), _) => name.clone(),
            (None, address) => address.map(ToString::to_string).unwrap_or_default(),
        }
    }
}

/// What a host answers to some requests.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Route {
    pub path: PathRule,
    /// Only over this one; over both without.
    pub scheme: Option<Scheme>,
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Body,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum PathRule {
    Exact(String),
    Prefix(String),
}

impl fmt::Display for PathRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PathRule::Exact(path) => f.write_str(path),
            PathRule::Prefix(prefix) => write!(f, "{prefix}…"),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Body {
    Content(#[serde(serialize_with = "size")] Vec<u8>),
    /// A redirect to what the request's query says, with a scheme put before it if it
    /// names none and one is given.
    RedirectToQuery {
        scheme: Option<Scheme>,
    },
    /// The contacts that canaries have had, as JSON.
    CanaryContacts,
    /// Nothing; the status says whether a path was requested before, which this prefix
    /// begins and the value of the query's parameter ends.
    WasRequested {
        prefix: String,
    },
}

fn size<S: serde::Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    use serde::ser::SerializeStruct as _;
    let mut content = serializer.serialize_struct("content", 1)?;
    content.serialize_field("bytes", &bytes.len())?;
    content.end()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scheme {
    Http,
    Https,
}

impl Scheme {
    pub fn as_str(self) -> &'static str {
        match self {
            Scheme::Http => "http",
            Scheme::Https => "https",
        }
    }
}

impl FromStr for Scheme {
    type Err = String;

    fn from_str(text: &str) -> Result<Scheme, String> {
        let all = [Scheme::Http, Scheme::Https];
        let found = all.into_iter().find(|scheme| scheme.as_str() == text);
        found.ok_or_else(|| format!("{text:?} is not a scheme; there are http and https"))
    }
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl World {
    /// The part of it with only these hosts and names, by their titles.
    #[must_use]
    pub fn only(&self, titles: &[&str]) -> World {
        let is_wanted = |title: &str| titles.contains(&title);
        let hosts: Vec<Host> =
            self.hosts.iter().filter(|host| is_wanted(&host.title())).cloned().collect();
        let of_hosts: BTreeSet<&String> = hosts.iter().flat_map(|host| &host.names).collect();
        let names =
            self.names.iter().filter(|name| is_wanted(&name.name) || of_hosts.contains(&name.name));
        World { ipv6: self.ipv6, names: names.cloned().collect(), hosts }
    }
}
