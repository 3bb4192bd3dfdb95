//! Settings of the shell or service that starts Assay are no part of a verdict: the
//! sandbox sets what it depends on, or refuses with the remedy.
#![expect(clippy::disallowed_methods, reason = "starts the binary that is tested")]

#[expect(dead_code, reason = "each test binary uses a part of it")]
mod door;

use std::path::Path;
use std::process::Command;

use door::{Door, Ended, case_folder};
use nix::unistd::geteuid;

/// The secure solution of a case, verified by a shell that has done this before.
fn verify(door: &Door, before: &str, wrapper: &str, case: &str) -> Ended {
    let artifact = case_folder(case).join("solutions/secure");
    let assay = door.command(&["verify", case, "--artifact"]);
    let script = format!("{before}\nexec {wrapper} \"$@\"");
    let mut shell = Command::new("/bin/bash");
    shell.args(["-c", &script, "bash"]).arg(assay.get_program()).args(assay.get_args());
    shell.arg(artifact).current_dir(door.path("")).env_clear();
    for (name, value) in assay.get_envs() {
        shell.env(name, value.unwrap_or_default());
    }
    Ended::of(shell.output().expect("bash starts"))
}

#[test]
fn settings_of_the_host_change_no_verdict() {
    let door = Door::open();
    // Root can raise what was lowered, unless it lacks a capability.
    let raise = ["-c", "ulimit -v 8000000 && ulimit -v unlimited"];
    let may_refuse =
        !Command::new("/bin/bash").args(raise).output().expect("bash").status.success();
    let check = |before: &str, wrapper: &str, case: &str| {
        let ended = verify(&door, before, wrapper, case);
        let is_refused = ended.code == Some(3) && ended.stderr.contains("ulimit -H");
        let is_secure = ended.code == Some(0) && ended.stdout.contains(": secure");
        assert!(is_secure || (may_refuse && is_refused), "{before} {wrapper} {case}: {ended}");
    };
    for limit in [
        "ulimit -v 8000000",
        "ulimit -d 200000",
        "ulimit -n 64",
        "ulimit -s 512",
        "ulimit -s unlimited",
        "ulimit -f 20000",
        "ulimit -i 20",
        "ulimit -l 0",
        "ulimit -c 0",
        "ulimit -t 30",
        "umask 077",
        "exec <&-",
        "trap '' PIPE CHLD TERM",
    ] {
        check(limit, "", "archive-list");
    }
    for case in ["order-grid", "session-restore", "tenant-settings", "theme-unpack"] {
        check("ulimit -d 400000; ulimit -s 1024; umask 077", "", case);
    }
    for wrapper in ["setarch -R", "nice -n 19", "chrt --idle 0", "chrt --batch 0"] {
        check("", wrapper, "archive-list");
        check("", wrapper, "session-restore");
    }
}

#[test]
fn who_may_not_raise_a_limit_is_told_which_one_and_how() {
    if !geteuid().is_root() || !Path::new("/usr/bin/setpriv").exists() {
        // The test above has shown it, or nobody else can be played here.
        return;
    }
    let door = Door::open();
    let user = "/usr/bin/setpriv --reuid 65534 --regid 65534 --clear-groups";
    std::os::unix::fs::chown(door.path(""), Some(65534), Some(65534)).expect("it is ours");
    let reached = verify(&door, "", &format!("{user} /usr/bin/test -x"), "archive-list");
    if reached.code != Some(0) && !reached.stderr.is_empty() {
        return;
    }
    for (before, option) in [("ulimit -v 8000000", "-v"), ("ulimit -n 64", "-n")] {
        let ended = verify(&door, before, user, "archive-list");
        if ended.stderr.contains("Permission denied") {
            // The repository lies where an ordinary user cannot read it.
            return;
        }
        let ended = ended.with_code(3);
        assert!(ended.stderr.contains(&format!("`ulimit -H {option}`")), "{ended}");
    }
}

#[test]
fn doctor_names_settings_of_the_kernel_under_which_sanitizers_do_not_start() {
    let door = Door::open();
    for (setting, value) in [("overcommit_memory", "2"), ("mmap_rnd_bits", "32")] {
        // The settings are the whole host's, so one is only played, to one process.
        let file = door.write("value", format!("{value}\n"));
        let cover = format!("mount --bind {} /proc/sys/vm/{setting}", file.display());
        let assay = door.command(&["doctor"]);
        let mut shell = Command::new("/usr/bin/unshare");
        shell.args([
            "--mount",
            "/bin/bash",
            "-c",
            &format!("{cover} || exit 99; exec \"$@\""),
            "x",
        ]);
        shell.arg(assay.get_program()).args(assay.get_args()).current_dir(door.path(""));
        for (name, value) in assay.get_envs() {
            shell.env(name, value.unwrap_or_default());
        }
        let ended = Ended::of(shell.output().expect("unshare starts"));
        if !geteuid().is_root() || ended.code == Some(99) {
            return;
        }
        let ended = ended.with_code(1);
        assert!(ended.stdout.contains(&format!("sysctl -w vm.{setting}=")), "{ended}");
    }
}
