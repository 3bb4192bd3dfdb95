//! [`Trace`]: what the tests of a suite make beside the artifact, which shows that they
//! run.

use serde::{Deserialize, Serialize};

use super::class_file::ClassFile;

/// Something that tests make and everybody in the machine can see.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Trace {
    /// Threads and a port of the platform's HTTP server.
    Server,
    /// A folder that JUnit makes for a test.
    Folder,
}

impl Trace {
    /// The traces of what a class uses.
    pub(super) fn of(class: &ClassFile) -> Vec<Trace> {
        let uses = |start: &str| class.classes.iter().any(|name| name.starts_with(start));
        let mut traces = Vec::new();
        if uses("com/sun/net/httpserver/HttpServer") {
            traces.push(Trace::Server);
        }
        if uses("org/junit/jupiter/api/io/TempDir") || uses("org/junit/rules/TemporaryFolder") {
            traces.push(Trace::Folder);
        }
        traces
    }

    /// What the harness is told to make for it.
    pub(super) fn word(self) -> &'static str {
        match self {
            Trace::Server => "server",
            Trace::Folder => "folder",
        }
    }
}
