//! The namespaces of a sandbox, and how init gives up its privileges in them.

use std::fs;
use std::path::Path;

use nix::errno::Errno;
use nix::sched::{CloneFlags, unshare};
use nix::unistd::{Gid, Uid, getegid, geteuid, setgroups, setresgid, setresuid};

use super::{INSIDE_ID, failed, failed_io, syscall};
use crate::SandboxError;
use crate::surroundings::Surroundings;

/// As whom init runs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Identity {
    privilege: Privilege,
    /// User and group outside of the innermost user namespace.
    pub(super) outside: u32,
}

impl Identity {
    fn new() -> Result<Identity, SandboxError> {
        Ok(Identity {
            privilege: privilege()?,
            outside: FIRST_OUTSIDE_ID + std::process::id() % OUTSIDE_IDS,
        })
    }
}

/// Where root starts sandboxes, each has a user of its own from this range, as many of
/// the kernel's limits (on pipes, on watched files) are for each user. No distribution
/// gives these to people; that they mean somebody else's service is harmless.
const FIRST_OUTSIDE_ID: u32 = 64_000;
const OUTSIDE_IDS: u32 = 1_000;

/// What the launcher was started with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Privilege {
    /// Root that may create namespaces and change its user.
    Root,
    /// An ordinary user, root only of a user namespace of its own.
    Ordinary,
}

const CAP_SETGID: u32 = 6;
const CAP_SETUID: u32 = 7;
const CAP_SETPCAP: u32 = 8;
const CAP_NET_ADMIN: u32 = 12;
const CAP_SYS_ADMIN: u32 = 21;

/// Moves this process into new namespaces, all but that of processes. An ordinary user gets a user namespace first, in which it holds all
/// capabilities.
pub(super) fn enter() -> Result<Identity, SandboxError> {
    let identity = Identity::new()?;
    let is_ordinary = identity.privilege == Privilege::Ordinary;
    let refused = |name: &str, errno: Errno| SandboxError::Setup {
        step: format!("create a {name} namespace"),
        cause: errno.into(),
        // AppArmor lets ordinary users create user namespaces without power in them.
        remedy: is_ordinary.then(user_namespace_remedy),
    };
    if is_ordinary {
        let (user, group) = (geteuid(), getegid());
        unshare(CloneFlags::CLONE_NEWUSER).map_err(|errno| refused("user", errno))?;
        map_ids(identity.outside, user.as_raw(), group.as_raw())?;
    }
    for (name, flag) in NAMESPACES.iter().filter(|(_, flag)| *flag != CloneFlags::CLONE_NEWPID) {
        unshare(*flag).map_err(|errno| refused(name, errno))?;
    }
    match unshare(CloneFlags::CLONE_NEWCGROUP) {
        // A kernel without control groups has nothing to hide.
        Ok(()) | Err(Errno::EINVAL) => {}
        Err(errno) => return Err(failed("create a cgroup namespace")(errno)),
    }
    nix::unistd::sethostname("sandbox").map_err(failed("set the host name"))?;
    Ok(identity)
}

/// Gives the next child of this process a PID namespace of its own, in which all that
/// follow will be too.
pub(super) fn enter_pid_namespace() -> Result<(), SandboxError> {
    unshare(CloneFlags::CLONE_NEWPID).map_err(failed("create a PID namespace"))
}

/// The namespaces that every sandbox needs, by name.
pub(crate) const NAMESPACES: &[(&str, CloneFlags)] = &[
    ("mount", CloneFlags::CLONE_NEWNS),
    ("network", CloneFlags::CLONE_NEWNET),
    ("IPC", CloneFlags::CLONE_NEWIPC),
    ("UTS", CloneFlags::CLONE_NEWUTS),
    ("PID", CloneFlags::CLONE_NEWPID),
];

fn privilege() -> Result<Privilege, SandboxError> {
    if !geteuid().is_root() {
        return Ok(Privilege::Ordinary);
    }
    let held = syscall::effective_capabilities().map_err(failed("read the capabilities"))?;
    let needed = [CAP_SETGID, CAP_SETUID, CAP_SETPCAP, CAP_NET_ADMIN, CAP_SYS_ADMIN];
    if needed.iter().all(|capability| held >> capability & 1 == 1) {
        return Ok(Privilege::Root);
    }
    // Root without capabilities would run tested code as an owner of host files.
    Err(SandboxError::Setup {
        step: "use the capabilities of root".to_owned(),
        cause: Errno::EPERM.into(),
        remedy: Surroundings::look().remedy().or_else(|| {
            Some(
                "run as an ordinary user, or give root CAP_SYS_ADMIN, CAP_NET_ADMIN, CAP_SETUID, \
                 CAP_SETGID and CAP_SETPCAP"
                    .to_owned(),
            )
        }),
    })
}

/// Makes init an unprivileged user for good: no capabilities and no way to get any,
/// in a user namespace that owns none of the other namespaces.
pub(super) fn give_up_privileges(identity: Identity) -> Result<(), SandboxError> {
    if identity.privilege == Privilege::Root {
        setgroups(&[]).map_err(failed("drop the supplementary groups"))?;
    }
    // Keep the capabilities over the change of user: hosts exist where only they allow
    // the user namespace that follows.
    syscall::prctl(libc::PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP, 0)
        .map_err(failed("keep the capabilities"))?;
    let (user, group) = (Uid::from_raw(identity.outside), Gid::from_raw(identity.outside));
    setresgid(group, group, group).map_err(failed("change the group"))?;
    setresuid(user, user, user).map_err(failed("change the user"))?;
    unshare(CloneFlags::CLONE_NEWUSER).map_err(failed("create the inner user namespace"))?;
    // Only a dumpable process owns its own id maps.
    syscall::prctl(libc::PR_SET_DUMPABLE, 1, 0).map_err(failed("own the id maps"))?;
    map_ids(INSIDE_ID, identity.outside, identity.outside)?;

    for capability in 0..64 {
        match syscall::prctl(libc::PR_CAPBSET_DROP, capability, 0) {
            Ok(_) => {}
            // The kernel knows no capability of this number or above.
            Err(Errno::EINVAL) => break,
            Err(errno) => return Err(failed("empty the bounding set")(errno)),
        }
    }
    let clear = libc::PR_CAP_AMBIENT_CLEAR_ALL as libc::c_ulong;
    syscall::prctl(libc::PR_CAP_AMBIENT, clear, 0).map_err(failed("clear ambient capabilities"))?;
    syscall::drop_capabilities().map_err(failed("drop all capabilities"))?;
    syscall::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0).map_err(failed("forbid new privileges"))?;
    syscall::prctl(libc::PR_SET_DUMPABLE, 0, 0).map_err(failed("forbid tracing init"))?;
    // Set last, for a change of credentials clears it.
    let signal = libc::SIGKILL as libc::c_ulong;
    syscall::prctl(libc::PR_SET_PDEATHSIG, signal, 0).map_err(failed("die with the launcher"))?;
    Ok(())
}

const SECBIT_NO_SETUID_FIXUP: libc::c_ulong = 1 << 2;

/// Maps one user and one group of this process's new user namespace.
fn map_ids(inside: u32, outside_user: u32, outside_group: u32) -> Result<(), SandboxError> {
    let maps = [
        ("/proc/self/setgroups", "deny".to_owned()),
        ("/proc/self/uid_map", format!("{inside} {outside_user} 1")),
        ("/proc/self/gid_map", format!("{inside} {outside_group} 1")),
    ];
    for (path, content) in maps {
        fs::write(path, content).map_err(failed_io(format!("write {path}")))?;
    }
    Ok(())
}

/// What an administrator can do where ordinary users may not create user namespaces.
fn user_namespace_remedy() -> String {
    let switch = refusing_switch().map(|(_, remedy)| remedy);
    switch.or_else(|| Surroundings::look().remedy()).unwrap_or_else(|| {
        "the host forbids user namespaces; run as root with CAP_SYS_ADMIN, or let what confines \
         this process allow them"
            .to_owned()
    })
}

/// The kernel setting that forbids user namespaces to ordinary users, and the remedy.
pub(crate) fn refusing_switch() -> Option<(String, String)> {
    let switches = [
        ("kernel/unprivileged_userns_clone", "0", "1"),
        ("user/max_user_namespaces", "0", "15000"),
        ("kernel/apparmor_restrict_unprivileged_userns", "1", "0"),
    ];
    switches.into_iter().find_map(|(name, refuses, allows)| {
        let value = fs::read_to_string(Path::new("/proc/sys").join(name)).ok()?;
        let name = name.replace('/', ".");
        (value.trim() == refuses).then(|| {
            let remedy = format!("as root: sysctl -w {name}={allows}; or run as root");
            (format!("{name} is {refuses}"), remedy)
        })
    })
}
