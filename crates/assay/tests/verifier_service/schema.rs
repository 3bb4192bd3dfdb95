//! The description of the service, and what was seen of what it describes.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::client::{Answer, SEEN};

/// Methods, paths and statuses that were answered.
pub(crate) struct Seen(BTreeSet<(String, String, u16)>);

impl Seen {
    pub(crate) const fn new() -> Seen {
        Seen(BTreeSet::new())
    }

    pub(crate) fn has(&self, method: &str, path: &str, status: u16) -> bool {
        self.0.contains(&(method.to_owned(), path.to_owned(), status))
    }
}

/// An OpenAPI document.
pub(crate) struct Document(pub(crate) Value);

impl Document {
    pub(crate) fn new(document: Value) -> Document {
        assert_eq!(document["openapi"], "3.1.0");
        Document(document)
    }

    /// Everything that is described: method, path and status.
    pub(crate) fn described(&self) -> Vec<(String, String, u16)> {
        let mut all = Vec::new();
        for (path, item) in members(&self.0["paths"]) {
            for (method, operation) in members(item).filter(|(name, _)| *name != "parameters") {
                for (status, _) in members(&operation["responses"]) {
                    let status = status.parse().expect("a status");
                    all.push((method.to_uppercase(), path.clone(), status));
                }
            }
        }
        all
    }

    /// Fails unless an answer is one of those that are described. Of other paths and methods only
    /// that there is nothing is to be said.
    pub(crate) fn check(&self, method: &str, path: &str, answer: &Answer) {
        let path = path.split('?').next().unwrap_or_default();
        let found = members(&self.0["paths"]).find(|(template, _)| matches(template, path));
        let Some((template, item)) = found else {
            assert!([400, 404].contains(&answer.status), "{path}: {answer:?}");
            return;
        };
        let method = if method == "HEAD" { "GET" } else { method };
        let Some(operation) = item.get(method.to_lowercase()) else {
            // What is said of other methods is described with each method that there is.
            assert_eq!(answer.status, 405, "{method} {path}: {answer:?}");
            for (method, _) in members(item).filter(|(name, _)| *name != "parameters") {
                self.note(&method.to_uppercase(), template, answer);
            }
            return;
        };
        assert!(
            operation["responses"].get(answer.status.to_string()).is_some(),
            "{method} {template} is not described to answer {answer:?}"
        );
        self.note(method, template, answer);
        let response = &operation["responses"][answer.status.to_string()];
        for (name, _) in response.get("headers").into_iter().flat_map(members) {
            assert!(
                answer.header(name).is_some(),
                "{method} {template} without {name}: {answer:?}"
            );
        }
        let (kind, content) = members(&response["content"]).next().expect("a content");
        let sent = answer.header("content-type").unwrap_or_default();
        assert!(sent.starts_with(kind.as_str()), "{method} {template}: {sent}, not {kind}");
        if kind == "application/json" && !answer.body.is_empty() {
            let faults = self.faults(&content["schema"], &answer.json(), "");
            assert!(
                faults.is_empty(),
                "{method} {template} {}: {faults:?}\n{answer:?}",
                answer.status
            );
        }
    }

    fn note(&self, method: &str, template: &str, answer: &Answer) {
        let mut seen = SEEN.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        seen.0.insert((method.to_owned(), template.to_owned(), answer.status));
    }

    /// What of a value is not as its schema says, of the parts of JSON Schema that the document uses.
    fn faults(&self, schema: &Value, value: &Value, place: &str) -> Vec<String> {
        let mut faults = Vec::new();
        for (keyword, rule) in members(schema) {
            let is_fine = match keyword.as_str() {
                "$ref" => {
                    let pointer = rule.as_str().expect("a text").trim_start_matches('#');
                    let target = self.0.pointer(pointer).unwrap_or_else(|| panic!("{rule}"));
                    faults.extend(self.faults(target, value, place));
                    true
                }
                "type" => is_of_type(rule, value),
                "const" => rule == value,
                "enum" => rule.as_array().expect("a list").contains(value),
                "minimum" => value.as_f64().is_none_or(|it| it >= rule.as_f64().expect("a number")),
                "pattern" => {
                    assert_eq!(rule, "^[0-9a-f]{64}$", "teach this test another pattern");
                    let is_hex =
                        |it: &str| it.len() == 64 && it.chars().all(|c| c.is_ascii_hexdigit());
                    value.as_str().is_none_or(is_hex)
                }
                "required" => rule
                    .as_array()
                    .expect("a list")
                    .iter()
                    .all(|name| value.get(name.as_str().expect("a name")).is_some()),
                "oneOf" => {
                    let fits = |it: &&Value| self.faults(it, value, place).is_empty();
                    rule.as_array().expect("a list").iter().filter(fits).count() == 1
                }
                "items" => {
                    for (at, item) in value.as_array().into_iter().flatten().enumerate() {
                        faults.extend(self.faults(rule, item, &format!("{place}/{at}")));
                    }
                    true
                }
                "properties" | "additionalProperties" => true,
                "description" | "minItems" | "maxItems" => true,
                other => panic!("teach this test the keyword {other}"),
            };
            if !is_fine {
                faults.push(format!("{place}: {value} is not {keyword} {rule}"));
            }
        }
        let nothing = Map::new();
        let named = schema["properties"].as_object().unwrap_or(&nothing);
        for (name, member) in value.as_object().into_iter().flatten() {
            let place = format!("{place}/{name}");
            match (named.get(name), &schema["additionalProperties"]) {
                (Some(schema), _) | (None, schema @ Value::Object(_)) => {
                    faults.extend(self.faults(schema, member, &place));
                }
                (None, Value::Bool(false)) => faults.push(format!("{place} is not described")),
                (None, _) => {}
            }
        }
        faults
    }
}

fn is_of_type(rule: &Value, value: &Value) -> bool {
    let is = |name: &Value| match name.as_str().expect("a name") {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "null" => value.is_null(),
        other => panic!("teach this test the type {other}"),
    };
    match rule {
        Value::Array(names) => names.iter().any(is),
        name => is(name),
    }
}

fn members(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

/// Whether a path is of a template; the case of a controller may have two segments.
fn matches(template: &str, path: &str) -> bool {
    if template == "/verify/{case}" {
        let rest = path.strip_prefix("/verify/").unwrap_or_default();
        return !rest.is_empty()
            && rest.split('/').count() <= 2
            && rest.split('/').all(|it| !it.is_empty());
    }
    let (template, path) =
        (template.split('/').collect::<Vec<_>>(), path.split('/').collect::<Vec<_>>());
    let is_alike =
        |(one, other): (&&str, &&str)| one == other || (one.starts_with('{') && !other.is_empty());
    template.len() == path.len() && template.iter().zip(&path).all(is_alike)
}
