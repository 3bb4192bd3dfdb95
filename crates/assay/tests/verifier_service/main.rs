//! `assay verifier` at its HTTP port: the real binary, asked by programs that mean well and others.
#![expect(clippy::disallowed_methods, reason = "starts the binary that is tested")]

#[path = "../door/mod.rs"]
mod door;
#[expect(dead_code, reason = "these tests need a part of it")]
#[path = "../fleet/nats.rs"]
mod nats;
#[expect(dead_code, reason = "these tests need a part of it")]
#[path = "../panel/mod.rs"]
mod panel;
#[expect(dead_code, reason = "these tests need a part of it")]
#[path = "../scripted_server/mod.rs"]
mod scripted_server;
#[expect(dead_code, reason = "these tests need a part of it")]
#[path = "../fleet/worker.rs"]
mod worker;

mod archives;
mod attacks;
mod burst;
mod callers;
mod cases;
mod checkout;
mod client;
mod controller;
mod described;
mod ending;
mod fleet;
mod results;
mod schema;
mod verdicts;
