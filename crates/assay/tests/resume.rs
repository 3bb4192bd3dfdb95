//! A run that is killed again and again loses no finished attempt, counts none
//! twice, and leaves no process behind.
#![expect(clippy::disallowed_methods, reason = "starts the binary that is tested")]
#![expect(clippy::print_stderr, reason = "says with which seed it went wrong")]

#[expect(dead_code, reason = "each test binary uses a part of it")]
mod door;

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::path::Path;
use std::process::{Child, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant, SystemTime};

use door::{Door, Ended};
use nix::sys::prctl::set_child_subreaper;
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::{Pid, getpid};
use rusqlite::{Connection, OpenFlags};

/// Two subjects, two cases, four scenarios and so many rounds.
const ROUNDS: u32 = 4;
const PLANNED: usize = 2 * 2 * 4 * 4;

/// How often the run is killed.
const KILLS: usize = 9;

/// Nothing that is waited for takes longer, even on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// What the tests of this file start, all in one process: they look at its
/// descendants, so they take turns.
static TURN: std::sync::Mutex<()> = std::sync::Mutex::new(());

const RUN: [&str; 17] = [
    "run",
    "--validate-each",
    "--subject",
    "reference",
    "--subject",
    "vulnerable",
    "--case",
    "telemetry-frame",
    "--case",
    "invoice-search",
    "--rounds",
    "4",
    "--jobs",
    "2",
    "--output",
    "run.assay",
    "--format=json",
];
const RESUME: [&str; 6] = ["run", "--resume", "run.assay", "--jobs", "2", "--format=json"];

/// The verdict or error of every attempt in the file, by its key.
fn attempts(run: &Path) -> Vec<(String, Option<String>)> {
    let Ok(run) = Connection::open_with_flags(run, OpenFlags::SQLITE_OPEN_READ_ONLY) else {
        return Vec::new();
    };
    run.busy_timeout(PATIENCE).expect("a timeout");
    let query =
        "SELECT subject || ' ' || case_id || ' ' || scenario || ' ' || round, verdict FROM attempt";
    let Ok(mut statement) = run.prepare(query) else { return Vec::new() };
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).expect("rows");
    rows.map(|row| row.expect("a row")).collect()
}

/// A process below this one.
#[derive(Debug)]
struct Descendant {
    pid: i32,
    #[expect(dead_code, reason = "shown when it should not be there")]
    command: String,
}

/// The processes that descend from this one and live. Whatever a killed run
/// leaves behind comes to be a child of this process.
fn descendants() -> Vec<Descendant> {
    let mut parents = BTreeMap::new();
    for entry in fs::read_dir("/proc").expect("proc") {
        let name = entry.expect("an entry").file_name();
        let Some(pid) = name.to_str().and_then(|name| name.parse::<i32>().ok()) else { continue };
        // It may be gone already.
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        let Some((_, rest)) = stat.rsplit_once(')') else { continue };
        let fields: Vec<&str> = rest.split_whitespace().collect();
        if let [state, parent, ..] = fields.as_slice()
            && !["Z", "X"].contains(state)
        {
            parents.insert(pid, parent.parse::<i32>().expect("a process id"));
        }
    }
    let own = getpid().as_raw();
    let is_ours = |pid: &i32| {
        let mut next = parents.get(pid);
        let mut steps = 0;
        while let Some(parent) = next {
            steps += 1;
            if *parent == own || steps > parents.len() {
                return *parent == own;
            }
            next = parents.get(parent);
        }
        false
    };
    let ours = parents.keys().copied().filter(is_ours);
    ours.map(|pid| {
        let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        Descendant { pid, command: String::from_utf8_lossy(&line).replace('\0', " ") }
    })
    .collect()
}

/// Waits until no process is left of what was started, and reaps the dead.
fn assert_nothing_is_left() {
    let start = Instant::now();
    loop {
        while let Ok(status) = waitpid(None, Some(WaitPidFlag::WNOHANG)) {
            if status == WaitStatus::StillAlive {
                break;
            }
        }
        let left = descendants();
        if left.is_empty() {
            return;
        }
        if start.elapsed() > PATIENCE {
            for process in &left {
                let _ = kill(Pid::from_raw(process.pid), Signal::SIGKILL);
            }
            panic!("processes outlive the run: {left:#?}");
        }
        sleep(Duration::from_millis(20));
    }
}

fn start(door: &Door, arguments: &[&str]) -> Child {
    let said = File::create(door.path("said")).expect("a file");
    let mut command = door.command(arguments);
    command.stdout(Stdio::null()).stderr(said).spawn().expect("assay starts")
}

/// Lets a run make some progress, and a little more.
fn wait_for(child: &mut Child, door: &Door, judged: usize, more: Duration) {
    let start = Instant::now();
    while attempts(&door.path("run.assay")).len() < judged && start.elapsed() < PATIENCE {
        if let Some(status) = child.try_wait().expect("a child of ours") {
            let said = fs::read_to_string(door.path("said")).unwrap_or_default();
            panic!("the run ended with {status} before it was killed: {said}");
        }
        sleep(Duration::from_millis(10));
    }
    sleep(more);
}

/// Finishes the run and checks that every planned attempt is there once, judged
/// as its subject deserves.
fn finish(door: &Door, arguments: &[&str]) -> Ended {
    let ended = door.run(arguments).with_code(0);
    let attempts = attempts(&door.path("run.assay"));
    let mut expected = BTreeSet::new();
    for (subject, verdict) in [("reference", "secure"), ("vulnerable", "insecure")] {
        for case in ["telemetry-frame", "invoice-search"] {
            for scenario in ["gen", "gen-hints", "fix", "fix-hints"] {
                for round in 1..=ROUNDS {
                    let key = format!("{subject} {case} {scenario} {round}");
                    expected.insert((key, Some(verdict.to_owned())));
                }
            }
        }
    }
    assert_eq!(expected.len(), PLANNED);
    assert_eq!(attempts.len(), PLANNED, "an attempt is lost or counted twice");
    assert_eq!(attempts.into_iter().collect::<BTreeSet<_>>(), expected);
    ended
}

fn seed() -> u64 {
    let time = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("after 1970");
    time.subsec_nanos().into()
}

#[test]
fn a_killed_run_resumes_without_losing_an_attempt_or_leaving_a_process() {
    let turn = TURN.lock();
    let door = Door::open();
    // The environments are there before anything is counted.
    door::cache();
    set_child_subreaper(true).expect("Linux has it");
    let seed = seed();
    eprintln!("seed {seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    let run = door.path("run.assay");
    let mut finished: Vec<(String, Option<String>)> = Vec::new();
    let mut killed_with_sandbox = 0;
    for kills in 0..KILLS {
        // The first run is let make its file; the test below kills it before.
        let arguments = if kills == 0 { &RUN[..] } else { &RESUME[..] };
        let mut child = start(&door, arguments);
        let more_judged = random.usize(0..5).max(usize::from(kills == 0));
        let judged = (finished.len() + more_judged).min(PLANNED - 8);
        let more = Duration::from_millis(random.u64(0..400));
        wait_for(&mut child, &door, judged, more);
        killed_with_sandbox += usize::from(descendants().len() > 1);
        child.kill().expect("it is killed");
        child.wait().expect("it is reaped");
        assert_nothing_is_left();
        let now = attempts(&run);
        for attempt in &finished {
            assert!(now.contains(attempt), "{attempt:?} was lost (seed {seed})");
        }
        finished = now;
    }
    assert!(killed_with_sandbox > 0, "no sandbox was there when a run was killed (seed {seed})");
    assert!(finished.len() < PLANNED, "nothing was left to resume (seed {seed})");
    finish(&door, &RESUME);
    assert_nothing_is_left();
    drop(turn);
}

#[test]
fn a_run_that_is_killed_while_it_makes_its_file_can_be_started_or_resumed() {
    let turn = TURN.lock();
    door::cache();
    set_child_subreaper(true).expect("Linux has it");
    let seed = seed();
    eprintln!("seed {seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    let (mut absent, mut present) = (0, 0);
    for _ in 0..40 {
        let door = Door::open();
        let mut child = start(&door, &RUN);
        // Around the moment in which the file appears.
        let file = door.path("run.assay");
        if random.bool() {
            while !file.exists() && child.try_wait().expect("a child of ours").is_none() {
                std::hint::spin_loop();
            }
            sleep(Duration::from_micros(random.u64(0..3000)));
        } else {
            sleep(Duration::from_millis(random.u64(0..40)));
        }
        child.kill().expect("it is killed");
        child.wait().expect("it is reaped");
        assert_nothing_is_left();
        let arguments = if file.exists() { &RESUME[..] } else { &RUN[..] };
        let ended = door.run(&[arguments, &["--dry-run"]].concat());
        assert_eq!(ended.code, Some(0), "the run is stuck (seed {seed}): {ended}");
        absent += usize::from(!file.exists());
        present += usize::from(file.exists());
    }
    assert!(absent > 0 && present > 0, "{absent} absent, {present} present (seed {seed})");
    drop(turn);
}

#[test]
fn an_interrupted_run_says_so_and_resumes() {
    let turn = TURN.lock();
    let door = Door::open();
    door::cache();
    set_child_subreaper(true).expect("Linux has it");
    let mut command = door.command(&RUN);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("starts");
    wait_for(&mut child, &door, 4, Duration::ZERO);
    let pid = Pid::from_raw(child.id().try_into().expect("a process id"));
    kill(pid, Signal::SIGINT).expect("it is interrupted");
    let ended = Ended::of(child.wait_with_output().expect("it ends")).with_code(130);
    let end = ended.json("assay.run/1");
    assert_eq!(end["interrupted"], true, "{end:#}");
    assert_nothing_is_left();
    let judged = end["judged"].as_u64().expect("a count");
    let left = end["left"].as_u64().expect("a count");
    assert_eq!(usize::try_from(judged + left).expect("small"), PLANNED, "{end:#}");
    let resumed = finish(&door, &RESUME).json("assay.run/1");
    assert_eq!(resumed["judged"], left, "{resumed:#}");
    drop(turn);
}
