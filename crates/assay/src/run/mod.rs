//! A run: the plan, the dispatcher that owns its state, and the progress that is shown.

mod attempt;
mod budget;
mod deduplication;
mod dispatch;
pub mod estimate;
mod event_loop;
mod history;
mod judging;
mod plan;
pub mod progress;
mod purse;
mod rejudging;
mod revalidate;
mod validations;

pub(crate) use budget::Budget;
pub use budget::{Spending, SpendingLimit};
pub use dispatch::{Dispatcher, RunEnd};
pub(crate) use event_loop::{Attempts, EventLoop, Events, REQUEST_THREADS};
pub use plan::Plan;
pub use rejudging::{Rejudgement, Rejudging, RejudgingEnd};
pub use revalidate::{Revalidation, RevalidationEnd};
