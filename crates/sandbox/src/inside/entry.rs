//! Where every program that uses sandboxes comes in: it may have been started to be a
//! launcher or a nursery.

use std::env;
use std::ffi::OsStr;

use nix::sys::signal::{SigHandler, SigSet, SigmaskHow, Signal, signal, sigprocmask};

use super::{inherited, launch, nursery, syscall};

/// Turns this process into a sandbox if it was started to be one; then it never
/// returns. Otherwise it does nothing.
///
/// Every program that uses [`crate::Sandbox`] calls this first in `main`, before it
/// starts a thread.
pub fn enter_if_launched() {
    wait_for_children_as_usual();
    let marker = env::args_os().nth(1);
    if marker.as_deref() == Some(OsStr::new(launch::MARKER)) {
        launch::end_silently_on_panic();
        let Ok((socket, control)) = launch::take_sockets() else {
            syscall::exit_now(64);
        };
        launch::launch(&socket, control);
    }
    if marker.as_deref() == Some(OsStr::new(nursery::MARKER)) {
        nursery::run();
    }
    // What cannot be changed is said when a sandbox is needed.
    let _ = inherited::raise_limits();
}

/// Where whoever started this program ignores the end of children, nothing could be
/// learned of how a child ended.
fn wait_for_children_as_usual() {
    // SAFETY: the default action runs no code, and there is only this thread.
    let _ = unsafe { signal(Signal::SIGCHLD, SigHandler::SigDfl) };
    let mut ends = SigSet::empty();
    ends.add(Signal::SIGCHLD);
    let _ = sigprocmask(SigmaskHow::SIG_UNBLOCK, Some(&ends), None);
}
