//! Makes the state that a [`Spec`](crate::Spec) asks for, in a root that is still
//! writable and has nothing in it that tested code made.

use std::ffi::OsString;
use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::path::{Path, PathBuf};

use nix::errno::Errno;

use super::failed_io;
use super::layout::{WRITABLE, inside};
use crate::{SandboxError, State};

/// Where a host keeps most programs.
const PROGRAMS: &str = "/usr/bin";

/// What goes before `PROGRAMS` on the path.
const BIN: &str = "/bin";

/// Makes folders and files, the former first and in their order.
pub(super) fn make(state: &State, owner: u32) -> Result<(), SandboxError> {
    for folder in &state.folders {
        let place = relative(&folder.path)?;
        let step = || format!("make the folder {}", folder.path.display());
        make_folders(&place, owner).map_err(failed_io(step()))?;
        fs::set_permissions(&place, Permissions::from_mode(folder.mode))
            .map_err(failed_io(step()))?;
    }
    for file in &state.files {
        let place = relative(&file.path)?;
        let step = || format!("write the file {}", file.path.display());
        if let Some(parent) = place.parent() {
            make_folders(parent, owner).map_err(failed_io(step()))?;
        }
        fs::write(&place, &file.content)
            .and_then(|()| fs::set_permissions(&place, Permissions::from_mode(file.mode)))
            .and_then(|()| give(&place, owner))
            .map_err(failed_io(step()))?;
    }
    Ok(())
}

/// The names of the host's programs, where the state has some of its own.
pub(super) fn host_programs(state: &State) -> Result<Vec<OsString>, SandboxError> {
    if state.programs.is_empty() {
        return Ok(Vec::new());
    }
    if fs::symlink_metadata(BIN).is_ok_and(|found| found.is_dir()) {
        return Err(SandboxError::Setup {
            step: "put a program of the case into /bin".to_owned(),
            cause: Errno::ENOTSUP.into(),
            remedy: Some(
                "the host's /bin must be a link to /usr/bin, as on every current distribution"
                    .to_owned(),
            ),
        });
    }
    let entries = fs::read_dir(PROGRAMS).map_err(failed_io("read /usr/bin"))?;
    let names = entries.map(|entry| Ok(entry?.file_name())).collect::<io::Result<_>>();
    names.map_err(failed_io("read /usr/bin"))
}

/// Makes `/bin` a folder with the programs of the state and links to these of the host:
/// the host's own folder is shown read-only, and has no place for one that it lacks.
pub(super) fn make_programs(state: &State, of_host: &[OsString]) -> Result<(), SandboxError> {
    let bin = Path::new("bin");
    fs::create_dir(bin).map_err(failed_io("make /bin"))?;
    for name in of_host {
        if !state.programs.iter().any(|program| name == program.name.as_str()) {
            symlink(Path::new(PROGRAMS).join(name), bin.join(name))
                .map_err(failed_io("link a program"))?;
        }
    }
    for program in &state.programs {
        let plain = !program.name.is_empty() && !program.name.contains('/');
        let plain = plain && ![".", ".."].contains(&program.name.as_str());
        if !plain {
            return Err(SandboxError::InvalidPath { path: program.name.clone() });
        }
        let place = bin.join(&program.name);
        fs::write(&place, &program.content)
            .and_then(|()| fs::set_permissions(&place, Permissions::from_mode(0o755)))
            .map_err(failed_io(format!("write the program {}", program.name)))?;
    }
    Ok(())
}

fn relative(path: &Path) -> Result<PathBuf, SandboxError> {
    inside(path).ok_or_else(|| SandboxError::InvalidPath { path: path.display().to_string() })
}

fn make_folders(place: &Path, owner: u32) -> io::Result<()> {
    if place == Path::new("") || place.is_dir() {
        return Ok(());
    }
    if let Some(parent) = place.parent() {
        make_folders(parent, owner)?;
    }
    fs::create_dir(place)?;
    give(place, owner)
}

/// Gives what lies in a writable place to tested code.
fn give(place: &Path, owner: u32) -> io::Result<()> {
    let absolute = Path::new("/").join(place);
    let is_writable = WRITABLE.iter().any(|root| absolute.starts_with(root));
    if is_writable { chown(place, Some(owner), Some(owner)) } else { Ok(()) }
}
