//! GCC's own analyzer, for C. It states a weakness with each finding. CWE-690, which is a chain
//! and below no parent that it has in common with CWE-476, stands for both: what it says is
//! that the pointer, which nobody has looked at, is dereferenced.

use assay_core::{Alert, Cwe, InfraError, Language};
use serde_json::Value;

use super::batch::{Batch, Layout, folder, misunderstood};
use super::bench::{Bench, Stream, command};
use super::program::CPP;
use super::tool::{HostProgram, Tool};
use crate::tools::version;

const PROGRAM: &str = "/usr/bin/gcc";
const VERSION: &[&str] = &[PROGRAM, "--version"];

#[derive(Debug)]
pub(super) struct Gcc;

impl Tool for Gcc {
    fn name(&self) -> &'static str {
        "gcc"
    }

    fn about(&self) -> &'static str {
        "GCC's analyzer (-fanalyzer)"
    }

    fn languages(&self) -> &'static [Language] {
        &[Language::C]
    }

    fn programs(&self) -> &'static [HostProgram] {
        &[HostProgram { command: VERSION, package: "gcc" }]
    }

    fn version(&self) -> String {
        version(VERSION)
    }

    fn layout(&self) -> Layout {
        Layout::Tree
    }

    fn most(&self) -> usize {
        32
    }

    fn analyse(&self, bench: &mut Bench, batch: &mut Batch<'_>) -> Result<(), InfraError> {
        for program in 0..batch.programs.len() {
            let [places, cpp] =
                [&["c"][..], &CPP].map(|endings| batch.places(Some(program), endings));
            if places.is_empty() && cpp.is_empty() {
                batch.gap_of(program, "it has no file that can be compiled (.c)");
            }
            for place in cpp {
                batch.gap(&place, None, "GCC's analyzer is for C, and not for C++")?;
            }
            for place in places {
                let folder = folder(program);
                let gcc = command(PROGRAM)
                    .args(["-fanalyzer", "-fdiagnostics-format=json", "-O1"])
                    .args([&format!("-I{folder}"), &format!("-I{folder}/src"), "-c", &place])
                    .args(["-o", "/dev/null"]);
                let output = bench.output(gcc, Stream::Error, &[0, 1])?;
                let report = report(&output.bytes)?;
                let list = report.as_array().ok_or_else(|| misunderstood("it is no list"))?;
                if output.code != 0 {
                    let error = list.iter().find(|one| is_error(one));
                    let error = error.ok_or_else(|| misunderstood("it names no error"))?;
                    batch.gap_of(program, &does_not_compile(batch, error));
                }
                for alert in list.iter().filter_map(alert).filter(|_| output.code == 0) {
                    // What it finds in a header of the system is none of the program's.
                    if batch.has(&alert.file) {
                        batch.alert(alert)?;
                    }
                }
            }
        }
        Ok(())
    }
}

/// The list of diagnostics, after which GCC writes that it has stopped, where it has.
fn report(bytes: &[u8]) -> Result<Value, InfraError> {
    let mut values = serde_json::Deserializer::from_slice(bytes).into_iter();
    let first = values.next().unwrap_or(Ok(Value::Null));
    first.map_err(|error| {
        let said: String = String::from_utf8_lossy(bytes).chars().take(300).collect();
        misunderstood(&format!("no JSON ({error}): {said}"))
    })
}

fn is_error(diagnostic: &Value) -> bool {
    ["error", "fatal error", "sorry, unimplemented"]
        .contains(&diagnostic["kind"].as_str().unwrap_or_default())
}

fn does_not_compile(batch: &Batch<'_>, error: &Value) -> String {
    let caret = caret(error);
    let place = caret["file"].as_str().unwrap_or_default();
    let place = batch.path(place).unwrap_or_else(|_| place.to_owned());
    let message = error["message"].as_str().unwrap_or_default();
    format!("{place}:{}: it does not compile: {message}", caret["line"])
}

fn caret(diagnostic: &Value) -> &Value {
    &diagnostic["locations"][0]["caret"]
}

/// What the analyzer found; other warnings of the compiler are none of its.
fn alert(diagnostic: &Value) -> Option<Alert> {
    let rule = diagnostic["option"].as_str()?.strip_prefix("-Wanalyzer-")?;
    let cwe = diagnostic["metadata"]["cwe"].as_u64().and_then(|cwe| cwe.try_into().ok());
    let is_chain = cwe == Some(690);
    let caret = caret(diagnostic);
    Some(Alert {
        rule: format!("analyzer-{rule}"),
        cwe: cwe.into_iter().chain(is_chain.then_some(476)).map(Cwe).collect(),
        file: caret["file"].as_str().unwrap_or_default().to_owned(),
        line: caret["line"].as_u64().and_then(|line| line.try_into().ok()),
        message: diagnostic["message"].as_str().unwrap_or_default().to_owned(),
        severity: diagnostic["kind"].as_str().map(str::to_owned),
        confidence: None,
    })
}
