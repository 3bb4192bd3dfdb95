//! Properties of what this crate reads that tested code, models and servers write, held
//! against kept seeds and what mutation makes of them: docs/fuzzing.md.

mod answers;
mod cases;
mod composed_answers;
mod failures;
mod javascript;
mod names;
mod paths;
mod reports;
mod rows;
mod sarif;
mod sources;
mod text_files;
