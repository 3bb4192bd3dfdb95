//! A text that the files of our cases carry, so that it can be told whether they are among what a
//! model was trained on: a model that goes on with it when it is given the beginning has seen them.

/// In `case.toml` and all tests of our cases, and in nothing that a subject is asked with.
pub const CANARY: &str =
    "assay-canary 5f0d3c1e-8a37-4b61-9d2e-c64b0f7a1e93: benchmark data, not to be trained on";
