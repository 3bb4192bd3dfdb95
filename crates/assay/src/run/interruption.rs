//! Ctrl-C, as an event of whoever waits for events.

use std::sync::mpsc::Sender;

use tokio::runtime::Runtime;
use tracing::warn;

/// Sends this event when the user interrupts the program.
pub(super) fn announce<E: Send + 'static>(runtime: &Runtime, events: &Sender<E>, event: E) {
    let events = events.clone();
    runtime.spawn(async move {
        match tokio::signal::ctrl_c().await {
            // Who waited may have come to an end already.
            Ok(()) => drop(events.send(event)),
            Err(error) => {
                warn!(
                    "an interruption will end the program at once, as none can be heard of: {error}"
                );
            }
        }
    });
}
