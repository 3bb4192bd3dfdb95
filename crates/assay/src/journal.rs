//! [`Journal`]: JSON lines that are written as they come, below a head that says what they are about.
//! Each is one write, so that a program that is killed leaves at most the last one unfinished.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;

/// A file that lines are added to, by this process alone.
#[derive(Debug)]
pub(crate) struct Journal(File);

/// What a file held.
#[derive(Debug)]
pub(crate) struct Lines {
    text: String,
    /// The bytes of whole lines.
    whole: usize,
}

/// Why a file is no journal, or cannot be used as one.
#[derive(Debug)]
pub(crate) enum JournalFault {
    Io(io::Error),
    /// It is no text.
    Foreign,
    /// A line, from 1, is not of the form.
    Line {
        line: usize,
        message: String,
    },
}

impl Journal {
    /// Opens a file, or makes it with its folder. It stays as it is until it is begun or gone on with.
    pub(crate) fn open(path: &Path) -> Result<(Journal, Lines), JournalFault> {
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder).map_err(JournalFault::Io)?;
        }
        let file = OpenOptions::new().read(true).append(true).create(true).open(path);
        let file = file.map_err(JournalFault::Io)?;
        file.try_lock().map_err(|error| JournalFault::Io(error.into()))?;
        Ok((Journal(file), Lines::read(path)?))
    }

    /// Replaces whatever is there with a head.
    pub(crate) fn begin(&mut self, head: &impl Serialize) -> Result<(), JournalFault> {
        self.0.set_len(0).map_err(JournalFault::Io)?;
        self.add(head)
    }

    /// Drops what is unfinished of the last line.
    pub(crate) fn go_on(&mut self, found: &Lines) -> Result<(), JournalFault> {
        self.0.set_len(found.whole as u64).map_err(JournalFault::Io)
    }

    pub(crate) fn add(&mut self, value: &impl Serialize) -> Result<(), JournalFault> {
        let line = line_of(value).map_err(JournalFault::Io)?;
        self.0.write_all(line.as_bytes()).map_err(JournalFault::Io)
    }
}

impl Lines {
    /// What a file holds, which stays as it is.
    pub(crate) fn read(path: &Path) -> Result<Lines, JournalFault> {
        let text = std::fs::read_to_string(path).map_err(|error| match error.kind() {
            io::ErrorKind::InvalidData => JournalFault::Foreign,
            _ => JournalFault::Io(error),
        })?;
        let whole = text.rfind('\n').map_or(0, |end| end + 1);
        Ok(Lines { text, whole })
    }

    /// The first line, if it is whole.
    pub(crate) fn head(&self) -> Option<&str> {
        self.text[..self.whole].lines().next()
    }

    /// What there is of the last line where it is not whole.
    pub(crate) fn unfinished(&self) -> &str {
        &self.text[self.whole..]
    }

    /// All whole lines below the head.
    pub(crate) fn entries<T: DeserializeOwned>(&self) -> Result<Vec<T>, JournalFault> {
        let lines = self.text[..self.whole].lines().enumerate().skip(1);
        let entry = |(place, text): (usize, &str)| {
            serde_json::from_str(text)
                .map_err(|error| JournalFault::Line { line: place + 1, message: error.to_string() })
        };
        lines.map(entry).collect()
    }
}

/// A value as a line.
pub(crate) fn line_of(value: &impl Serialize) -> io::Result<String> {
    Ok(serde_json::to_string(value)? + "\n")
}
