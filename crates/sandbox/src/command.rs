//! [`Command`]: one program to execute in a sandbox, and its [`Limits`].

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The file descriptor on which a command with [`Command::report`] writes its report.
pub const REPORT_FD: i32 = 3;

/// The file descriptor from which a command with [`Command::input`] reads its input.
pub const INPUT_FD: i32 = 4;

/// One program to execute, with an environment that starts empty.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Command {
    /// A path inside the sandbox, or a bare name looked up in the `PATH` of `env`
    /// (`/usr/local/bin:/usr/bin:/bin` where `env` has none).
    pub program: String,
    pub args: Vec<String>,
    pub env: Vec<(String, String)>,
    /// Where it starts; relative paths are relative to `/work`.
    pub directory: String,
    #[serde(with = "crate::bytes")]
    pub stdin: Vec<u8>,
    /// Bytes to read on [`INPUT_FD`].
    pub input: Option<Vec<u8>>,
    /// Whether [`REPORT_FD`] is open for writing.
    pub report: bool,
    pub limits: Limits,
}

impl Command {
    pub fn new(program: impl Into<String>) -> Command {
        Command {
            program: program.into(),
            args: Vec::new(),
            env: Vec::new(),
            directory: ".".to_owned(),
            stdin: Vec::new(),
            input: None,
            report: false,
            limits: Limits::default(),
        }
    }

    #[must_use]
    pub fn arg(mut self, arg: impl Into<String>) -> Command {
        self.args.push(arg.into());
        self
    }

    #[must_use]
    pub fn args<I: IntoIterator<Item: Into<String>>>(mut self, args: I) -> Command {
        self.args.extend(args.into_iter().map(Into::into));
        self
    }

    #[must_use]
    pub fn env(mut self, name: impl Into<String>, value: impl Into<String>) -> Command {
        self.env.push((name.into(), value.into()));
        self
    }

    #[must_use]
    pub fn directory(mut self, directory: impl Into<String>) -> Command {
        self.directory = directory.into();
        self
    }

    #[must_use]
    pub fn stdin(mut self, stdin: impl Into<Vec<u8>>) -> Command {
        self.stdin = stdin.into();
        self
    }

    #[must_use]
    pub fn input(mut self, input: impl Into<Vec<u8>>) -> Command {
        self.input = Some(input.into());
        self
    }

    #[must_use]
    pub fn report(mut self) -> Command {
        self.report = true;
        self
    }

    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Command {
        self.limits = limits;
        self
    }
}

/// What one command may use, counted over all its processes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    pub wall: Duration,
    pub cpu: Duration,
    /// Anonymous and shared memory, page tables, all that lies in `/work`, `/tmp` and
    /// `/dev/shm` (which are memory too), and for each socket but the first 64 what its
    /// buffers may hold (416 KiB).
    pub memory_bytes: u64,
    /// Processes and threads at one time; a further fork fails with `EAGAIN`.
    pub processes: u32,
    /// Open files of each process.
    pub open_files: u32,
    /// Growth of the writable file systems, and the size of any one file.
    pub written_bytes: u64,
    /// Standard output, standard error and report together.
    pub output_bytes: u64,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            wall: Duration::from_secs(30),
            cpu: Duration::from_secs(30),
            memory_bytes: 1 << 30,
            processes: 128,
            open_files: 1024,
            written_bytes: 256 << 20,
            output_bytes: 8 << 20,
        }
    }
}
