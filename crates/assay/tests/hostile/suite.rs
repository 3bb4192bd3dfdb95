//! Runs attacks through the binary, as the recorded answers of a subject, and looks at
//! what they got and what they left on the host.
//!
//! An attack that writes outside of its sandbox does so under a name that has
//! [`ESCAPE`] in it, in one of [`ESCAPE_FOLDERS`]; one that talks to the host connects
//! to [`ESCAPE_PORT`] of its loopback addresses.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write as _;
use std::net::TcpListener;
use std::time::Duration;

use assay::store::Store;
use assay_core::AttemptKey;
use assay_core::benchmark::sec_code_bench_v2;
use assay_verify::processes::descendants;
use serde_json::json;

use crate::attack::{Answer, Attack, Corpus};
use crate::door::Door;
use crate::variant;

const ESCAPE: &str = "assay-escape";
const ESCAPE_FOLDERS: [&str; 7] =
    ["/tmp", "/var/tmp", "/dev/shm", "/root", "/", "/etc", "/usr/local/bin"];
const ESCAPE_PORT: u16 = 47_199;

/// What script in an artifact or its output would have to be in a report to run.
const SCRIPTS: [&str; 3] = ["<script>document", "<img src=x", "<svg onload"];

const ATTACKS: &str = "attacks";
const TWINS: &str = "twins";

/// Runs the attacks on one corpus, and each base without its attack; panics with all
/// that went wrong.
pub(crate) fn check(attacks: &[Attack], corpus: Corpus, source: Option<&str>) {
    let attacks: Vec<&Attack> = attacks.iter().filter(|attack| attack.corpus == corpus).collect();
    let door = Door::open();
    let Some(answers) = answers(&door, &attacks, source) else {
        return;
    };
    if let Some(source) = source {
        let cases: BTreeSet<&str> = attacks.iter().map(|attack| attack.case.as_str()).collect();
        let mut prepare = vec!["prepare", "--corpus", source];
        prepare.extend(cases);
        door.run(&prepare).with_code(0);
    }
    let listener = TcpListener::bind(("127.0.0.1", ESCAPE_PORT));
    nix::sys::prctl::set_child_subreaper(true).expect("orphans come here");

    let replay = format!("replay:{}", door.write("answers.jsonl", &answers.lines).display());
    let mut arguments = vec!["run", "--subject", &replay, "--output", "hostile.assay"];
    arguments.extend(["--format", "json"]);
    if let Some(source) = source {
        arguments.extend(["--corpus", source]);
    }
    let ended = door.run(&arguments);
    let mut faults = Vec::new();
    if ended.code != Some(0) {
        faults.push(format!("the run did not end well: {ended}"));
    }

    let verdicts = verdicts(&door);
    let mut table = BTreeMap::<(String, String), BTreeMap<String, usize>>::new();
    for (key, attack) in &answers.attacks {
        let verdict = verdicts.get(key).map_or("missing", String::as_str);
        let row = (attack.language.clone(), format!("{:?}", attack.kind));
        *table.entry(row).or_default().entry(verdict.to_owned()).or_default() += 1;
        if !attack.expect.iter().any(|expected| expected == verdict) {
            let expected = attack.expect.join(" or ");
            faults.push(format!("{} is {verdict}, expected {expected}", attack.name));
        }
    }
    for (key, name) in &answers.twins {
        let verdict = verdicts.get(key).map_or("missing", String::as_str);
        if verdict != "insecure" {
            faults.push(format!("{name} without its attack is {verdict}, expected insecure"));
        }
    }
    faults.extend(escapes(listener.ok().as_ref()));
    let left = foreign_processes();
    if !left.is_empty() {
        faults.push(format!("processes of sandboxes are left: {left:?}"));
    }
    faults.extend(scripts(&door));
    say(&table, &answers);
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}

/// Shows what became of the attacks, also where all is as it should be.
fn say(table: &BTreeMap<(String, String), BTreeMap<String, usize>>, answers: &Answers<'_>) {
    let mut text = String::new();
    for ((language, kind), verdicts) in table {
        let counts: Vec<_> =
            verdicts.iter().map(|(verdict, count)| format!("{count} {verdict}")).collect();
        text.push_str(&format!("{language:<8} {kind:<20} {}\n", counts.join(", ")));
    }
    let (attacks, twins) = (answers.attacks.len(), answers.twins.len());
    text.push_str(&format!("{attacks} attacks, {twins} bases without an attack\n"));
    // Unlike what is printed, this is shown of a test that passes.
    let _ = std::io::stderr().write_all(text.as_bytes());
}

/// Recorded answers, and whose each is.
struct Answers<'a> {
    lines: String,
    attacks: BTreeMap<AttemptKey, &'a Attack>,
    /// The name of an attack on this base.
    twins: BTreeMap<AttemptKey, String>,
}

/// The attacks of a case are its rounds, under one subject; each base has a round of
/// its own under the other. `None` if there is nothing to do.
fn answers<'a>(door: &Door, attacks: &[&'a Attack], source: Option<&str>) -> Option<Answers<'a>> {
    let ids = attacks.iter().map(|attack| attack.case.as_str());
    let cases = variant::artifact_paths(door, ids, source);
    let mut answers =
        Answers { lines: String::new(), attacks: BTreeMap::new(), twins: BTreeMap::new() };
    let mut rounds = BTreeMap::<(&str, &str), u32>::new();
    let mut bases = BTreeSet::new();
    for attack in attacks {
        let place = &cases[&attack.case];
        let mut add = |subject: &'static str, answer: &Answer| {
            let round = rounds.entry((subject, &attack.case)).or_default();
            *round += 1;
            let mut line = json!({
                "model": subject, "case": attack.case, "scenario": "gen", "round": *round,
            });
            match answer {
                Answer::Response(response) => line["response"] = json!(response),
                Answer::Files { artifact, others } => {
                    let mut files = others.clone();
                    files.insert(place.clone(), artifact.clone());
                    line["files"] = json!(files);
                }
            }
            answers.lines.push_str(&format!("{line}\n"));
            AttemptKey {
                subject: subject.to_owned(),
                case: attack.case.clone(),
                scenario: sec_code_bench_v2::GEN,
                round: *round,
            }
        };
        let key = add(ATTACKS, &attack.answer);
        let twin = Answer::Files { artifact: attack.base.clone(), others: BTreeMap::new() };
        let twin = bases.insert((&attack.case, &attack.base)).then(|| add(TWINS, &twin));
        answers.attacks.insert(key, attack);
        answers.twins.extend(twin.map(|key| (key, attack.name.clone())));
    }
    (!answers.attacks.is_empty()).then_some(answers)
}

fn verdicts(door: &Door) -> BTreeMap<AttemptKey, String> {
    let store = Store::open_to_read(&door.path("hostile.assay")).expect("the run");
    let attempts = store.attempts().expect("its attempts");
    let verdict = |attempt: &assay::store::AttemptSummary| match attempt.outcome.verdict() {
        Some(verdict) => verdict.to_string(),
        None => format!("{:?}", attempt.outcome),
    };
    attempts.iter().map(|attempt| (attempt.key.clone(), verdict(attempt))).collect()
}

/// What got out of a sandbox.
fn escapes(listener: Option<&TcpListener>) -> Vec<String> {
    let mut found = Vec::new();
    for folder in ESCAPE_FOLDERS {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            if entry.file_name().to_string_lossy().contains(ESCAPE) {
                found.push(format!("an attack wrote {}", entry.path().display()));
            }
        }
    }
    if let Some(listener) = listener {
        listener.set_nonblocking(true).expect("a socket");
        if let Ok((_, peer)) = listener.accept() {
            found.push(format!("an attack reached the host's loopback from {peer}"));
        }
    }
    found
}

/// Processes below this one in other PID namespaces, by their command lines. What
/// outlives its parent becomes a child of this process.
fn foreign_processes() -> BTreeMap<u32, String> {
    let read = |id: u32, name: &str| {
        let bytes = fs::read(format!("/proc/{id}/{name}")).unwrap_or_default();
        String::from_utf8_lossy(&bytes).replace('\0', " ")
    };
    let namespace = |id: &str| fs::read_link(format!("/proc/{id}/ns/pid")).ok();
    let own = namespace("self");
    let left = || -> BTreeMap<u32, String> {
        let ids = descendants().into_iter().map(|process| process.id);
        ids.filter(|id| namespace(&id.to_string()).is_some_and(|it| Some(it) != own))
            // Nobody has asked how they ended, but they have.
            .filter(|id| {
                !read(*id, "stat").rsplit(") ").next().unwrap_or_default().starts_with('Z')
            })
            .map(|id| (id, read(id, "cmdline")))
            .collect()
    };
    // What was killed takes a moment to go, on a busy machine a longer one.
    for _ in 0..100 {
        if left().is_empty() {
            break;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    left()
}

/// Script of an attack that a report would run.
fn scripts(door: &Door) -> Vec<String> {
    door.run(&["report", "hostile.assay", "--output", "report"]).with_code(0);
    let shown = crate::shown::shown_in(&door.path("report")).into_iter();
    let has_script = |text: &str| SCRIPTS.iter().any(|script| text.contains(script));
    shown
        .filter(|(_, text)| has_script(text))
        .map(|(name, _)| format!("{name} has script in it"))
        .collect()
}
