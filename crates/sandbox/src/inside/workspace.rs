//! [`Workspace`]: the writable places of a sandbox, as init reads and writes them
//! between commands. Nothing here follows a symlink, for tested code plants them.

#[cfg(test)]
mod properties;

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::PermissionsExt;

use std::time::{Duration, Instant};

use nix::dir::Dir;
use nix::errno::Errno;
use nix::fcntl::{AtFlags, OFlag, OpenHow, ResolveFlag, openat2, readlinkat};
use nix::sys::stat::{FileStat, Mode, SFlag, fstat, fstatat, mkdirat};
use nix::unistd::{UnlinkatFlags, unlinkat};
use sha2::{Digest, Sha256};

use super::layout::WRITABLE;
use super::{failed_io, syscall};
use crate::{File, Obstacle, SandboxError, TreeEntry};

const MAX_TREE_ENTRIES: usize = 100_000;
const MAX_TREE_DEPTH: usize = 64;
const MAX_TREE_BYTES: u64 = 1 << 30;

/// The host waits longer for an answer.
const MAX_TREE_TIME: Duration = Duration::from_secs(20);

/// The roots of the writable places.
pub(super) struct Workspace {
    places: Vec<(&'static str, OwnedFd)>,
}

/// A path below one of these roots.
struct RootedPath<'a> {
    root: BorrowedFd<'a>,
    relative: &'a str,
    /// As it was given, for messages.
    path: &'a str,
}

impl Workspace {
    pub(super) fn open() -> Result<Workspace, SandboxError> {
        std::env::set_current_dir(WRITABLE[0]).map_err(failed_io("enter the workspace"))?;
        let places = WRITABLE
            .iter()
            .map(|place| {
                let file = fs::File::open(place).map_err(failed_io(format!("open {place}")))?;
                Ok((*place, OwnedFd::from(file)))
            })
            .collect::<Result<_, SandboxError>>()?;
        Ok(Workspace { places })
    }

    fn place<'a>(&'a self, path: &'a str) -> Result<RootedPath<'a>, SandboxError> {
        let invalid = || SandboxError::InvalidPath { path: path.to_owned() };
        let below = |place: &str| path.strip_prefix(place)?.strip_prefix('/');
        let (root, relative) = if path.starts_with('/') {
            self.places
                .iter()
                .find_map(|(place, root)| Some((root, below(place)?)))
                .or_else(|| {
                    let whole = self.places.iter().find(|(place, _)| path == *place);
                    whole.map(|(_, root)| (root, "."))
                })
                .ok_or_else(invalid)?
        } else {
            (&self.places[0].1, path)
        };
        let plain = relative.split('/').all(|component| !component.is_empty() && component != "..");
        if !plain || relative.contains('\0') {
            return Err(invalid());
        }
        Ok(RootedPath { root: root.as_fd(), relative, path })
    }

    pub(super) fn write(&self, files: &[File]) -> Result<(), SandboxError> {
        files.iter().try_for_each(|file| self.place(&file.path)?.write(file))
    }

    /// The content of a regular file; `None` if nothing is there.
    pub(super) fn read(&self, path: &str, max_bytes: u64) -> Result<Option<Vec<u8>>, SandboxError> {
        self.place(path)?.read(max_bytes)
    }

    pub(super) fn tree(&self, path: &str) -> Result<BTreeMap<String, TreeEntry>, SandboxError> {
        let place = self.place(path)?;
        let mut walk =
            Walk { place: &place, entries: BTreeMap::new(), bytes: 0, begun: Instant::now() };
        match open_beneath(place.root, place.relative, OFlag::O_DIRECTORY) {
            Ok(directory) => walk.directory(directory, "", 0)?,
            Err(Errno::ENOENT) => {}
            Err(errno) => return Err(place.obstructed(place.relative, errno)),
        }
        Ok(walk.entries)
    }
}

impl RootedPath<'_> {
    /// Replaces whatever file, link or pipe has this name, so that writing never goes
    /// through it.
    fn write(&self, file: &File) -> Result<(), SandboxError> {
        let (parent, name) = match self.relative.rsplit_once('/') {
            Some((parent, name)) => (Some(parent), name),
            None => (None, self.relative),
        };
        if name == "." {
            return Err(SandboxError::InvalidPath { path: self.path.to_owned() });
        }
        let made;
        let directory = match parent {
            Some(parent) => {
                made = self.make_directories(parent)?;
                made.as_fd()
            }
            None => self.root,
        };
        match unlinkat(directory, name, UnlinkatFlags::NoRemoveDir) {
            Ok(()) | Err(Errno::ENOENT) => {}
            Err(errno) => return Err(self.obstructed(self.relative, errno)),
        }
        let mode = if file.executable { 0o755 } else { 0o644 };
        let how = OpenHow::new()
            .flags(OFlag::O_WRONLY | OFlag::O_CREAT | OFlag::O_EXCL | OFlag::O_CLOEXEC)
            .mode(Mode::from_bits_truncate(mode))
            .resolve(RESOLVE);
        let opened =
            openat2(directory, name, how).map_err(|errno| self.obstructed(self.relative, errno))?;
        fs::File::from(opened)
            .write_all(&file.content)
            .map_err(|error| self.error(syscall::errno(&error)))
    }

    fn make_directories(&self, relative: &str) -> Result<OwnedFd, SandboxError> {
        let mut made = self.root.try_clone_to_owned().map_err(failed_io("write"))?;
        let mut end = 0;
        for component in relative.split('/') {
            end += component.len();
            let so_far = &relative[..end];
            end += 1;
            match mkdirat(&made, component, Mode::from_bits_truncate(0o755)) {
                Ok(()) | Err(Errno::EEXIST) => {}
                Err(errno) => return Err(self.obstructed(so_far, errno)),
            }
            made = open_beneath(made.as_fd(), component, OFlag::O_DIRECTORY)
                .map_err(|errno| self.obstructed(so_far, errno))?;
        }
        Ok(made)
    }

    fn read(&self, max_bytes: u64) -> Result<Option<Vec<u8>>, SandboxError> {
        let opened = match open_beneath(self.root, self.relative, OFlag::empty()) {
            Ok(opened) => opened,
            Err(Errno::ENOENT) => return Ok(None),
            Err(errno) => return Err(self.obstructed(self.relative, errno)),
        };
        let found = fstat(&opened).map_err(|errno| self.error(errno))?;
        if kind(&found) != SFlag::S_IFREG {
            return Err(SandboxError::Obstructed {
                path: self.path.to_owned(),
                obstacle: obstacle(&found),
            });
        }
        let bytes = u64::try_from(found.st_size).unwrap_or(u64::MAX);
        if bytes > max_bytes {
            return Err(SandboxError::TooLarge { path: self.path.to_owned(), bytes, max_bytes });
        }
        let mut content = Vec::new();
        fs::File::from(opened)
            .take(max_bytes)
            .read_to_end(&mut content)
            .map_err(|error| self.error(syscall::errno(&error)))?;
        Ok(Some(content))
    }

    fn error(&self, errno: Errno) -> SandboxError {
        let path = self.path.to_owned();
        match errno {
            Errno::ENOSPC | Errno::EDQUOT => SandboxError::DiskFull { path },
            _ => SandboxError::File { path, cause: errno.into() },
        }
    }

    /// Says what keeps this path from being used, as well as that can be known: `at`
    /// is where an operation failed.
    fn obstructed(&self, at: &str, errno: Errno) -> SandboxError {
        let obstacle = match errno {
            Errno::ELOOP => Obstacle::Symlink,
            Errno::EACCES | Errno::EPERM => Obstacle::Unreadable,
            Errno::EISDIR => Obstacle::Directory,
            // A socket or a pipe without a partner.
            Errno::ENXIO => Obstacle::Special,
            Errno::ENOTDIR => match fstatat(self.root, at, AtFlags::AT_SYMLINK_NOFOLLOW) {
                Ok(found) => obstacle(&found),
                Err(_) => Obstacle::File,
            },
            _ => return self.error(errno),
        };
        SandboxError::Obstructed { path: self.path.to_owned(), obstacle }
    }
}

struct Walk<'a> {
    place: &'a RootedPath<'a>,
    entries: BTreeMap<String, TreeEntry>,
    bytes: u64,
    begun: Instant,
}

impl Walk<'_> {
    fn directory(
        &mut self,
        directory: OwnedFd,
        prefix: &str,
        depth: usize,
    ) -> Result<(), SandboxError> {
        if depth > MAX_TREE_DEPTH {
            return Err(self.too_large());
        }
        let mut listing = Dir::from_fd(directory).map_err(|errno| self.place.error(errno))?;
        let mut names = Vec::new();
        for entry in listing.iter() {
            let entry = entry.map_err(|errno| self.place.error(errno))?;
            let name = entry.file_name().to_owned();
            if name.as_bytes() != b"." && name.as_bytes() != b".." {
                names.push(name);
            }
            if self.entries.len() + names.len() > MAX_TREE_ENTRIES {
                return Err(self.too_large());
            }
        }
        for name in names {
            let path = format!("{prefix}{}", escape(name.as_bytes()));
            let found = fstatat(&listing, name.as_c_str(), AtFlags::AT_SYMLINK_NOFOLLOW)
                .map_err(|errno| self.place.error(errno))?;
            let entry = match kind(&found) {
                SFlag::S_IFDIR => {
                    match open_beneath(listing.as_fd(), name.as_c_str(), OFlag::O_DIRECTORY) {
                        Ok(child) => {
                            self.directory(child, &format!("{path}/"), depth + 1)?;
                            TreeEntry::Directory
                        }
                        Err(_) => TreeEntry::Unreadable,
                    }
                }
                SFlag::S_IFREG => self.file(listing.as_fd(), &name)?,
                SFlag::S_IFLNK => match readlinkat(&listing, name.as_c_str()) {
                    Ok(target) => {
                        TreeEntry::Symlink { target: target.to_string_lossy().into_owned() }
                    }
                    Err(_) => TreeEntry::Unreadable,
                },
                _ => TreeEntry::Special,
            };
            self.entries.insert(path, entry);
        }
        Ok(())
    }

    fn file(
        &mut self,
        directory: BorrowedFd<'_>,
        name: &std::ffi::CStr,
    ) -> Result<TreeEntry, SandboxError> {
        let Ok(opened) = open_beneath(directory, name, OFlag::empty()) else {
            return Ok(TreeEntry::Unreadable);
        };
        let mut file = fs::File::from(opened);
        let metadata = file.metadata().map_err(|error| self.error(&error))?;
        self.bytes = self.bytes.saturating_add(metadata.len());
        // Sparse files have sizes without end.
        if self.bytes > MAX_TREE_BYTES {
            return Err(self.too_large());
        }
        let mut hasher = Sha256::new();
        let mut buffer = [0; 64 * 1024];
        let mut bytes = 0;
        loop {
            if self.begun.elapsed() > MAX_TREE_TIME {
                return Err(self.too_large());
            }
            let read = file.read(&mut buffer).map_err(|error| self.error(&error))?;
            if read == 0 {
                break;
            }
            bytes += read as u64;
            hasher.update(&buffer[..read]);
        }
        Ok(TreeEntry::File {
            bytes,
            digest: hasher.finalize().into(),
            executable: metadata.permissions().mode() & 0o111 != 0,
        })
    }

    fn error(&self, error: &io::Error) -> SandboxError {
        self.place.error(syscall::errno(error))
    }

    fn too_large(&self) -> SandboxError {
        SandboxError::TreeTooLarge { path: self.place.path.to_owned() }
    }
}

const RESOLVE: ResolveFlag = ResolveFlag::RESOLVE_BENEATH
    .union(ResolveFlag::RESOLVE_NO_SYMLINKS)
    .union(ResolveFlag::RESOLVE_NO_XDEV);

/// Opens for reading, without waiting for the other end of a pipe.
fn open_beneath<P: ?Sized + nix::NixPath>(
    directory: BorrowedFd<'_>,
    path: &P,
    flags: OFlag,
) -> Result<OwnedFd, Errno> {
    let flags = flags | OFlag::O_RDONLY | OFlag::O_NONBLOCK | OFlag::O_NOCTTY | OFlag::O_CLOEXEC;
    openat2(directory, path, OpenHow::new().flags(flags).resolve(RESOLVE))
}

fn kind(found: &FileStat) -> SFlag {
    SFlag::from_bits_truncate(found.st_mode & SFlag::S_IFMT.bits())
}

fn obstacle(found: &FileStat) -> Obstacle {
    match kind(found) {
        SFlag::S_IFLNK => Obstacle::Symlink,
        SFlag::S_IFDIR => Obstacle::Directory,
        SFlag::S_IFREG => Obstacle::File,
        _ => Obstacle::Special,
    }
}

/// What a name begins with that is not shown as it is.
const NO_TEXT: char = '\u{fffd}';

/// Names that are no text must stay different from each other, and from those that are.
fn escape(name: &[u8]) -> String {
    match std::str::from_utf8(name) {
        Ok(name) if !name.starts_with(NO_TEXT) => name.to_owned(),
        _ => format!("{NO_TEXT}{}", name.escape_ascii()),
    }
}
