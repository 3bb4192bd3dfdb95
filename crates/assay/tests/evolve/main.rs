//! `assay evolve` against a scripted model over HTTP: what each filter drops and why, what is kept when
//! it is killed, what errors and limits do, what people decide, and a case of our own that is proved.
#![expect(clippy::disallowed_methods, reason = "starts the binary that is tested")]

#[expect(dead_code, reason = "each test binary uses a part of it")]
#[path = "../door/mod.rs"]
mod door;
#[expect(dead_code, reason = "the server answers by what it is asked")]
#[path = "../scripted_server/mod.rs"]
mod scripted_server;

mod cases;
mod deciding;
mod errors;
mod filters;
mod hostile;
mod killed;
mod model;
mod script;
