//! A run: the plan, the dispatcher that owns its state, and what is shown of
//! it while it goes on.

mod attempt;
mod dispatch;
mod judging;
mod plan;
pub mod progress;
mod sharing;

pub use dispatch::{Dispatcher, RunEnd};
pub use plan::Plan;
