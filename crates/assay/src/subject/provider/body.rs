//! Places in the JSON of bodies and events, which is of any form.

use assay_core::Tokens;
use serde_json::{Map, Value};

/// Puts the members of one object over those of another; objects in both are joined.
pub(super) fn merge(into: &mut Map<String, Value>, from: &Map<String, Value>) {
    for (key, value) in from {
        match (into.get_mut(key), value) {
            (Some(Value::Object(into)), Value::Object(from)) => merge(into, from),
            _ => {
                into.insert(key.clone(), value.clone());
            }
        }
    }
}

/// The text at a place of a body; empty where there is none.
pub(super) fn text_at<'a>(value: &'a Value, place: &str) -> &'a str {
    value.pointer(place).and_then(Value::as_str).unwrap_or_default()
}

/// The list at a place of a body; empty where there is none.
pub(super) fn list_at<'a>(value: &'a Value, place: &str) -> &'a [Value] {
    value.pointer(place).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// No answer takes so many tokens. Larger counts are none: sums of them, and what they
/// cost, would be larger than any number that is kept.
const MOST_TOKENS: u64 = 1 << 40;

/// The count at a place of a body; some servers write it as a text, or with a fraction.
pub(super) fn count_at(value: &Value, place: &str) -> Option<u64> {
    let count = match value.pointer(place)? {
        Value::String(text) => text.trim().parse().ok(),
        Value::Number(number) => number.as_u64().or_else(|| {
            let whole = number.as_f64().filter(|it| it.fract() == 0.0)?;
            format!("{whole:.0}").parse().ok()
        }),
        _ => None,
    };
    count.filter(|count| *count < MOST_TOKENS)
}

/// Takes what is at a place of an event; null where there is nothing.
pub(super) fn take(event: &mut Value, place: &str) -> Value {
    event.pointer_mut(place).map(Value::take).unwrap_or_default()
}

/// Sets a member of an object of a body. Indexing would panic on what is no object, and
/// what a server sends is of any form.
pub(super) fn put(object: &mut Value, name: &str, value: Value) {
    if let Value::Object(members) = object {
        members.insert(name.to_owned(), value);
    }
}

/// Sets what the user has given a value.
pub(super) fn set_given(settings: &mut Map<String, Value>, key: &str, value: Option<Value>) {
    if let Some(value) = value {
        settings.insert(key.to_owned(), value);
    }
}

/// Lengthens a text that is a member of an object of a body.
pub(super) fn append(object: &mut Value, name: &str, more: &str) {
    let Value::Object(members) = object else { return };
    match members.get_mut(name) {
        Some(Value::String(text)) => text.push_str(more),
        _ => put(object, name, Value::String(more.to_owned())),
    }
}

/// Counts that agree with each other: what is a part of another is no more than it.
pub(super) fn tokens(input: u64, cached: u64, output: u64, reasoning: u64) -> Tokens {
    let (cached, reasoning) = (cached.min(input), reasoning.min(output));
    Tokens { input, cached, output, reasoning, written: 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_are_joined_and_all_else_is_replaced() {
        let object = |text: &str| serde_json::from_str::<Map<String, Value>>(text).expect("JSON");
        let mut into = object(r#"{"a":{"b":1,"c":[1]},"d":2}"#);
        merge(&mut into, &object(r#"{"a":{"c":[2],"e":3},"d":{"f":4}}"#));
        assert_eq!(into, object(r#"{"a":{"b":1,"c":[2],"e":3},"d":{"f":4}}"#));
    }
}
