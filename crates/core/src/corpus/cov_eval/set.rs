//! [`Set`]: a set of programs of a checkout.

/// The set that an item is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Set {
    Seed,
    Evolved,
    Repair,
    Detection,
    Train,
}

impl Set {
    pub const ALL: [Set; 5] = [Set::Seed, Set::Evolved, Set::Repair, Set::Detection, Set::Train];

    /// Its folder below the root.
    pub fn folder(self) -> &'static str {
        match self {
            Set::Seed => "datasets/CoV-Eval_v1/code_completion_task_seed",
            Set::Evolved => "datasets/CoV-Eval_v1/code_completion_task",
            Set::Repair => "datasets/CoV-Eval_v1/vulnerability_repair_task",
            Set::Detection => "datasets/CoV-Eval_v1/vulnerability_detection_classification_task",
            Set::Train => "datasets/train-set",
        }
    }

    /// What the ids of its cases begin with.
    pub(super) fn prefix(self) -> &'static str {
        match self {
            Set::Seed => "complete-seed",
            Set::Evolved => "complete-evolved",
            Set::Repair => "repair",
            Set::Detection => "detect",
            Set::Train => "train",
        }
    }
}
