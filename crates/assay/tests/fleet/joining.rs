//! Who may join a fleet, and who may send it work.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use rusqlite::Connection;

use crate::answers::{run, write};
use crate::door::Door;
use crate::nats::Server;
use crate::turn;
use crate::worker::{Process, command, join};

/// A tool that says that it is of another version, in a folder for `PATH`.
fn other_tool(door: &Door) -> String {
    let path = door.write("other/npm", "#!/bin/sh\necho 99.1.1\n");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("it is ours");
    let folder = path.parent().map(Path::to_owned).expect("a folder");
    format!("{}:/usr/local/bin:/usr/bin:/bin", folder.display())
}

#[test]
fn a_worker_with_other_tools_is_refused_while_others_work_and_told_the_difference() {
    let _turn = turn();
    let door = Door::open();
    let server = Server::start();
    let url = server.url();
    let mut first = join(&door, &url, "first");
    let other = |name: &str| {
        let mut command = command(&door, &url, &["--name", name]);
        command.env("PATH", other_tool(&door));
        Process::start(command, door.path(&format!("{name}.said")))
    };
    let mut refused = other("refused");
    assert_eq!(refused.wait(), 3, "{}", refused.said());
    let said = refused.said();
    assert!(said.contains("npm is \"99.1.1\", not \""), "{said}");

    // A run that has begun with the first's tools does not go on with the other's.
    let case = ["run", "--subject", "reference", "--case", "tenant-settings", "--scenario", "gen"];
    let there = ["--verifier", &url, "--output", "fleet.assay"];
    door.run(&[&case[..], &there].concat()).with_code(0);
    first.signal(nix::sys::signal::Signal::SIGTERM);
    assert_eq!(first.wait(), 0);
    // The fleet is empty now, so that it may become another one.
    let mut replacing = other("replacing");
    replacing.wait_for("\"joined\"");
    let resume = ["run", "--resume", "fleet.assay", "--verifier", &url];
    let refused = door.run(&resume).with_code(3);
    assert!(refused.stderr.contains("npm is \"99.1.1\""), "{refused}");
}

#[test]
fn a_fleet_without_workers_and_a_server_without_an_answer_are_told_before_anything_is_asked() {
    let _turn = turn();
    let door = Door::open();
    write(&door, "answers.jsonl", 1);
    let mut server = Server::start();
    let arguments = |url: &str| {
        let mut arguments = run("answers.jsonl", 1);
        arguments.extend(["--verifier", url, "--output", "fleet.assay"].map(str::to_owned));
        arguments
    };
    let check = |url: &str, expect: &str| {
        let ended = door.run(&arguments(url)).with_code(3);
        assert!(ended.stderr.contains(expect), "{ended}");
        assert!(!door.path("fleet.assay").exists());
    };
    check(&server.url(), "no worker has ever joined the fleet");
    check("nats://me:hidden@127.0.0.1:1", "other users of this machine can see");
    check("http://127.0.0.1:1", "is no address of a NATS server");
    let url = server.url();
    server.kill();
    check(&url, "failed to reach the NATS server");
}

#[test]
fn credentials_come_from_a_file_or_the_environment_and_wrong_ones_are_refused() {
    let _turn = turn();
    let door = Door::open();
    let server = Server::with("authorization { user: fleet, password: \"se cret\" }");
    let url = server.url();
    let mut nobody = Process::start(command(&door, &url, &[]), door.path("nobody.said"));
    assert_eq!(nobody.wait(), 3, "{}", nobody.said());
    assert!(nobody.said().contains("authorization"), "{}", nobody.said());
    let file = door.write("credentials", "user = \"fleet\"\npassword = \"se cret\"\n");
    let file = file.to_str().expect("UTF-8");
    let mut worker = command(&door, &url, &["--nats-credentials", file]);
    worker.env("ASSAY_LOG", "debug");
    let mut worker = Process::start(worker, door.path("worker.said"));
    worker.wait_for("\"joined\"");
    assert!(!worker.said().contains("se cret"), "a password is in the log");
    write(&door, "answers.jsonl", 1);
    let mut arguments = run("answers.jsonl", 1);
    arguments.extend(["--verifier", &url, "--output", "fleet.assay"].map(str::to_owned));
    let mut run = door.command(&arguments);
    run.env("ASSAY_NATS_USER", "fleet").env("ASSAY_NATS_PASSWORD", "se cret");
    let ended = crate::door::Ended::of(run.output().expect("assay starts")).with_code(0);
    assert_eq!(ended.json("assay.run/1")["judged"], 2);
    let stored = Connection::open(door.path("fleet.assay")).expect("a run");
    let settings: String = stored
        .query_row("SELECT group_concat(value) FROM run", [], |row| row.get(0))
        .unwrap_or_default();
    assert!(!settings.contains("se cret"), "{settings}");
}

/// A certificate or a key as text, RFC 7468.
fn pem(label: &str, der: &[u8]) -> String {
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", BASE64_STANDARD.encode(der))
}

#[test]
fn a_server_with_a_certificate_is_reached_by_who_knows_its_signer_and_nobody_else() {
    let _turn = turn();
    let door = Door::open();
    let names = vec!["127.0.0.1".to_owned()];
    let made = rcgen::generate_simple_self_signed(names).expect("a certificate");
    let certificate = door.write("server.pem", pem("CERTIFICATE", made.cert.der()));
    let key = door.write("server.key", pem("PRIVATE KEY", &made.signing_key.serialize_der()));
    let server = Server::with(&format!("tls {{ cert_file: {certificate:?}, key_file: {key:?} }}"));
    let url = server.url().replace("nats://", "tls://");
    let mut stranger = Process::start(command(&door, &url, &[]), door.path("stranger.said"));
    assert_eq!(stranger.wait(), 3, "{}", stranger.said());
    assert!(stranger.said().contains("is not trusted"), "{}", stranger.said());
    let refused = |address: &str, more: &[&str], expect: &str| {
        let ended = command(&door, address, more).output().expect("assay starts");
        let ended = crate::door::Ended::of(ended).with_code(3);
        assert!(ended.stderr.contains(expect), "{ended}");
    };
    let rubbish = door.write("rubbish.pem", pem("CERTIFICATE", b"rubbish"));
    for (file, expect) in [(&key, "it holds no certificate"), (&rubbish, "rubbish.pem")] {
        refused(&url, &["--nats-ca", file.to_str().expect("UTF-8")], expect);
    }
    let plain = Server::start();
    refused(&plain.url().replace("nats://", "tls://"), &[], "refuses the connection");

    let authority = ["--nats-ca", certificate.to_str().expect("UTF-8")];
    let worker = command(&door, &url, &authority);
    let mut worker = Process::start(worker, door.path("worker.said"));
    worker.wait_for("\"joined\"");
    write(&door, "answers.jsonl", 1);
    let mut arguments = run("answers.jsonl", 1);
    arguments.extend(["--verifier", &url, "--output", "fleet.assay"].map(str::to_owned));
    arguments.extend(authority.map(str::to_owned));
    assert_eq!(door.run(&arguments).with_code(0).json("assay.run/1")["judged"], 2);
}
