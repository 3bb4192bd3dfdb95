//! What the pages of the documentation say is done as they say it.
#![expect(clippy::disallowed_methods, reason = "starts the binary that is tested")]

mod cases;
mod commands;
#[path = "../door/mod.rs"]
#[expect(dead_code, reason = "each test binary uses a part of it")]
mod door;
mod model;
mod page;
#[path = "../scripted_server/mod.rs"]
#[expect(dead_code, reason = "each test binary uses a part of it")]
mod scripted_server;
mod shell;
