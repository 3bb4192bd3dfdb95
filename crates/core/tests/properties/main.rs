//! Properties of what this crate reads that tested code, models and servers write, held
//! against kept seeds and what mutation makes of them: docs/fuzzing.md.

mod answers;
mod composed_answers;
mod failures;
mod names;
mod paths;
mod reports;
mod rows;
mod sources;
mod text_files;
