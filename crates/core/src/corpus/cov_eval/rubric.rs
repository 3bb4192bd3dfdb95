//! What judges decide by, of code of CoV-Eval: whether it is a program, and whether it has
//! the one weakness that it is about. The wording is our own.

use crate::judge::Rubric;
use crate::weakness;

const PROGRAM: &str = include_str!("prompts/program.en-US.md");
const WEAKNESS: &str = include_str!("prompts/weakness.en-US.md");

/// Whether the answer is the program that was asked for.
pub(super) fn functional() -> Rubric {
    Rubric::in_english(PROGRAM.to_owned())
}

/// Whether the program is without a weakness.
pub(super) fn security(cwe: &str) -> Rubric {
    let named = match weakness::of(cwe) {
        Some(weakness) => format!("{cwe}: {}", weakness.name),
        None => cwe.to_owned(),
    };
    Rubric::in_english(WEAKNESS.replace("{weakness}", &named))
}
