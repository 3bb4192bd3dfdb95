//! [`KeptRequest`]: what was asked, without what was asked before.
//!
//! An agent sends the whole conversation again with each question, and its tools and its
//! instructions too. Kept as they come, a hundred questions would take a hundred times the
//! memory of the last. So only what is new is kept, and the rest is named; each is found again
//! exactly as it was.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

/// The body of a request, of which parts are those of an earlier one.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct KeptRequest {
    /// The names of its members, in order.
    pub members: Vec<String>,
    /// The exchange, by its place in the conversation, whose request has the parts that are
    /// not here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub earlier: Option<usize>,
    /// Lists of which the first so many items are those of the earlier request.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub continued: BTreeMap<String, usize>,
    /// The members that are new, and of continued lists what follows. All others are as they
    /// are in the earlier request.
    pub new: Map<String, Value>,
}

impl KeptRequest {
    /// The whole body, made with the earlier one, if this names one.
    pub(super) fn whole(&self, earlier: Option<&Value>) -> Option<Value> {
        let mut body = Map::new();
        for name in &self.members {
            let before = || earlier?.get(name);
            let value = match (self.continued.get(name), self.new.get(name)) {
                (Some(count), more) => {
                    let mut list = before()?.as_array()?.get(..*count)?.to_vec();
                    list.extend(more.and_then(Value::as_array).into_iter().flatten().cloned());
                    Value::Array(list)
                }
                (None, Some(new)) => new.clone(),
                (None, None) => before()?.clone(),
            };
            body.insert(name.clone(), value);
        }
        Some(Value::Object(body))
    }
}

/// Tells whether two values are the same, for as long as a conversation is kept.
type Print = [u8; 32];

/// What is remembered of a request, to find its parts in later ones.
#[derive(Debug)]
struct Remembered {
    place: usize,
    members: BTreeMap<String, Prints>,
}

#[derive(Debug, PartialEq, Eq)]
enum Prints {
    One(Print),
    List(Vec<Print>),
}

/// What is remembered of the last requests.
#[derive(Debug, Default)]
pub(super) struct Memory {
    last: Vec<Remembered>,
}

/// As many conversations as an agent has at once, with those of its own helpers.
const REMEMBERED: usize = 12;

impl Memory {
    /// Keeps the body of the request of this exchange.
    pub(super) fn keep(&mut self, place: usize, body: &Map<String, Value>) -> KeptRequest {
        let members: BTreeMap<String, Prints> =
            body.iter().map(|(name, value)| (name.clone(), Prints::of(value))).collect();
        // Of those that are as good, the last.
        let best = (0..self.last.len()).max_by_key(|at| self.last[*at].shared_with(&members));
        let best = best.filter(|at| self.last[*at].shared_with(&members) > 0);
        let mut kept = KeptRequest {
            members: body.keys().cloned().collect(),
            earlier: best.map(|at| self.last[at].place),
            ..KeptRequest::default()
        };
        for (name, value) in body {
            let before = best.and_then(|at| self.last[at].members.get(name));
            match (before, &members[name], value) {
                (Some(before), now, _) if before == now => {}
                (Some(Prints::List(before)), Prints::List(now), Value::Array(list)) => {
                    let same = common(before, now);
                    if same > 0 {
                        kept.continued.insert(name.clone(), same);
                    }
                    kept.new.insert(name.clone(), Value::Array(list[same..].to_vec()));
                }
                _ => {
                    kept.new.insert(name.clone(), value.clone());
                }
            }
        }
        if self.last.len() == REMEMBERED {
            // The one that was continued is in what continues it.
            let oldest = best.filter(|_| !kept.continued.is_empty()).unwrap_or(0);
            self.last.remove(oldest);
        }
        self.last.push(Remembered { place, members });
        kept
    }
}

impl Remembered {
    /// How much of a request is here.
    fn shared_with(&self, members: &BTreeMap<String, Prints>) -> usize {
        let shared = members.iter().map(|(name, prints)| match (prints, self.members.get(name)) {
            (Prints::List(now), Some(Prints::List(before))) => 2 * common(before, now),
            (now, Some(before)) => usize::from(now == before),
            (_, None) => 0,
        });
        shared.sum()
    }
}

impl Prints {
    fn of(value: &Value) -> Prints {
        match value {
            Value::Array(list) if !list.is_empty() => {
                Prints::List(list.iter().map(print).collect())
            }
            value => Prints::One(print(value)),
        }
    }
}

fn print(value: &Value) -> Print {
    Sha256::digest(value.to_string()).into()
}

fn common(before: &[Print], now: &[Print]) -> usize {
    before.iter().zip(now).take_while(|(before, now)| before == now).count()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Keeps requests one after the other, and checks that each is found again.
    fn keep_all(bodies: &[Value]) -> Vec<KeptRequest> {
        let mut memory = Memory::default();
        let mut whole: Vec<Value> = Vec::new();
        let mut all = Vec::new();
        for (place, body) in bodies.iter().enumerate() {
            let kept = memory.keep(place, body.as_object().expect("an object"));
            let found = kept.whole(kept.earlier.map(|place| &whole[place])).expect("it is whole");
            assert_eq!(found.to_string(), body.to_string(), "{kept:?}");
            whole.push(found);
            all.push(kept);
        }
        all
    }

    #[test]
    fn what_was_asked_before_is_named_and_not_kept_again() {
        let tools = json!([{ "name": "bash" }, { "name": "read" }]);
        let ask = |messages: Value, more: Value| json!({ "model": "m", "tools": tools, "messages": messages, "n": more });
        let kept = keep_all(&[
            ask(json!(["a"]), json!(1)),
            json!({ "model": "small", "messages": ["title of a"] }),
            ask(json!(["a", "b", "c"]), json!(1)),
            json!({ "messages": ["title of a", "again"], "model": "small" }),
            ask(json!(["a", "B", "c", "d"]), json!(2)),
            json!({}),
            json!({ "messages": [], "tools": null }),
        ]);
        assert_eq!(kept[2].earlier, Some(0));
        assert_eq!(Value::Object(kept[2].new.clone()), json!({ "messages": ["b", "c"] }));
        assert_eq!(kept[3].earlier, Some(1));
        assert_eq!(Value::Object(kept[3].new.clone()), json!({ "messages": ["again"] }));
        let new = json!({ "messages": ["B", "c", "d"], "n": 2 });
        assert_eq!(Value::Object(kept[4].new.clone()), new);
    }

    #[test]
    fn any_requests_are_found_again() {
        for seed in 0..300 {
            let mut random = fastrand::Rng::with_seed(seed);
            let mut bodies = vec![json!({ "model": "m", "messages": [0], "tools": [1, 2] })];
            for _ in 0..random.usize(1..40) {
                let mut body = random.choice(&bodies).expect("there is one").clone();
                match random.u8(0..6) {
                    0 => body["messages"] = json!([random.u8(0..3)]),
                    1 => body["tools"] = json!(random.u8(0..2)),
                    2 => body["tools"] = json!([]),
                    3 => _ = body.as_object_mut().expect("an object").shift_remove("tools"),
                    _ => {
                        let list = body["messages"].as_array_mut().expect("a list");
                        list.truncate(random.usize(0..=list.len()));
                        list.extend((0..random.u8(1..4)).map(|_| json!(random.u8(0..3))));
                    }
                }
                bodies.push(body);
            }
            keep_all(&bodies);
        }
    }

    #[test]
    fn a_long_conversation_takes_about_as_much_as_its_last_request() {
        let message = |at: usize| json!({ "role": "user", "content": "x".repeat(100 + at) });
        let bodies: Vec<Value> = (1..200)
            .map(|count| json!({ "messages": (0..count).map(message).collect::<Vec<_>>() }))
            .collect();
        let kept = serde_json::to_string(&keep_all(&bodies)).expect("JSON").len();
        let last = bodies.last().expect("one").to_string().len();
        assert!(kept < 2 * last, "{kept} bytes are kept of {last}");
    }
}
