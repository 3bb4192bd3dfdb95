//! Who answered in a run: the models that servers named, beside the one that was asked for,
//! and prompts that they cut short.

use std::collections::BTreeMap;

use assay_core::Served;
use assay_core::served::{Kinship, cut_short, kinship};
use serde_json::{Value, json};

use super::quantity::{count, counted};
use crate::printable::short;
use crate::store::{Payer, RunInfo, ServedReply};

/// Who answered for one subject or judge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Serving {
    pub name: String,
    pub payer: Payer,
    /// The model that was asked for; `None` in a run that does not say.
    pub asked: Option<String>,
    /// In the order in which they first answered.
    pub by: Vec<Server>,
    /// How many answers probably answer a prompt that was cut short.
    pub cut: usize,
    /// Of them the one with the fewest tokens counted for what was sent: bytes and tokens.
    pub worst: Option<(u64, u64)>,
    /// Answers whose prompts the provider counted.
    pub counted: usize,
}

/// A model in one configuration, as its server names them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    pub model: Option<String>,
    pub fingerprint: Option<String>,
    pub answers: usize,
}

/// Characters of a name that a server gives.
const MOST_NAME: usize = 80;

/// Names of one kind that are listed.
const MOST_NAMES: usize = 4;

impl Serving {
    /// One for each subject and judge whose server said anything.
    pub(super) fn all(info: &RunInfo, replies: &[ServedReply]) -> Vec<Serving> {
        let asked = asked(info);
        let mut by_name: BTreeMap<(Payer, &str), Vec<&ServedReply>> = BTreeMap::new();
        for reply in replies {
            by_name.entry((reply.payer, &reply.name)).or_default().push(reply);
        }
        by_name
            .into_iter()
            .map(|((payer, name), replies)| {
                let asked = asked.get(&(payer, name.to_owned())).cloned();
                Serving::of(name, payer, asked, &replies)
            })
            .collect()
    }

    fn of(name: &str, payer: Payer, asked: Option<String>, replies: &[&ServedReply]) -> Serving {
        let mut by: Vec<Server> = Vec::new();
        for Served { model, fingerprint, .. } in replies.iter().map(|reply| &reply.served) {
            if model.is_none() && fingerprint.is_none() {
                continue;
            }
            let known =
                by.iter_mut().find(|it| (&it.model, &it.fingerprint) == (model, fingerprint));
            match known {
                Some(known) => known.answers += 1,
                None => by.push(Server {
                    model: model.clone(),
                    fingerprint: fingerprint.clone(),
                    answers: 1,
                }),
            }
        }
        let conversations: Vec<(u64, u64)> = replies
            .iter()
            .filter_map(|reply| reply.served.sent_bytes.zip(reply.input_tokens))
            .collect();
        let cut = cut_short(&conversations);
        #[expect(clippy::cast_precision_loss, reason = "lengths of texts, compared roughly")]
        let density = |place: &usize| {
            let (bytes, tokens) = conversations[*place];
            tokens as f64 / bytes as f64
        };
        let worst = cut.iter().min_by(|a, b| density(a).total_cmp(&density(b)));
        Serving {
            name: name.to_owned(),
            payer,
            asked,
            by,
            worst: worst.map(|place| conversations[*place]),
            cut: cut.len(),
            counted: conversations.len(),
        }
    }

    /// The names of models, or of fingerprints, each with its answers.
    fn names(&self, of: fn(&Server) -> Option<&String>) -> Vec<(&str, usize)> {
        let mut names: Vec<(&str, usize)> = Vec::new();
        for server in &self.by {
            let Some(name) = of(server) else { continue };
            match names.iter_mut().find(|(known, _)| known == name) {
                Some((_, answers)) => *answers += server.answers,
                None => names.push((name, server.answers)),
            }
        }
        names
    }

    fn models(&self) -> Vec<(&str, usize)> {
        self.names(|server| server.model.as_ref())
    }

    fn fingerprints(&self) -> Vec<(&str, usize)> {
        self.names(|server| server.fingerprint.as_ref())
    }

    /// How the model of a name is to the one that was asked for.
    fn kinship(&self, model: &str) -> Option<Kinship> {
        self.asked.as_ref().map(|asked| kinship(asked, model))
    }

    pub fn is_of_subject(&self, name: &str) -> bool {
        self.payer == Payer::Subject && self.name == name
    }

    /// Whose answers, in a word or two.
    pub fn who(&self) -> String {
        let name = short(&self.name, MOST_NAME);
        match self.payer {
            Payer::Subject => name,
            Payer::Judge => format!("the judge {name}"),
        }
    }

    /// The models and fingerprints that were named, in a phrase; `None` where there is
    /// nothing that was not asked for.
    pub fn summary(&self) -> Option<String> {
        let (models, fingerprints) = (self.models(), self.fingerprints());
        let is_as_asked = |model: &str| self.asked.as_deref() == Some(model);
        if fingerprints.is_empty() && models.iter().all(|(model, _)| is_as_asked(model)) {
            return None;
        }
        let mut parts = Vec::new();
        if !models.is_empty() {
            parts.push(listed(&models));
        }
        if !fingerprints.is_empty() {
            let word = if fingerprints.len() == 1 { "fingerprint" } else { "fingerprints" };
            parts.push(format!("{word} {}", listed(&fingerprints)));
        }
        Some(format!("answered by {}", parts.join(", ")))
    }

    /// What a reader of the scores has to know, a sentence each.
    pub fn warnings(&self) -> Vec<String> {
        let (models, fingerprints) = (self.models(), self.fingerprints());
        let is_other = |(model, _): &(&str, usize)| self.kinship(model) == Some(Kinship::Other);
        let mut warnings = Vec::new();
        match &self.asked {
            Some(asked) if models.iter().any(is_other) => warnings.push(format!(
                "the model {} was asked for, but according to its server this one answered: {}",
                short(asked, MOST_NAME),
                listed(&models)
            )),
            _ if models.len() > 1 => warnings.push(format!(
                "the model changed during the run: {}; the scores cover all of them together",
                listed(&models)
            )),
            _ => {}
        }
        if fingerprints.len() > 1 {
            warnings.push(format!(
                "the server's configuration changed during the run, or differs between servers: fingerprints {}",
                listed(&fingerprints)
            ));
        }
        if let Some((bytes, tokens)) = self.worst {
            warnings.push(format!(
                "{} of {} probably answer a prompt that the server cut short: it counted {tokens} tokens where {bytes} bytes were sent, so the model did not read the whole task; give the server a longer context",
                count(self.cut),
                counted(self.counted, "answer"),
            ));
        }
        warnings.iter().map(|warning| format!("{}: {warning}", self.who())).collect()
    }

    /// For programs.
    pub(super) fn json(&self) -> Value {
        let by = self.by.iter().map(|Server { model, fingerprint, answers }| {
            json!({
                "model": model,
                "fingerprint": fingerprint,
                "answers": answers,
                "kinship": model.as_ref().and_then(|model| self.kinship(model)),
            })
        });
        json!({
            "name": self.name,
            "role": self.payer.as_str(),
            "asked-for": self.asked,
            "by": by.collect::<Vec<_>>(),
            "prompts-cut-short": self.cut,
            "prompts-counted": self.counted,
        })
    }
}

/// The models that a run asks for, by the names of its subjects and judges.
fn asked(info: &RunInfo) -> BTreeMap<(Payer, String), String> {
    let mut asked = BTreeMap::new();
    for (payer, list) in [(Payer::Subject, "subjects"), (Payer::Judge, "judges")] {
        let models = info.settings.get(list).and_then(Value::as_array).into_iter().flatten();
        for settings in models {
            let text = |name: &str| settings.get(name).and_then(Value::as_str);
            if let Some(model) = text("model") {
                let name = text("name").unwrap_or(model);
                asked.insert((payer, name.to_owned()), model.to_owned());
            }
        }
    }
    asked
}

/// The names, each with its number of answers where there are several.
fn listed(names: &[(&str, usize)]) -> String {
    if let [(name, _)] = names {
        return short(name, MOST_NAME);
    }
    let shown = names.iter().take(MOST_NAMES);
    let mut parts: Vec<String> = shown
        .map(|(name, answers)| {
            format!("{} ({})", short(name, MOST_NAME), counted(*answers, "answer"))
        })
        .collect();
    if names.len() > MOST_NAMES {
        parts.push(format!("{} more", count(names.len() - MOST_NAMES)));
    }
    parts.join(", ")
}
