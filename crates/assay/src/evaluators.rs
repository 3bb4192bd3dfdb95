//! Evaluators (tests, judges, analysers) side by side over programs whose security is known:
//! what each says, kept as it comes, and how far that is true.

mod judge;
mod labels;
mod ledger;
mod program;
mod table;

pub use judge::{Asking, WeaknessJudge};
pub use labels::{Labels, LabelsFault};
pub use ledger::{Ledger, LedgerFault};
pub use program::{KnownProgram, baselines, known_programs};
pub use table::{Comparison, comparison};
