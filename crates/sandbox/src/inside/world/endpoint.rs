//! [`Endpoint`]: an address and port, and the hosts that are there.

use std::collections::BTreeMap;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use super::tls;
use crate::world::Scheme;
use crate::{Host, SandboxError, World};

/// A port of an address.
#[derive(Debug)]
pub(super) struct Endpoint {
    pub(super) address: SocketAddr,
    pub(super) scheme: Scheme,
    /// Whether any host here is a canary.
    pub(super) canary: bool,
    /// At least one.
    hosts: Vec<Host>,
    /// For HTTPS.
    pub(super) tls: Option<Arc<rustls::ServerConfig>>,
}

impl Endpoint {
    /// All endpoints of a world, each with its listener.
    pub(super) fn open_all(world: &World) -> Result<Vec<(Endpoint, TcpListener)>, SandboxError> {
        let mut hosts_at: BTreeMap<SocketAddr, (Scheme, Vec<Host>)> = BTreeMap::new();
        for host in &world.hosts {
            for (address, port) in
                host.addresses.iter().flat_map(|it| host.ports.iter().map(move |port| (it, port)))
            {
                let address = SocketAddr::new(*address, port.number);
                let (_, hosts) =
                    hosts_at.entry(address).or_insert_with(|| (port.scheme, Vec::new()));
                hosts.push(host.clone());
            }
        }
        hosts_at
            .into_iter()
            .map(|(address, (scheme, hosts))| open(address, scheme, hosts))
            .collect()
    }

    /// The host that a request names, or the first one.
    pub(super) fn host(&self, header: &str) -> Option<&Host> {
        let name = header.rsplit_once(':').map_or(header, |(name, _)| name);
        let name = name.trim_end_matches('.').to_ascii_lowercase();
        self.hosts.iter().find(|host| host.names.contains(&name)).or(self.hosts.first())
    }
}

#[cfg(test)]
impl Endpoint {
    /// An endpoint that nobody can connect to.
    pub(super) fn closed(address: SocketAddr, hosts: Vec<Host>) -> Endpoint {
        let canary = hosts.iter().any(|host| host.canary);
        Endpoint { address, scheme: Scheme::Http, canary, hosts, tls: None }
    }
}

fn open(
    address: SocketAddr,
    scheme: Scheme,
    hosts: Vec<Host>,
) -> Result<(Endpoint, TcpListener), SandboxError> {
    let failed = |cause: std::io::Error| SandboxError::Setup {
        step: format!("listen at {address}"),
        cause: cause.into(),
        remedy: None,
    };
    let listener = TcpListener::bind(address).map_err(failed)?;
    listener.set_nonblocking(true).map_err(failed)?;
    if scheme == Scheme::Https && hosts.iter().any(|host| host.identity.is_none()) {
        let detail = format!("a host at {address} has no certificate");
        return Err(SandboxError::Protocol { detail });
    }
    let tls = match scheme {
        Scheme::Http => None,
        Scheme::Https => Some(tls::config(hosts.iter()).map_err(|error| {
            SandboxError::Protocol { detail: format!("the certificate for {address}: {error}") }
        })?),
    };
    let canary = hosts.iter().any(|host| host.canary);
    Ok((Endpoint { address, scheme, canary, hosts, tls }, listener))
}
