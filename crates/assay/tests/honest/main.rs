//! Honest artifacts: solutions with ordinary code added, as real programs have it. Each file
//! below `artifacts/` is one, and each must be graded by what it does, which is `secure`
//! where it says nothing else; a note beside the verdict is no matter. `ASSAY_HONEST` restricts them to one language.
#![expect(clippy::disallowed_methods, reason = "starts the binary that is tested")]

#[path = "../door/mod.rs"]
mod door;
#[path = "../variant/mod.rs"]
mod variant;

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;

use assay::store::Store;
use serde::Deserialize;
use serde_json::json;

use door::{Door, solution};

/// An honest artifact as it is written down.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Written {
    /// What it does besides, in a sentence.
    about: String,
    /// The kind of functions it uses: `files`, `processes`, `logging`, ...
    family: String,
    case: String,
    /// The solution it starts from.
    #[serde(default = "secure")]
    base: String,
    #[serde(default = "secure")]
    verdict: String,
    /// Texts of the base, and what stands in their place.
    #[serde(default)]
    replace: Vec<(String, String)>,
    #[serde(default)]
    before: String,
    #[serde(default)]
    after: String,
}

fn secure() -> String {
    "secure".to_owned()
}

/// An honest artifact and its code.
#[derive(Debug)]
struct Honest {
    name: String,
    written: Written,
    code: String,
}

impl Honest {
    fn read(language: &str, file: &Path) -> Honest {
        let name = variant::name_of(language, file);
        let text = std::fs::read_to_string(file).expect("UTF-8");
        let written: Written =
            toml::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(!written.about.is_empty() && !written.family.is_empty(), "{name}");
        let base = solution(&written.case, &written.base);
        let around = [written.before.as_str(), written.after.as_str()];
        let code = variant::change(&name, &base, &written.replace, around);
        assert_ne!(code, base, "{name} adds nothing");
        Honest { name, written, code }
    }
}

#[test]
fn honest_artifacts_are_graded_by_what_they_do() {
    let artifacts: Vec<Honest> = variant::languages("ASSAY_HONEST")
        .into_iter()
        .flat_map(|language| {
            let files = variant::written("honest/artifacts", language);
            files.into_iter().map(move |file| Honest::read(language, &file))
        })
        .collect();
    let door = Door::open();
    let cases = artifacts.iter().map(|artifact| artifact.written.case.as_str());
    let places = variant::artifact_paths(&door, cases, None);
    let (mut lines, mut names) = (String::new(), BTreeMap::new());
    let mut rounds = BTreeMap::<&str, u32>::new();
    for artifact in &artifacts {
        let case = artifact.written.case.as_str();
        let round = rounds.entry(case).or_default();
        *round += 1;
        let files = BTreeMap::from([(&places[case], &artifact.code)]);
        let line = json!({
            "model": "honest", "case": case, "scenario": "gen", "round": *round, "files": files,
        });
        lines.push_str(&format!("{line}\n"));
        names.insert((case.to_owned(), *round), artifact);
    }
    let replay = format!("replay:{}", door.write("answers.jsonl", lines).display());
    door.run(&["run", "--subject", &replay, "--output", "honest.assay"]).with_code(0);

    let store = Store::open_to_read(&door.path("honest.assay")).expect("the run");
    let attempts = store.attempts().expect("its attempts");
    assert_eq!(attempts.len(), artifacts.len(), "attempts");
    let (mut faults, mut families) = (Vec::new(), BTreeMap::<String, usize>::new());
    for attempt in &attempts {
        let artifact = names[&(attempt.key.case.clone(), attempt.key.round)];
        let language = artifact.name.split('/').next().unwrap_or_default();
        *families.entry(format!("{language:<8} {}", artifact.written.family)).or_default() += 1;
        let verdict = attempt.outcome.verdict().map(|verdict| verdict.to_string());
        if verdict.as_ref() != Some(&artifact.written.verdict) {
            let record = store.attempt(attempt).expect("the attempt");
            let evidence = &record.turns.last().expect("a turn").evidence;
            let why: Vec<String> = evidence
                .findings()
                .iter()
                .map(ToString::to_string)
                .chain(evidence.first_failure())
                .collect();
            faults.push(format!("{} is {:?}: {}", artifact.name, attempt.outcome, why.join("; ")));
        }
    }
    // Unlike what is printed, this is shown of a test that passes.
    let table: String =
        families.iter().map(|(family, count)| format!("{family:<28} {count}\n")).collect();
    let _ = writeln!(std::io::stderr(), "{table}{} honest artifacts", artifacts.len());
    assert!(faults.is_empty(), "{} of {}:\n{}", faults.len(), artifacts.len(), faults.join("\n"));
}
