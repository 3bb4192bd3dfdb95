//! Reports served while runs go on: the pages of [`report`](crate::report), made when
//! they are asked for.

mod http;
mod shelf;

pub use http::serve;
pub use shelf::{NoShelf, RunSource, Shelf};
