//! [`NewFile`]: a file that a command writes completely or not at all, without replacing anything
//! that somebody may miss.

use std::fs::{self, File, Permissions};
use std::io::{self, BufWriter, ErrorKind, Read as _};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use tempfile::{Builder, NamedTempFile};

/// Every run begins with these bytes, as every file of SQLite does.
const RUN_MAGIC: &[u8] = b"SQLite format 3\0";

/// Names of standard output, which is never treated as a file, even if it was redirected to one.
const STANDARD_OUTPUT: [&str; 4] = ["-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"];

/// Folders of devices and descriptors, beside which nothing can be put.
const DEVICES: [&str; 2] = ["/dev", "/proc"];

/// Prefixes of the names of files that are not complete yet.
const UNFINISHED: &str = ".assay-unfinished-";

/// Why nothing is written at a place.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OutputError {
    #[error("{0} exists already; name another file with --output, or replace it with --force")]
    Exists(String),
    #[error(
        "{link} exists already, as a link to {target}; name another file with --output, or replace what it links to with --force"
    )]
    Linked { link: String, target: String },
    #[error("{0} is a link to nothing; remove it, or name another file with --output")]
    Dangling(String),
    #[error("failed to write {0}: it is a folder; name a file in it")]
    Folder(String),
    #[error("failed to write {0}: it is a run; name another file with --output")]
    Run(String),
    #[error(
        "failed to write {0}: it is what this was made from, which --force does not replace either; name another file with --output"
    )]
    Input(String),
    #[error(
        "failed to write {path}: {source}; name a file in a folder that can be written to with --output"
    )]
    Unwritable { path: String, source: io::Error },
}

/// Whether a path means standard output.
pub(crate) fn is_standard_output(path: &Path) -> bool {
    STANDARD_OUTPUT.iter().any(|name| path == Path::new(name))
}

/// A file that is being written beside its place.
#[derive(Debug)]
pub(crate) enum NewFile {
    /// Moved to its place when it is whole; perhaps over another file there.
    Beside { unfinished: NamedTempFile, place: PathBuf, replaces: bool },
    /// A device or a pipe, which nothing can be moved to.
    Device { file: File, place: PathBuf },
}

impl NewFile {
    /// Checks a path before any work is done for it. With `force`, an existing file is replaced in
    /// the end, unless it is a run or something that the command itself reads.
    pub(crate) fn begin(
        place: &Path,
        force: bool,
        inputs: &[PathBuf],
    ) -> Result<NewFile, OutputError> {
        let name = || place.display().to_string();
        let unwritable = |source| OutputError::Unwritable { path: name(), source };
        let device = || {
            let file = File::options().write(true).open(place).map_err(unwritable)?;
            Ok(NewFile::Device { file, place: place.to_owned() })
        };
        let found = match fs::symlink_metadata(place) {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                return NewFile::beside(place.to_owned(), false).map_err(unwritable);
            }
            found => found.map_err(unwritable)?,
        };
        let is_link = found.is_symlink();
        let found = match fs::metadata(place) {
            Err(error) if is_link && error.kind() == ErrorKind::NotFound => {
                return Err(OutputError::Dangling(name()));
            }
            found => found.map_err(unwritable)?,
        };
        if DEVICES.iter().any(|folder| place.starts_with(folder)) {
            return device();
        }
        if found.is_dir() {
            return Err(OutputError::Folder(name()));
        }
        if !found.is_file() {
            return device();
        }
        if inputs.iter().any(|input| is_same(input, &found)) {
            return Err(OutputError::Input(name()));
        }
        if is_run(place) {
            return Err(OutputError::Run(name()));
        }
        let target = fs::canonicalize(place).map_err(unwritable)?;
        if !force {
            return Err(match is_link {
                true => OutputError::Linked { link: name(), target: target.display().to_string() },
                false => OutputError::Exists(name()),
            });
        }
        let file = NewFile::beside(target, true).map_err(unwritable)?;
        if let NewFile::Beside { unfinished, .. } = &file {
            // Who may read the old one may read the new one, and nobody else.
            fs::set_permissions(unfinished.path(), found.permissions()).map_err(unwritable)?;
        }
        Ok(file)
    }

    fn beside(place: PathBuf, replaces: bool) -> io::Result<NewFile> {
        let folder = folder_of(&place);
        fs::create_dir_all(folder)?;
        let unfinished = builder().tempfile_in(folder)?;
        Ok(NewFile::Beside { unfinished, place, replaces })
    }

    pub(crate) fn writer(&self) -> BufWriter<&File> {
        BufWriter::new(match self {
            NewFile::Beside { unfinished, .. } => unfinished.as_file(),
            NewFile::Device { file, .. } => file,
        })
    }

    /// Puts what is whole into its place. What came there meanwhile is not replaced,
    /// unless what was there at the beginning is.
    pub(crate) fn finish(self) -> Result<(), OutputError> {
        let NewFile::Beside { unfinished, place, replaces } = self else { return Ok(()) };
        let path = place.display().to_string();
        let moved = match replaces {
            true => unfinished.persist(&place),
            false => unfinished.persist_noclobber(&place),
        };
        match moved {
            Ok(_) => Ok(()),
            Err(failed) if failed.error.kind() == ErrorKind::AlreadyExists => {
                Err(OutputError::Exists(path))
            }
            Err(failed) => Err(OutputError::Unwritable { path, source: failed.error }),
        }
    }

    pub(crate) fn place(&self) -> &Path {
        match self {
            NewFile::Beside { place, .. } | NewFile::Device { place, .. } => place,
        }
    }
}

/// Makes files that are not whole yet, with the permissions of other new files.
pub(crate) fn builder() -> Builder<'static, 'static> {
    let mut builder = Builder::new();
    builder.prefix(UNFINISHED).permissions(Permissions::from_mode(0o666));
    builder
}

/// The folder that a file lies in.
pub(crate) fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Tries whether a file could be made at a place, without leaving anything behind.
pub(crate) fn try_place(path: &Path) -> io::Result<()> {
    let mut folder = folder_of(path);
    while fs::symlink_metadata(folder).is_err_and(|error| error.kind() == ErrorKind::NotFound) {
        folder = folder_of(folder);
    }
    builder().tempfile_in(folder).map(|_| ())
}

fn is_same(path: &Path, found: &fs::Metadata) -> bool {
    let other = fs::metadata(path);
    other.is_ok_and(|other| (other.dev(), other.ino()) == (found.dev(), found.ino()))
}

fn is_run(path: &Path) -> bool {
    let mut start = [0; RUN_MAGIC.len()];
    let read = File::open(path).and_then(|mut file| file.read_exact(&mut start));
    read.is_ok() && start == RUN_MAGIC
}
