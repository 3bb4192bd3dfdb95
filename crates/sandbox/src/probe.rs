//! [`host`]: what this host offers for sandboxes, and what to do about what it lacks.

use std::fs;
use std::path::Path;
use std::time::Instant;

use nix::errno::Errno;
use nix::sys::resource::{Resource, getrlimit};
use nix::sys::utsname::uname;
use nix::unistd::geteuid;
use tracing::debug;

use crate::inside::inherited::raise_limits;
use crate::inside::namespaces;
use crate::surroundings::Surroundings;
use crate::{Command, Exit, Launcher, Sandbox, SandboxError, Spec};

/// The oldest kernel with everything a sandbox is built from: process limits for each
/// user namespace came last.
const OLDEST_KERNEL: (u32, u32) = (5, 14);

/// One thing that was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub name: String,
    pub status: Status,
    /// What was found.
    pub detail: String,
    /// What to do about it.
    pub remedy: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    Ok,
    /// Without it there is no sandbox.
    Missing,
    /// Sandboxes work, with something to know about.
    Degraded,
}

/// Looks at the host and tries a sandbox, with the current executable as launcher.
pub fn host() -> Vec<Finding> {
    host_with(&Launcher::CurrentExecutable)
}

/// The same with another launcher.
pub fn host_with(launcher: &Launcher) -> Vec<Finding> {
    let mut findings = vec![kernel(), surroundings(), user_namespaces()];
    findings.extend(namespaces::NAMESPACES.iter().map(|(name, _)| namespace(name)));
    findings.extend([seccomp(), limits(), core_dumps(), control_groups()]);
    findings.extend(SANITIZER_SETTINGS.map(|setting| setting.finding(Path::new("/proc/sys"))));
    findings.push(trial(launcher));
    findings
}

impl Finding {
    fn new(name: impl Into<String>, status: Status, detail: impl Into<String>) -> Finding {
        Finding { name: name.into(), status, detail: detail.into(), remedy: None }
    }

    fn remedy(mut self, remedy: impl Into<String>) -> Finding {
        self.remedy = Some(remedy.into());
        self
    }
}

fn kernel() -> Finding {
    let name = "kernel";
    let release = match uname() {
        Ok(names) => names.release().to_string_lossy().into_owned(),
        Err(errno) => return Finding::new(name, Status::Degraded, errno.to_string()),
    };
    let mut numbers = release
        .split(|character: char| !character.is_ascii_digit())
        .map_while(|number| number.parse().ok());
    let version = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    if version >= OLDEST_KERNEL {
        return Finding::new(name, Status::Ok, release);
    }
    let (major, minor) = OLDEST_KERNEL;
    Finding::new(name, Status::Missing, release)
        .remedy(format!("use Linux {major}.{minor} or newer"))
}

/// What is around only matters if a sandbox cannot be made; then it has the remedy.
fn surroundings() -> Finding {
    Finding::new("surroundings", Status::Ok, Surroundings::look().to_string())
}

fn user_namespaces() -> Finding {
    let name = "user namespaces";
    if !Path::new("/proc/self/ns/user").exists() {
        return Finding::new(name, Status::Missing, "the kernel has none")
            .remedy("use a kernel built with CONFIG_USER_NS");
    }
    if geteuid().is_root() {
        return Finding::new(name, Status::Ok, "run by root, which needs no permission");
    }
    match namespaces::refusing_switch() {
        Some((switch, remedy)) => Finding::new(name, Status::Missing, switch).remedy(remedy),
        None => Finding::new(name, Status::Ok, "no switch forbids them to ordinary users"),
    }
}

fn namespace(name: &'static str) -> Finding {
    let file = match name {
        "mount" => "mnt",
        "network" => "net",
        "IPC" => "ipc",
        "UTS" => "uts",
        _ => "pid",
    };
    if Path::new("/proc/self/ns").join(file).exists() {
        Finding::new(format!("{name} namespace"), Status::Ok, "the kernel has such namespaces")
    } else {
        Finding::new(
            format!("{name} namespace"),
            Status::Missing,
            "the kernel has no such namespaces",
        )
        .remedy("use a kernel built with CONFIG_NAMESPACES and all its parts")
    }
}

fn seccomp() -> Finding {
    let name = "seccomp";
    let actions = setting("seccomp/actions_avail");
    let has = |wanted: &str| actions.split_whitespace().any(|action| action == wanted);
    if has("errno") && has("kill_process") {
        Finding::new(name, Status::Ok, "filters are available")
    } else {
        Finding::new(name, Status::Missing, "filters are not available")
            .remedy("use a kernel built with CONFIG_SECCOMP_FILTER")
    }
}

fn limits() -> Finding {
    let name = "limits of this shell";
    match raise_limits() {
        Ok(()) => Finding::new(name, Status::Ok, "high enough, or raised"),
        Err(error) => {
            let finding = Finding::new(name, Status::Missing, format!("failed to {error}"));
            match error {
                SandboxError::Setup { step, cause, remedy } => {
                    Finding { detail: format!("failed to {step}: {cause}"), remedy, ..finding }
                }
                _ => finding,
            }
        }
    }
}

/// A setting of the kernel under which programs with sanitizers do not start.
#[derive(Clone, Copy, Debug)]
struct SanitizerSetting {
    /// Below `/proc/sys`.
    file: &'static str,
    /// The highest value under which they do.
    highest: u32,
    /// What happens under a higher one.
    effect: &'static str,
}

const SANITIZER_SETTINGS: [SanitizerSetting; 2] = [
    SanitizerSetting {
        file: "vm/overcommit_memory",
        highest: 1,
        effect: "AddressSanitizer cannot reserve its shadow memory",
    },
    SanitizerSetting {
        file: "vm/mmap_rnd_bits",
        highest: 28,
        effect: "AddressSanitizer of GCC 12 finds its shadow memory taken, at random",
    },
];

impl SanitizerSetting {
    fn name(self) -> String {
        self.file.replace('/', ".")
    }

    /// The value, if it is one that keeps sanitizers from starting.
    fn harmful(self, settings: &Path) -> Option<u32> {
        let value = fs::read_to_string(settings.join(self.file)).ok()?;
        value.trim().parse().ok().filter(|value| *value > self.highest)
    }

    fn remedy(self) -> String {
        format!("as root: sysctl -w {}={}", self.name(), self.highest)
    }

    fn finding(self, settings: &Path) -> Finding {
        match self.harmful(settings) {
            None => Finding::new(self.name(), Status::Ok, "sanitizers start under it"),
            Some(value) => {
                let detail = format!("it is {value}: {}", self.effect);
                Finding::new(self.name(), Status::Missing, detail).remedy(self.remedy())
            }
        }
    }
}

/// Whether programs with sanitizers start under the settings of this host's kernel.
pub fn sanitizers_start() -> Result<(), SandboxError> {
    let settings = Path::new("/proc/sys");
    let harmful = |setting: &SanitizerSetting| Some((*setting, setting.harmful(settings)?));
    SANITIZER_SETTINGS.iter().find_map(harmful).map_or(Ok(()), |(setting, value)| {
        Err(SandboxError::Setup {
            step: format!("start programs with sanitizers: {} is {value}", setting.name()),
            cause: Errno::EPERM.into(),
            remedy: Some(setting.remedy()),
        })
    })
}

/// A setting of the kernel; nothing where it cannot be read.
fn setting(name: &str) -> String {
    let file = Path::new("/proc/sys/kernel").join(name);
    fs::read_to_string(&file).unwrap_or_else(|error| {
        debug!(file = %file.display(), %error, "a setting of the kernel cannot be read");
        String::new()
    })
}

/// A host that hands core dumps to a program of its own must be told not to.
fn core_dumps() -> Finding {
    let name = "core dumps";
    let pattern = setting("core_pattern");
    let is_handed_over = pattern.starts_with(['|', '@']);
    let may_forbid = getrlimit(Resource::RLIMIT_CORE).is_ok_and(|(_, hard)| hard >= 1);
    if is_handed_over && !may_forbid {
        return Finding::new(
            name,
            Status::Degraded,
            "crashes of tested code start a program of the host",
        )
        .remedy(
            "raise the hard limit: ulimit -H -c 1; or as root: sysctl -w kernel.core_pattern=core",
        );
    }
    Finding::new(name, Status::Ok, "crashes of tested code leave none")
}

fn control_groups() -> Finding {
    let root = Path::new("/sys/fs/cgroup");
    let detail = if root.join("cgroup.controllers").exists() {
        "version 2"
    } else if root.join("memory").exists() {
        "version 1"
    } else {
        "none"
    };
    Finding::new(
        "control groups",
        Status::Ok,
        format!("{detail}; not needed, as init watches memory and time"),
    )
}

/// The proof: a sandbox with a command in it.
fn trial(launcher: &Launcher) -> Finding {
    let name = "trial sandbox";
    let spec = Spec { launcher: launcher.clone(), ..Spec::default() };
    let begun = Instant::now();
    let tried = Sandbox::start(&spec).and_then(|mut sandbox| {
        let started = begun.elapsed();
        let execution = sandbox.execute(&Command::new("true"))?;
        drop(sandbox);
        Ok((started, execution.exit))
    });
    let whole = begun.elapsed();
    match tried {
        Ok((started, Exit::Code(0))) => Finding::new(
            name,
            Status::Ok,
            format!("started in {started:.1?}; started, ran `true` and ended in {whole:.1?}"),
        ),
        Ok((_, exit)) => Finding::new(name, Status::Missing, format!("`true` ended with {exit}")),
        Err(error) => {
            let detail = format!("failed to {error}");
            let finding = Finding::new(name, Status::Missing, detail);
            match error {
                SandboxError::Setup { remedy, .. } | SandboxError::Lost { remedy, .. } => {
                    let remedy = remedy.or_else(|| Surroundings::look().remedy());
                    Finding { remedy, ..finding }
                }
                _ => finding,
            }
        }
    }
}
