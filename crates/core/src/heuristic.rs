//! [`Heuristic`]: an evaluator that needs no model. It says how likely a program is to be
//! vulnerable by what stands in it: guards and sinks of its weakness, how much it checks, its
//! language and size, the weakness itself and, where it was trained with them, what static
//! analysers say. It is a logistic regression that was trained on programs whose security is known:
//! a floor that a model has to beat, not a proof of anything.

mod features;
mod guards;
mod logistic;
mod signs;
mod sinks;
mod training;
mod weights;

pub use features::{Features, Looked, Viewed, features};
pub use training::{Example, FOLDS, PENALTIES, Trained, best_penalty, fold_of, held_out, train};
pub use weights::{
    Figures, Heuristic, HeuristicFault, Provenance, Source, TrainedOn, features_digest,
};
