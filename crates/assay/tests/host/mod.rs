//! What hostile code has done to the host, and what of it would run in a report.
//!
//! An attack that writes outside of its sandbox does so under a name that has
//! [`ESCAPE`] in it, in one of [`ESCAPE_FOLDERS`]; one that talks to the host connects
//! to [`ESCAPE_PORT`] of its loopback addresses.

#[path = "../shown/mod.rs"]
mod shown;

use std::collections::BTreeMap;
use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::time::Duration;

use assay_verify::processes::descendants;

const ESCAPE: &str = "assay-escape";
const ESCAPE_FOLDERS: [&str; 7] =
    ["/tmp", "/var/tmp", "/dev/shm", "/root", "/", "/etc", "/usr/local/bin"];
const ESCAPE_PORT: u16 = 47_199;

/// What script in an artifact or its output would have to be in a report to run.
const SCRIPTS: [&str; 3] = ["<script>document", "<img src=x", "<svg onload"];

/// The host, while attacks are made.
pub(crate) struct Host {
    /// `None` where another suite listens.
    listener: Option<TcpListener>,
}

impl Host {
    pub(crate) fn watch() -> Host {
        let listener = TcpListener::bind(("127.0.0.1", ESCAPE_PORT)).ok();
        nix::sys::prctl::set_child_subreaper(true).expect("orphans come here");
        Host { listener }
    }

    /// What got out of a sandbox, and what is left of one.
    pub(crate) fn faults(&self) -> Vec<String> {
        let mut faults = escapes(self.listener.as_ref());
        let left = foreign_processes();
        if !left.is_empty() {
            faults.push(format!("processes of sandboxes are left: {left:?}"));
        }
        faults
    }
}

/// What was written or reached.
fn escapes(listener: Option<&TcpListener>) -> Vec<String> {
    let mut found = Vec::new();
    for folder in ESCAPE_FOLDERS {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            if entry.file_name().to_string_lossy().contains(ESCAPE) {
                found.push(format!("an attack wrote {}", entry.path().display()));
            }
        }
    }
    if let Some(listener) = listener {
        listener.set_nonblocking(true).expect("a socket");
        if let Ok((_, peer)) = listener.accept() {
            found.push(format!("an attack reached the host's loopback from {peer}"));
        }
    }
    found
}

/// Processes below this one in other PID namespaces, by their command lines. What
/// outlives its parent becomes a child of this process.
fn foreign_processes() -> BTreeMap<u32, String> {
    let read = |id: u32, name: &str| {
        let bytes = fs::read(format!("/proc/{id}/{name}")).unwrap_or_default();
        String::from_utf8_lossy(&bytes).replace('\0', " ")
    };
    let namespace = |id: &str| fs::read_link(format!("/proc/{id}/ns/pid")).ok();
    let own = namespace("self");
    let left = || -> BTreeMap<u32, String> {
        let ids = descendants().into_iter().map(|process| process.id);
        ids.filter(|id| namespace(&id.to_string()).is_some_and(|it| Some(it) != own))
            // Nobody has asked how they ended, but they have.
            .filter(|id| {
                !read(*id, "stat").rsplit(") ").next().unwrap_or_default().starts_with('Z')
            })
            .map(|id| (id, read(id, "cmdline")))
            .collect()
    };
    // What was killed takes a moment to go, on a busy machine a longer one.
    for _ in 0..100 {
        if left().is_empty() {
            break;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    left()
}

/// Script of an attack that a report would run.
pub(crate) fn scripts(report: &Path) -> Vec<String> {
    let has_script = |text: &str| SCRIPTS.iter().any(|script| text.contains(script));
    shown::shown_in(report)
        .into_iter()
        .filter(|(_, text)| has_script(text))
        .map(|(name, _)| format!("{name} has script in it"))
        .collect()
}
