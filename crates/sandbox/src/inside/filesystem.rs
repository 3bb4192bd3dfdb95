//! The file system of a sandbox: the system read-only, little of `/etc`, `/proc` and
//! `/dev`, and three writable places in memory.

use std::ffi::{CString, OsStr, OsString};
use std::fmt::Write as _;
use std::fs;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{chown, symlink};
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::fcntl::AT_FDCWD;
use nix::mount::{MntFlags, MsFlags, mount, umount2};
use nix::unistd::pivot_root;

use super::layout::{WRITABLE, inside};
use super::world::resolver;
use super::{etc, failed, failed_io, state, syscall};
use crate::{SandboxError, Spec, State, SystemFile};

/// Where the new root is mounted until it becomes the root: a directory that every
/// host has. What it hides is cloned before.
const STAGE: &str = "/usr";

/// Directories of the host's root that make up a system.
const SYSTEM: &[&str] = &["usr", "bin", "sbin", "lib", "lib32", "lib64", "libx32"];

/// Files of the host's `/etc` without which its programs do not run.
const SYSTEM_ETC: &[&str] = &["alternatives", "ld.so.cache", "ld.so.conf", "ld.so.conf.d"];

const DEVICES: &[&str] = &["null", "zero", "full", "random", "urandom"];

/// What `/proc` tells of the host's kernel and hardware. Files become empty, and
/// directories too.
const MASKED_PROC: &[&str] = &[
    "acpi",
    "asound",
    "bus",
    "cmdline",
    "config.gz",
    "driver",
    "dynamic_debug",
    "fs",
    "interrupts",
    "irq",
    "kallsyms",
    "kcore",
    "key-users",
    "keys",
    "kmsg",
    "latency_stats",
    "modules",
    "pagetypeinfo",
    "pressure",
    "sched_debug",
    "scsi",
    "slabinfo",
    "sysrq-trigger",
    "sysvipc",
    "timer_list",
    "timer_stats",
    "tty",
    "vmallocinfo",
    "vmcore",
];

const SHARED_MEMORY_BYTES: u64 = 64 << 20;

/// Which processes `/proc` shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Processes {
    /// Those of this PID namespace.
    Own,
    /// There is no `/proc`, for this PID namespace is the host's.
    Hidden,
}

/// Builds the file system of `spec` and makes it the root of this mount namespace.
/// What is writable belongs to `owner`.
pub(super) fn build(spec: &Spec, owner: u32, processes: Processes) -> Result<(), SandboxError> {
    mount_plain(None, "/", None, MsFlags::MS_REC | MsFlags::MS_PRIVATE, None)
        .map_err(failed("make the mounts private"))?;
    let binds = collect(spec)?;
    // The new root hides them until it is the root.
    let programs = state::host_programs(&spec.state)?;

    mount_plain(
        Some("tmpfs"),
        STAGE,
        Some("tmpfs"),
        MsFlags::MS_NOSUID | MsFlags::MS_NODEV,
        Some(&format!("mode=755,size=16m,nr_inodes={}", 4096 + programs.len())),
    )
    .map_err(failed("mount the new root"))?;
    std::env::set_current_dir(STAGE).map_err(failed_io("enter the new root"))?;

    write_etc(spec)?;
    link_system(&spec.state, &programs)?;
    mount_writable(spec, owner)?;
    state::make(&spec.state, owner)?;
    for bind in &binds {
        bind.attach(owner)?;
    }
    for file in &spec.files {
        cover_with_file(file, owner)?;
    }
    link_devices()?;
    if processes == Processes::Own {
        mount_proc()?;
    }

    let root = fs::File::open(".").map_err(failed_io("open the new root"))?;
    syscall::add_mount_attributes(&root, libc::MOUNT_ATTR_RDONLY, false)
        .map_err(failed("make the new root read-only"))?;
    // With both arguments the same, the old root lies on top of the new one, from
    // where it is taken away.
    pivot_root(".", ".").map_err(|errno| SandboxError::Setup {
        step: "change the root".to_owned(),
        cause: errno.into(),
        remedy: Some("the host program must not run in a chroot or an initramfs".to_owned()),
    })?;
    umount2(".", MntFlags::MNT_DETACH).map_err(failed("detach the host's files"))?;
    std::env::set_current_dir("/").map_err(failed_io("enter the new root"))
}

/// A clone of a host mount, and where it goes.
struct Bind {
    tree: OwnedFd,
    /// Relative to the new root.
    target: PathBuf,
    is_directory: bool,
}

impl Bind {
    fn open(source: &Path, target: PathBuf, attributes: u64) -> Result<Bind, SandboxError> {
        let step = || format!("mount {}", source.display());
        let is_directory = fs::metadata(source).map_err(failed_io(step()))?.is_dir();
        let path = c_string(source.as_os_str()).map_err(failed(step()))?;
        let tree = syscall::open_tree(AT_FDCWD, &path).map_err(failed(step()))?;
        syscall::add_mount_attributes(&tree, attributes, true)
            .map_err(failed(format!("{} read-only", step())))?;
        Ok(Bind { tree, target, is_directory })
    }

    fn attach(&self, owner: u32) -> Result<(), SandboxError> {
        let step = || format!("mount something at /{}", self.target.display());
        make_mount_point(&self.target, self.is_directory, owner).map_err(failed_io(step()))?;
        let path = c_string(self.target.as_os_str()).map_err(failed(step()))?;
        syscall::move_mount(&self.tree, AT_FDCWD, &path).map_err(failed(step()))
    }
}

/// Clones everything that comes from the host while its paths are still there.
fn collect(spec: &Spec) -> Result<Vec<Bind>, SandboxError> {
    let quiet = libc::MOUNT_ATTR_RDONLY | libc::MOUNT_ATTR_NOSUID;
    let mut binds = Vec::new();
    for name in SYSTEM {
        let source = Path::new("/").join(name);
        if fs::symlink_metadata(&source).is_ok_and(|found| found.is_dir()) {
            binds.push(Bind::open(&source, name.into(), quiet | libc::MOUNT_ATTR_NODEV)?);
        }
    }
    for name in SYSTEM_ETC {
        let source = Path::new("/etc").join(name);
        if source.exists() {
            let target = Path::new("etc").join(name);
            binds.push(Bind::open(&source, target, quiet | libc::MOUNT_ATTR_NODEV)?);
        }
    }
    for name in DEVICES {
        let source = Path::new("/dev").join(name);
        let target = Path::new("dev").join(name);
        binds.push(Bind::open(&source, target, quiet | libc::MOUNT_ATTR_NOEXEC)?);
    }
    for mount in &spec.mounts {
        let target = inside(&mount.target).ok_or_else(|| SandboxError::InvalidPath {
            path: mount.target.display().to_string(),
        })?;
        binds.push(Bind::open(&mount.source, target, quiet | libc::MOUNT_ATTR_NODEV)?);
    }
    Ok(binds)
}

/// Puts a file over whatever file is at its place. It stays in the new root, which is
/// made read-only, under no name.
fn cover_with_file(file: &SystemFile, owner: u32) -> Result<(), SandboxError> {
    const STAGED: &str = ".staged";
    let target = inside(&file.target)
        .ok_or_else(|| SandboxError::InvalidPath { path: file.target.display().to_string() })?;
    let step = || format!("put a file at {}", file.target.display());
    fs::write(STAGED, &file.content).map_err(failed_io(step()))?;
    let staged = Path::new(STAGED);
    let attributes = libc::MOUNT_ATTR_RDONLY | libc::MOUNT_ATTR_NOSUID | libc::MOUNT_ATTR_NODEV;
    Bind::open(staged, target, attributes)?.attach(owner)?;
    fs::remove_file(staged).map_err(failed_io(step()))
}

fn make_mount_point(target: &Path, is_directory: bool, owner: u32) -> io::Result<()> {
    if fs::symlink_metadata(target).is_ok() {
        return Ok(());
    }
    if let Some(parent) = target.parent().filter(|parent| *parent != Path::new("")) {
        make_mount_point(parent, true, owner)?;
    }
    if is_directory {
        fs::create_dir(target)?;
    } else {
        fs::File::create_new(target)?;
    }
    let is_writable = |place: &&str| Path::new("/").join(target).starts_with(place);
    if WRITABLE.iter().any(is_writable) {
        // As if tested code had made it: other files may go beside the mount.
        chown(target, Some(owner), Some(owner))?;
    }
    Ok(())
}

fn write_etc(spec: &Spec) -> Result<(), SandboxError> {
    fs::create_dir("etc").map_err(failed_io("make /etc"))?;
    // Debian's address for a host's own name. The JVM connects there when it is asked to
    // connect to 0.0.0.0.
    let mut hosts = "127.0.1.1\tsandbox\n".to_owned();
    for (address, name) in &spec.hosts {
        // Writing to a string cannot fail.
        let _ = writeln!(hosts, "{address}\t{name}");
    }
    let name_services = match spec.world {
        None => "passwd: files\ngroup: files\nhosts: files\n",
        Some(_) => "passwd: files\ngroup: files\nhosts: files dns\n",
    };
    let resolver = match spec.world {
        None => String::new(),
        Some(_) => format!("nameserver {}\n", resolver::ADDRESS),
    };
    let files = [
        (
            "etc/passwd",
            "root:x:0:0:root:/:/usr/sbin/nologin\n\
             tester:x:1000:1000:tester:/tmp:/bin/sh\n\
             nobody:x:65534:65534:nobody:/:/usr/sbin/nologin\n",
        ),
        ("etc/group", "root:x:0:\ntester:x:1000:\nnogroup:x:65534:\n"),
        ("etc/nsswitch.conf", name_services),
        ("etc/resolv.conf", resolver.as_str()),
        ("etc/hostname", "sandbox\n"),
        ("etc/hosts", hosts.as_str()),
    ];
    for (path, content) in files.into_iter().chain(etc::FILES) {
        fs::write(path, content).map_err(failed_io(format!("write /{path}")))?;
    }
    symlink("/usr/share/zoneinfo/UTC", "etc/localtime")
        .map_err(failed_io("link /etc/localtime"))?;
    symlink("../usr/lib/os-release", "etc/os-release")
        .map_err(failed_io("link /etc/os-release"))?;
    symlink("/proc/self/mounts", "etc/mtab").map_err(failed_io("link /etc/mtab"))
}

/// Recreates links such as `/bin -> usr/bin`.
fn link_system(state: &State, programs: &[OsString]) -> Result<(), SandboxError> {
    for name in SYSTEM {
        if *name == "bin" && !state.programs.is_empty() {
            state::make_programs(state, programs)?;
        } else if let Ok(target) = fs::read_link(Path::new("/").join(name)) {
            symlink(target, name).map_err(failed_io(format!("link /{name}")))?;
        }
    }
    Ok(())
}

fn mount_writable(spec: &Spec, owner: u32) -> Result<(), SandboxError> {
    let places = [
        ("work", spec.workspace_bytes, 755),
        ("tmp", spec.tmp_bytes, 1777),
        ("dev/shm", SHARED_MEMORY_BYTES, 1777),
    ];
    for (target, bytes, mode) in places {
        fs::create_dir_all(target).map_err(failed_io(format!("make /{target}")))?;
        // An inode costs the kernel about a kilobyte that the size does not count.
        let inodes = (bytes / 8192).clamp(1024, 262_144);
        let options =
            format!("size={bytes},nr_inodes={inodes},mode={mode},uid={owner},gid={owner}");
        mount_plain(
            Some("tmpfs"),
            target,
            Some("tmpfs"),
            MsFlags::MS_NOSUID | MsFlags::MS_NODEV,
            Some(&options),
        )
        .map_err(failed(format!("mount /{target}")))?;
    }
    Ok(())
}

fn link_devices() -> Result<(), SandboxError> {
    let links = [
        ("/proc/self/fd", "dev/fd"),
        ("/proc/self/fd/0", "dev/stdin"),
        ("/proc/self/fd/1", "dev/stdout"),
        ("/proc/self/fd/2", "dev/stderr"),
    ];
    for (target, link) in links {
        symlink(target, link).map_err(failed_io(format!("link /{link}")))?;
    }
    Ok(())
}

fn mount_proc() -> Result<(), SandboxError> {
    fs::create_dir("proc").map_err(failed_io("make /proc"))?;
    fs::create_dir(".empty").map_err(failed_io("make an empty directory"))?;
    mount_plain(
        Some("proc"),
        "proc",
        Some("proc"),
        MsFlags::MS_NOSUID | MsFlags::MS_NODEV | MsFlags::MS_NOEXEC,
        None,
    )
    .map_err(|errno| SandboxError::Setup {
        step: "mount /proc".to_owned(),
        cause: errno.into(),
        remedy: Some(
            "in a container, the kernel allows this only if no part of the outer /proc is masked: \
             in Docker use --security-opt systempaths=unconfined, or --privileged"
                .to_owned(),
        ),
    })?;
    for name in MASKED_PROC {
        let target = Path::new("proc").join(name);
        let Ok(found) = fs::symlink_metadata(&target) else {
            continue;
        };
        let cover = if found.is_dir() { ".empty" } else { "dev/null" };
        cover_with(cover, &target).map_err(failed(format!("mask /{}", target.display())))?;
    }
    cover_with("proc/sys", Path::new("proc/sys")).map_err(failed("make /proc/sys read-only"))
}

/// Mounts `source` read-only on `target`; both may be the same.
fn cover_with(source: &str, target: &Path) -> Result<(), Errno> {
    let tree = syscall::open_tree(AT_FDCWD, &c_string(OsStr::new(source))?)?;
    syscall::add_mount_attributes(tree.as_fd(), libc::MOUNT_ATTR_RDONLY, true)?;
    syscall::move_mount(&tree, AT_FDCWD, &c_string(target.as_os_str())?)
}

fn mount_plain(
    source: Option<&str>,
    target: &str,
    kind: Option<&str>,
    flags: MsFlags,
    options: Option<&str>,
) -> Result<(), Errno> {
    mount(source, target, kind, flags, options)
}

fn c_string(path: &OsStr) -> Result<CString, Errno> {
    CString::new(path.as_bytes()).map_err(|_| Errno::EINVAL)
}
