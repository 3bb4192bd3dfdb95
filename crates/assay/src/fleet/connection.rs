//! [`Access`]: how a NATS server is reached, and with which credentials; [`Connection`]: a
//! connection that comes back by itself.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use async_nats::jetstream::Context;
use async_nats::jetstream::context::ContextBuilder;
use async_nats::{Client, ConnectError, ConnectErrorKind, ConnectOptions, Event, ServerAddr};
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use serde::Deserialize;
use tokio::sync::Notify;
use tracing::{debug, warn};

use super::error::FleetError;

/// How long the server may take to answer before a request is sent again.
const PATIENCE: Duration = Duration::from_secs(5);

/// The longest wait between two tries to connect.
const LONGEST_WAIT: Duration = Duration::from_secs(2);

/// A NATS server, and what opens it.
#[derive(Clone)]
pub struct Access {
    address: ServerAddr,
    credentials: Credentials,
    /// The certificates of whoever signs the server's, beside those of the host.
    authority: Option<PathBuf>,
}

impl std::fmt::Debug for Access {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Access").field("address", &self.address()).finish_non_exhaustive()
    }
}

#[derive(Clone, Default, Deserialize)]
#[serde(untagged)]
enum Credentials {
    Token {
        token: String,
    },
    User {
        user: String,
        password: String,
    },
    #[default]
    #[serde(skip)]
    None,
}

impl Access {
    /// Reads an address, and credentials from a file, or else from the environment.
    pub fn new(
        address: &str,
        file: Option<&Path>,
        authority: Option<&Path>,
        environment: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Access, FleetError> {
        let wrong = || FleetError::Address(address.to_owned());
        let parsed: ServerAddr = address.parse().map_err(|_| wrong())?;
        if parsed.has_user_pass() || parsed.username().is_some() {
            let (host, port) = (parsed.host(), parsed.port());
            return Err(FleetError::Exposed(format!("nats://…@{host}:{port}")));
        }
        let is_known =
            address.split_once("://").is_some_and(|(it, _)| ["nats", "tls"].contains(&it));
        if !is_known || parsed.host().is_empty() {
            return Err(wrong());
        }
        let credentials = match file {
            Some(path) => read(path)?,
            None => from_environment(environment)?,
        };
        let authority = authority.map(readable_authority).transpose()?;
        Ok(Access { address: parsed, credentials, authority })
    }

    /// The address as it is shown.
    pub fn address(&self) -> String {
        let scheme = if self.address.tls_required() { "tls" } else { "nats" };
        format!("{scheme}://{}:{}", self.address.host(), self.address.port())
    }

    fn options(&self) -> ConnectOptions {
        let options = match &self.credentials {
            Credentials::Token { token } => ConnectOptions::with_token(token.clone()),
            Credentials::User { user, password } => {
                ConnectOptions::with_user_and_password(user.clone(), password.clone())
            }
            Credentials::None => ConnectOptions::new(),
        };
        let options = match &self.authority {
            Some(path) => options.add_root_certificates(path.clone()),
            None => options,
        };
        options.max_reconnects(None).ping_interval(Duration::from_secs(5)).reconnect_delay_callback(
            |tries| {
                let wait = Duration::from_millis(50) * u32::try_from(tries).unwrap_or(u32::MAX);
                wait.min(LONGEST_WAIT)
            },
        )
    }
}

/// The path, if certificates are there. Whoever connects reads it each time.
fn readable_authority(path: &Path) -> Result<PathBuf, FleetError> {
    let wrong = |message: String| FleetError::Authority { path: path.to_owned(), message };
    let text = std::fs::read(path).map_err(|error| wrong(error.to_string()))?;
    let mut store = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(&text) {
        let certificate = certificate.map_err(|error| wrong(error.to_string()))?;
        store.add(certificate).map_err(|error| wrong(error.to_string()))?;
    }
    match store.is_empty() {
        true => Err(wrong("it holds no certificate".to_owned())),
        false => Ok(path.to_owned()),
    }
}

fn read(path: &Path) -> Result<Credentials, FleetError> {
    let wrong = |message: String| FleetError::Credentials { path: path.to_owned(), message };
    let text = std::fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
    // What a parser says of a wrong file would quote it.
    toml::from_str(&text).map_err(|_| {
        wrong("it holds either token = \"…\", or user = \"…\" and password = \"…\"".to_owned())
    })
}

fn from_environment(
    environment: &dyn Fn(&str) -> Option<String>,
) -> Result<Credentials, FleetError> {
    let value = |name: &str| environment(name).filter(|value| !value.is_empty());
    if let Some(token) = value("ASSAY_NATS_TOKEN") {
        return Ok(Credentials::Token { token });
    }
    match (value("ASSAY_NATS_USER"), value("ASSAY_NATS_PASSWORD")) {
        (Some(user), Some(password)) => Ok(Credentials::User { user, password }),
        (None, None) => Ok(Credentials::None),
        _ => Err(FleetError::HalfCredentials),
    }
}

/// A connection that comes back by itself.
#[derive(Debug, Clone)]
pub(super) struct Connection {
    pub(super) client: Client,
    pub(super) stream: Context,
    /// Told each time that the connection came back.
    pub(super) returned: Arc<Notify>,
}

impl Connection {
    /// Connects, under a name that the server's own lists show. A server that does not answer is
    /// an error here, and is waited for once there was a connection.
    pub(super) async fn open(access: &Access, name: &str) -> Result<Connection, FleetError> {
        let returned = Arc::new(Notify::new());
        let told = Arc::clone(&returned);
        let options = access.options().name(name).event_callback(move |event| {
            let told = Arc::clone(&told);
            async move {
                match event {
                    Event::Connected => told.notify_waiters(),
                    Event::Disconnected => warn!("the connection to the NATS server is lost"),
                    other => debug!("of the NATS server: {other}"),
                }
            }
        });
        let client = options.connect(access.address.clone()).await.map_err(|error| {
            let (address, message) = (access.address(), chain(&error));
            match error.kind() {
                _ if is_distrust(&error) => FleetError::Distrusted { address, message },
                // It answers, and not as its address says.
                _ if of_tls(&error).is_some() => FleetError::Refused { address, message },
                ConnectErrorKind::Dns | ConnectErrorKind::TimedOut | ConnectErrorKind::Io => {
                    FleetError::Unreachable { address, message }
                }
                _ => FleetError::Refused { address, message },
            }
        })?;
        let stream = ContextBuilder::new()
            .timeout(PATIENCE)
            .ack_timeout(PATIENCE)
            .backpressure_on_inflight(true)
            .build(client.clone());
        Ok(Connection { client, stream, returned })
    }

    /// Connects as soon as the server answers. Only a refusal is an error.
    pub(super) async fn insist(access: &Access, name: &str) -> Result<Connection, FleetError> {
        let mut wait = Duration::from_millis(100);
        loop {
            match Connection::open(access, name).await {
                Err(error @ FleetError::Unreachable { .. }) => warn!("{error}; it is tried again"),
                other => return other,
            }
            tokio::time::sleep(wait).await;
            wait = (wait * 2).min(LONGEST_WAIT);
        }
    }
}

/// Whether a server was reached that does not prove who it is.
fn is_distrust(error: &ConnectError) -> bool {
    matches!(of_tls(error), Some(rustls::Error::InvalidCertificate(_)))
}

/// What TLS says of a connection, which trying again does not change.
fn of_tls(error: &ConnectError) -> Option<&rustls::Error> {
    let error: &(dyn std::error::Error + 'static) = error;
    std::iter::successors(Some(error), |error| error.source()).find_map(|cause| {
        cause.downcast_ref::<std::io::Error>()?.get_ref()?.downcast_ref::<rustls::Error>()
    })
}

/// An error with its causes, each once.
pub(super) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        next = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn access(address: &str, environment: &[(&str, &str)]) -> Result<Access, FleetError> {
        let look = |name: &str| {
            environment.iter().find(|(it, _)| *it == name).map(|(_, value)| (*value).to_owned())
        };
        Access::new(address, None, None, &look)
    }

    #[test]
    fn addresses_are_read_and_wrong_ones_are_refused_without_showing_what_they_hold() {
        assert_eq!(access("nats://queue:4333", &[]).expect("right").address(), "nats://queue:4333");
        assert_eq!(access("tls://queue", &[]).expect("right").address(), "tls://queue:4222");
        for wrong in ["queue:4222", "http://queue:4222", "nats://", ""] {
            assert!(matches!(access(wrong, &[]), Err(FleetError::Address(_))), "{wrong:?}");
        }
        for exposed in ["nats://me:hidden@queue:4222", "nats://hidden@queue"] {
            let error = access(exposed, &[]).expect_err("exposed").to_string();
            assert!(!error.contains("hidden"), "{error}");
        }
    }

    #[test]
    fn credentials_come_whole_from_the_environment_and_are_never_shown() {
        let user = ("ASSAY_NATS_USER", "me");
        let password = ("ASSAY_NATS_PASSWORD", "hidden");
        let both = access("nats://queue", &[user, password]).expect("right");
        assert!(matches!(both.credentials, Credentials::User { .. }));
        assert!(!format!("{both:?}").contains("hidden"));
        let half = access("nats://queue", &[user]);
        assert!(matches!(half, Err(FleetError::HalfCredentials)));
        let token = access("nats://queue", &[("ASSAY_NATS_TOKEN", "hidden")]).expect("right");
        assert!(matches!(token.credentials, Credentials::Token { .. }));
    }
}
