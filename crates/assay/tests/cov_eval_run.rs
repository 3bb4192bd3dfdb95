//! A run of all tasks over an official checkout of CoV-Eval, by a subject and a judge over HTTP:
//! however often it is killed, nothing is lost, doubled or otherwise than without that. The
//! checkout is read from COV_EVAL_DIR; without it, the test says that it was skipped.
#![expect(clippy::disallowed_methods, reason = "starts the binary that is tested")]
#![expect(clippy::print_stderr, reason = "says what was measured, or that it was skipped")]

mod answering;
#[expect(dead_code, reason = "each test binary uses a part of it")]
mod door;
#[expect(dead_code, reason = "the server answers by what it is asked")]
mod scripted_server;

use std::collections::BTreeMap;
use std::fs::File;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::Path;
use std::process::Stdio;
use std::thread::sleep;
use std::time::{Duration, Instant, SystemTime};

use answering::Answering;
use door::Door;
use rusqlite::{Connection, OpenFlags};

/// Completions, what is asked about them, repairs and detections.
const PLANNED: usize = 3 * 324 + 477 + 531;

const KILLS: usize = 20;

/// Nothing that is waited for takes longer, even on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);

fn lot(question: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    question.hash(&mut hasher);
    hasher.finish()
}

/// Answers alike whenever it is asked alike; as a subject, and as the judge of what it wrote.
fn answer(question: &str) -> String {
    let lot = lot(question);
    if question.contains("Say whether it has a security weakness") {
        return match lot % 5 {
            0 => "I cannot tell.".to_owned(),
            1 | 2 => r#"{"vulnerable": "no", "type": "", "line": ""}"#.to_owned(),
            _ => r#"{"vulnerable": "yes", "type": "CWE-79", "line": "x"}"#.to_owned(),
        };
    }
    if question.contains("in one block of code. Add no explanation") {
        let is_python = question.contains("Python program");
        let opening = if is_python { "" } else { "int " };
        return format!("```\n{opening}answer_{lot} = {lot};\n```");
    }
    // The code that is judged decides, not the words around it.
    let verdict = if lot.is_multiple_of(3) { "fail" } else { "pass" };
    format!(r#"{{"reason": "lot {lot}", "verdict": "{verdict}"}}"#)
}

/// The outcome of every attempt in the file, and when it was there, by its key.
fn attempts(run: &Path) -> BTreeMap<String, (String, String)> {
    let Ok(run) = Connection::open_with_flags(run, OpenFlags::SQLITE_OPEN_READ_ONLY) else {
        return BTreeMap::new();
    };
    run.busy_timeout(Duration::from_secs(60)).expect("a timeout");
    let query = "SELECT subject || ' ' || case_id || ' ' || scenario || ' ' || round,
                        coalesce(verdict, error), finished_at FROM attempt";
    let Ok(mut statement) = run.prepare(query) else { return BTreeMap::new() };
    let rows = statement.query_map([], |row| Ok((row.get(0)?, (row.get(1)?, row.get(2)?))));
    let rows = rows.expect("rows");
    let all: Vec<_> = rows.map(|row| row.expect("a row")).collect();
    let count = all.len();
    let by_key: BTreeMap<String, (String, String)> = all.into_iter().collect();
    assert_eq!(by_key.len(), count, "an attempt is there twice");
    by_key
}

fn outcomes(run: &Path) -> BTreeMap<String, String> {
    attempts(run).into_iter().map(|(key, (outcome, _))| (key, outcome)).collect()
}

/// Processor time of children that have ended, and the most memory that one had.
fn children() -> (Duration, i64) {
    let usage = nix::sys::resource::getrusage(nix::sys::resource::UsageWho::RUSAGE_CHILDREN);
    let usage = usage.expect("Linux has it");
    let time = |it: nix::sys::time::TimeVal| {
        let micros = it.tv_sec() * 1_000_000 + it.tv_usec();
        Duration::from_micros(u64::try_from(micros).unwrap_or(0))
    };
    (time(usage.user_time()) + time(usage.system_time()), usage.max_rss() / 1024)
}

#[test]
fn a_run_of_all_tasks_is_the_same_however_often_it_is_killed() {
    let Some(checkout) = std::env::var_os("COV_EVAL_DIR") else {
        eprintln!("skipped: COV_EVAL_DIR names no checkout of CoV-Eval");
        return;
    };
    let corpus = format!("--corpus=cov-eval:{}", Path::new(&checkout).display());
    let server = Answering::start(answer);
    let door = Door::open();
    door.write(
        "assay.toml",
        format!(
            "[[subject]]\nprovider = 'openai'\nmodel = 'm'\nbase-url = '{0}/v1'\nconcurrency = 32\n[[judge]]\nprovider = 'openai'\nmodel = 'j'\nbase-url = '{0}/v1'\nconcurrency = 32\n",
            server.address
        ),
    );
    let run = |output: &'static str| {
        [corpus.as_str(), "run", "--no-cache", "--max-answers=1", output, "--format=json"]
    };

    // Without a kill, and what it takes.
    let (before, started) = (children().0, Instant::now());
    door.run(&run("--output=whole.assay")).with_code(0);
    let (after, most) = children();
    let wall = started.elapsed().as_secs_f64();
    let whole = outcomes(&door.path("whole.assay"));
    assert_eq!(whole.len(), PLANNED);
    let asked = server.questions().len();
    eprintln!(
        "{PLANNED} attempts, {asked} questions in {wall:.1} s: {:.1} attempts a second; {:.1} s of processor time; at most {most} MiB",
        whole.len() as f64 / wall,
        (after - before).as_secs_f64()
    );

    let seed = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("after 1970");
    let seed: u64 = seed.subsec_nanos().into();
    eprintln!("seed {seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    let killed = door.path("killed.assay");
    let mut seen: BTreeMap<String, (String, String)> = BTreeMap::new();
    for _ in 0..KILLS {
        let arguments: Vec<&str> = match killed.exists() {
            true => vec!["run", "--resume=killed.assay", "--no-cache", "--format=json"],
            false => run("--output=killed.assay").to_vec(),
        };
        let said = File::create(door.path("said")).expect("a file");
        let mut command = door.command(&arguments);
        let mut child = command.stdout(Stdio::null()).stderr(said).spawn().expect("it starts");
        // Somewhere within its share of the attempts, and a little more.
        let wanted = (seen.len() + random.usize(1..=PLANNED / KILLS)).min(PLANNED - 1);
        let start = Instant::now();
        while attempts(&killed).len() < wanted && start.elapsed() < PATIENCE {
            let status = child.try_wait().expect("a child of ours");
            assert_eq!(status, None, "{}", std::fs::read_to_string(door.path("said")).expect("it"));
            sleep(Duration::from_millis(20));
        }
        sleep(Duration::from_millis(random.u64(..50)));
        child.kill().expect("it runs");
        child.wait().expect("a child of ours");
        let now = attempts(&killed);
        for (key, attempt) in &seen {
            assert_eq!(now.get(key), Some(attempt), "{key} was finished before a kill");
        }
        seen = now;
    }
    eprintln!("killed {KILLS} times, with {} attempts finished at the last", seen.len());
    door.run(&["run", "--resume=killed.assay", "--no-cache", "--format=json"]).with_code(0);
    assert_eq!(outcomes(&killed), whole, "a kill changed what came of it");
}
