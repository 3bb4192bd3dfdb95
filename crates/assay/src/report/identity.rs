//! [`Identity`]: what a subject is, as far as its run's settings say it.

use serde_json::Value;

use crate::store::RunInfo;

/// The model and the agent of a subject.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Identity {
    /// The model that is asked; `None` of a subject that asks none, or of one that is not known.
    pub(super) model: Option<String>,
    /// The agent that asks it.
    pub(super) agent: Option<String>,
    /// The file with instructions for the agent.
    pub(super) instructions: Option<String>,
}

impl Identity {
    pub(super) fn of(info: &RunInfo, name: &str) -> Identity {
        let Some(config) = config(info, name) else { return Identity::default() };
        let text = |key: &str| config.get(key).and_then(Value::as_str).map(str::to_owned);
        match text("agent") {
            None => Identity { model: text("model"), ..Identity::default() },
            agent => Identity {
                model: model(config).and_then(|it| it.get("model")?.as_str()).map(str::to_owned),
                agent,
                instructions: text("instructions"),
            },
        }
    }

    /// Whether another is held against it: an agent against its model alone, and an agent with
    /// instructions against the same without.
    pub(super) fn is_baseline_of(&self, other: &Identity) -> bool {
        self.model.is_some()
            && self.model == other.model
            && match (&self.agent, &other.agent) {
                (None, Some(_)) => true,
                (Some(agent), Some(another)) => {
                    agent == another && self.instructions.is_none() && other.instructions.is_some()
                }
                _ => false,
            }
    }
}

/// The settings of a subject; `None` of one that is not named in the settings, as those of
/// recorded and imported answers.
pub(super) fn config<'a>(info: &'a RunInfo, name: &str) -> Option<&'a Value> {
    let subjects = info.settings.get("subjects").and_then(Value::as_array);
    subjects.into_iter().flatten().find(|config| called(config).as_deref() == Some(name))
}

/// The settings of the model that an agent asks.
pub(super) fn model(config: &Value) -> Option<&Value> {
    config.get("model").filter(|model| model.is_object())
}

/// The name that a subject with these settings has.
fn called(config: &Value) -> Option<String> {
    let text = |value: &Value, key: &str| value.get(key)?.as_str().map(str::to_owned);
    if let Some(name) = text(config, "name") {
        return Some(name);
    }
    match (text(config, "agent"), model(config)) {
        (Some(agent), Some(model)) => {
            let model = text(model, "name").or_else(|| text(model, "model"))?;
            Some(format!("{agent} ({model})"))
        }
        (Some(agent), None) => Some(agent),
        (None, _) => text(config, "model").or_else(|| text(config, "provider")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn subjects_are_found_by_the_names_that_they_are_given() {
        let check = |config: Value, expect: Option<&str>| {
            assert_eq!(called(&config).as_deref(), expect, "{config}");
        };
        check(json!({"provider": "openai", "model": "m"}), Some("m"));
        check(json!({"provider": "openai", "model": "m", "name": "n"}), Some("n"));
        check(json!({"provider": "reference"}), Some("reference"));
        let model = json!({"provider": "openai", "model": "m"});
        check(json!({"provider": "agent", "agent": "codex", "model": model}), Some("codex (m)"));
        check(json!({"provider": "agent", "agent": "x", "name": "n", "model": model}), Some("n"));
    }

    #[test]
    fn an_agent_is_held_against_its_model_and_against_itself_without_instructions() {
        let identity = |agent: Option<&str>, instructions: Option<&str>| Identity {
            model: Some("m".to_owned()),
            agent: agent.map(str::to_owned),
            instructions: instructions.map(str::to_owned),
        };
        let (bare, agent) = (identity(None, None), identity(Some("a"), None));
        let told = identity(Some("a"), Some("rules.md"));
        let check = |first: &Identity, second: &Identity, expect: bool| {
            assert_eq!(first.is_baseline_of(second), expect, "{first:?} {second:?}");
        };
        check(&bare, &agent, true);
        check(&bare, &told, true);
        check(&agent, &told, true);
        check(&agent, &bare, false);
        check(&told, &agent, false);
        check(&bare, &bare, false);
        check(&agent, &identity(Some("b"), Some("rules.md")), false);
        check(&bare, &Identity { model: Some("other".to_owned()), ..agent }, false);
        check(
            &Identity::default(),
            &Identity { agent: Some("a".to_owned()), ..Identity::default() },
            false,
        );
    }
}
