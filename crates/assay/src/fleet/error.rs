//! [`FleetError`]: why a fleet cannot be joined or used.

use std::net::SocketAddr;
use std::path::PathBuf;

/// Why a fleet cannot be joined or used.
#[derive(Debug, thiserror::Error)]
pub enum FleetError {
    #[error(
        "{0:?} is no address of a NATS server; give it as nats://HOST:PORT, or tls://HOST:PORT"
    )]
    Address(String),
    #[error(
        "the address {0} holds a name or a password, which other users of this machine can see; put them into ASSAY_NATS_USER and ASSAY_NATS_PASSWORD, or into a file for --nats-credentials"
    )]
    Exposed(String),
    #[error("failed to read the credentials in {path}: {message}")]
    Credentials { path: PathBuf, message: String },
    #[error("ASSAY_NATS_USER and ASSAY_NATS_PASSWORD are only of use together")]
    HalfCredentials,
    #[error("failed to reach the NATS server at {address}: {message}")]
    Unreachable { address: String, message: String },
    #[error("the NATS server at {address} refuses the connection: {message}")]
    Refused { address: String, message: String },
    #[error(
        "the certificate of the NATS server at {address} is not trusted: {message}; name the certificate of whoever signed it with --nats-ca"
    )]
    Distrusted { address: String, message: String },
    #[error("failed to read the certificate {path}: {message}; it is a file in PEM, for --nats-ca")]
    Authority { path: PathBuf, message: String },
    #[error(
        "failed to set up the stream {stream}: {message}; the server must run with JetStream, as `nats-server --jetstream` does"
    )]
    Stream { stream: &'static str, message: String },
    #[error("failed to {what}: {message}")]
    Server { what: &'static str, message: String },
    #[error(
        "no worker has ever joined the fleet at {0}; start one with `assay worker --nats {0}`; nothing was asked"
    )]
    NoWorkers(String),
    #[error(
        "this worker differs from the fleet's other workers, and their verdicts could differ too: {0}; install the same versions, or stop all other workers first"
    )]
    OtherWorkers(String),
    #[error(
        "the fleet's workers differ from what is expected here, and their verdicts could differ too: {0}"
    )]
    OtherVersions(String),
    #[error("failed to listen on {address} for probes: {error}; choose another address")]
    Listen { address: SocketAddr, error: std::io::Error },
    #[error("no random numbers: {0}")]
    Random(getrandom::Error),
    #[error("failed to start the runtime of the fleet: {0}")]
    Runtime(std::io::Error),
}
