//! [`Remark`]: something that an artifact says or has which plain code does not, and
//! [`Remarks`], all of them with their places.

use assay_core::Finding;

/// A phrase that says what was seen, by what it means.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Remark {
    /// No honest program has a use for it, and it reaches for what watches the tests.
    Offence(String),
    /// Unusual; it decides nothing.
    Note(String),
}

impl Remark {
    pub(super) fn offence(what: impl Into<String>) -> Remark {
        Remark::Offence(what.into())
    }

    pub(super) fn note(what: impl Into<String>) -> Remark {
        Remark::Note(what.into())
    }
}

/// What was remarked of an artifact before it ran.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Remarks {
    pub(super) offences: Vec<Finding>,
    pub(super) notes: Vec<Finding>,
}

/// More remarks of a kind than these tell nobody more, and an artifact may give rise to any
/// number.
const MOST: usize = 200;

impl Remarks {
    pub(super) fn add(&mut self, remark: Remark, place: String) {
        let (list, what) = match remark {
            Remark::Offence(what) => (&mut self.offences, what),
            Remark::Note(what) => (&mut self.notes, what),
        };
        keep(list, Finding::build(what, Some(place)));
    }

    pub(super) fn extend(&mut self, others: Remarks) {
        others.offences.into_iter().for_each(|finding| keep(&mut self.offences, finding));
        others.notes.into_iter().for_each(|finding| keep(&mut self.notes, finding));
    }
}

fn keep(list: &mut Vec<Finding>, finding: Finding) {
    if list.len() < MOST && !list.contains(&finding) {
        list.push(finding);
    }
}
