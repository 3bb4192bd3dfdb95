//! Ctrl-C, as an event of whoever waits for events.

use std::sync::mpsc::Sender;

use tokio::runtime::Runtime;

/// Sends this event when the user interrupts the program.
pub(super) fn announce<E: Send + 'static>(runtime: &Runtime, events: &Sender<E>, event: E) {
    let events = events.clone();
    runtime.spawn(async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            // Who waited may have come to an end already.
            let _ = events.send(event);
        }
    });
}
