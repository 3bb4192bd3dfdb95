//! Cppcheck, for C and C++: its errors and warnings. It states a weakness with most of them.

use assay_core::{Alert, Cwe, InfraError, Language};
use assay_sandbox::File;
use roxmltree::{Document, Node};

use super::batch::{Batch, Layout, misunderstood};
use super::bench::{Bench, Stream, command};
use super::program::{CPP, CPP_HEADERS};
use super::tool::{HostProgram, Tool};
use crate::tools::version;

const PROGRAM: &str = "/usr/bin/cppcheck";
const VERSION: &[&str] = &[PROGRAM, "--version"];

/// What it says where it has not looked at a file, or not at all of it.
const GAPS: [&str; 7] = [
    "cppcheckError",
    "internalAstError",
    "internalError",
    "preprocessorErrorDirective",
    "syntaxError",
    "unknownMacro",
    "toomanyconfigs",
];

/// The list of files to look at.
const LIST: &str = "files.txt";

#[derive(Debug)]
pub(super) struct Cppcheck;

impl Tool for Cppcheck {
    fn name(&self) -> &'static str {
        "cppcheck"
    }

    fn about(&self) -> &'static str {
        "Cppcheck, its errors and warnings"
    }

    fn languages(&self) -> &'static [Language] {
        &[Language::C]
    }

    fn programs(&self) -> &'static [HostProgram] {
        &[HostProgram { command: VERSION, package: "cppcheck" }]
    }

    fn version(&self) -> String {
        version(VERSION)
    }

    fn layout(&self) -> Layout {
        Layout::Tree
    }

    fn analyse(&self, bench: &mut Bench, batch: &mut Batch<'_>) -> Result<(), InfraError> {
        for (language, places) in lists(batch) {
            if places.is_empty() {
                continue;
            }
            bench.write(&[File::new(LIST, places.join("\n"))])?;
            let cppcheck = command(PROGRAM)
                .args(["--xml", "--quiet", "--enable=warning", "-j1"])
                .arg(format!("--language={language}"))
                .arg(format!("--file-list={LIST}"));
            let report = bench.output(cppcheck, Stream::Error, &[0])?;
            let text = String::from_utf8_lossy(&report.bytes);
            let document = Document::parse(&text)
                .map_err(|error| misunderstood(&format!("no XML ({error})")))?;
            let errors = document.descendants().filter(|node| node.has_tag_name("error"));
            errors.into_iter().try_for_each(|error| take(batch, error))?;
        }
        Ok(())
    }
}

/// The files to look at as C and as C++: what is compiled, and the headers of programs that
/// have nothing else.
fn lists(batch: &Batch<'_>) -> [(&'static str, Vec<String>); 2] {
    let (mut c, mut cpp) = (Vec::new(), Vec::new());
    for program in 0..batch.programs.len() {
        let of = |endings: &[&str]| batch.places(Some(program), endings);
        let units = (of(&["c"]), of(&CPP));
        let (of_c, of_cpp) = match &units {
            (c, cpp) if c.is_empty() && cpp.is_empty() => (of(&["h"]), of(&CPP_HEADERS)),
            _ => units,
        };
        c.extend(of_c);
        cpp.extend(of_cpp);
    }
    [("c", c), ("c++", cpp)]
}

fn take(batch: &mut Batch<'_>, error: Node<'_, '_>) -> Result<(), InfraError> {
    let attribute = |name| error.attribute(name).unwrap_or_default();
    let (rule, message) = (attribute("id"), attribute("msg"));
    let location = error.children().find(|node| node.has_tag_name("location"));
    let place = location.and_then(|node| node.attribute("file")).unwrap_or(attribute("file0"));
    let line: Option<u32> = location.and_then(|node| node.attribute("line")?.parse().ok());
    let line = line.filter(|line| *line > 0);
    if GAPS.contains(&rule) {
        return batch.gap(place, line.map(u64::from), message);
    }
    if !["error", "warning"].contains(&attribute("severity")) {
        return Ok(());
    }
    let cwe = error.attribute("cwe").and_then(|cwe| cwe.parse().ok());
    batch.alert(Alert {
        rule: rule.to_owned(),
        cwe: cwe.map(Cwe).into_iter().collect(),
        file: place.to_owned(),
        line,
        message: message.to_owned(),
        severity: Some(attribute("severity").to_owned()),
        confidence: error.attribute("inconclusive").map(|_| "inconclusive".to_owned()),
    })
}
