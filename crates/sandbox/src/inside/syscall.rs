//! System calls that nix lacks, each as one safe function.

use std::ffi::CStr;
use std::io;
use std::mem;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::time::Duration;

use nix::errno::Errno;
use nix::unistd::Pid;

/// Clones the mount at `path`, with all mounts below it, into a tree attached nowhere.
pub(super) fn open_tree(directory: BorrowedFd<'_>, path: &CStr) -> Result<OwnedFd, Errno> {
    let flags =
        libc::OPEN_TREE_CLONE | libc::OPEN_TREE_CLOEXEC | libc::AT_RECURSIVE as libc::c_uint;
    // SAFETY: the path is a C string, and the other arguments are numbers.
    let result =
        unsafe { libc::syscall(libc::SYS_open_tree, directory.as_raw_fd(), path.as_ptr(), flags) };
    owned(result)
}

/// Attaches a tree of [`open_tree`] at `path`.
pub(super) fn move_mount(
    tree: impl AsFd,
    directory: BorrowedFd<'_>,
    path: &CStr,
) -> Result<(), Errno> {
    // SAFETY: both paths are C strings, and the other arguments are numbers.
    let result = unsafe {
        libc::syscall(
            libc::SYS_move_mount,
            tree.as_fd().as_raw_fd(),
            c"".as_ptr(),
            directory.as_raw_fd(),
            path.as_ptr(),
            libc::MOVE_MOUNT_F_EMPTY_PATH,
        )
    };
    Errno::result(result).map(drop)
}

/// Adds attributes (`MOUNT_ATTR_*`) to a mount, and to those below it if asked.
pub(super) fn add_mount_attributes(
    tree: impl AsFd,
    attributes: u64,
    recursive: bool,
) -> Result<(), Errno> {
    // SAFETY: an all-zero `mount_attr` is valid: it changes nothing.
    let mut change: libc::mount_attr = unsafe { mem::zeroed() };
    change.attr_set = attributes;
    let recursion = if recursive { libc::AT_RECURSIVE } else { 0 };
    // SAFETY: the path is a C string, and `change` outlives the call with the size given.
    let result = unsafe {
        libc::syscall(
            libc::SYS_mount_setattr,
            tree.as_fd().as_raw_fd(),
            c"".as_ptr(),
            libc::AT_EMPTY_PATH | recursion,
            &raw const change,
            size_of::<libc::mount_attr>(),
        )
    };
    Errno::result(result).map(drop)
}

/// Forks a child that is the first of a PID namespace of its own; `None` in the child.
///
/// # Safety
///
/// The process has no other thread.
pub(super) unsafe fn fork_into_pid_namespace() -> Result<Option<Pid>, Errno> {
    let flags = libc::CLONE_NEWPID | libc::SIGCHLD;
    // SAFETY: without a stack of its own the child goes on with a copy of this one, as
    // after `fork`; the caller promises that there is no other thread to miss.
    let pid = unsafe { libc::syscall(libc::SYS_clone, flags, 0, 0, 0, 0) };
    match i32::try_from(Errno::result(pid)?) {
        Ok(0) => Ok(None),
        Ok(pid) => Ok(Some(Pid::from_raw(pid))),
        Err(_) => Err(Errno::EOVERFLOW),
    }
}

/// A descriptor that becomes readable when the process ends.
pub(crate) fn pidfd_open(pid: Pid) -> Result<OwnedFd, Errno> {
    // SAFETY: both arguments are numbers.
    owned(unsafe { libc::syscall(libc::SYS_pidfd_open, pid.as_raw(), 0) })
}

/// Kills the process of a descriptor of [`pidfd_open`].
pub(crate) fn pidfd_kill(process: impl AsFd) -> Result<(), Errno> {
    let information: *const libc::siginfo_t = std::ptr::null();
    // SAFETY: without information the kernel makes it up as `kill` does.
    let result = unsafe {
        libc::syscall(
            libc::SYS_pidfd_send_signal,
            process.as_fd().as_raw_fd(),
            libc::SIGKILL,
            information,
            0,
        )
    };
    Errno::result(result).map(drop)
}

/// Closes a descriptor that a process shares with its parent and has no use for. It
/// must not be used or dropped afterwards.
pub(super) fn close(descriptor: impl AsFd) {
    // SAFETY: that nobody uses it is the caller's promise, and breaking it is an error
    // `EBADF`, not undefined behaviour.
    unsafe { libc::close(descriptor.as_fd().as_raw_fd()) };
}

/// Sets close-on-exec on all file descriptors from `first` on.
pub(super) fn close_on_exec_from(first: RawFd) -> Result<(), Errno> {
    // SAFETY: the arguments are numbers, and no descriptor is closed yet.
    let result = unsafe {
        libc::syscall(libc::SYS_close_range, first, libc::c_uint::MAX, libc::CLOSE_RANGE_CLOEXEC)
    };
    Errno::result(result).map(drop)
}

/// Closes all file descriptors from `first` on. Only for processes that know that none
/// of them is owned by a value of theirs.
pub(super) fn close_from(first: RawFd) -> Result<(), Errno> {
    // SAFETY: the arguments are numbers; that nobody owns the descriptors is the
    // caller's promise, and breaking it is an error `EBADF`, not undefined behaviour.
    let result = unsafe { libc::syscall(libc::SYS_close_range, first, libc::c_uint::MAX, 0) };
    Errno::result(result).map(drop)
}

/// Calls `prctl` for options whose arguments are numbers.
pub(super) fn prctl(
    option: libc::c_int,
    second: libc::c_ulong,
    third: libc::c_ulong,
) -> Result<libc::c_int, Errno> {
    let zero: libc::c_ulong = 0;
    // SAFETY: callers pass only options that take numbers.
    Errno::result(unsafe { libc::prctl(option, second, third, zero, zero) })
}

const CAPABILITY_VERSION_3: u32 = 0x2008_0522;

#[repr(C)]
struct CapabilityHeader {
    version: u32,
    pid: i32,
}

#[repr(C)]
#[derive(Clone, Copy, Default)]
struct CapabilityData {
    effective: u32,
    permitted: u32,
    inheritable: u32,
}

/// The effective capabilities of this process, one bit each.
pub(super) fn effective_capabilities() -> Result<u64, Errno> {
    let mut header = CapabilityHeader { version: CAPABILITY_VERSION_3, pid: 0 };
    let mut data = [CapabilityData::default(); 2];
    // SAFETY: version 3 writes exactly two data elements.
    let result = unsafe { libc::syscall(libc::SYS_capget, &raw mut header, data.as_mut_ptr()) };
    Errno::result(result)?;
    Ok(u64::from(data[1].effective) << 32 | u64::from(data[0].effective))
}

/// Gives up all effective, permitted and inheritable capabilities.
pub(super) fn drop_capabilities() -> Result<(), Errno> {
    let mut header = CapabilityHeader { version: CAPABILITY_VERSION_3, pid: 0 };
    let data = [CapabilityData::default(); 2];
    // SAFETY: version 3 reads exactly two data elements.
    let result = unsafe { libc::syscall(libc::SYS_capset, &raw mut header, data.as_ptr()) };
    Errno::result(result).map(drop)
}

/// A child that ended, and the time it and its own waited-for children used.
pub(super) struct Ended {
    pub(super) pid: Pid,
    /// The raw wait status.
    pub(super) status: libc::c_int,
    pub(super) cpu: Duration,
    pub(super) max_resident_bytes: u64,
}

/// Reaps one ended child; `None` if there is none yet (only without `block`).
/// `ECHILD` if there are no children at all.
pub(super) fn reap(block: bool) -> Result<Option<Ended>, Errno> {
    let mut status = 0;
    // SAFETY: an all-zero `rusage` is valid.
    let mut usage: libc::rusage = unsafe { mem::zeroed() };
    let options = libc::__WALL | if block { 0 } else { libc::WNOHANG };
    loop {
        // SAFETY: both pointers are valid for the call.
        let pid = unsafe { libc::wait4(-1, &raw mut status, options, &raw mut usage) };
        match Errno::result(pid) {
            Err(Errno::EINTR) => {}
            Err(errno) => return Err(errno),
            Ok(0) => return Ok(None),
            Ok(pid) => {
                return Ok(Some(Ended {
                    pid: Pid::from_raw(pid),
                    status,
                    cpu: duration(usage.ru_utime) + duration(usage.ru_stime),
                    max_resident_bytes: u64::try_from(usage.ru_maxrss).unwrap_or(0) * 1024,
                }));
            }
        }
    }
}

fn duration(time: libc::timeval) -> Duration {
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    let micros = u64::try_from(time.tv_usec).unwrap_or(0);
    Duration::from_secs(seconds) + Duration::from_micros(micros)
}

/// Brings up the loopback interface of this network namespace.
pub(super) fn bring_up_loopback() -> Result<(), Errno> {
    // SAFETY: the arguments are numbers.
    let socket = owned(i64::from(unsafe {
        libc::socket(libc::AF_INET, libc::SOCK_DGRAM | libc::SOCK_CLOEXEC, 0)
    }))?;
    // SAFETY: an all-zero `ifreq` is valid.
    let mut request: libc::ifreq = unsafe { mem::zeroed() };
    for (to, from) in request.ifr_name.iter_mut().zip(c"lo".to_bytes_with_nul()) {
        *to = libc::c_char::from_ne_bytes([*from]);
    }
    let up = libc::IFF_UP | libc::IFF_RUNNING;
    request.ifr_ifru.ifru_flags = libc::c_short::try_from(up).map_err(|_| Errno::EINVAL)?;
    // SAFETY: SIOCSIFFLAGS reads the name and the flags of a valid `ifreq`.
    let result = unsafe { libc::ioctl(socket.as_raw_fd(), libc::SIOCSIFFLAGS, &raw const request) };
    Errno::result(result).map(drop)
}

/// Asks the kernel for one change of this network namespace's addresses or routes
/// (rtnetlink), and returns what it answers.
pub(super) fn route_request(operation: u16, flags: libc::c_int, body: &[u8]) -> Result<(), Errno> {
    const HEADER_BYTES: usize = 16;
    // SAFETY: the arguments are numbers.
    let socket = owned(libc::c_long::from(unsafe {
        libc::socket(libc::AF_NETLINK, libc::SOCK_RAW | libc::SOCK_CLOEXEC, libc::NETLINK_ROUTE)
    }))?;
    let length = u32::try_from(HEADER_BYTES + body.len()).map_err(|_| Errno::EMSGSIZE)?;
    let flags =
        u16::try_from(libc::NLM_F_REQUEST | libc::NLM_F_ACK | flags).map_err(|_| Errno::EINVAL)?;
    let mut message = length.to_ne_bytes().to_vec();
    message.extend(operation.to_ne_bytes());
    message.extend(flags.to_ne_bytes());
    // The sequence number and the port that the kernel chooses.
    message.extend([0; 8]);
    message.extend(body);
    nix::unistd::write(&socket, &message)?;
    let mut answer = [0; 256];
    let received = nix::unistd::read(&socket, &mut answer)?;
    // An `nlmsgerr` follows the header; its number is negative, or 0 for success.
    let number = answer[..received].get(HEADER_BYTES..HEADER_BYTES + 4).ok_or(Errno::EPROTO)?;
    match i32::from_ne_bytes(number.try_into().map_err(|_| Errno::EPROTO)?) {
        0 => Ok(()),
        number => Err(Errno::from_raw(number.wrapping_neg())),
    }
}

/// Resets every signal to its default action; those that cannot be changed are as they
/// should be anyway.
pub(super) fn reset_signals() {
    for signal in 1..=64 {
        // SAFETY: SIG_DFL runs no code of ours.
        unsafe { libc::signal(signal, libc::SIG_DFL) };
    }
}

/// Ends this process at once, without running anything.
pub(super) fn exit_now(code: i32) -> ! {
    // SAFETY: `_exit` is always sound.
    unsafe { libc::_exit(code) }
}

fn owned(result: libc::c_long) -> Result<OwnedFd, Errno> {
    let descriptor = Errno::result(result)?;
    let descriptor = RawFd::try_from(descriptor).map_err(|_| Errno::EBADF)?;
    // SAFETY: the kernel has just handed out this descriptor, so nobody else owns it.
    Ok(unsafe { OwnedFd::from_raw_fd(descriptor) })
}

/// The error number of the standard library's error.
pub(crate) fn errno(error: &io::Error) -> Errno {
    Errno::from_raw(error.raw_os_error().unwrap_or(libc::EIO))
}

/// Whether this process has exactly one thread: only such a process may do this, which
/// changes nothing. It needs no `/proc`.
pub(super) fn has_one_thread() -> Result<(), Errno> {
    nix::sched::unshare(nix::sched::CloneFlags::CLONE_VM)
}
