//! Fleets: workers, a coordinator and a NATS server, each a process of its own, which are killed,
//! frozen, cut off and started again. Every attempt is there once in the end, with the verdict that the
//! local pool gives.
//!
//! `ASSAY_TEST_FLEET=2000x100` has the last test send 2000 validations through 100 kills.
#![expect(clippy::disallowed_methods, reason = "starts the binary that is tested, and a server")]

mod answers;
mod chaos;
mod deployed;
#[path = "../door/mod.rs"]
mod door;
mod failures;
mod joining;
#[expect(dead_code, reason = "benchmarks use another part of it")]
mod nats;
mod partitions;
mod probes;
mod runs;
mod wire;
mod worker;

use std::sync::{Mutex, MutexGuard, PoisonError};

/// What these tests start is load to one another, so that they take turns.
static TURN: Mutex<()> = Mutex::new(());

fn turn() -> MutexGuard<'static, ()> {
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}
