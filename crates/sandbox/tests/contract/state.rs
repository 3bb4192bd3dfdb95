//! What a sandbox is given before its first command is there, and anew in each.

use assay_sandbox::{
    Exit, Sandbox, SandboxError, Spec, State, StateFile, StateFolder, StateProgram,
};

use crate::{shell, spec};

/// What a shell prints that must succeed.
fn say(sandbox: &mut Sandbox, script: &str) -> String {
    let execution = sandbox.execute(&shell(script)).unwrap();
    assert!(execution.exit.is_success(), "{execution:?}");
    execution.stdout.text()
}

fn folder(path: &str, mode: u32) -> StateFolder {
    StateFolder { path: path.into(), mode }
}

fn file(path: &str, mode: u32, content: &str) -> StateFile {
    StateFile { path: path.into(), mode, content: content.into() }
}

fn state() -> State {
    State {
        folders: vec![folder("/tmp/inbox", 0o1777), folder("/srv/site/pages", 0o755)],
        files: vec![
            file("/work/data/rates.csv", 0o640, "1,2\n"),
            file("/etc/shop/shop.conf", 0o644, "currency = EUR\n"),
            file("/dev/shm/lock", 0o600, ""),
        ],
        programs: vec![StateProgram {
            name: "forecast".to_owned(),
            content: b"#!/bin/sh\necho sunny\n".to_vec(),
        }],
    }
}

#[test]
fn state_is_there_before_the_first_command_and_anew_in_each_sandbox() {
    let spec = Spec { state: state(), ..spec() };
    for _ in 0..2 {
        let mut sandbox = Sandbox::start(&spec).unwrap();
        let look = "stat -c '%a %U %n' /tmp/inbox /work/data /work/data/rates.csv /dev/shm/lock; stat -c '%a %n' /srv/site/pages /etc/shop/shop.conf; cat /work/data/rates.csv /etc/shop/shop.conf";
        assert_eq!(
            say(&mut sandbox, look),
            "1777 tester /tmp/inbox\n755 tester /work/data\n640 tester /work/data/rates.csv\n\
             600 tester /dev/shm/lock\n755 /srv/site/pages\n644 /etc/shop/shop.conf\n\
             1,2\ncurrency = EUR\n"
        );
        let spoil = "echo 3 > /work/data/rates.csv && rm -r /tmp/inbox && mkdir /work/data/more";
        assert_eq!(sandbox.execute(&shell(spoil)).unwrap().exit, Exit::Code(0));
        for place in ["/srv/site/pages/x", "/etc/shop/x"] {
            let write = sandbox.execute(&shell(&format!("echo x > {place}"))).unwrap();
            assert_ne!(write.exit, Exit::Code(0), "{place}");
        }
    }
}

#[test]
fn a_program_of_the_state_is_in_bin_beside_those_of_the_host() {
    let mut sandbox = Sandbox::start(&Spec { state: state(), ..spec() }).unwrap();
    let look = "/bin/forecast; command -v forecast; /bin/ls /bin/forecast; readlink /bin/sh";
    let expected = "sunny\n/bin/forecast\n/bin/forecast\n/usr/bin/sh\n";
    assert_eq!(say(&mut sandbox, look), expected);
    let replace = sandbox.execute(&shell("echo > /bin/forecast")).unwrap();
    assert_ne!(replace.exit, Exit::Code(0));
}

#[test]
fn state_that_leaves_the_root_is_refused() {
    for path in ["tmp/x", "/tmp/../etc/x", "/"] {
        let state = State { folders: vec![folder(path, 0o755)], ..State::default() };
        let started = Sandbox::start(&Spec { state, ..spec() });
        assert!(matches!(started, Err(SandboxError::InvalidPath { .. })), "{path}");
    }
}

#[test]
fn every_sandbox_knows_services_protocols_and_shells() {
    let mut sandbox = crate::start();
    let look = "getent services http/tcp; getent protocols udp; head -n 1 /etc/shells";
    let said = say(&mut sandbox, look);
    let words: Vec<&str> = said.split_whitespace().collect();
    assert_eq!(words, ["http", "80/tcp", "www", "udp", "17", "UDP", "/bin/sh"]);
}
