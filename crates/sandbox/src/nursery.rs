//! [`Nursery`]: a prepared interpreter from which sandboxes are forked.

use std::fs::File;
use std::io;
use std::net::Shutdown;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{self, Child, Stdio};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use nix::fcntl::{FcntlArg, SealFlag, fcntl};
use nix::sys::memfd::{MFdFlags, memfd_create};
use serde::{Deserialize, Serialize};
use tracing::debug;

use crate::exchange::Patient;
use crate::inside::descriptor;
use crate::inside::nursery::{MARKER, PATIENCE};
use crate::protocol::{self, Reply};
use crate::{Command, Launcher, Mount, SandboxError};

/// How long a nursery may take to fork.
const FORK_PATIENCE: Duration = Duration::from_secs(10);

/// What a nursery prepares.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seed {
    /// Host files and directories that the interpreter sees, as in [`Spec::mounts`].
    pub mounts: Vec<Mount>,
    /// The interpreter's program, its arguments and its environment. A command with the same ones
    /// does not need to start the interpreter.
    pub command: Command,
    /// The interpreter as a library: a name that the dynamic linker finds.
    pub library: String,
    /// Python source that imports what commands will use. It raises an error where the
    /// interpreter is not what was expected.
    pub preload: String,
    /// The program executed as nursery.
    pub launcher: Launcher,
}

/// A Python interpreter that has imported what its commands need, and waits in
/// namespaces of its own. [`crate::Sandbox::start_in`] forks sandboxes from it before
/// any tested code is there. Dropping it ends it; sandboxes forked from it live on.
#[derive(Debug)]
pub struct Nursery {
    control: Mutex<UnixStream>,
    /// The mount namespace in which sandboxes are built: what the host sees.
    mounts: OwnedFd,
    process: Child,
}

impl Nursery {
    /// Prepares an interpreter. If that fails, nothing is lost: the same commands run in sandboxes
    /// of [`crate::Sandbox::start`] with the same result.
    #[expect(
        clippy::disallowed_methods,
        reason = "what a nursery runs is forked into sandboxes, and nothing else of it is tested code"
    )]
    pub fn start(seed: &Seed) -> Result<Nursery, SandboxError> {
        let failed = |error: io::Error| SandboxError::Launch {
            program: "the nursery".to_owned(),
            cause: error.into(),
        };
        let begun = Instant::now();
        let image = image(&seed.launcher).map_err(failed)?;
        let (ours, theirs) = UnixStream::pair().map_err(failed)?;
        let process = process::Command::new(format!("/proc/self/fd/{}", image.as_raw_fd()))
            .arg0(&seed.command.program)
            .arg(MARKER)
            .env_clear()
            .envs(seed.command.env.iter().map(|(name, value)| (name, value)))
            .current_dir("/")
            .process_group(0)
            .stdin(Stdio::from(OwnedFd::from(theirs)))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(failed)?;
        let mut starting = Starting(Some(process));
        let deadline = Instant::now() + PATIENCE;
        protocol::send(Patient { socket: &ours, deadline }, seed).map_err(failed)?;
        let reply = protocol::receive(Patient { socket: &ours, deadline }).map_err(failed)?;
        if let Reply::Failed(error) = reply {
            return Err(error);
        }
        ours.set_read_timeout(Some(FORK_PATIENCE)).map_err(failed)?;
        let mounts = descriptor::receive::<1>(&ours)
            .map_err(|errno| failed(errno.into()))?
            .ok_or_else(|| failed(io::ErrorKind::UnexpectedEof.into()))?;
        let [mounts] = mounts;
        match protocol::receive(Patient { socket: &ours, deadline }).map_err(failed)? {
            Reply::Done => {}
            Reply::Failed(error) => return Err(error),
            other => return Err(SandboxError::Protocol { detail: format!("{other:?}") }),
        }
        let Some(process) = starting.0.take() else {
            return Err(failed(io::ErrorKind::NotFound.into()));
        };
        let (process_id, took) = (process.id(), begun.elapsed());
        debug!(process = process_id, ?took, library = seed.library, "nursery started");
        Ok(Nursery { control: Mutex::new(ours), mounts, process })
    }

    /// Forks a launcher that has this socket to the host; returns what tells its end
    /// and takes signals for it.
    pub(crate) fn fork(&self, socket: &UnixStream) -> io::Result<OwnedFd> {
        let control = self.control.lock().unwrap_or_else(PoisonError::into_inner);
        let forked = Nursery::ask(&control, socket, &self.mounts);
        if forked.is_err() {
            // An answer that is late must not be taken for the next one.
            let _ = control.shutdown(Shutdown::Both);
        }
        forked
    }

    fn ask(control: &UnixStream, socket: &UnixStream, mounts: &OwnedFd) -> io::Result<OwnedFd> {
        control.set_read_timeout(Some(FORK_PATIENCE))?;
        control.set_write_timeout(Some(FORK_PATIENCE))?;
        descriptor::send(control, [socket.as_fd(), mounts.as_fd()])?;
        let launcher = descriptor::receive::<1>(control)?;
        let [launcher] = launcher.ok_or(io::ErrorKind::UnexpectedEof)?;
        Ok(launcher)
    }
}

impl Drop for Nursery {
    fn drop(&mut self) {
        // It waits for requests and does nothing else, so there is nothing to finish.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Kills what did not become a nursery.
struct Starting(Option<Child>);

impl Drop for Starting {
    fn drop(&mut self) {
        if let Some(process) = &mut self.0 {
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

/// A copy of the launcher that nobody can write to. Tested code can open the file that
/// it runs in, which must not be one of the host's.
fn image(launcher: &Launcher) -> io::Result<OwnedFd> {
    static CURRENT: OnceLock<OwnedFd> = OnceLock::new();
    match launcher {
        Launcher::Program(program) => copy(program),
        Launcher::CurrentExecutable => {
            let image = match CURRENT.get() {
                Some(image) => image,
                None => {
                    let image = copy(Path::new("/proc/self/exe"))?;
                    CURRENT.get_or_init(|| image)
                }
            };
            image.try_clone()
        }
    }
}

fn copy(program: &Path) -> io::Result<OwnedFd> {
    let image = memfd_create(c"python", MFdFlags::MFD_CLOEXEC | MFdFlags::MFD_ALLOW_SEALING)?;
    let mut image = File::from(image);
    io::copy(&mut File::open(program)?, &mut image)?;
    let seals = SealFlag::F_SEAL_SEAL
        | SealFlag::F_SEAL_SHRINK
        | SealFlag::F_SEAL_GROW
        | SealFlag::F_SEAL_WRITE;
    fcntl(&image, FcntlArg::F_ADD_SEALS(seals))?;
    Ok(image.into())
}
