//! What can be seen from the host of the sandboxes of a run while an agent waits for its model.

use std::io::Write as _;
use std::process::{Command, Stdio};
use std::sync::{Arc, Condvar, Mutex};

use serde_json::Value;

/// Looks at the sandboxes of the process once its id is known.
#[derive(Debug, Clone, Default)]
pub(crate) struct Watch {
    shared: Arc<(Mutex<Seen>, Condvar)>,
}

#[derive(Debug, Default)]
struct Seen {
    process: Option<u32>,
    report: Option<Value>,
}

/// The program that looks.
const PROGRAM: &str = include_str!("watch.py");

impl Watch {
    /// Only root may read the memory of others.
    pub(crate) fn is_possible() -> bool {
        nix::unistd::geteuid().is_root()
    }

    /// Whose sandboxes they are.
    pub(crate) fn process(&self, id: u32) {
        let (seen, changed) = &*self.shared;
        seen.lock().expect("no test panics with it").process = Some(id);
        changed.notify_all();
    }

    /// Looks, once.
    pub(crate) fn look(&self, key: &str) {
        let (seen, changed) = &*self.shared;
        let seen = seen.lock().expect("no test panics with it");
        let mut seen = changed
            .wait_while(seen, |seen| seen.process.is_none())
            .expect("no test panics with it");
        if seen.report.is_some() {
            return;
        }
        let process = seen.process.expect("it is known").to_string();
        let mut child = Command::new("/usr/bin/python3")
            .args(["-c", PROGRAM, &process])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("Python starts");
        let mut input = child.stdin.take().expect("it is piped");
        input.write_all(key.as_bytes()).expect("it reads");
        drop(input);
        let output = child.wait_with_output().expect("it ends");
        seen.report = Some(serde_json::from_slice(&output.stdout).expect("JSON"));
    }

    /// What was seen.
    pub(crate) fn report(&self) -> Value {
        let (seen, _) = &*self.shared;
        let seen = seen.lock().expect("no test panics with it");
        seen.report.clone().expect("the model was asked to the end")
    }
}
