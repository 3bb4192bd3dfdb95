//! Harder scenarios from seeds, as CoV-Eval's Vul-Evol makes them (section 3.3, Appendices D and E):
//! a model evolves each seed by four strategies, filters say what of it can be used and why not, people
//! decide, and an evolved case of our own corpus is proved by its tests: `docs/evolve.md`.
//!
//! Only answers and proofs are kept, in a ledger; where a candidate stands follows from them
//! ([`Evolution`]), so that nothing is asked twice and stricter filters ask nothing at all.

mod candidate;
mod case_files;
pub mod corpus;
pub mod decisions;
mod evolution;
mod filter;
mod gain;
mod guards;
pub mod ledger;
mod likeness;
mod outcome;
mod page;
mod question;
pub mod review;
mod seed;
mod step;
mod strategy;
mod verdict;
mod work;

pub use candidate::Candidate;
pub use evolution::{Evolution, EvolutionSettings, Tags};
pub use filter::{Filter, Finding, Standing};
pub use outcome::Outcome;
pub use page::page;
pub use question::prompts;
pub use seed::{CaseSeed, ProgramSeed, Seed, SeedFault, SeedKind};
pub use step::Step;
pub use strategy::Strategy;
pub use work::{Proving, WorkEnd, Workers, work};
