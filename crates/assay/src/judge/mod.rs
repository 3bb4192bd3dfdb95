//! A panel of models that decide, by a rubric, what no test can: each reads the
//! artifact as data and votes, and the majority of a full panel counts.
//!
//! An artifact may be written to sway its judges. It stands between delimiters that it
//! cannot contain, and only a strict form of answer is a vote; neither keeps a model
//! from being persuaded, for which a panel has several.

mod answer;
mod brief;
mod certified;
mod config;
mod decide;
mod open_vote;
mod panel;
#[cfg(test)]
mod properties;

pub use brief::Exhibit;
pub use certified::{NoOpinion, certified};
pub use config::JudgeConfig;
pub use decide::Decision;
pub use open_vote::OpenVote;
pub use panel::{MAX_ANSWERS, Panel, PanelError};
