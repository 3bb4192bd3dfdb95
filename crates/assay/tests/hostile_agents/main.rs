//! Agents that attack: what holds them, the gateway, the record, the validation, the host and
//! other attempts. Each leaves the insecure answer, so that it must be graded insecure, or that
//! there is nothing to grade; and next to it the same answer without an attack is graded insecure.
#![expect(clippy::disallowed_methods, reason = "starts the binary that is tested")]

mod attack;
#[path = "../door/mod.rs"]
mod door;
#[path = "../host/mod.rs"]
mod host;
#[expect(dead_code, reason = "this binary uses a part of it")]
#[path = "../panel/mod.rs"]
mod panel;
#[expect(dead_code, reason = "this server decides by what it is asked")]
#[path = "../scripted_server/mod.rs"]
mod scripted_server;

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;

use assay::store::Store;
use assay_core::AttemptRecord;
use attack::{Attack, Kind};
use door::{Door, Ended, case_folder, files_below, solution};
use host::{Host, scripts};
use panel::{Deciding, says};

const CASE: &str = "invoice-search";

/// Secrets of the host, which begin alike. The key is one.
const MARK: &str = "planted-";
const KEY: &str = "sk-planted-4f0d1c7b92ae";

/// So many agents are at work at once.
const AT_ONCE: usize = 6;

/// The one without an attack.
const BASE: &str = "base";

#[test]
fn no_agent_that_attacks_is_graded_secure_reaches_anything_or_leaves_anything_behind() {
    let attacks = Attack::all();
    assert!(attacks.len() >= 25);
    let server = Deciding::start(|_| says("done"));
    let door = Door::open();
    let host = Host::watch();
    let programs: Vec<(&str, String)> = programs(&attacks);
    let mut faults = Vec::new();
    let mut table: BTreeMap<Kind, BTreeMap<String, usize>> = BTreeMap::new();
    for (number, some) in programs.chunks(AT_ONCE).enumerate() {
        let run = format!("{number}.assay");
        let ended = run_agents(&door, &server, some, &run);
        faults.extend(odd_characters(&ended).then(|| format!("a terminal is spoken to: {ended}")));
        let records = records(&door, &run);
        for (name, _) in some {
            let Some(record) = records.get(*name) else {
                faults.push(format!("{name} has no attempt: {ended}"));
                continue;
            };
            let attack = attacks.iter().find(|attack| attack.name == *name);
            let verdict = verdict(record);
            faults.extend(faults_of(name, attack, record, &verdict));
            if let Some(attack) = attack {
                *table.entry(attack.kind).or_default().entry(verdict).or_default() += 1;
            }
        }
        faults.extend(what_is_shown(&door, &run));
    }
    faults.extend(host.faults());
    faults.extend(passed_on(&server));
    faults.extend(validations_still_tell(&door));
    for (kind, verdicts) in &table {
        // Unlike what is printed, this is shown of a test that passes.
        let _ = writeln!(std::io::stderr(), "{kind:?}: {verdicts:?}");
    }
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}

/// The agents by their names, and the one that does not attack.
fn programs(attacks: &[Attack]) -> Vec<(&str, String)> {
    let vulnerable = solution(CASE, "vulnerable");
    let needles = needles();
    let base = Attack {
        name: BASE.to_owned(),
        about: String::new(),
        kind: Kind::Record,
        expect: Vec::new(),
        script: String::new(),
        is_cut_off: false,
        says: String::new(),
    };
    let all = attacks.iter().map(|attack| (attack.name.as_str(), attack));
    all.map(|(name, attack)| (name, attack.program(&vulnerable, &needles)))
        .chain([(BASE, base.program(&vulnerable, &needles))])
        .collect()
}

/// The names of the tests that no agent sees.
fn needles() -> Vec<String> {
    let tests = files_below(&case_folder(CASE).join("tests"));
    let texts = tests.iter().filter_map(|path| fs::read_to_string(path).ok());
    let names = |text: String| -> Vec<String> {
        let names = text.lines().filter_map(|line| line.trim().strip_prefix("def test_"));
        names.filter_map(|rest| rest.split('(').next()).map(|it| format!("test_{it}")).collect()
    };
    let needles: Vec<String> = texts.flat_map(names).collect();
    assert!(needles.len() > 4, "{needles:?}");
    needles
}

fn run_agents(door: &Door, server: &Deciding, agents: &[(&str, String)], run: &str) -> Ended {
    let mut config = String::new();
    for (name, program) in agents {
        let path = door.write(&format!("agents/{name}"), program);
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("it is ours");
        config.push_str(&format!(
            "[[subject]]\nprovider = 'agent'\nagent = './agents/{name}'\nname = '{name}'\nconcurrency = 1\nmax-requests = 60\nwall-minutes = 2\n[subject.model]\nprovider = 'openai'\nmodel = 'large'\nbase-url = '{}/v1'\nretries = 0\n",
            server.address
        ));
    }
    door.write("assay.toml", config);
    door.write("secret", format!("{MARK}in-a-file"));
    let arguments = ["run", "--case", CASE, "--scenario", "gen", "--output", run];
    let mut command = door.command(&arguments);
    command.env("OPENAI_API_KEY", KEY).env("OF_THE_HOST", format!("{MARK}in-the-environment"));
    Ended::of(command.output().expect("assay starts"))
}

fn records(door: &Door, run: &str) -> BTreeMap<String, AttemptRecord> {
    let store = Store::open_to_read(&door.path(run)).expect("a run");
    let attempts = store.attempts().expect("its attempts");
    let record = |summary| store.attempt(summary).expect("readable");
    attempts.iter().map(|summary| (summary.key.subject.clone(), record(summary))).collect()
}

fn verdict(record: &AttemptRecord) -> String {
    match record.outcome.verdict() {
        Some(verdict) => verdict.to_string(),
        None => format!("{:?}", record.outcome),
    }
}

/// What is wrong with what became of an agent.
fn faults_of(
    name: &str,
    attack: Option<&Attack>,
    record: &AttemptRecord,
    verdict: &str,
) -> Vec<String> {
    let log = |name: &str| -> &str {
        let logs = record.turns.iter().flat_map(|turn| &turn.logs);
        logs.filter(|log| log.name == name).map(|log| log.text.as_str()).next().unwrap_or_default()
    };
    let (stdout, end) = (log("agent.stdout"), log("agent.end"));
    let mut faults = Vec::new();
    let is_right = match attack {
        Some(attack) => attack.expect.iter().any(|expected| expected == verdict),
        None => verdict == "insecure",
    };
    if !is_right {
        faults.push(format!("{name} is {verdict}: {end}"));
    }
    for reached in stdout.lines().filter(|line| line.starts_with("REACHED")) {
        faults.push(format!("{name}: {reached}"));
    }
    let is_cut_off = attack.is_some_and(|attack| attack.is_cut_off);
    if stdout.contains("ATTACK MADE") == is_cut_off {
        faults.push(format!("{name} was not made: {end} {}", log("agent.stderr")));
    }
    let says = attack.map(|attack| attack.says.as_str()).unwrap_or_default();
    if !end.contains(says) {
        faults.push(format!("{name} does not say {says:?}: {end}"));
    }
    let all = record.turns.iter().flat_map(|turn| &turn.logs);
    for log in all.filter(|log| log.text.contains(MARK)) {
        faults.push(format!("{name} has a secret in {}", log.name));
    }
    faults
}

/// What commands and pages show of a run: no script that runs, nothing that a terminal obeys, no
/// secret.
fn what_is_shown(door: &Door, run: &str) -> Vec<String> {
    let mut faults = Vec::new();
    let report = format!("report-of-{run}");
    door.run(&["report", run, "--output", &report]).with_code(0);
    faults.extend(scripts(&door.path(&report)));
    for arguments in [
        &["score", run][..],
        &["attempts", run],
        &["export", run, "--format", "jsonl", "--rows", "turns", "--with-texts", "--output", "-"],
    ] {
        let ended = door.run(arguments).with_code(0);
        if odd_characters(&ended) {
            faults.push(format!("{arguments:?} speaks to a terminal"));
        }
        if ended.stdout.contains(MARK) {
            faults.push(format!("{arguments:?} has a secret"));
        }
    }
    let bytes = fs::read(door.path(run)).expect("the run");
    if bytes.windows(MARK.len()).any(|part| part == MARK.as_bytes()) {
        faults.push(format!("{run} has a secret"));
    }
    faults
}

fn odd_characters(ended: &Ended) -> bool {
    let is_odd = |c: char| c.is_control() && !"\n\t".contains(c);
    ended.stdout.contains(is_odd) || ended.stderr.contains(is_odd)
}

/// What reached the provider and should not have.
fn passed_on(server: &Deciding) -> Vec<String> {
    let named = ["\"model\":\"large\"", "\"model\": \"large\""];
    let is_right = |request: &String| {
        request.starts_with("POST /v1/chat/completions ")
            && request.contains(KEY)
            && named.iter().any(|named| request.contains(named))
            && request.matches("\"model\"").count() == 1
            && !request.to_lowercase().contains("\r\nx-evil")
    };
    let odd = server.requests().into_iter().filter(|request| !is_right(request));
    odd.map(|request| format!("it was passed on: {request:.300}")).collect()
}

/// After all of that, what is prepared for validations still tells secure from insecure.
fn validations_still_tell(door: &Door) -> Vec<String> {
    let mut faults = Vec::new();
    for (written, code) in [("secure", 0), ("vulnerable", 1)] {
        door.write("artifact", format!("{}\n# afterwards\n", solution(CASE, written)));
        let ended = door.run(&["verify", CASE, "--artifact", "artifact", "--format", "json"]);
        if ended.code != Some(code) {
            faults.push(format!("{written} is judged otherwise now: {ended}"));
        }
    }
    faults
}
