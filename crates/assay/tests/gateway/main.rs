//! The gateway at its HTTP port, between agents and a scripted server of models.

#[expect(dead_code, reason = "these tests need a part of it")]
#[path = "../scripted_server/mod.rs"]
mod scripted_server;

mod agent;
mod answers;
mod failures;
mod hostile;
mod limits;
mod many;
mod refusals;
mod sandboxed;
mod secrets;
mod setting;
