//! Rounds that say the same: where a model that draws its words gives one answer several
//! times, the rounds are not independent samples of it.

use serde_json::{Value, json};

use super::SubjectScore;
use super::quantity::{counted, tokens as count};
use crate::store::{Repeats, RunInfo};

/// Subjects that no words are drawn for.
const UNDRAWN: [&str; 4] = ["reference", "vulnerable", "empty", "replay"];

/// How a subject's rounds repeat each other, where they should not: it is a model, and its
/// temperature is not 0.
pub(super) fn of(info: &RunInfo, name: &str, repeats: Option<Repeats>) -> Option<Repeats> {
    let subjects = info.settings.get("subjects").and_then(Value::as_array);
    let mut configs = subjects.into_iter().flatten();
    let text = |config: &Value, key: &str| config.get(key)?.as_str().map(str::to_owned);
    let config = configs.find(|config| {
        let called = text(config, "name").or_else(|| text(config, "model"));
        called.as_deref() == Some(name)
    })?;
    let provider = text(config, "provider")?;
    let draws = !UNDRAWN.contains(&provider.as_str()) && temperature(config) != Some(0.0);
    repeats.filter(|repeats| draws && repeats.repeating > 0)
}

/// The temperature that was sent; `None` where none was.
fn temperature(config: &Value) -> Option<f64> {
    let places = ["/extra/temperature", "/extra/generationConfig/temperature", "/temperature"];
    places.iter().find_map(|place| config.pointer(place)?.as_f64())
}

/// A sentence about it.
pub(super) fn summary(subject: &SubjectScore) -> Option<String> {
    let Repeats { tasks, repeating, answers, repeated } = subject.repeats?;
    Some(format!(
        "rounds repeat each other: in {} of {} rounds gave exactly the same first answer ({} of {} answers are the same as an earlier one), so they are not independent samples; check whether the server caches answers, has a fixed seed, or ignores temperature and seed",
        count(repeating),
        counted(usize::try_from(tasks).unwrap_or(usize::MAX), "task"),
        count(repeated),
        count(answers),
    ))
}

pub(super) fn json(subject: &SubjectScore) -> Option<Value> {
    let Repeats { tasks, repeating, answers, repeated } = subject.repeats?;
    Some(json!({
        "tasks": tasks,
        "repeating-tasks": repeating,
        "answers": answers,
        "repeated-answers": repeated,
    }))
}
