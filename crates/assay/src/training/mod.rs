//! Data to train models with, from runs, from programs whose security is known, and from BigVul
//! (CoV-Eval, sections 4 and 6.3, Appendices F and H): `docs/training.md`.
//!
//! Questions have the words in which Assay asks them, so that what is trained is what is asked.
//! What is held out is held out by scenario, and what is too like an evaluation set is left out.

mod answers;
mod bigvul;
mod card;
mod contamination;
mod example;
mod form;
mod programs;
mod published;
mod recipe;
mod source;
mod split;
mod writer;

pub use answers::{Collected, collect};
pub use bigvul::{BigVulError, read as read_bigvul};
pub use card::{Card, Sources};
pub use contamination::{Contamination, Evaluations, Hit};
pub use example::{Example, Kind, Origin, Said};
pub use form::Form;
pub use programs::{Program, instructions};
pub use published::published;
pub use recipe::Recipe;
pub use source::{Source, SourceKind};
pub use split::{Side, Split};
pub use writer::Counts;
pub(crate) use writer::Writer;
