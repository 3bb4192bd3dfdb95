//! Where things are in the root of a sandbox, whatever is in them.

use std::path::{Component, Path, PathBuf};

/// The file systems that tested code can write to.
pub(super) const WRITABLE: &[&str] = &["/work", "/tmp", "/dev/shm"];

/// An absolute path inside, relative to the new root; `None` if it is not one.
pub(super) fn inside(path: &Path) -> Option<PathBuf> {
    let relative = path.strip_prefix("/").ok()?;
    let plain = |component: Component<'_>| matches!(component, Component::Normal(_));
    (!relative.as_os_str().is_empty() && relative.components().all(plain))
        .then(|| relative.to_owned())
}
