//! [`Changes`]: what a project has become since it was laid out. Everything that is read
//! here was left by an agent: no link is followed, and all sizes are bounded.

use std::collections::{BTreeMap, BTreeSet};

use assay_core::artifact::MAX_ARTIFACT_BYTES;
use assay_core::files::sha256;
use assay_core::{FileSet, InfraError, SafePath};
use assay_sandbox::{Sandbox, SandboxError, TreeEntry};
use serde::{Deserialize, Serialize};

use super::patch::{Drawn, MAX_SHOWN_BYTES, Patch};
use crate::desk::PROJECT;
use crate::infra;

/// The folder of git, whose content is nobody's work.
const GIT_FOLDER: &str = ".git";

/// What a project has become since it was laid out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Changes {
    /// The files that lie at the case's artifact paths now.
    pub artifact: BTreeMap<SafePath, String>,
    /// Those of them that are as they were laid out.
    pub untouched: BTreeSet<SafePath>,
    /// Why something at an artifact path is not among them, a sentence each.
    pub refused: Vec<String>,
    /// Everything else that changed, which does not count.
    pub patch: Patch,
}

/// How a project was laid out.
#[derive(Debug)]
pub(super) struct Before {
    pub(super) project: FileSet,
    pub(super) artifact_paths: Vec<SafePath>,
    pub(super) ignored: &'static [&'static str],
}

impl Before {
    pub(super) fn changes(&self, sandbox: &mut Sandbox) -> Result<Changes, InfraError> {
        let mut changes = Changes::default();
        self.take_artifact(sandbox, &mut changes)?;
        let tree = match sandbox.tree(PROJECT) {
            Err(error) if error.is_provocable() => {
                changes.patch.gap = Some(format!("failed to {error}"));
                return Ok(changes);
            }
            tree => tree.map_err(|error| infra(&error))?,
        };
        changes.patch = self.patch(&tree, sandbox)?;
        Ok(changes)
    }

    fn take_artifact(
        &self,
        sandbox: &mut Sandbox,
        changes: &mut Changes,
    ) -> Result<(), InfraError> {
        let mut left = MAX_ARTIFACT_BYTES as u64;
        for path in &self.artifact_paths {
            let content = match sandbox.read(&inside(path.as_str()), left) {
                Ok(None) => continue,
                Ok(Some(content)) => content,
                Err(error) if error.is_provocable() => {
                    changes.refused.push(format!("{path}: {}", obstacle(&error)));
                    continue;
                }
                Err(error) => return Err(infra(&error)),
            };
            left = left.saturating_sub(content.len() as u64);
            if self.project.get(path) == Some(&content) {
                changes.untouched.insert(path.clone());
            }
            match String::from_utf8(content) {
                Ok(text) => drop(changes.artifact.insert(path.clone(), text)),
                Err(_) => changes.refused.push(format!("{path}: it is no UTF-8")),
            }
        }
        Ok(())
    }

    /// Draws what differs outside the artifact paths.
    fn patch(
        &self,
        tree: &BTreeMap<String, TreeEntry>,
        sandbox: &mut Sandbox,
    ) -> Result<Patch, InfraError> {
        let is_artifact = |path: &str| self.artifact_paths.iter().any(|it| it.as_str() == path);
        let gone =
            self.project.keys().map(SafePath::as_str).filter(|path| !tree.contains_key(*path));
        let paths: BTreeSet<&str> = tree.keys().map(String::as_str).chain(gone).collect();
        let mut patch = Patch::default();
        for path in paths {
            if is_artifact(path) || self.is_ignored(path) {
                continue;
            }
            let old = SafePath::new(path).ok().filter(|it| it.as_str() == path);
            let old = old.and_then(|path| self.project.get(&path)).map(Vec::as_slice);
            let Some(entry) = tree.get(path) else {
                patch.draw(path, Drawn::Text { old, new: None });
                continue;
            };
            match entry {
                TreeEntry::Directory => {}
                TreeEntry::File { digest, .. } if old.is_some_and(|old| is(old, digest)) => {}
                TreeEntry::File { bytes, .. } => {
                    let new = self.content(path, *bytes, sandbox)?;
                    match &new {
                        Some(new) => patch.draw(path, Drawn::Text { old, new: Some(new) }),
                        None => patch.draw(path, Drawn::Bytes { bytes: *bytes }),
                    }
                }
                TreeEntry::Symlink { target } => patch.draw(path, Drawn::Link { target }),
                TreeEntry::Unreadable => patch.draw(path, Drawn::Odd("cannot be read")),
                TreeEntry::Special => {
                    patch.draw(path, Drawn::Odd("is a socket, a pipe or a device"));
                }
            }
        }
        Ok(patch)
    }

    fn is_ignored(&self, path: &str) -> bool {
        let mut parts = path.split('/');
        path.split('/').next() == Some(GIT_FOLDER) || parts.any(|part| self.ignored.contains(&part))
    }

    /// The content of a file, if it is small enough to be shown.
    fn content(
        &self,
        path: &str,
        bytes: u64,
        sandbox: &mut Sandbox,
    ) -> Result<Option<Vec<u8>>, InfraError> {
        if bytes > MAX_SHOWN_BYTES {
            return Ok(None);
        }
        match sandbox.read(&inside(path), MAX_SHOWN_BYTES) {
            Ok(content) => Ok(content),
            // A name that is no text is listed under another one.
            Err(error) if error.is_provocable() => Ok(None),
            Err(error @ SandboxError::InvalidPath { .. }) => {
                tracing::debug!(%error, "a file of an agent cannot be named");
                Ok(None)
            }
            Err(error) => Err(infra(&error)),
        }
    }
}

fn inside(path: &str) -> String {
    format!("{PROJECT}/{path}")
}

/// Whether a content has this digest.
fn is(content: &[u8], digest: &[u8; 32]) -> bool {
    let digits: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    sha256(content) == digits
}

/// Why a file of an artifact cannot be read, in a phrase.
fn obstacle(error: &SandboxError) -> String {
    match error {
        SandboxError::Obstructed { obstacle, .. } => format!("{obstacle} lies there"),
        SandboxError::TooLarge { bytes, .. } => {
            format!("with {bytes} bytes the artifact has more than {MAX_ARTIFACT_BYTES}")
        }
        error => error.to_string(),
    }
}
