//! Evaluators (tests, judges, analysers) side by side over programs whose security is known:
//! what each says, kept as it comes, and how far that is true.

mod heuristic;
mod judge;
mod labels;
mod ledger;
mod prior;
mod program;
mod table;

pub use heuristic::{Findings, HeuristicChoice, HeuristicEvaluator, cross_validated, examples};
pub use judge::{Asking, WeaknessJudge, examples_for};
pub use labels::{Labels, LabelsFault};
pub use ledger::{Ledger, LedgerFault};
pub use prior::{WEAKNESS_PRIOR, weakness_prior};
pub use program::{KnownProgram, baselines, known_programs};
pub use table::{Comparison, comparison};
