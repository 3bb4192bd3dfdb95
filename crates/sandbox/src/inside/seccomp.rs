//! The system calls that init and tested code may make: those of ordinary programs.
//!
//! An allowlist after the model of Docker's default profile, and stricter: everything
//! not named here fails with `EPERM`. Init runs as the same user as tested code, so
//! the list is also what keeps tested code from stopping, slowing or limiting init.

use std::collections::BTreeMap;

use libc::c_long;
use nix::errno::Errno;
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule, TargetArch,
};

use super::failed;
use crate::SandboxError;

macro_rules! system_calls {
    ($($name:ident)*) => { &[$(libc::$name),*] };
}

/// Calls that are harmless with any arguments.
const ALLOWED: &[c_long] = system_calls![
    SYS_accept SYS_accept4 SYS_bind SYS_brk SYS_capget SYS_capset SYS_chdir SYS_clock_getres
    SYS_clock_gettime SYS_clock_nanosleep SYS_close SYS_close_range SYS_connect
    SYS_copy_file_range SYS_dup SYS_dup3 SYS_epoll_create1 SYS_epoll_ctl SYS_epoll_pwait
    SYS_epoll_pwait2 SYS_eventfd2 SYS_execve SYS_execveat SYS_exit SYS_exit_group SYS_faccessat
    SYS_faccessat2 SYS_fadvise64 SYS_fallocate SYS_fchdir SYS_fchmod SYS_fchmodat SYS_fchown
    SYS_fchownat SYS_fcntl SYS_fdatasync SYS_fgetxattr SYS_flistxattr SYS_flock
    SYS_fremovexattr SYS_fsetxattr SYS_fstat SYS_fstatfs SYS_fsync SYS_ftruncate SYS_futex
    SYS_get_mempolicy SYS_get_robust_list SYS_getcpu SYS_getcwd SYS_getdents64 SYS_getegid
    SYS_geteuid SYS_getgid SYS_getgroups SYS_getitimer SYS_getpeername SYS_getpgid SYS_getpid
    SYS_getppid SYS_getpriority SYS_getrandom SYS_getresgid SYS_getresuid SYS_getrlimit
    SYS_getrusage SYS_getsid SYS_getsockname SYS_getsockopt SYS_gettid SYS_gettimeofday
    SYS_getuid SYS_getxattr SYS_inotify_add_watch SYS_inotify_init1 SYS_inotify_rm_watch
    SYS_ioprio_get SYS_kill SYS_landlock_add_rule SYS_landlock_create_ruleset
    SYS_landlock_restrict_self SYS_lgetxattr SYS_linkat SYS_listen SYS_listxattr SYS_llistxattr
    SYS_lremovexattr SYS_lseek SYS_lsetxattr SYS_madvise SYS_membarrier SYS_mincore SYS_mkdirat
    SYS_mknodat SYS_mlock SYS_mlock2 SYS_mlockall SYS_mmap SYS_mprotect SYS_mremap SYS_msync
    SYS_munlock SYS_munlockall SYS_munmap SYS_nanosleep SYS_newfstatat SYS_openat SYS_openat2
    SYS_pidfd_open SYS_pidfd_send_signal SYS_pipe2 SYS_pkey_alloc SYS_pkey_free
    SYS_pkey_mprotect SYS_ppoll SYS_prctl SYS_pread64 SYS_preadv SYS_preadv2 SYS_pselect6
    SYS_pwrite64 SYS_pwritev SYS_pwritev2 SYS_read SYS_readahead SYS_readlinkat SYS_readv
    SYS_recvfrom SYS_recvmmsg SYS_recvmsg SYS_removexattr SYS_renameat2
    SYS_restart_syscall SYS_rseq SYS_rt_sigaction SYS_rt_sigpending SYS_rt_sigprocmask
    SYS_rt_sigqueueinfo SYS_rt_sigreturn SYS_rt_sigsuspend SYS_rt_sigtimedwait
    SYS_rt_tgsigqueueinfo SYS_sched_get_priority_max SYS_sched_get_priority_min
    SYS_sched_getaffinity SYS_sched_getattr SYS_sched_getparam SYS_sched_getscheduler
    SYS_sched_rr_get_interval SYS_sched_yield SYS_sendfile SYS_sendmmsg SYS_sendmsg SYS_sendto
    SYS_set_robust_list SYS_set_tid_address SYS_setfsgid SYS_setfsuid SYS_setgid SYS_setgroups
    SYS_setitimer SYS_setpgid SYS_setregid SYS_setresgid SYS_setresuid SYS_setreuid SYS_setsid
    SYS_setsockopt SYS_setuid SYS_setxattr SYS_shutdown SYS_sigaltstack SYS_signalfd4
    SYS_socketpair SYS_splice SYS_statfs SYS_statx SYS_symlinkat SYS_sync_file_range
    SYS_sysinfo SYS_tgkill SYS_timer_create SYS_timer_delete SYS_timer_getoverrun
    SYS_timer_gettime SYS_timer_settime SYS_timerfd_create SYS_timerfd_gettime
    SYS_timerfd_settime SYS_times SYS_tkill SYS_truncate SYS_umask SYS_uname SYS_unlinkat
    SYS_utimensat SYS_wait4 SYS_waitid SYS_write SYS_writev
];

/// The older calls that only x86-64 has.
#[cfg(target_arch = "x86_64")]
const ALLOWED_HERE: &[c_long] = system_calls![
    SYS_access SYS_alarm SYS_arch_prctl SYS_chmod SYS_chown SYS_creat SYS_dup2 SYS_epoll_create
    SYS_epoll_wait SYS_eventfd SYS_fork SYS_futimesat SYS_getdents SYS_getpgrp SYS_inotify_init
    SYS_lchown SYS_link SYS_lstat SYS_mkdir SYS_mknod SYS_open SYS_pause SYS_pipe SYS_poll
    SYS_readlink SYS_rename SYS_renameat SYS_rmdir SYS_select SYS_signalfd SYS_stat SYS_symlink
    SYS_time SYS_unlink SYS_utime SYS_utimes SYS_vfork
];
#[cfg(target_arch = "aarch64")]
const ALLOWED_HERE: &[c_long] = system_calls![SYS_renameat];

/// Newer calls that libc does not name yet; they have these numbers everywhere:
/// `futex_waitv`, `cachestat`, `fchmodat2`, `futex_wake`, `futex_wait`, `futex_requeue`, `mseal`.
const ALLOWED_BY_NUMBER: &[c_long] = &[449, 451, 452, 454, 455, 456, 462];

/// All flags of `clone` that make a namespace. `CLONE_NEWTIME` is no flag of `clone`.
const NEW_NAMESPACE: u64 = (libc::CLONE_NEWNS
    | libc::CLONE_NEWCGROUP
    | libc::CLONE_NEWUTS
    | libc::CLONE_NEWIPC
    | libc::CLONE_NEWUSER
    | libc::CLONE_NEWPID
    | libc::CLONE_NEWNET) as u64;

/// No personality at all, address space layout as it is (sanitizers ask for that), and
/// the question for the present one.
const PERSONALITIES: &[u64] = &[0, 0x0004_0000, 0xffff_ffff];

const INIT: u64 = 1;

/// Confines this process and all its descendants for good.
pub(super) fn confine(allow_ptrace: bool) -> Result<(), SandboxError> {
    let step = "confine system calls";
    for program in programs(allow_ptrace)? {
        seccompiler::apply_filter(&program).map_err(|error| match error {
            seccompiler::Error::Prctl(error) | seccompiler::Error::Seccomp(error) => {
                SandboxError::Setup {
                    step: step.to_owned(),
                    cause: error.into(),
                    remedy: Some("the kernel must be built with CONFIG_SECCOMP_FILTER".to_owned()),
                }
            }
            _ => failed(step)(Errno::EINVAL),
        })?;
    }
    Ok(())
}

/// Three filters, of which the kernel takes the strictest answer. The allowlist is
/// last, for it forbids to apply any more.
fn programs(allow_ptrace: bool) -> Result<[BpfProgram; 3], SandboxError> {
    let invalid = |_| failed("write the system call filter")(Errno::EINVAL);
    let denied = SeccompAction::Errno(libc::EPERM as u32);
    let allowlist = filter(rules(allow_ptrace).map_err(invalid)?, denied, SeccompAction::Allow);

    // libc turns to `clone`, whose flags can be looked at, where `clone3` does not exist.
    let missing = SeccompAction::Errno(libc::ENOSYS as u32);
    let absent = BTreeMap::from([(libc::SYS_clone3, Vec::new())]);
    let absent = filter(absent, SeccompAction::Allow, missing);

    // With a core limit of 0, a kernel that pipes core dumps into a program of the
    // host would do so; init sets the limit to 1, which forbids it, and nobody may
    // change it. Sanitizers insist on setting it, so they are told that they did.
    let frozen = frozen_core_limit().map_err(invalid)?;
    let frozen = filter(frozen, SeccompAction::Allow, SeccompAction::Errno(0));

    let compile = |filter: Result<SeccompFilter, seccompiler::BackendError>| {
        filter.and_then(BpfProgram::try_from).map_err(invalid)
    };
    Ok([compile(absent)?, compile(frozen)?, compile(allowlist)?])
}

type Rules = BTreeMap<c_long, Vec<SeccompRule>>;
type Backend<T> = Result<T, seccompiler::BackendError>;

fn filter(
    rules: Rules,
    otherwise: SeccompAction,
    matched: SeccompAction,
) -> Backend<SeccompFilter> {
    // The filter kills processes that call in another architecture's way.
    let target =
        if cfg!(target_arch = "x86_64") { TargetArch::x86_64 } else { TargetArch::aarch64 };
    SeccompFilter::new(rules, otherwise, matched, target)
}

fn rules(allow_ptrace: bool) -> Backend<Rules> {
    use SeccompCmpOp::{Eq, MaskedEq, Ne};

    let mut rules: Rules = [ALLOWED, ALLOWED_HERE, ALLOWED_BY_NUMBER]
        .concat()
        .into_iter()
        .map(|call| (call, Vec::new()))
        .collect();
    rules.insert(libc::SYS_clone, vec![rule(vec![wide(0, MaskedEq(NEW_NAMESPACE), 0)?])?]);

    let families = [libc::AF_UNIX, libc::AF_INET, libc::AF_INET6];
    let mut sockets = Vec::new();
    for family in families {
        sockets.push(rule(vec![narrow(0, Eq, family as u64)?])?);
    }
    sockets.push(rule(vec![
        narrow(0, Eq, libc::AF_NETLINK as u64)?,
        narrow(2, Eq, libc::NETLINK_ROUTE as u64)?,
    ])?);
    rules.insert(libc::SYS_socket, sockets);

    // Allowed here to be answered by the filter that says it does not exist: among
    // errors, that of the filter applied last would win.
    rules.insert(libc::SYS_clone3, Vec::new());

    // These could put words into a terminal's input.
    rules.insert(
        libc::SYS_ioctl,
        vec![rule(vec![narrow(1, Ne, libc::TIOCSTI)?, narrow(1, Ne, libc::TIOCLINUX)?])?],
    );

    let mut personalities = Vec::new();
    for personality in PERSONALITIES {
        personalities.push(rule(vec![narrow(0, Eq, *personality)?])?);
    }
    rules.insert(libc::SYS_personality, personalities);

    // A process may limit itself, and nobody else: limits of init are not to be touched.
    rules.insert(libc::SYS_prlimit64, vec![rule(vec![narrow(0, Eq, 0)?])?]);
    rules.insert(libc::SYS_setrlimit, Vec::new());
    for call in [
        libc::SYS_sched_setaffinity,
        libc::SYS_sched_setattr,
        libc::SYS_sched_setparam,
        libc::SYS_sched_setscheduler,
    ] {
        rules.insert(call, vec![rule(vec![narrow(0, Ne, INIT)?])?]);
    }
    rules.insert(
        libc::SYS_setpriority,
        vec![rule(vec![narrow(0, Eq, u64::from(libc::PRIO_PROCESS))?, narrow(1, Ne, INIT)?])?],
    );
    if allow_ptrace {
        rules.insert(libc::SYS_ptrace, Vec::new());
    }
    Ok(rules)
}

fn frozen_core_limit() -> Backend<Rules> {
    use SeccompCmpOp::{Eq, Ne};

    let core = u64::from(libc::RLIMIT_CORE);
    Ok(BTreeMap::from([
        (libc::SYS_setrlimit, vec![rule(vec![narrow(0, Eq, core)?])?]),
        (libc::SYS_prlimit64, vec![rule(vec![narrow(1, Eq, core)?, wide(2, Ne, 0)?])?]),
    ]))
}

fn rule(conditions: Vec<SeccompCondition>) -> Backend<SeccompRule> {
    SeccompRule::new(conditions)
}

/// Compares the lower half of an argument: all that the kernel looks at where it
/// takes an `int`.
fn narrow(argument: u8, operator: SeccompCmpOp, value: u64) -> Backend<SeccompCondition> {
    SeccompCondition::new(argument, SeccompCmpArgLen::Dword, operator, value)
}

fn wide(argument: u8, operator: SeccompCmpOp, value: u64) -> Backend<SeccompCondition> {
    SeccompCondition::new(argument, SeccompCmpArgLen::Qword, operator, value)
}
