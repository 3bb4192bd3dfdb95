//! Runs attacks through the binary, as the recorded answers of a subject, and looks at
//! what they got and what they left on the host.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;

use assay::store::Store;
use assay_core::AttemptKey;
use assay_core::benchmark::sec_code_bench_v2;
use serde_json::json;

use crate::attack::{Answer, Attack, Corpus};
use crate::door::Door;
use crate::host::{Host, scripts};
use crate::variant;

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
    let host = Host::watch();

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
    faults.extend(host.faults());
    door.run(&["report", "hostile.assay", "--output", "report"]).with_code(0);
    faults.extend(scripts(&door.path("report")));
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
