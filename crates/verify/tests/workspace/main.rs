//! Workspaces, through the example that lays one out: what somebody who works there finds
//! and does not find, what is taken of their work, and what they may use.

mod agents;
mod desks;
mod hostile;
mod setting;

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener};

use serde_json::json;
use setting::{C_CASE, Setting};

#[test]
fn what_lies_at_the_artifact_paths_is_taken_and_all_else_is_a_patch() {
    let setting = Setting::of(C_CASE).solution("vulnerable");
    let run = setting.run(
        "echo '/* mine */' >> src/telemetry_frame.c; echo '/* not mine */' >> src/telemetry_frame.h
         mkdir tests; echo 'int main(void) { return 0; }' > tests/own.c
         printf 'a\\000b' > data.bin; ln -s /etc/passwd link; mkfifo pipe",
    );
    let taken = run.artifact("src/telemetry_frame.c").expect("it lies there");
    assert!(taken.ends_with("/* mine */\n"), "{taken}");
    assert_eq!(run.changes()["untouched"], json!([]));
    assert_eq!(run.changes()["artifact"].as_object().expect("a table").len(), 1);
    let patch = run.patch();
    assert!(!patch.contains("/* mine */"), "{patch}");
    for expect in [
        "--- a/src/telemetry_frame.h\n+++ b/src/telemetry_frame.h\n",
        "+/* not mine */\n",
        "new file\n--- /dev/null\n+++ b/tests/own.c\n@@ -0,0 +1 @@\n+int main(void) { return 0; }\n",
        "Binary files /dev/null and b/data.bin differ, 3 bytes\n",
        "File b/link is a link to /etc/passwd\n",
        "File b/pipe is a socket, a pipe or a device\n",
    ] {
        assert!(patch.contains(expect), "{expect:?} is missing from {patch}");
    }
    assert_eq!(run.changes()["patch"]["files"], 5);
}

#[test]
fn who_does_nothing_leaves_what_was_laid_out_untouched() {
    let run = Setting::of(C_CASE).solution("vulnerable").run("true");
    assert_eq!(run.changes()["untouched"], json!(["src/telemetry_frame.c"]));
    assert_eq!(run.patch(), "");
    let none = Setting::of(C_CASE).run("true");
    assert_eq!(none.changes()["artifact"], json!({}));
}

#[test]
fn the_history_is_one_commit_that_holds_all_and_says_nothing() {
    let setting = Setting::of(C_CASE).file("AGENTS.md", "Write short functions.\n");
    let run = setting.run(
        "git log --format='%an %ad %s' --date=iso; git status --porcelain; git stash list
         git ls-files; git reflog | wc -l; git remote; ls .git/hooks; cat AGENTS.md",
    );
    let expect = "Developer 2000-01-01 00:00:00 +0000 Initial commit\n\
        AGENTS.md\nsrc/telemetry_frame.h\n1\nWrite short functions.\n";
    assert_eq!(run.stdout(), expect, "{run}");
}

/// Prints what a workspace must not have.
const SEARCH: &str = r#"
find / \( -path /proc -o -path /usr -o -path /lib -o -path /bin -o -path /dev \) -prune -o -type f -print \
  2>/dev/null | grep -v -e ^/work/project/src/telemetry_frame.h$ -e /.git/index$ \
  | xargs grep -l -s -i -e assay -e telemetry -e planted
find / \( -path /proc -o -path /usr \) -prune -o \( -name solutions -o -name case.toml \) -print \
  2>/dev/null
env | grep -i -e planted -e key -e secret -e proxy
find /root /home /var /opt /srv -type f 2>/dev/null
python3 -c '
import socket
for host in ("127.0.0.1", "10.0.0.1", "192.0.2.1", "localhost"):
    for port in (53, 80, 443):
        try:
            socket.create_connection((host, port), 3)
            print("connected to", host)
        except OSError:
            pass'
[ -t 0 ] && echo 'a terminal'
cat
"#;

#[test]
fn there_is_no_test_no_solution_no_network_and_nothing_of_the_host() {
    let run = Setting::of(C_CASE).run(SEARCH);
    assert_eq!(run.stdout(), "", "{run}");
    // That the search would find something.
    let planted = Setting::of(C_CASE).file("solutions/planted.c", "assay\n").run(SEARCH);
    let expect = "/work/project/solutions/planted.c\n/work/project/solutions\n";
    assert_eq!(planted.stdout(), expect, "{planted}");
}

#[test]
fn the_one_port_is_that_of_whoever_listens_outside() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let heard = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a connection");
        let mut bytes = [0; 5];
        stream.read_exact(&mut bytes).expect("it says something");
        stream.write_all(b"answer").expect("it listens");
        bytes
    });
    let run = Setting::of(C_CASE).option("--port", &format!("8080={port}")).run(
        "python3 -c '
import socket
stream = socket.create_connection((\"localhost\", 8080), 10)
stream.sendall(b\"hello\")
print(stream.recv(100).decode())'",
    );
    assert_eq!(run.stdout(), "answer\n", "{run}");
    assert_eq!(&heard.join().expect("it heard"), b"hello");
}

#[test]
fn files_last_from_command_to_command_and_processes_do_not() {
    let runs = Setting::of(C_CASE).runs(&[
        "echo one > $HOME/note; (sleep 1000 &) ; (setsid sleep 1000 > /dev/null 2>&1 &)",
        "cat $HOME/note; ps -e -o comm= | grep -c sleep; echo two >> src/telemetry_frame.c",
        "cat src/telemetry_frame.c",
    ]);
    let [first, second, third] = runs.as_slice() else { panic!("three runs") };
    assert_eq!(first.json["left-running"], 2, "{first}");
    assert_eq!(second.stdout(), "one\n0\n", "{second}");
    assert_eq!(third.stdout(), "two\n", "{third}");
    assert_eq!(third.artifact("src/telemetry_frame.c"), Some("two\n"));
}
