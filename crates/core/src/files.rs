//! Relative paths that cannot leave their root, and sets of files under them.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use walkdir::WalkDir;

/// A set of files by their path under a common root.
pub type FileSet = BTreeMap<SafePath, Vec<u8>>;

/// A normalised relative path with `/` separators: no root, no `..`, no empty
/// or `.` component, no control character. So it names a file inside whatever
/// directory it is joined to, as long as no component there is a link.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SafePath(String);

/// Why a path is not safe.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnsafePath {
    #[error("the path is empty")]
    Empty,
    #[error("the path {0:?} is absolute")]
    Absolute(String),
    #[error("the path {0:?} leaves its directory with `..`")]
    Parent(String),
    #[error("the path {0:?} contains a control character or a backslash")]
    Character(String),
    #[error("the path {0:?} is longer than {MAX_PATH_BYTES} bytes")]
    Long(String),
}

const MAX_PATH_BYTES: usize = 512;

impl SafePath {
    /// Normalises `text`: surrounding white space, `./` and doubled slashes go;
    /// anything that could name a place outside the root is an error.
    pub fn new(text: &str) -> Result<SafePath, UnsafePath> {
        let text = text.trim();
        if text.len() > MAX_PATH_BYTES {
            let start: String = text.chars().take(60).collect();
            return Err(UnsafePath::Long(start));
        }
        if text.starts_with('/') {
            return Err(UnsafePath::Absolute(text.to_owned()));
        }
        if text.chars().any(|c| c.is_control() || c == '\\') {
            return Err(UnsafePath::Character(text.to_owned()));
        }
        let mut components = Vec::new();
        for component in text.split('/') {
            match component {
                "" | "." => {}
                ".." => return Err(UnsafePath::Parent(text.to_owned())),
                other => components.push(other),
            }
        }
        if components.is_empty() {
            return Err(UnsafePath::Empty);
        }
        let path = components.join("/");
        // A slash may have hidden white space from the first look: `.. /` names `..`.
        match path.trim().len() == path.len() {
            true => Ok(SafePath(path)),
            false => SafePath::new(&path),
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The last component.
    pub fn file_name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or(&self.0)
    }

    /// What follows the last dot of the file name, if there is one.
    pub fn extension(&self) -> Option<&str> {
        self.file_name().rsplit_once('.').map(|(_, extension)| extension)
    }

    /// Whether the path lies under `directory`, given without a final slash.
    pub fn is_under(&self, directory: &str) -> bool {
        self.0.strip_prefix(directory).is_some_and(|rest| rest.starts_with('/'))
    }
}

impl fmt::Display for SafePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for SafePath {
    type Err = UnsafePath;

    fn from_str(text: &str) -> Result<SafePath, UnsafePath> {
        SafePath::new(text)
    }
}

impl TryFrom<String> for SafePath {
    type Error = UnsafePath;

    fn try_from(text: String) -> Result<SafePath, UnsafePath> {
        SafePath::new(&text)
    }
}

impl From<SafePath> for String {
    fn from(path: SafePath) -> String {
        path.0
    }
}

/// Reads every regular file under `root`, except the droppings of tools that
/// people run inside a corpus (`__pycache__`, `.pytest_cache`, `.git`), and except what editors
/// leave beside a file while it is open.
/// A symbolic link is an error: what it names may lie elsewhere.
pub fn read_files(root: &Path) -> Result<FileSet, ReadFilesError> {
    let mut files = FileSet::new();
    let entries = WalkDir::new(root).sort_by_file_name().into_iter();
    for entry in entries.filter_entry(|entry| !is_dropping(entry.file_name().to_str())) {
        let entry = entry.map_err(|error| ReadFilesError::Walk {
            root: root.display().to_string(),
            message: error.to_string(),
        })?;
        let kind = entry.file_type();
        if kind.is_dir() {
            continue;
        }
        let path = entry.path();
        if !kind.is_file() {
            return Err(ReadFilesError::NotRegular(path.display().to_string()));
        }
        let relative = path.strip_prefix(root).unwrap_or(path);
        let name = relative
            .to_str()
            .and_then(|text| SafePath::new(text).ok())
            .ok_or_else(|| ReadFilesError::Name(path.display().to_string()))?;
        let content = std::fs::read(path).map_err(|error| ReadFilesError::Walk {
            root: path.display().to_string(),
            message: error.to_string(),
        })?;
        files.insert(name, content);
    }
    Ok(files)
}

fn is_dropping(name: Option<&str>) -> bool {
    let Some(name) = name else { return false };
    matches!(name, "__pycache__" | ".pytest_cache" | ".git" | ".DS_Store") || is_of_an_editor(name)
}

/// Whether it is a backup, a lock or a swap file of Emacs, Vim or their like.
fn is_of_an_editor(name: &str) -> bool {
    let is_swap =
        name.starts_with('.') && [".swp", ".swo", ".swx"].iter().any(|it| name.ends_with(it));
    let is_lock = name.starts_with(".#") || (name.starts_with('#') && name.ends_with('#'));
    is_swap || is_lock || (name.ends_with('~') && name.len() > 1)
}

/// Why a directory could not be read as a set of files.
#[derive(Debug, thiserror::Error)]
pub enum ReadFilesError {
    #[error("failed to read {root}: {message}")]
    Walk { root: String, message: String },
    #[error("{0} is neither a regular file nor a directory; replace links by copies")]
    NotRegular(String),
    #[error("{0} has a name that is not plain UTF-8; rename it")]
    Name(String),
}

/// The files as text, with marks where they are not UTF-8.
pub fn texts(files: &FileSet) -> BTreeMap<SafePath, String> {
    let text = |content: &[u8]| String::from_utf8_lossy(content).into_owned();
    files.iter().map(|(path, content)| (path.clone(), text(content))).collect()
}

/// The SHA-256 of a set of files, as 64 hexadecimal digits.
pub fn digest(files: &FileSet) -> String {
    digest_of(files.iter().map(|(path, content)| (path.as_str(), content.as_slice())))
}

/// The SHA-256 of named contents in a fixed order, as 64 hexadecimal digits. Names and
/// lengths are part of it, so that no two different lists share an encoding: each name,
/// then each content, comes after its length as eight bytes, the lowest first.
pub fn digest_of<'a>(entries: impl Iterator<Item = (&'a str, &'a [u8])>) -> String {
    let mut hasher = Sha256::new();
    for (name, content) in entries {
        for part in [name.as_bytes(), content] {
            hasher.update((part.len() as u64).to_le_bytes());
            hasher.update(part);
        }
    }
    hex(&hasher.finalize())
}

/// The SHA-256 of some bytes, as 64 hexadecimal digits.
pub fn sha256(content: &[u8]) -> String {
    hex(&Sha256::digest(content))
}

/// One line, where a crate would take two in a manifest.
fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_normalised_or_refused() {
        let check = |text: &str, expect: Option<&str>| {
            assert_eq!(SafePath::new(text).ok().as_ref().map(SafePath::as_str), expect, "{text:?}");
        };
        check("src/a.c", Some("src/a.c"));
        check("\n  ./src//./a.c \n", Some("src/a.c"));
        check("src/..a/b", Some("src/..a/b"));
        check("", None);
        check("./", None);
        check("/etc/passwd", None);
        check("src/../tests/test_security.py", None);
        check("..", None);
        check("src\\..\\a", None);
        check("src/a\0.c", None);
        check(&"a".repeat(600), None);
        // What is read is read again as the same.
        check(".. //", None);
        check(" src/a.c /./ / ", Some("src/a.c"));
    }

    #[test]
    fn digest_depends_on_names_contents_and_boundaries() {
        let set = |entries: &[(&str, &str)]| -> String {
            digest(
                &entries
                    .iter()
                    .map(|(path, content)| {
                        (SafePath::new(path).expect("safe"), content.as_bytes().to_vec())
                    })
                    .collect(),
            )
        };
        assert_ne!(set(&[("a", "b")]), set(&[("a", "c")]));
        assert_ne!(set(&[("a", "b")]), set(&[("b", "b")]));
        assert_ne!(set(&[("a", "1"), ("b", "")]), set(&[("a", ""), ("b", "1")]));
        assert_eq!(set(&[("a", "1"), ("b", "2")]), set(&[("b", "2"), ("a", "1")]));
    }
}
