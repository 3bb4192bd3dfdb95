//! What is strange about who answers, said as soon as it shows: another model than was
//! asked for, several models, a prompt that was cut short.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use assay_core::Served;
use assay_core::served::{Kinship, is_cut_short, kinship};

use super::question::Reply;
use crate::printable::short;

/// Who has answered for one model so far.
#[derive(Debug, Default)]
pub(super) struct Watch {
    seen: Mutex<Seen>,
}

#[derive(Debug, Default)]
struct Seen {
    models: BTreeSet<String>,
    has_cut: bool,
    /// What the user has not been told yet.
    notices: Vec<String>,
}

/// Names that are remembered. A server may make a new one for each answer.
const MOST_NAMES: usize = 8;

/// Characters of a name that are shown.
const MOST_CHARACTERS: usize = 80;

impl Watch {
    /// Looks at an answer of the model that was asked for by this name.
    pub(super) fn answered(&self, asked: &str, reply: &Reply) {
        let Served { model, sent_bytes, .. } = &reply.served;
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(model) = model {
            seen.name(asked, model);
        }
        let counted = reply.usage.tokens.map(|tokens| tokens.input);
        if let (Some(sent), Some(counted)) = (*sent_bytes, counted)
            && is_cut_short(sent, counted)
        {
            seen.cut(sent, counted);
        }
    }

    pub(super) fn take_notice(&self) -> Option<String> {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        (!seen.notices.is_empty()).then(|| seen.notices.remove(0))
    }
}

impl Seen {
    fn name(&mut self, asked: &str, model: &str) {
        if self.models.contains(model) || self.models.len() >= MOST_NAMES {
            return;
        }
        let is_new = !self.models.is_empty();
        self.models.insert(model.to_owned());
        let shown = short(model, MOST_CHARACTERS);
        if is_new {
            self.notices.push(format!("a different model answers than before: {shown}"));
        } else if kinship(asked, model) == Kinship::Other {
            let asked = short(asked, MOST_CHARACTERS);
            self.notices.push(format!("the model {asked} was asked for, but {shown} answers"));
        }
    }

    fn cut(&mut self, sent: u64, counted: u64) {
        if !std::mem::replace(&mut self.has_cut, true) {
            self.notices.push(format!(
                "the server counted {counted} prompt tokens where {sent} bytes were sent: it probably cut the prompt short"
            ));
        }
    }
}
