//! What a launcher inherits from the shell, the service or the batch system that Assay was
//! started by, set to what every sandbox depends on: no setting of the host may decide
//! what becomes of tested code.

use nix::errno::Errno;
use nix::sys::resource::{RLIM_INFINITY, Resource, getrlimit, rlim_t, setrlimit};
use nix::sys::stat::{Mode, umask};

use super::failed;
use crate::SandboxError;

/// Limits that must be at least this high: what it is called, the option of the shell's
/// `ulimit`, and the unit of that option in bytes or pieces. Limits of tested code are set
/// for each command and are never higher than these.
const LEAST: [(Resource, &str, &str, rlim_t, rlim_t); 9] = [
    // Sanitizers and virtual machines reserve terabytes; init watches what is really used.
    (Resource::RLIMIT_AS, "virtual memory", "-v", 1024, RLIM_INFINITY),
    (Resource::RLIMIT_DATA, "the data segment", "-d", 1024, RLIM_INFINITY),
    (Resource::RLIMIT_CPU, "CPU time", "-t", 1, RLIM_INFINITY),
    (Resource::RLIMIT_FSIZE, "the size of files", "-f", 1024, RLIM_INFINITY),
    (Resource::RLIMIT_STACK, "the stack", "-s", 1024, super::program::STACK_BYTES),
    (Resource::RLIMIT_NOFILE, "open files", "-n", 1, 2048),
    (Resource::RLIMIT_NPROC, "processes", "-u", 1, 1024),
    (Resource::RLIMIT_SIGPENDING, "pending signals", "-i", 1, super::program::PENDING_SIGNALS),
    (Resource::RLIMIT_MEMLOCK, "locked memory", "-l", 1024, super::program::LOCKED_BYTES),
];

/// `PER_LINUX`: memory is laid out at random, and what is data cannot be executed.
const ORDINARY_DOMAIN: libc::c_ulong = 0;

/// Sets all that counts, or says which setting of the host cannot be changed.
pub(super) fn reset() -> Result<(), SandboxError> {
    umask(Mode::from_bits_truncate(0o022));
    // Without a random layout of memory, say, tested code would run as it does nowhere else.
    // SAFETY: the argument is a number.
    Errno::result(unsafe { libc::personality(ORDINARY_DOMAIN) })
        .map_err(failed("reset the execution domain"))?;
    ordinary_scheduling()?;
    raise_limits()
}

/// Raises the limits that are too low for what sandboxes and their tools need.
pub fn raise_limits() -> Result<(), SandboxError> {
    LEAST.into_iter().try_for_each(|(resource, name, option, unit, least)| {
        let (soft, hard) =
            getrlimit(resource).map_err(failed(format!("read the limit on {name}")))?;
        if soft >= least && hard >= least {
            return Ok(());
        }
        setrlimit(resource, soft.max(least), hard.max(least)).map_err(|errno| {
            let shown = |limit: rlim_t| match limit {
                RLIM_INFINITY => "unlimited".to_owned(),
                limit => limit.div_ceil(unit).to_string(),
            };
            SandboxError::Setup {
                step: format!("raise the host's limit on {name} from {}", shown(hard)),
                cause: errno.into(),
                remedy: Some(format!(
                    "start Assay where `ulimit -H {option}` says {}; the limit is set by the \
                     shell, /etc/security/limits.conf, the service or the batch system that \
                     Assay was started by",
                    if least == RLIM_INFINITY {
                        shown(least)
                    } else {
                        format!("{} or more", shown(least))
                    }
                )),
            }
        })
    })
}

/// Neither a real-time policy nor an idle one, which make waiting look like hanging.
fn ordinary_scheduling() -> Result<(), SandboxError> {
    // SAFETY: the structure is whole, and the call only reads it.
    let set = |policy| unsafe {
        let parameters = libc::sched_param { sched_priority: 0 };
        Errno::result(libc::sched_setscheduler(0, policy, &raw const parameters))
    };
    // SAFETY: the argument is a number.
    let policy = Errno::result(unsafe { libc::sched_getscheduler(0) })
        .map_err(failed("read the scheduling policy"))?;
    if policy == libc::SCHED_OTHER {
        return Ok(());
    }
    set(libc::SCHED_OTHER).map(drop).map_err(|errno| SandboxError::Setup {
        step: "leave the host's scheduling policy".to_owned(),
        cause: errno.into(),
        remedy: Some("start Assay without chrt".to_owned()),
    })
}
