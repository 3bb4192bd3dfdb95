//! In what runs differ beside their answers: every setting by which their scores may not be of
//! the same thing, with what each run has.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::RunData;
use super::quantity::counted;
use crate::printable::short;

/// Something that is not the same in all runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingDifference {
    /// In the words of a reader, such as `answers allowed`.
    pub what: String,
    /// What each run has, in the order of the runs.
    pub values: Vec<String>,
}

/// What is shown of a run that does not say.
const UNSAID: &str = "not said";

/// Characters of a value that are shown.
const MOST: usize = 60;

/// Settings that change neither what is asked nor how it is judged, or that are told of in other
/// words: cases, subjects and judges.
const LEFT_OUT: [&str; 18] = [
    "corpus",
    "subjects",
    "judges",
    "cases",
    "exclude-cases",
    "languages",
    "cwes",
    "severities",
    "scenarios",
    "locale",
    "validate-each",
    "judge-later",
    "response-cache",
    "max-cost",
    "max-total-tokens",
    "max-requests",
    "expected-output-tokens",
    "seed",
];

/// What a subject or a judge is called by.
const NAMES: [&str; 3] = ["name", "model", "agent"];

/// What is asked of a server, and how fast, beside what a model answers by.
const OF_SERVERS: [&str; 12] = [
    "api-key-env",
    "api-key-file",
    "base-url",
    "concurrency",
    "headers",
    "idle-seconds",
    "price",
    "requests-per-minute",
    "retries",
    "retry-seconds",
    "timeout-seconds",
    "tokens-per-minute",
];

/// The words for settings whose names do not say it to a reader.
const WORDS: [(&str, &str); 7] = [
    ("max-answers", "answers allowed"),
    ("agent-max-answers", "answers allowed to agents"),
    ("decider", "who decides about security"),
    ("beside", "who is asked beside"),
    ("max-tokens", "tokens allowed in an answer"),
    ("votes", "votes"),
    ("seed", "seed"),
];

/// By what is compared: a value for each run that says one.
type Table = BTreeMap<String, BTreeMap<usize, String>>;

/// In what these runs differ, in the order of a reader's interest.
pub fn setting_differences(runs: &[&RunData]) -> Vec<SettingDifference> {
    let mut differing = Vec::new();
    let mut add = |what: &str, values: Vec<String>| {
        if values.iter().collect::<BTreeSet<_>>().len() > 1 {
            differing.push(SettingDifference { what: what.to_owned(), values });
        }
    };
    let each =
        |of: &dyn Fn(&RunData) -> String| runs.iter().map(|run| of(run)).collect::<Vec<String>>();
    let digests = each(&|run| run.info.corpus_digest.clone());
    add("corpus", named(&each(&|run| run.info.corpus.clone()), &digests));
    add("cases", cases(runs));
    add("scenarios", each(&scenarios));
    add("locale", each(&|run| run.info.locale.to_string()));
    add("cases left out", each(&|run| counted(run.info.left_out.len(), "case")));
    let mut settings = Table::new();
    for (place, run) in runs.iter().enumerate() {
        flatten(&mut settings, place, "", &run.info.settings, &LEFT_OUT);
    }
    for (key, values) in &settings {
        add(&words(key), every(runs.len(), values));
    }
    add("judges", each(&judges));
    for (key, values) in &of_subjects(runs) {
        add(key, every(runs.len(), values));
    }
    let mut tools = Table::new();
    for (place, run) in runs.iter().enumerate() {
        for (tool, version) in &run.info.tools {
            tools.entry(tool.clone()).or_default().insert(place, version.clone());
        }
    }
    for (tool, values) in &tools {
        // A run without cases of a language does not have its tools.
        if values.len() > 1 {
            add(tool, every(runs.len(), values));
        }
    }
    add("version of Assay", each(&|run| run.info.assay_version.clone()));
    differing
}

/// Names, each with the start of its digest where one name has several.
fn named(names: &[String], digests: &[String]) -> Vec<String> {
    let digest = |digest: &String| {
        let digest = digest.strip_prefix("sha256:").unwrap_or(digest);
        digest.chars().take(8).collect::<String>()
    };
    let several = |name: &String| {
        let same = names.iter().zip(digests).filter(|(other, _)| *other == name);
        same.map(|(_, digest)| digest).collect::<BTreeSet<_>>().len() > 1
    };
    // Where a corpus lies on a disk is no difference.
    if digests.iter().collect::<BTreeSet<_>>().len() < 2 {
        return vec![String::new(); names.len()];
    }
    let name = |(name, its): (&String, &String)| match several(name) {
        true => format!("{} ({})", short(name, MOST), digest(its)),
        false => short(name, MOST),
    };
    names.iter().zip(digests).map(name).collect()
}

/// How many cases each run has, and how many of them every run has in the same version.
fn cases(runs: &[&RunData]) -> Vec<String> {
    let set = |run: &&RunData| -> BTreeSet<(String, String)> {
        run.info.cases.iter().map(|case| (case.id.clone(), case.digest.clone())).collect()
    };
    let sets: Vec<BTreeSet<(String, String)>> = runs.iter().map(set).collect();
    let Some(first) = sets.first() else { return Vec::new() };
    if sets.iter().all(|set| set == first) {
        return vec![String::new(); sets.len()];
    }
    let common = first.iter().filter(|case| sets.iter().all(|set| set.contains(*case))).count();
    let mut counts: Vec<String> = sets.iter().map(|set| set.len().to_string()).collect();
    if let Some(last) = counts.last_mut() {
        last.push_str(&format!(", {common} of them the same in every run"));
    }
    // Different sets may be of one size.
    for (place, count) in counts.iter_mut().enumerate() {
        if sets[..place].iter().any(|set| *set != sets[place] && set.len() == sets[place].len()) {
            count.push_str(" others");
        }
    }
    counts
}

fn scenarios(run: &RunData) -> String {
    let names: BTreeSet<&str> =
        run.attempts.iter().map(|attempt| attempt.key.scenario.as_str()).collect();
    names.into_iter().collect::<Vec<_>>().join(" ")
}

/// The judges with all that their votes may depend on.
fn judges(run: &RunData) -> String {
    let list = run.info.settings.get("judges").and_then(Value::as_array);
    let judge = |judge: &Value| {
        let mut parts = Table::new();
        let left_out = [&NAMES[..], &["structured", "provider"]].concat();
        flatten(&mut parts, 0, "", judge, &left_out);
        let parts = parts.iter().filter_map(|(key, values)| {
            let value =
                values.get(&0).filter(|value| (key.as_str(), value.as_str()) != ("votes", "1"))?;
            Some(format!("{} {value}", words(key)))
        });
        let parts: Vec<String> = parts.collect();
        let name = short(&name_of(judge), MOST);
        if parts.is_empty() { name } else { format!("{name} ({})", parts.join(", ")) }
    };
    let judges: Vec<String> = list.into_iter().flatten().map(judge).collect();
    if judges.is_empty() { "none".to_owned() } else { judges.join(", ") }
}

fn name_of(config: &Value) -> String {
    let text = |key: &str| config.get(key).and_then(Value::as_str).map(str::to_owned);
    text("name").or_else(|| text("model")).or_else(|| text("agent")).unwrap_or_default()
}

/// How subjects of one name are asked, or the only ones, whatever their names: checkpoints of one
/// model are compared with each other.
fn of_subjects(runs: &[&RunData]) -> Table {
    let lists: Vec<Vec<&Value>> = runs.iter().map(|run| subjects(run)).collect();
    let alone = lists.iter().all(|list| list.len() == 1);
    let names: BTreeSet<String> = lists.iter().flatten().map(|config| name_of(config)).collect();
    // Of checkpoints the model is what differs, and no reason for care.
    let left_out: &[&str] = if alone && names.len() > 1 { &NAMES } else { &["name"] };
    let mut table = Table::new();
    for (place, list) in lists.iter().enumerate() {
        for config in list {
            let name = short(&name_of(config), MOST);
            let prefix = if alone { String::new() } else { format!("{name}: ") };
            flatten(&mut table, place, &prefix, config, left_out);
        }
    }
    // What only one run asks is no difference in how it is asked.
    let asked = |prefix: &str| {
        let has = |list: &Vec<&Value>| {
            list.iter().any(|config| format!("{}: ", short(&name_of(config), MOST)) == prefix)
        };
        lists.iter().filter(|list| has(list)).count()
    };
    table.retain(|key, _| {
        alone
            || key
                .rsplit_once(": ")
                .is_some_and(|(name, _)| asked(&format!("{name}: ")) == lists.len())
    });
    let rename = |(key, values): (String, BTreeMap<usize, String>)| match key.rsplit_once(": ") {
        Some((name, key)) => (format!("{name}: {}", words(key)), values),
        None => (words(&key), values),
    };
    table.into_iter().map(rename).collect()
}

fn subjects(run: &RunData) -> Vec<&Value> {
    let list = run.info.settings.get("subjects").and_then(Value::as_array);
    list.into_iter().flatten().collect()
}

/// Every value of an object that may matter, by the way to it.
fn flatten(table: &mut Table, place: usize, prefix: &str, value: &Value, left_out: &[&str]) {
    let Some(members) = value.as_object() else { return };
    for (key, value) in members {
        // The model of an agent is an object, and matters.
        let is_left_out = left_out.contains(&key.as_str()) && !value.is_object();
        if is_left_out || OF_SERVERS.contains(&key.as_str()) {
            continue;
        }
        match value {
            Value::Object(_) => flatten(table, place, &format!("{prefix}{key} "), value, &[]),
            Value::Null => {}
            value => {
                let text = match value {
                    Value::String(text) => text.clone(),
                    value => value.to_string(),
                };
                let text = short(&text, MOST);
                table.entry(format!("{prefix}{key}")).or_default().insert(place, text);
            }
        }
    }
}

/// A value for each run, in order.
fn every(runs: usize, values: &BTreeMap<usize, String>) -> Vec<String> {
    let value = |place| values.get(&place).cloned().unwrap_or_else(|| UNSAID.to_owned());
    (0..runs).map(value).collect()
}

/// The words for the name of a setting.
fn words(key: &str) -> String {
    let known = WORDS.iter().find(|(name, _)| *name == key);
    known.map_or_else(|| key.replace('-', " "), |(_, words)| (*words).to_owned())
}
