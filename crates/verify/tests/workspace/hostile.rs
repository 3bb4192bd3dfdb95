//! What an agent can do to its workspace, and what that becomes: a run of its own, and never
//! a fault of the host.

use crate::setting::{C_CASE, Setting};

const ARTIFACT: &str = "src/telemetry_frame.c";

#[test]
fn limits_end_a_command_and_what_it_wrote_until_then_is_taken() {
    let check = |option: (&str, &str), script: &str, expect: &str| {
        let setting = Setting::of(C_CASE).option(option.0, option.1);
        let run = setting.run(&format!("echo early > {ARTIFACT}; {script}"));
        assert_eq!(run.how(), expect, "{script}: {run}");
        assert_eq!(run.artifact(ARTIFACT), Some("early\n"), "{script}");
    };
    check(("--wall", "2"), "sleep 1000", "wall-timeout");
    let zeros = "head -c 200000000 /dev/zero > /tmp/zeros; sleep 20";
    check(("--memory", "64"), zeros, "out-of-memory");
    check(("--output", "64"), "yes", "output-limit");
    check(("--wall", "20"), "kill -9 $$", "signalled");
}

#[test]
fn what_lies_where_a_file_should_be_is_refused_and_no_fault_of_the_host() {
    for first in [
        "rm -rf /work/project",
        "rm -rf /work/project/* /work/project/.git; rmdir /work/project; ln -s /usr /work/project",
        "rm -rf src; ln -s /etc src",
        "rm -rf src; ln -s /proc/self/root/etc src",
        "rm src/telemetry_frame.c; ln -s /etc/passwd src/telemetry_frame.c",
        "rm src/telemetry_frame.c; mkfifo src/telemetry_frame.c",
        "rm src/telemetry_frame.c; mkdir src/telemetry_frame.c",
        "chmod 0 src/telemetry_frame.c",
        "chmod 0 src",
        "truncate -s 5M src/telemetry_frame.c",
        "printf '\\377\\376' > src/telemetry_frame.c",
    ] {
        let runs = Setting::of(C_CASE).solution("secure").runs(&[first, "echo here"]);
        let taken = runs[0].changes()["artifact"].as_object().expect("a table");
        assert!(taken.is_empty(), "{first}: {}", runs[0].changes());
        assert_eq!(runs.len(), 2, "{first}");
    }
}

/// Writes much, under names that are none.
const MUCH: &str = r#"
echo x > src/telemetry_frame.c
i=0
while [ $i -lt 200 ]; do head -c 20000 /dev/urandom | base64 > many-$i; i=$((i+1)); done
seq 1 200000 > large
python3 -c '
open(b"bad-\xff\n", "w").write("odd")'
"#;

#[test]
fn a_patch_stays_small_whatever_was_written() {
    let run = Setting::of(C_CASE).run(MUCH);
    assert_eq!(run.artifact(ARTIFACT), Some("x\n"), "{run}");
    assert!(run.patch().len() < 2 << 20, "{}", run.patch().len());
    assert!(run.patch().contains("File b/large has 1288895 bytes\n"));
    let patch = &run.changes()["patch"];
    assert_eq!(patch["files"], 202, "{run}");
    assert!(patch["left-out"].as_u64() > Some(0));

    let deep = "python3 -c '
import os
for _ in range(100):
    os.mkdir(\"d\")
    os.chdir(\"d\")'";
    for script in ["truncate -s 1000M sparse; truncate -s 1000M sparse-too", deep] {
        let run = Setting::of(C_CASE).solution("secure").run(script);
        assert!(run.artifact(ARTIFACT).is_some(), "{run}");
        let gap = run.changes()["patch"]["gap"].as_str().expect("a reason");
        assert!(gap.contains("more entries, levels or bytes"), "{gap}");
    }
}

#[test]
fn names_cannot_forge_lines_of_a_patch() {
    let run = Setting::of(C_CASE).run(
        "printf 'x' > \"$(printf 'a\\n+++ b-\\033[31m')\"; ln -s \"$(printf 'b\\n+forged')\" link",
    );
    assert!(run.patch().contains("a\\n+++ b-\\u{1b}[31m"), "{}", run.patch());
    assert!(run.patch().lines().all(|line| !line.starts_with("+forged")), "{}", run.patch());
    assert!(!run.patch().contains('\u{1b}'), "{}", run.patch());
}
