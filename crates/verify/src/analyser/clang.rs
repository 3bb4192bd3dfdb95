//! Clang's static analyzer, for C and C++. It states hardly any weakness, so a table here does, by
//! what its documentation says of each checker
//! (https://releases.llvm.org/14.0.0/tools/clang/docs/analyzer/checkers.html).

use assay_core::{Alert, Cwe, InfraError, Language, sarif};
use assay_sandbox::File;

use super::batch::{Batch, Layout, folder, misunderstood};
use super::bench::{Bench, Stream, command};
use super::program::CPP;
use super::tool::{HostProgram, Tool};
use crate::tools::version;

const PROGRAM: &str = "/usr/bin/clang";
const VERSION: &[&str] = &[PROGRAM, "--version"];

/// The checkers that are on beside the usual ones: all of security but those that alert to
/// any use of a function that C11 has another of, and those of stability `alpha` that are
/// about memory, sizes and what an attacker sends.
const MORE: &str = "security,alpha.security.ArrayBoundV2,alpha.security.MallocOverflow,\
alpha.security.ReturnPtrRange,alpha.security.taint.TaintPropagation,alpha.unix.cstring.OutOfBounds";
const LESS: &str =
    "security.insecureAPI.DeprecatedOrUnsafeBufferHandling,deadcode,security.FloatLoopCounter";

/// The weakness of an alert, by the beginning of its rule's name and a part of its message.
const WEAKNESSES: [(&str, &str, u32); 39] = [
    ("alpha.security.ArrayBoundV2", "", 119),
    ("alpha.security.MallocOverflow", "", 190),
    ("alpha.security.ReturnPtrRange", "", 466),
    ("alpha.security.taint", "system call", 78),
    ("alpha.security.taint", "Format String", 134),
    ("alpha.security.taint", "buffer size", 120),
    ("alpha.security.taint", "", 20),
    ("alpha.unix.cstring.OutOfBounds", "", 119),
    ("core.CallAndMessage", "null pointer", 476),
    ("core.CallAndMessage", "uninitialized", 457),
    ("core.DivideZero", "", 369),
    ("core.NonNullParamChecker", "", 476),
    ("core.NullDereference", "", 476),
    ("core.StackAddressEscape", "", 562),
    ("core.UndefinedBinaryOperatorResult", "", 457),
    ("core.VLASize", "", 789),
    ("core.uninitialized", "", 457),
    ("cplusplus.InnerPointer", "", 416),
    ("cplusplus.NewDelete", "released", 415),
    ("cplusplus.NewDelete", "after it is freed", 416),
    ("cplusplus.NewDelete", "leak", 401),
    ("cplusplus.NewDelete", "", 763),
    ("cplusplus.PlacementNew", "", 131),
    ("security.insecureAPI.UncheckedReturn", "", 252),
    ("security.insecureAPI.gets", "", 242),
    ("security.insecureAPI.getpw", "", 242),
    ("security.insecureAPI.mkstemp", "", 377),
    ("security.insecureAPI.mktemp", "", 377),
    ("security.insecureAPI.rand", "", 338),
    ("security.insecureAPI.strcpy", "", 120),
    ("security.insecureAPI.vfork", "", 676),
    ("unix.MallocSizeof", "", 131),
    ("unix.Malloc", "released", 415),
    ("unix.Malloc", "after it is freed", 416),
    ("unix.Malloc", "leak", 401),
    ("unix.Malloc", "", 763),
    ("unix.MismatchedDeallocator", "", 762),
    ("unix.cstring.BadSizeArg", "", 806),
    ("unix.cstring.NullArg", "", 476),
];

/// Where it leaves its report.
const REPORT: &str = "report.sarif";

#[derive(Debug)]
pub(super) struct Clang;

impl Tool for Clang {
    fn name(&self) -> &'static str {
        "clang"
    }

    fn about(&self) -> &'static str {
        "Clang's static analyzer, with its checkers of security"
    }

    fn languages(&self) -> &'static [Language] {
        &[Language::C]
    }

    fn programs(&self) -> &'static [HostProgram] {
        &[HostProgram { command: VERSION, package: "clang" }]
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
            let [c, cpp] = [&["c"][..], &CPP].map(|endings| batch.places(Some(program), endings));
            let places = [c, cpp].concat();
            if places.is_empty() {
                batch.gap_of(program, "it has no file that can be compiled (.c, .cpp)");
            }
            for place in places {
                analyse_file(bench, batch, program, &place)?;
            }
        }
        Ok(())
    }
}

fn analyse_file(
    bench: &mut Bench,
    batch: &mut Batch<'_>,
    program: usize,
    place: &str,
) -> Result<(), InfraError> {
    let folder = folder(program);
    // A report that was not written is not the one of the file before.
    bench.write(&[File::new(REPORT, "")])?;
    let clang = command(PROGRAM)
        .args(["--analyze", "--analyzer-output", "sarif", "-o", REPORT, "-w"])
        .args(["-Xclang", &format!("-analyzer-checker={MORE}")])
        .args(["-Xclang", &format!("-analyzer-disable-checker={LESS}")])
        .args([&format!("-I{folder}"), &format!("-I{folder}/src"), place]);
    let is_cpp = CPP.iter().any(|ending| place.ends_with(&format!(".{ending}")));
    let clang = if is_cpp { clang.arg("-std=gnu++17") } else { clang };
    let output = bench.output(clang, Stream::Error, &[0, 1])?;
    if output.code != 0 {
        let text = String::from_utf8_lossy(&output.bytes);
        let error = text.lines().find(|line| line.contains("error: "));
        let error = error.ok_or_else(|| misunderstood("it names no error"))?;
        let why = format!("it does not compile: {}", error.replace(&format!("{folder}/"), ""));
        return batch.gap(place, None, &why);
    }
    let report = bench.read(REPORT)?;
    let runs = sarif::read(&report).map_err(|error| misunderstood(&error.to_string()))?;
    for alert in runs.into_iter().flat_map(|run| run.alerts) {
        // What it finds in a header of the system is none of the program's.
        if batch.has(&alert.file) {
            batch.alert(with_weakness(alert))?;
        }
    }
    Ok(())
}

fn with_weakness(mut alert: Alert) -> Alert {
    let is_of = |(rule, part, _): &&(&str, &str, u32)| {
        alert.rule.starts_with(rule) && alert.message.contains(part)
    };
    let known = WEAKNESSES.iter().find(is_of).map(|(_, _, cwe)| Cwe(*cwe));
    alert.cwe.extend(Cwe::all_in(&alert.message));
    if alert.cwe.is_empty() {
        alert.cwe.extend(known);
    }
    alert
}
