//! What a case's phases need outside the project: it is declared, made before each
//! suite, and shown.
#![expect(clippy::disallowed_methods, reason = "starts the binary that is tested")]

mod copies;
#[expect(dead_code, reason = "each test binary uses a part of it")]
mod door;

use std::fs;
use std::path::{Path, PathBuf};

use copies::copied;
use door::{Door, Ended};

fn append(file: &Path, text: &str) {
    let old = fs::read_to_string(file).expect("UTF-8");
    fs::write(file, format!("{old}{text}")).expect("it is written");
}

fn verify(door: &Door, id: &str, folder: &Path, solution: &str) -> Ended {
    let artifact = folder.join("solutions").join(solution);
    let artifact = artifact.to_str().expect("UTF-8");
    door.run(&["--corpus", "copy", "verify", id, "--artifact", artifact])
}

const DECLARED: &str = "
[state]
commands = [\"tar\"]
environment = { SHOP_CURRENCY = \"EUR\" }

[[state.folder]]
path = \"/tmp/inbox\"
mode = \"1777\"

[[state.file]]
path = \"/etc/shop/rates.csv\"
from = \"rates.csv\"

[[state.program]]
name = \"forecast\"
content = \"#!/bin/sh\\necho sunny\\n\"
";

/// A test that looks at all that was declared, and spoils what it can.
const LOOKS: &str = "

def test_the_declared_state_is_there_and_fresh():
    import os
    import subprocess

    assert os.environ['SHOP_CURRENCY'] == 'EUR'
    assert os.stat('/tmp/inbox').st_mode & 0o7777 == 0o1777
    assert os.listdir('/tmp/inbox') == []
    open('/tmp/inbox/x', 'w').close()
    assert open('/etc/shop/rates.csv').read() == 'USD,1.1\\n'
    assert subprocess.check_output(['forecast']) == b'sunny\\n'
    assert subprocess.check_output(['/bin/forecast']) == b'sunny\\n'
";

#[test]
fn declared_state_is_there_before_each_suite_and_fresh_in_each() {
    let door = Door::open();
    let folder = copied(&door, "copy", "invoice-search");
    append(&folder.join("case.toml"), DECLARED);
    door.write("copy/function-level/python/invoice-search/state/rates.csv", "USD,1.1\n");
    for suite in ["functional", "security"] {
        let files = door::files_below(&folder.join("tests").join(suite));
        let is_test = |file: &&PathBuf| {
            let name = file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            name.starts_with("test_")
        };
        append(files.iter().find(is_test).expect("tests"), LOOKS);
    }
    let ended = verify(&door, "invoice-search", &folder, "secure");
    assert!(ended.stdout.contains("invoice-search: secure"), "{ended}");

    let shown = door.run(&["--corpus", "copy", "cases", "show", "invoice-search"]).with_code(0);
    for line in [
        "folder /tmp/inbox (1777)",
        "file /etc/shop/rates.csv (0644, 8 bytes)",
        "program /bin/forecast (21 bytes)",
        "command tar",
        "environment SHOP_CURRENCY=EUR",
    ] {
        assert!(shown.stdout.contains(line), "{line}\n{shown}");
    }
    let digest = |shown: &Ended| {
        let line = shown.stdout.lines().find(|line| line.contains("  digest"));
        line.expect("a digest").to_owned()
    };
    let before = digest(&shown);
    door.write("copy/function-level/python/invoice-search/state/rates.csv", "USD,1.2\n");
    let shown = door.run(&["--corpus", "copy", "cases", "show", "invoice-search"]).with_code(0);
    assert_ne!(digest(&shown), before, "the digest has the state's contents in it");
}

#[test]
fn a_command_that_this_host_lacks_is_an_error_and_no_verdict() {
    let door = Door::open();
    let folder = copied(&door, "copy", "invoice-search");
    append(&folder.join("case.toml"), "\n[state]\ncommands = [\"no-such-command\"]\n");
    let arguments = ["--corpus", "copy", "prepare"].as_slice();
    for ended in [
        door.run(arguments).with_code(3),
        verify(&door, "invoice-search", &folder, "secure").with_code(3),
    ] {
        let told = "invoice-search needs commands that this host does not have";
        assert!(ended.stderr.contains(told), "{ended}");
        assert!(ended.stderr.contains("no-such-command; install them"), "{ended}");
    }
    let doctor = door.run(&["--corpus", "copy", "doctor"]).with_code(0);
    assert!(doctor.stdout.contains("commands of invoice-search"), "{doctor}");
    assert!(doctor.stdout.contains("but not the case invoice-search;"), "{doctor}");
}
