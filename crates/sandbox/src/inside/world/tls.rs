//! TLS as the hosts of the world speak it: with the certificate of the host that the
//! client names, or of the first one at the address.

use std::sync::Arc;

use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;

use crate::{Host, Identity};

/// The configuration of an address and port where these hosts are.
pub(super) fn config<'a>(
    hosts: impl Iterator<Item = &'a Host>,
) -> Result<Arc<ServerConfig>, rustls::Error> {
    let keys = hosts
        .filter_map(|host| Some((host.names.clone(), host.identity.as_ref()?)))
        .map(|(names, identity)| Ok((names, certified(identity)?)))
        .collect::<Result<Vec<_>, rustls::Error>>()?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(Keys(keys)));
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    // A session to be resumed is of no use to so short a life.
    config.send_tls13_tickets = 0;
    Ok(Arc::new(config))
}

fn certified(identity: &Identity) -> Result<Arc<CertifiedKey>, rustls::Error> {
    let chain = identity.chain.iter().cloned().map(CertificateDer::from).collect();
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(identity.key.clone()));
    let key = ring::sign::any_supported_type(&key)?;
    Ok(Arc::new(CertifiedKey::new(chain, key)))
}

/// The hosts' names with their keys.
#[derive(Debug)]
struct Keys(Vec<(Vec<String>, Arc<CertifiedKey>)>);

impl ResolvesServerCert for Keys {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let named = hello.server_name().and_then(|wanted| {
            let wanted = wanted.to_ascii_lowercase();
            self.0.iter().find(|(names, _)| names.contains(&wanted))
        });
        named.or(self.0.first()).map(|(_, key)| Arc::clone(key))
    }
}
