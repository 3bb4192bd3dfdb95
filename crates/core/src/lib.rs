//! The pure heart of Assay: cases, prompts, artifacts, evidence, verdicts and
//! scores. Nothing here starts a process, opens a connection, or reads the
//! clock or the environment; the only I/O is reading a corpus from disk.

pub mod artifact;
pub mod case;
pub mod contact;
pub mod corpus;
pub mod end;
pub mod files;
pub mod javascript;
pub mod judge;
pub mod phase;
pub mod prompt;
pub mod reading;
pub mod record;
pub mod response;
pub mod scenario;
pub mod score;
pub mod served;
pub mod state;
pub mod suite;
pub mod tamper;
pub mod text_file;
pub mod tokens;
pub mod verdict;
pub mod world;

pub use artifact::{Artifact, NoCode};
pub use case::{Case, Language, Severity};
pub use contact::Contact;
pub use corpus::Corpus;
pub use end::AttemptEnd;
pub use files::{FileSet, SafePath};
pub use judge::{Ballot, JudgeReply, Rubric, Vote};
pub use phase::{PassedPhase, PhaseEvidence};
pub use prompt::Locale;
pub use reading::Reading;
pub use record::{AttemptKey, AttemptRecord, Turn};
pub use scenario::Scenario;
pub use served::Served;
pub use state::State;
pub use tamper::Finding;
pub use tokens::{Amount, Bill, Cost, Estimated, TokenUsage, Tokens};
pub use verdict::{Evidence, InfraError, Outcome, Verdict};
pub use world::World;
