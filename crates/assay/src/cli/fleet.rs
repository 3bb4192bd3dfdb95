//! The arguments of fleets: where validations are carried out, and those of a worker.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::JobsArg;

/// Where validations are carried out. Every command that sends artifacts to be validated takes
/// these.
#[derive(Debug, Clone, Default, Args)]
pub struct VerifierArgs {
    /// Validate on the workers of a fleet, which this NATS server leads to, as nats://HOST:PORT or
    /// tls://HOST:PORT (see docs/fleet.md) [default: here]
    #[arg(long, value_name = "URL")]
    pub verifier: Option<String>,
    #[command(flatten)]
    pub nats: NatsArgs,
}

/// What opens a NATS server.
#[derive(Debug, Clone, Default, Args)]
pub struct NatsArgs {
    /// A file with token = "...", or user = "..." and password = "...", for the NATS server
    /// [default: ASSAY_NATS_TOKEN, or ASSAY_NATS_USER and ASSAY_NATS_PASSWORD]
    #[arg(long, value_name = "FILE")]
    pub nats_credentials: Option<PathBuf>,
    /// The certificate of whoever signed the NATS server's, beside those that this host trusts
    #[arg(long, value_name = "FILE")]
    pub nats_ca: Option<PathBuf>,
}

#[derive(Debug, Args)]
#[command(
    after_help = "The worker installs what its cases need, as `assay prepare` does. On SIGTERM or \
Ctrl-C it finishes what it has begun, takes no more, and ends with 0; a second signal ends it at \
once, and others do its work. docs/fleet.md says what becomes of each failure."
)]
pub struct WorkerArgs {
    /// The NATS server that hands out the work, as nats://HOST:PORT or tls://HOST:PORT; it runs
    /// with JetStream
    #[arg(long, value_name = "URL")]
    pub nats: String,
    #[command(flatten)]
    pub access: NatsArgs,
    #[command(flatten)]
    pub jobs: JobsArg,
    /// What the worker is called in logs and errors [default: the host's name]
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
    /// How long any worker of the fleet may be silent about a job before another gets it, such as
    /// 30s [default: as the fleet has it, at first 30s]
    #[arg(long, value_name = "TIME", value_parser = wait)]
    pub ack_wait: Option<Duration>,
    /// Set a job aside, as an error that is never scored, after so many workers have died of it
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    pub max_deaths: u32,
    /// Write this file every few seconds, so that a probe can see by its age whether the worker
    /// lives
    #[arg(long, value_name = "FILE")]
    pub heartbeat: Option<PathBuf>,
    /// Answer /healthz, /readyz and /metrics (for Prometheus) at this address, such as
    /// 127.0.0.1:9090; whoever reaches it may read them
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub probes: Option<SocketAddr>,
}

/// A time of at least a second, so that saying every third of it that a job is under way is no load.
fn wait(text: &str) -> Result<Duration, String> {
    let wait = humantime::parse_duration(text).map_err(|error| error.to_string())?;
    match wait >= Duration::from_secs(1) {
        true => Ok(wait),
        false => Err("it is at least 1s".to_owned()),
    }
}
