//! [`AccessLog`]: a line of JSON for each request. It names the route, not the path as it was
//! sent, and the name of a token, never the token: nothing of a head, a query or a body is in it.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;
use std::sync::Mutex;
use std::time::{Duration, SystemTime};

use serde_json::json;
use tracing::warn;

use super::shared::lock;

/// Where the lines go.
#[derive(Debug)]
pub struct AccessLog(Option<Mutex<Sink>>);

#[derive(Debug)]
enum Sink {
    Stdout,
    File(File),
    /// It could not be written to.
    Broken,
}

/// Why the access log cannot be written.
#[derive(Debug, thiserror::Error)]
#[error("the access log {path} cannot be opened: {source}; name another file with --access-log")]
pub struct AccessLogError {
    path: String,
    source: io::Error,
}

/// A request that was answered.
#[derive(Debug)]
pub(super) struct Access<'a> {
    pub(super) id: &'a str,
    pub(super) method: &'a str,
    pub(super) route: &'static str,
    pub(super) status: u16,
    pub(super) caller: Option<&'a str>,
    /// The case that it was about, which exists.
    pub(super) case: Option<&'a str>,
    pub(super) peer: String,
    pub(super) took: Duration,
    pub(super) bytes: usize,
}

impl AccessLog {
    pub fn none() -> AccessLog {
        AccessLog(None)
    }

    /// Appends to a file; `-` is standard output.
    pub fn open(path: &Path) -> Result<AccessLog, AccessLogError> {
        if path == Path::new("-") {
            return Ok(AccessLog(Some(Mutex::new(Sink::Stdout))));
        }
        let file = OpenOptions::new().append(true).create(true).open(path);
        let file =
            file.map_err(|source| AccessLogError { path: path.display().to_string(), source })?;
        Ok(AccessLog(Some(Mutex::new(Sink::File(file)))))
    }

    pub(super) fn note(&self, access: &Access<'_>) {
        let Some(sink) = &self.0 else { return };
        let time = humantime::format_rfc3339_millis(SystemTime::now()).to_string();
        let known = ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"];
        let mut line = json!({
            "time": time,
            "request": access.id,
            "peer": access.peer,
            "method": if known.contains(&access.method) { access.method } else { "other" },
            "route": access.route,
            "status": access.status,
            "ms": u64::try_from(access.took.as_millis()).unwrap_or(u64::MAX),
            "bytes": access.bytes,
        });
        if let Some(caller) = access.caller {
            line["caller"] = caller.into();
        }
        if let Some(case) = access.case {
            line["case"] = case.into();
        }
        let line = format!("{line}\n");
        let mut sink = lock(sink);
        let written = match &mut *sink {
            Sink::Stdout => io::stdout().lock().write_all(line.as_bytes()),
            Sink::File(file) => file.write_all(line.as_bytes()),
            Sink::Broken => return,
        };
        if let Err(error) = written {
            warn!("the access log cannot be written and ends here: {error}");
            *sink = Sink::Broken;
        }
    }
}
