//! Reports served live, during runs: the pages of [`report`](crate::report), made on request.

mod http;
mod search;
mod shelf;

pub use http::serve;
pub use shelf::{NoShelf, RunSource, Shelf};
