//! A NATS server as a process of its own, which is killed, restarted and frozen.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::thread::sleep;
use std::time::{Duration, Instant};

use async_nats::jetstream::{self, Context};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::door::{cache, repository};

/// Nothing that is waited for takes longer, even on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(180);

/// The server that set-up has installed, in the version that it names.
fn program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        let setup = fs::read_to_string(repository().join("scripts/setup.sh")).expect("a script");
        let version = setup.lines().find_map(|line| line.strip_prefix("nats_version="));
        let place = format!("nats-server/{}/nats-server", version.expect("set-up names it"));
        let home = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
        let home = home.or_else(|| Some(Path::new(&std::env::var_os("HOME")?).join(".cache")));
        let usual = home.map(|home| home.join("assay"));
        let places = [Some(cache().to_owned()), usual];
        let mut programs = places.into_iter().flatten().map(|cache| cache.join(&place));
        programs.find(|program| program.exists()).unwrap_or_else(|| {
            panic!("{place} is in no cache; `scripts/setup.sh dev programs` installs it")
        })
    })
}

/// A server whose folder outlives its process.
pub(crate) struct Server {
    folder: TempDir,
    port: u16,
    /// What its configuration takes from the environment.
    variables: Vec<(&'static str, String)>,
    process: Option<Child>,
}

impl Server {
    pub(crate) fn start() -> Server {
        Server::with("")
    }

    /// A server with more in its configuration.
    pub(crate) fn with(more: &str) -> Server {
        Server::configured("sync_interval: always", more)
    }

    /// A server that syncs to disk as rarely as it does by default.
    pub(crate) fn lazy() -> Server {
        Server::configured("", "")
    }

    /// A server with the configuration that is deployed, at a port of its own.
    pub(crate) fn deployed(password: &str) -> Server {
        let config = fs::read_to_string(repository().join("deploy/nats.conf")).expect("a file");
        let variables =
            vec![("NATS_USER", "fleet".to_owned()), ("NATS_PASSWORD", password.to_owned())];
        Server::of(variables, |port, store| {
            let config = config.replace("0.0.0.0:4222", &format!("127.0.0.1:{port}"));
            config.replace("http: \"0.0.0.0:8222\"", "").replace("/data", store)
        })
    }

    fn configured(sync: &str, more: &str) -> Server {
        Server::of(Vec::new(), |port, store| {
            format!(
                "listen: \"127.0.0.1:{port}\"\njetstream {{\nstore_dir: {store:?}\n{sync}\n}}\n{more}\n"
            )
        })
    }

    /// A server with a configuration for a port and a folder of its own.
    fn of(
        variables: Vec<(&'static str, String)>,
        config: impl FnOnce(u16, &str) -> String,
    ) -> Server {
        let folder = tempfile::tempdir().expect("a folder");
        let free = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = free.local_addr().expect("bound").port();
        drop(free);
        let store = folder.path().join("store");
        let config = config(port, store.to_str().expect("UTF-8"));
        fs::write(folder.path().join("nats.conf"), config).expect("written");
        let mut server = Server { folder, port, variables, process: None };
        server.begin();
        server
    }

    /// Starts the process, which finds what an earlier one has stored.
    pub(crate) fn begin(&mut self) {
        let mut options = fs::OpenOptions::new();
        let log = options.create(true).append(true).open(self.folder.path().join("log"));
        let log = log.expect("a log");
        let process = Command::new(program())
            .arg("--config")
            .arg(self.folder.path().join("nats.conf"))
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .stdout(Stdio::null())
            .stderr(log)
            .spawn();
        self.process = Some(process.expect("nats-server starts"));
        let start = Instant::now();
        while TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            let log = || fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
            assert!(start.elapsed() < PATIENCE, "the server does not listen: {}", log());
            sleep(Duration::from_millis(20));
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }

    fn signal(&self, signal: Signal) {
        let process = self.process.as_ref().expect("it runs");
        let id = i32::try_from(process.id()).expect("a process id");
        kill(Pid::from_raw(id), signal).expect("a process of ours");
    }

    pub(crate) fn freeze(&self) {
        self.signal(Signal::SIGSTOP);
    }

    pub(crate) fn thaw(&self) {
        self.signal(Signal::SIGCONT);
    }

    /// Kills the process, which has no time to write anything.
    pub(crate) fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().expect("a process of ours");
            process.wait().expect("a child of ours");
        }
    }

    /// A way to look into the server.
    pub(crate) fn look(&self) -> Look {
        let runtime = Runtime::new().expect("a runtime");
        let client = runtime.block_on(async_nats::connect(self.url())).expect("it answers");
        let stream = {
            let _within = runtime.enter();
            jetstream::new(client.clone())
        };
        Look { runtime, client, stream }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A way to look into a server.
pub(crate) struct Look {
    pub(crate) runtime: Runtime,
    pub(crate) client: async_nats::Client,
    pub(crate) stream: Context,
}

impl Look {
    /// How many messages a stream has.
    pub(crate) fn messages(&self, stream: &str) -> u64 {
        let stream = self.runtime.block_on(self.stream.get_stream(stream)).expect("a stream");
        stream.cached_info().state.messages
    }
}
