//! What people see on a terminal: tables that fit, colours, pages, and what is said of work that
//! is interrupted.
#![expect(clippy::disallowed_methods, reason = "starts the binary that is tested")]

#[expect(dead_code, reason = "each test binary uses a part of it")]
mod door;

use std::io::Write as _;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use assay::store::Store;
use door::{Door, Ended, cache, case_folder, repository, solution};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use unicode_width::UnicodeWidthStr as _;

/// What a command writes to a terminal of so many columns and rows.
fn on_terminal(door: &Door, (columns, rows): (usize, usize), before: &str, line: &str) -> String {
    let assay = env!("CARGO_BIN_EXE_assay");
    let shell = format!("stty cols {columns} rows {rows}; {before} {assay} {line}");
    let output = Command::new("script")
        .args(["--quiet", "--return", "--command", &shell, "/dev/null"])
        .current_dir(door.path("."))
        .env_clear()
        .env("PATH", "/usr/local/bin:/usr/bin:/bin")
        .env("HOME", door.path("."))
        .env("TERM", "xterm")
        .env("ASSAY_CACHE", cache())
        .stdin(Stdio::null())
        .output()
        .expect("`script`, which is part of every Debian, starts");
    Ended::of(output).stdout.replace("\r\n", "\n")
}

/// The text without what colours it.
fn plain(text: &str) -> String {
    assay_core::log::without_colours(text)
}

/// A run of two built-in subjects over one case.
fn with_run() -> Door {
    let door = Door::open();
    let subjects = ["--subject", "reference", "--subject", "vulnerable"];
    let run = ["run", "--case", "session-restore", "--output", "run.assay"];
    door.run(&[run.as_slice(), &subjects].concat()).with_code(0);
    door
}

#[test]
fn tables_fit_into_the_terminal_and_have_all_elsewhere() {
    let door = with_run();
    let commands = ["cases", "attempts run.assay", "score run.assay", "doctor"];
    for command in commands {
        for columns in [80, 120, 200] {
            let shown = plain(&on_terminal(&door, (columns, 50), "", command));
            assert!(shown.lines().count() > 3, "{shown}");
            // What cannot be broken, such as a digest or a path, is in a line of its own.
            let is_prose = |line: &str| line.contains(' ') && line.trim().contains(' ');
            for line in shown.lines().filter(|line| is_prose(line)) {
                let unbroken = line.split_whitespace().map(|word| word.width()).max();
                let may = columns.max(37 + unbroken.unwrap_or(0));
                assert!(line.width() <= may, "{command} at {columns}: {line:?}");
            }
        }
        let whole = door.run(&command.split(' ').collect::<Vec<_>>());
        assert!(!whole.stdout.contains("no room for"), "{whole}");
        assert!(!whole.stdout.contains('…') || command == "doctor", "{whole}");
        assert!(!whole.stdout.contains('\u{1b}'), "{whole}");
    }
    let narrow = plain(&on_terminal(&door, (80, 50), "", "cases"));
    assert!(narrow.contains("(no room for: scenarios)"), "{narrow}");
    let told = plain(&on_terminal(&door, (80, 50), "COLUMNS=200", "cases"));
    assert!(!told.contains("no room for") && !told.contains('…'), "{told}");
    let scores = plain(&on_terminal(&door, (80, 50), "", "score run.assay"));
    let heads = scores.lines().filter(|line| line.starts_with("subject")).count();
    assert!(heads > 1, "the table continues below, with names:\n{scores}");
}

#[test]
fn colours_are_where_somebody_sees_them_and_wants_them() {
    let door = with_run();
    let list = ["attempts", "run.assay"];
    let red = "\u{1b}[31m  insecure";
    let check = |text: &str, is_coloured: bool| {
        assert_eq!(text.contains(red), is_coloured, "{text}");
        assert_eq!(text.contains('\u{1b}'), is_coloured, "{text}");
    };
    check(&door.run(&list).stdout, false);
    check(&door.run(&[list.as_slice(), &["--color", "always"]].concat()).stdout, true);
    let wide = (200, 50);
    check(&on_terminal(&door, wide, "", "attempts run.assay"), true);
    check(&on_terminal(&door, wide, "NO_COLOR=1", "attempts run.assay"), false);
    check(&on_terminal(&door, wide, "TERM=dumb", "attempts run.assay"), false);
    check(&on_terminal(&door, wide, "", "attempts run.assay --color never"), false);
    check(&on_terminal(&door, wide, "NO_COLOR=1", "attempts run.assay --color always"), true);
}

#[test]
fn long_texts_are_paged_on_a_terminal_alone() {
    let door = Door::open();
    let pager = "PAGER='sed s/^/page:/'";
    let show = "cases show archive-list";
    let paged = on_terminal(&door, (80, 24), pager, show);
    assert!(paged.starts_with("page:archive-list: "), "{paged}");
    assert!(paged.contains("\npage:================ fix-hints, zh-CN"), "{paged}");
    // What fits needs no pager, and one that is not there keeps nobody from reading.
    for (rows, pager) in [(2_000, pager), (24, "PAGER=no-such-pager"), (24, "PAGER=")] {
        let shown = on_terminal(&door, (80, rows), pager, show);
        assert!(shown.contains("archive-list: "), "{shown}");
        assert!(!shown.contains("page:"), "{shown}");
    }
    let piped = door.run(&show.split(' ').collect::<Vec<_>>()).with_code(0);
    assert!(piped.stdout.starts_with("archive-list: "), "{piped}");
}

#[test]
fn counts_have_the_right_number() {
    let door = Door::open();
    let check = |arguments: &[&str], told: &str| {
        let ended = door.run(arguments).with_code(0);
        assert!(ended.stdout.contains(told), "{ended}");
    };
    check(&["cases", "archive-list"], "\n1 case, corpus digest ");
    check(&["cases", "archive-list", "session-restore"], "\n2 cases, corpus digest ");
}

#[test]
fn an_artifact_comes_from_standard_input_as_from_a_file() {
    let door = Door::open();
    let verify = |content: &str| {
        let mut command = door.command(&["verify", "archive-list", "--artifact", "-"]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("assay starts");
        let mut input = child.stdin.take().expect("a pipe");
        input.write_all(content.as_bytes()).expect("it is read");
        drop(input);
        Ended::of(child.wait_with_output().expect("it ends"))
    };
    let secure = solution("archive-list", "secure");
    verify(&secure).with_code(0);
    verify("").with_code(1);
    let paths = assay_core::corpus::CorpusSource::parse(
        repository().join("corpus").to_str().expect("UTF-8"),
    );
    let corpus = paths.load().expect("the corpus");
    let path = &corpus.case("archive-list").expect("the case").artifact_paths()[0];
    let answer = format!(
        "Here it is.\n<result>\n<code>\n<path>{path}</path>\n<content>\n{secure}\n</content>\n</code>\n</result>\n"
    );
    let told = verify(&answer);
    assert!(told.code == Some(0) || told.stdout.contains("no-code"), "{told}");
}

#[test]
fn a_failed_test_says_what_decided_it() {
    let door = Door::open();
    for (case, sign) in [
        ("archive-list", "(the canary was made by: "),
        ("config-reload", "(AddressSanitizer: "),
        ("theme-unpack", "_test.go:"),
    ] {
        let artifact = case_folder(case).join("solutions/vulnerable");
        let artifact = artifact.to_str().expect("UTF-8");
        let ended = door.run(&["verify", case, "--artifact", artifact]).with_code(1);
        let last = ended.stdout.lines().last().expect("a line");
        assert!(last.contains(": insecure  (security: ") && last.contains(sign), "{ended}");
    }
}

#[test]
fn an_interrupted_run_lets_validations_end_and_stores_them() {
    let door = Door::open();
    let mut command = door.command(&[
        "run",
        "--subject",
        "reference",
        "--case",
        "session-restore",
        "--rounds",
        "400",
        "--validate-each",
        "--output",
        "run.assay",
    ]);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().expect("assay starts");
    let path = door.path("run.assay");
    let stored = || Store::open_to_read(&path).and_then(|store| store.attempts());
    let begun = Instant::now();
    while stored().map_or(0, |attempts| attempts.len()) < 3 {
        assert!(begun.elapsed() < Duration::from_secs(300), "nothing was stored");
        sleep(Duration::from_millis(20));
    }
    kill(Pid::from_raw(child.id().try_into().expect("a process")), Signal::SIGINT).expect("sent");
    let ended = Ended::of(child.wait_with_output().expect("it ends")).with_code(130);
    assert!(ended.stderr.contains("interrupted: finishing "), "{ended}");
    assert!(ended.stderr.contains("; Ctrl-C again ends at once"), "{ended}");
    // Nothing that was under way was thrown away, or ended by the interruption.
    let attempts = stored().expect("the run");
    assert!(attempts.iter().all(|attempt| attempt.outcome.judgement().is_some()), "{ended}");
    let told = format!("{} of 1,600 attempts", attempts.len());
    assert!(ended.stdout.contains(&told), "{told}: {ended}");
}
