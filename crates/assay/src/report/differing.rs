//! What differs between the settings of runs and of their subjects, and so may make a difference
//! of their scores that is none of the subjects.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::Value;

use super::identity;
use super::quantity::counted;
use crate::store::RunInfo;

/// A setting that is not the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Differing {
    pub setting: String,
    /// What it is for the first, and for the second, as people read it.
    pub first: String,
    pub second: String,
}

/// A setting as people read it, and all that makes it another one.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Setting {
    shown: String,
    whole: String,
}

impl From<String> for Setting {
    fn from(shown: String) -> Setting {
        Setting { whole: shown.clone(), shown }
    }
}

type Settings = BTreeMap<(u8, String), Setting>;

const NONE: &str = "–";

/// What differs between two subjects and their runs, those of the run first.
pub(super) fn differing(
    (first, mine): (&RunInfo, &str),
    (second, other): (&RunInfo, &str),
) -> Vec<Differing> {
    let all = |info: &RunInfo, name: &str| {
        let mut settings = of_run(info);
        settings.extend(of_subject(info, name));
        settings
    };
    let (first, second) = (all(first, mine), all(second, other));
    let keys: BTreeSet<&(u8, String)> = first.keys().chain(second.keys()).collect();
    let differs = |key: &&(u8, String)| first.get(*key) != second.get(*key);
    let shown = |settings: &Settings, key: &(u8, String)| {
        settings.get(key).map_or_else(|| NONE.to_owned(), |it| it.shown.clone())
    };
    keys.into_iter()
        .filter(differs)
        .map(|key| {
            let (first, mut second) = (shown(&first, key), shown(&second, key));
            if first == second {
                second = format!("{second}, with other settings");
            }
            Differing { setting: key.1.clone(), first, second }
        })
        .collect()
}

/// A list of settings, in the order in which they are told.
#[derive(Default)]
struct List(Settings);

impl List {
    fn add(&mut self, name: &str, setting: impl Into<Setting>) {
        let place = u8::try_from(self.0.len()).unwrap_or(u8::MAX);
        self.0.insert((place, name.to_owned()), setting.into());
    }
}

/// What a run was made with.
fn of_run(info: &RunInfo) -> Settings {
    let setting = |key: &str| text(info.settings.get(key));
    let mut list = List::default();
    list.add("corpus", Setting { shown: info.corpus.clone(), whole: info.corpus_digest.clone() });
    list.add("language of prompts", info.locale.to_string());
    list.add("scenarios", setting("scenarios"));
    list.add("rounds", setting("rounds"));
    list.add(
        "cases left out",
        Setting {
            shown: counted(info.left_out.len(), "case"),
            whole: format!("{:?}", info.left_out),
        },
    );
    list.add("reading of answers", setting("reading"));
    list.add("answers allowed to models", setting("max-answers"));
    list.add("who decides", setting("decider"));
    list.add("judges", judges(info));
    list.add(
        "answers taken from",
        match &info.derived_from {
            Some(from) => format!("the run {}", from.run),
            None => NONE.to_owned(),
        },
    );
    list.add("version of Assay", info.assay_version.clone());
    let mut settings = list.0;
    // Tools that only one of two runs knows are of languages that the other has no case in.
    for (tool, version) in &info.tools {
        settings.insert((u8::MAX / 2, format!("version of {tool}")), version.clone().into());
    }
    settings
}

/// What is asked, and how.
fn of_subject(info: &RunInfo, name: &str) -> Settings {
    const AGENTS: &str = "the agent's own";
    let Some(config) = identity::config(info, name) else { return Settings::new() };
    let of = |key: &str| text(config.get(key));
    let is_agent = config.get("agent").is_some();
    let model = identity::model(config).unwrap_or(config);
    let answers = if is_agent { "agent-max-answers" } else { "max-answers" };
    let mut list = List::default();
    list.add("answers allowed", text(info.settings.get(answers)));
    list.add("agent", if is_agent { of("agent") } else { "none".to_owned() });
    list.add(
        "version of the agent",
        match (is_agent, config.get("version")) {
            (false, _) => NONE.to_owned(),
            (true, None) => format!("that of Assay {}", info.assay_version),
            (true, version) => text(version),
        },
    );
    list.add("instructions", of("instructions"));
    list.add("arguments of the agent", of("arguments"));
    list.add("limits of an attempt", limits(config, is_agent));
    list.add("model", text(model.get("model")));
    list.add("protocol", text(model.get("provider")));
    list.add(
        "server",
        match model.get("base-url") {
            None => "the provider's".to_owned(),
            address => text(address),
        },
    );
    let own = |text: String| if is_agent { AGENTS.to_owned() } else { text };
    list.add("sampling", own(sampling(config)));
    list.add(
        "system prompt",
        own(match config.get("system").or(config.get("system-file")) {
            None => "none".to_owned(),
            given => text(given),
        }),
    );
    list.0.into_iter().map(|((place, name), it)| ((u8::MAX / 2 + 1 + place, name), it)).collect()
}

/// Names of judges; their settings make them others.
fn judges(info: &RunInfo) -> Setting {
    let judges = info.settings.get("judges").cloned().unwrap_or_default();
    let name = |judge: &Value| {
        let named = ["name", "model"].into_iter().find_map(|key| judge.get(key)?.as_str());
        named.unwrap_or("a judge").to_owned()
    };
    let names: Vec<String> = judges.as_array().into_iter().flatten().map(name).collect();
    let shown = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
    Setting { shown, whole: judges.to_string() }
}

/// What is sent with each question that makes answers others.
fn sampling(config: &Value) -> String {
    let keys = [
        "temperature",
        "top-p",
        "max-tokens",
        "seed",
        "reasoning-effort",
        "thinking-tokens",
        "stop",
        "extra",
    ];
    let set = keys.iter().filter_map(|key| Some(format!("{key} {}", text(Some(config.get(key)?)))));
    let set: Vec<String> = set.collect();
    if set.is_empty() { "the server's own".to_owned() } else { set.join(", ") }
}

fn limits(config: &Value, is_agent: bool) -> String {
    if !is_agent {
        return NONE.to_owned();
    }
    let keys = ["wall-minutes", "max-requests", "max-total-tokens", "max-cost"];
    let set = keys.iter().filter_map(|key| Some(format!("{key} {}", text(Some(config.get(key)?)))));
    let set: Vec<String> = set.collect();
    if set.is_empty() { "the usual".to_owned() } else { set.join(", ") }
}

/// A value of the settings in words; a dash for none.
fn text(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => NONE.to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(values)) if values.is_empty() => NONE.to_owned(),
        Some(Value::Array(values)) => {
            values.iter().map(|value| text(Some(value))).collect::<Vec<_>>().join(", ")
        }
        Some(other) => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use assay_core::Locale;
    use serde_json::json;

    use super::*;

    fn info(settings: Value) -> RunInfo {
        RunInfo {
            label: None,
            id: "run".to_owned(),
            started_at: String::new(),
            assay_version: "1.0".to_owned(),
            corpus: "corpus".to_owned(),
            corpus_digest: "a1".to_owned(),
            locale: Locale::EnUs,
            subjects: Vec::new(),
            planned: 0,
            settings,
            tools: BTreeMap::from([("gcc".to_owned(), "12".to_owned())]),
            supported_tools: BTreeMap::new(),
            cases: Vec::new(),
            left_out: Vec::new(),
            derived_from: None,
        }
    }

    fn found(first: (&RunInfo, &str), second: (&RunInfo, &str)) -> Vec<String> {
        let differing = differing(first, second).into_iter();
        differing.map(|it| format!("{}: {} / {}", it.setting, it.first, it.second)).collect()
    }

    #[test]
    fn every_setting_that_makes_a_difference_is_named() {
        let bare = json!({"provider": "openai", "model": "m", "temperature": 0.2});
        let agent = json!({"provider": "agent", "agent": "codex", "version": "0.9",
            "instructions": "rules.md", "model": {"provider": "openai-responses", "model": "m"}});
        let settings = json!({"rounds": 3, "max-answers": 3, "agent-max-answers": 1,
            "reading": "lenient", "judges": [], "subjects": [bare, agent]});
        let run = info(settings);
        assert_eq!(found((&run, "m"), (&run, "m")), Vec::<String>::new());
        assert_eq!(
            found((&run, "m"), (&run, "codex (m)")),
            [
                "answers allowed: 3 / 1",
                "agent: none / codex",
                "version of the agent: – / 0.9",
                "instructions: – / rules.md",
                "limits of an attempt: – / the usual",
                "protocol: openai / openai-responses",
                "sampling: temperature 0.2 / the agent's own",
                "system prompt: none / the agent's own",
            ]
        );
        let mut other = run.clone();
        other.settings["rounds"] = 5.into();
        other.settings["reading"] = "strict".into();
        other.settings["judges"] = json!([{"provider": "openai", "model": "j"}]);
        other.tools.insert("gcc".to_owned(), "13".to_owned());
        assert_eq!(
            found((&run, "m"), (&other, "m")),
            [
                "rounds: 3 / 5",
                "reading of answers: lenient / strict",
                "judges: none / j",
                "version of gcc: 12 / 13",
            ]
        );
        let mut again = other.clone();
        again.settings["judges"][0]["temperature"] = json!(1);
        assert_eq!(found((&other, "m"), (&again, "m")), ["judges: j / j, with other settings"]);
    }
}
