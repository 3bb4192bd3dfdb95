//! [`Sink`]: where the lines of a log go.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tracing_subscriber::fmt::MakeWriter;

use crate::printable::Visible;
use crate::terminal::complain;

/// Takes whole lines.
#[derive(Debug, Clone)]
pub(super) enum Sink {
    /// Standard error, around a progress bar that is drawn there.
    Terminal,
    File(Arc<LogFile>),
}

/// A file that lines are appended to.
#[derive(Debug)]
pub(super) struct LogFile {
    file: File,
    path: PathBuf,
    has_failed: AtomicBool,
}

/// A log file that cannot be written.
#[derive(Debug, thiserror::Error)]
#[error("failed to write the log {}: {source}; name another file with --log-file", path.display())]
pub struct LogFileError {
    path: PathBuf,
    source: io::Error,
}

impl Sink {
    /// A file, which is appended to, so that a resumed run continues its log.
    pub(super) fn append(path: &Path) -> Result<Sink, LogFileError> {
        let file = File::options().append(true).create(true).open(path);
        let file = file.map_err(|source| LogFileError { path: path.to_owned(), source })?;
        let (path, has_failed) = (path.to_owned(), AtomicBool::new(false));
        Ok(Sink::File(Arc::new(LogFile { file, path, has_failed })))
    }
}

impl Write for Sink {
    /// Writes one event, which is handed over whole. It stays in its line whatever it
    /// quotes, so that nothing quoted can pass for an event.
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(event);
        let mut line = Visible::line(text.trim_end()).to_string();
        match self {
            Sink::Terminal => complain(&line),
            Sink::File(log) => {
                line.push('\n');
                log.append(&line);
            }
        }
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl LogFile {
    /// Appends a line in one piece, so that lines of several processes do not mix. If the log
    /// cannot be written, nothing stops, but one warning says that it is incomplete.
    fn append(&self, line: &str) {
        if let Err(error) = (&self.file).write_all(line.as_bytes())
            && !self.has_failed.swap(true, Ordering::AcqRel)
        {
            let path = self.path.display();
            complain(&format!("warning: failed to write the log {path}: {error}; it lacks lines"));
        }
    }
}

impl<'a> MakeWriter<'a> for Sink {
    type Writer = Sink;

    fn make_writer(&'a self) -> Sink {
        self.clone()
    }
}
