//! `assay check --watch`: it proves what was changed, and nothing else, until Ctrl-C.
#![expect(clippy::disallowed_methods, reason = "starts the binary that is tested")]

mod copies;
#[expect(dead_code, reason = "each test binary uses a part of it")]
mod door;

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use copies::copied;
use door::Door;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// A watching binary, and the lines that it writes.
struct Watch {
    child: Child,
    lines: Receiver<String>,
}

impl Watch {
    fn start(door: &Door) -> Watch {
        let mut command = door.command(&["--corpus", "copy", "check", "--watch"]);
        let mut child =
            command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("assay starts");
        let stdout = BufReader::new(child.stdout.take().expect("a pipe"));
        let (sender, lines) = channel();
        thread::spawn(move || {
            for line in stdout.lines() {
                if sender.send(line.expect("UTF-8")).is_err() {
                    break;
                }
            }
        });
        Watch { child, lines }
    }

    /// What it writes until it waits for changes again.
    #[track_caller]
    fn round(&self) -> String {
        let mut text = String::new();
        loop {
            // Only a watch that never comes to an end takes so long.
            let line = self.lines.recv_timeout(Duration::from_secs(300));
            let line = line.unwrap_or_else(|error| panic!("{error} after\n{text}"));
            text.push_str(&line);
            text.push('\n');
            if line.starts_with("watching for changes") {
                return text;
            }
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn write(path: &Path, text: &str) {
    fs::write(path, text).expect("it is written");
}

#[test]
fn what_was_changed_is_proved_again_and_nothing_else() {
    let door = Door::open();
    let wizard = copied(&door, "copy", "wizard-draft");
    copied(&door, "copy", "backup-bundle");
    let mut watch = Watch::start(&door);
    let first = watch.round();
    assert!(first.contains("2 of 2 cases proved"), "{first}");

    // A text that was copied is a fault, of this case alone.
    let english = fs::read_to_string(wizard.join("hint.en-US.md")).expect("UTF-8");
    let chinese = fs::read_to_string(wizard.join("hint.zh-CN.md")).expect("UTF-8");
    write(&wizard.join("hint.zh-CN.md"), &english);
    let round = watch.round();
    assert!(round.contains("changed: function-level/ruby/wizard-draft/hint.zh-CN.md"), "{round}");
    assert!(round.contains("NOT PROVED  wizard-draft"), "{round}");
    assert!(round.contains("hint.zh-CN.md is a copy of hint.en-US.md; translate it"), "{round}");
    assert!(!round.contains("backup-bundle"), "{round}");

    // A save that is half done is told, and does not end the watch.
    write(&wizard.join("case.toml.new"), "");
    let toml = fs::read_to_string(wizard.join("case.toml")).expect("UTF-8");
    fs::remove_file(wizard.join("case.toml.new")).expect("it goes");
    write(&wizard.join("case.toml"), &toml[..toml.len() / 2]);
    let round = watch.round();
    assert!(round.contains("error: ") && round.contains("case.toml"), "{round}");
    write(&wizard.join("hint.zh-CN.md"), &chinese);
    let round = watch.round();
    assert!(round.contains("error: "), "{round}");
    // It is put in place as editors do it: written beside, and renamed.
    write(&wizard.join(".case.toml.swp"), "x");
    write(&wizard.join("case.toml~"), &toml);
    fs::rename(wizard.join("case.toml~"), wizard.join("case.toml")).expect("it is renamed");
    let round = watch.round();
    assert!(round.contains("proved      wizard-draft"), "{round}");
    assert!(!round.contains("backup-bundle"), "{round}");

    // What is no part of a case changes nothing.
    write(&wizard.join("tests/functional/.draft_store_test.rb.swp"), "x");
    let round = watch.round();
    assert!(round.contains("no case differs from what was proved last"), "{round}");

    let id = Pid::from_raw(watch.child.id().try_into().expect("an id"));
    kill(id, Signal::SIGINT).expect("it is there");
    assert_eq!(watch.child.wait().expect("it ends").code(), Some(130));
}

#[test]
fn an_interrupted_proof_ends_too() {
    let door = Door::open();
    copied(&door, "copy", "backup-bundle");
    let mut watch = Watch::start(&door);
    let id = Pid::from_raw(watch.child.id().try_into().expect("an id"));
    let begun = watch.lines.recv_timeout(Duration::from_secs(300)).expect("it begins");
    assert_eq!(begun, "proving backup-bundle");
    kill(id, Signal::SIGINT).expect("it is there");
    assert_eq!(watch.child.wait().expect("it ends").code(), Some(130));
}

#[test]
fn only_cases_of_ones_own_are_watched_and_only_by_people() {
    let door = Door::open();
    let check = |arguments: &[&str], expect: &str| {
        let ended = door.run(&[&["check", "--watch"], arguments].concat()).with_code(3);
        assert!(ended.stderr.contains(expect), "{ended}");
    };
    check(&["--format", "json"], "--watch is for people");
    check(&["--corpus", "human-eval:x"], "--watch is for cases of your own");
    check(&["--corpus", "nowhere"], "there is no folder nowhere");
}
