//! A run: the plan, the dispatcher that owns its state, and what is shown of
//! it while it goes on.

mod attempt;
mod budget;
mod dispatch;
pub mod estimate;
mod history;
mod interruption;
mod judging;
mod plan;
pub mod progress;
mod rejudging;
mod revalidate;
mod sharing;

pub use budget::{Spending, SpendingLimit};
pub use dispatch::{Dispatcher, RunEnd};
pub use plan::Plan;
pub use rejudging::{Rejudged, Rejudging};
pub use revalidate::{Revalidation, RevalidationEnd};
