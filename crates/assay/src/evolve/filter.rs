//! [`Filter`]: what a candidate must pass, [`Finding`]: what one of them said of it, and [`Standing`]:
//! where a candidate stands.

use serde::Serialize;

use super::step::Step;

/// What a candidate must pass, in the order in which it is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Filter {
    /// The writer's answer holds a scenario.
    Form,
    /// It differs from its seed.
    Seed,
    /// No rule finds the defence in it.
    GuardRules,
    /// It differs from all that were evolved before it.
    Duplicate,
    /// A model finds no defence in it.
    GuardAsked,
    /// A model thinks that it induces the weakness.
    Weakness,
    /// Completing it adds something.
    Completion,
    /// Its case is proved.
    Proof,
    /// People keep it.
    People,
}

impl Filter {
    pub const ALL: [Filter; 9] = [
        Filter::Form,
        Filter::Seed,
        Filter::GuardRules,
        Filter::Duplicate,
        Filter::GuardAsked,
        Filter::Weakness,
        Filter::Completion,
        Filter::Proof,
        Filter::People,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Filter::Form => "form",
            Filter::Seed => "seed",
            Filter::GuardRules => "guard-rules",
            Filter::Duplicate => "duplicate",
            Filter::GuardAsked => "guard-asked",
            Filter::Weakness => "weakness",
            Filter::Completion => "completion",
            Filter::Proof => "proof",
            Filter::People => "people",
        }
    }

    /// What is wrong with those that it drops.
    pub fn title(self) -> &'static str {
        match self {
            Filter::Form => "the answer holds no scenario",
            Filter::Seed => "hardly differs from its seed",
            Filter::GuardRules => "holds the defence already, by a rule",
            Filter::Duplicate => "nearly the same as another one",
            Filter::GuardAsked => "holds the defence already, says the model",
            Filter::Weakness => "would not induce the weakness, says the model",
            Filter::Completion => "completing it adds nothing",
            Filter::Proof => "its case is not proved",
            Filter::People => "dropped by people",
        }
    }

    /// Whether it is an opinion that people may overrule, and not a fact.
    pub fn is_opinion(self) -> bool {
        matches!(self, Filter::GuardRules | Filter::GuardAsked | Filter::Weakness)
    }
}

/// What a filter said of a candidate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Finding {
    pub filter: Filter,
    /// `None` where it could not be read, which is neither.
    pub passed: Option<bool>,
    pub reason: String,
}

/// Where a candidate stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// Something is still to be asked or proved.
    Open(Step),
    /// It is like an earlier candidate that is still open, by the place of that.
    Waits(usize),
    Dropped(Filter, String),
    /// A model's answer could not be read twice: people must decide.
    Undecided(Filter, String),
    Kept,
}

impl Standing {
    pub fn as_str(&self) -> &'static str {
        match self {
            Standing::Open(_) | Standing::Waits(_) => "open",
            Standing::Dropped(..) => "dropped",
            Standing::Undecided(..) => "undecided",
            Standing::Kept => "kept",
        }
    }

    /// Whether nothing more is to be asked about it.
    pub fn is_settled(&self) -> bool {
        !matches!(self, Standing::Open(_) | Standing::Waits(_))
    }
}
