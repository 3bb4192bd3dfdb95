//! The directory that holds a report.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::comparison;
use super::contents::{Content, Kind, Report};
use super::{ReportError, ReportSummary};
use crate::output::try_place;

/// Marks a directory as a report of ours, which the next one may replace.
const MARKER: &str = "assay-report.json";

const SCHEMA: &str = "assay.report/1";

/// Folders that a report has beside those of its runs.
const FOLDERS: [&str; 2] = ["attempts", "data"];

/// A report that is being written.
pub(super) struct Site {
    root: PathBuf,
    pages: usize,
}

impl Site {
    /// Prepares the directory: a new or empty one is taken, an earlier report
    /// goes, and anything else is left alone with an error.
    pub(super) fn begin(root: &Path) -> Result<Site, ReportError> {
        let site = Site { root: root.to_owned(), pages: 0 };
        site.take_directory()?;
        // The marker comes first, so that a report which was interrupted can
        // be replaced as well.
        site.file(MARKER, &marker(&json!({ "finished": false })))?;
        Ok(site)
    }

    /// Whether a report of these runs can be written into a directory, before any work is
    /// done for it.
    pub(super) fn check(root: &Path, runs: &[&Path]) -> Result<(), ReportError> {
        let site = Site { root: root.to_owned(), pages: 0 };
        let folder = match fs::read_dir(root) {
            Ok(mut entries) => {
                if entries.next().is_some() && !site.is_ours() {
                    return Err(ReportError::NotOurs(root.display().to_string()));
                }
                root.join(MARKER)
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound && !root.is_symlink() => {
                root.to_owned()
            }
            Err(_) if root.is_file() => {
                return Err(ReportError::NoFolder(root.display().to_string()));
            }
            Err(error) => return Err(write_error(root, error)),
        };
        let lost = runs.iter().find(|run| site.would_lose(run));
        if let Some(run) = lost {
            let (root, run) = (root.display().to_string(), run.display().to_string());
            return Err(ReportError::RunInside { root, run });
        }
        try_place(&folder).map_err(|source| write_error(root, source))
    }

    /// Whether a file lies in what an earlier report goes with.
    fn would_lose(&self, file: &Path) -> bool {
        let paths = (fs::canonicalize(&self.root), fs::canonicalize(file));
        let (Ok(root), Ok(file)) = paths else { return false };
        let inside = file.strip_prefix(&root).ok().and_then(|inside| inside.iter().next());
        inside
            .and_then(|name| name.to_str())
            .is_some_and(|name| is_ours(name, file != root.join(name)))
    }

    fn take_directory(&self) -> Result<(), ReportError> {
        let failed = |source| write_error(&self.root, source);
        match fs::read_dir(&self.root) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return fs::create_dir_all(&self.root).map_err(failed);
            }
            Err(error) if error.kind() == io::ErrorKind::NotADirectory => {
                return Err(ReportError::NotOurs(self.root.display().to_string()));
            }
            Err(error) => return Err(failed(error)),
            Ok(entries) => {
                if entries.count() == 0 {
                    return Ok(());
                }
            }
        }
        if !self.is_ours() {
            return Err(ReportError::NotOurs(self.root.display().to_string()));
        }
        for entry in fs::read_dir(&self.root).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            remove_if_ours(&entry).map_err(|source| write_error(&entry.path(), source))?;
        }
        Ok(())
    }

    fn is_ours(&self) -> bool {
        let text = fs::read(self.root.join(MARKER)).unwrap_or_default();
        let marker: Value = serde_json::from_slice(&text).unwrap_or_default();
        marker["schema"].as_str().is_some_and(|schema| schema.starts_with("assay.report/"))
    }

    pub(super) fn write(&mut self, path: &str, content: &Content) -> Result<(), ReportError> {
        self.pages += usize::from(content.kind == Kind::Page);
        self.file(path, &content.text)
    }

    pub(super) fn finish(self, report: &Report) -> Result<ReportSummary, ReportError> {
        let ids: Vec<&str> = report.run_ids().collect();
        let state = json!({ "finished": true, "runs": ids, "pages": self.pages });
        self.file(MARKER, &marker(&state))?;
        Ok(ReportSummary {
            index: self.root.join("index.html"),
            runs: ids.len(),
            pages: self.pages,
        })
    }

    fn file(&self, path: &str, text: &str) -> Result<(), ReportError> {
        let path = self.root.join(path);
        let directory = path.parent().unwrap_or(&self.root);
        fs::create_dir_all(directory)
            .and_then(|()| fs::write(&path, text))
            .map_err(|source| write_error(&path, source))
    }
}

fn marker(state: &Value) -> String {
    let mut marker = json!({
        "schema": SCHEMA,
        "assay-version": env!("CARGO_PKG_VERSION"),
    });
    if let (Some(marker), Some(state)) = (marker.as_object_mut(), state.as_object()) {
        marker.extend(state.clone());
    }
    format!("{marker:#}\n")
}

/// Removes what a report puts into its directory; a reader's own notes beside
/// it stay.
fn remove_if_ours(entry: &fs::DirEntry) -> io::Result<()> {
    let name = entry.file_name();
    let name = name.to_str().unwrap_or_default();
    let is_directory = entry.file_type()?.is_dir();
    match is_ours(name, is_directory) {
        true if is_directory => fs::remove_dir_all(entry.path()),
        true => fs::remove_file(entry.path()),
        false => Ok(()),
    }
}

/// Whether a report puts something of this name into its directory.
fn is_ours(name: &str, is_directory: bool) -> bool {
    match is_directory {
        true => is_run_folder(name) || FOLDERS.contains(&name),
        false => {
            let files = [
                MARKER,
                "index.html",
                "attempt.html",
                "pair.html",
                "trend.html",
                "search.html",
                "style.css",
                "report.js",
            ];
            files.contains(&name) || name == comparison::PATH
        }
    }
}

/// Whether a name is `run-<number>` or `run-<number>-<slug>`.
fn is_run_folder(name: &str) -> bool {
    name.strip_prefix("run-").is_some_and(|rest| {
        let number = rest.split('-').next().unwrap_or_default();
        !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
    })
}

fn write_error(path: &Path, source: io::Error) -> ReportError {
    ReportError::Write { path: path.display().to_string(), source }
}
