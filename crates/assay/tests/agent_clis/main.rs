//! The agents that Assay installs, driven by the binary in the sandbox, each with a scripted
//! model behind HTTP that has it read, write and test.
#![expect(clippy::disallowed_methods, reason = "starts the binary that is tested")]

#[path = "../door/mod.rs"]
mod door;
#[expect(dead_code, reason = "nothing here judges")]
#[path = "../panel/mod.rs"]
mod panel;
#[expect(dead_code, reason = "these servers decide by what they are asked")]
#[path = "../scripted_server/mod.rs"]
mod scripted_server;
#[path = "../shown/mod.rs"]
mod shown;
#[path = "../stored/mod.rs"]
mod stored;

mod cli;
mod faults;
mod hands;
mod model;
mod said;
mod watch;
mod work;
