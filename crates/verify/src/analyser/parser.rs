//! The parsers of tree-sitter, which tell whether a text is a program of its language. They
//! need nothing that it imports, and know the `print` of Python 2. They alert to nothing:
//! what does not parse is a gap.

use assay_core::syntax::BrokenPlace;
use assay_core::{InfraError, Language, Syntax};
use assay_harness::analysers;
use serde_json::Value;

use super::batch::{Batch, FOLDER, misunderstood};
use super::bench::Bench;
use super::environment::{self, Environment, script};
use super::tool::{HostProgram, Tool};
use crate::prepare::Fill;
use crate::toolchain::Needs;

static ENVIRONMENT: Environment = Environment {
    summary: "tree-sitter and its parsers",
    requirements: include_str!("requirements/syntax.txt"),
    files: &[analysers::SYNTAX],
    layout: 1,
    finish: |_| Ok(()),
};

/// The endings of what it is shown.
const ENDINGS: [&str; 9] = ["c", "h", "cpp", "hpp", "go", "java", "js", "py", "rb"];

#[derive(Debug)]
pub(super) struct Parser;

impl Tool for Parser {
    fn name(&self) -> &'static str {
        "syntax"
    }

    fn about(&self) -> &'static str {
        "tree-sitter: whether it is a program at all; alerts to nothing"
    }

    fn languages(&self) -> &'static [Language] {
        &Language::ALL
    }

    fn programs(&self) -> &'static [HostProgram] {
        environment::PROGRAMS
    }

    fn installation(&self) -> Option<(Needs, Fill<'static>)> {
        Some(ENVIRONMENT.installation())
    }

    fn version(&self) -> String {
        format!("tree-sitter {}", ENVIRONMENT.version("tree-sitter"))
    }

    fn most(&self) -> usize {
        256
    }

    fn analyse(&self, bench: &mut Bench, batch: &mut Batch<'_>) -> Result<(), InfraError> {
        for (program, syntax) in parse(bench, batch)?.into_iter().enumerate() {
            match syntax {
                Syntax::Parses => {}
                Syntax::Empty => batch.gap_of(program, "there is no code"),
                Syntax::Broken { places } => {
                    for BrokenPlace { file, line } in places {
                        batch.gap_of(program, &format!("{file}:{line}: it does not parse"));
                    }
                }
            }
        }
        Ok(())
    }
}

/// What the parsers say of each program.
pub(super) fn parse(bench: &mut Bench, batch: &Batch<'_>) -> Result<Vec<Syntax>, InfraError> {
    let report = bench.json(script(analysers::SYNTAX.0).arg(FOLDER), &[0])?;
    let program = |number| {
        let places = batch.places(Some(number), &ENDINGS);
        let said = places.iter().map(|place| (place, &report[place]));
        syntax(batch, &said.collect::<Vec<_>>())
    };
    (0..batch.programs.len()).map(program).collect()
}

fn syntax(batch: &Batch<'_>, said: &[(&String, &Value)]) -> Result<Syntax, InfraError> {
    let mut broken = Vec::new();
    let mut is_empty = true;
    for (place, said) in said {
        let lines = said["broken"].as_array();
        let lines = lines.ok_or_else(|| misunderstood(&format!("nothing of {place}")))?;
        let file = batch.path(place)?;
        let lines = lines.iter().filter_map(|line| line.as_u64()?.try_into().ok());
        broken.extend(lines.map(|line| BrokenPlace { file: file.clone(), line }));
        is_empty &= said["empty"] == true;
    }
    Ok(match (broken.is_empty(), is_empty) {
        (false, _) => Syntax::Broken { places: broken },
        (true, true) => Syntax::Empty,
        (true, false) => Syntax::Parses,
    })
}
