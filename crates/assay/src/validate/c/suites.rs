//! What is prepared of a case: the objects of its suites, the program that runs them, and
//! the names that an artifact may not take. No code of an artifact is there.

use assay_core::suite::{Runner, Suite};
use assay_core::verdict::InfraClass;
use assay_core::{Case, InfraError};
use assay_sandbox::{File, Sandbox};

use super::names::{FORM, Names};
use super::objects::Symbols;
use super::{
    CALLS, GCC, LIBRARIES, LINKER, LOADED, MAX_OBJECT_BYTES, OBJCOPY, SUPERVISOR, flags, objects,
    start,
};
use crate::validate::{build_limits, command, infra, sandbox_files};

/// Assay's own sources for running tests.
const HARNESS_SOURCES: [(&str, &str); 13] = [
    ("assay_betray.h", include_str!("assay_betray.h")),
    ("assay_calls.h", include_str!("assay_calls.h")),
    ("assay_channel.h", include_str!("assay_channel.h")),
    ("assay_files.h", include_str!("assay_files.h")),
    ("assay_main.c", include_str!("assay_main.c")),
    ("assay_names.c", include_str!("assay_names.c")),
    ("assay_observe.h", include_str!("assay_observe.h")),
    ("assay_pointers.h", include_str!("assay_pointers.h")),
    ("assay_probe.h", include_str!("assay_probe.h")),
    ("assay_program.h", include_str!("assay_program.h")),
    ("assay_shield.h", include_str!("assay_shield.h")),
    ("assay_supervise.c", include_str!("assay_supervise.c")),
    ("assay_test.h", include_str!("assay_test.h")),
];

/// Where Assay's own test sources lie in a sandbox that compiles tests.
const HARNESS: &str = "assay-harness";

/// The names that an artifact may not take, in the prepared folder.
pub(super) const NAMES: &str = "names";

/// What everything here depends on beside the case and the compiler.
pub(super) fn key() -> String {
    format!("{}{FORM}", HARNESS_SOURCES.map(|(_, text)| text).concat())
}

/// Everything that a validation of the case needs.
pub(super) fn prepare(case: &Case) -> Result<Vec<File>, InfraError> {
    let mut files = Vec::new();
    for (phase, suite) in [("functional", &case.functional), ("security", &case.security)] {
        files.extend(compile_tests(case, suite, phase)?);
    }
    let names = collect_names(case, &files)?;
    files.push(names);
    files.push(compile_supervisor(case)?);
    Ok(files)
}

/// The sources of a suite, the harness's `main` last, with their objects' names.
pub(super) fn units(suite: &Suite, phase: &str) -> Vec<(String, String)> {
    let is_source = |path: &&assay_core::SafePath| path.extension() == Some("c");
    let sources = suite.files.keys().filter(is_source).map(ToString::to_string);
    let sources = sources.chain([format!("{HARNESS}/assay_main.c")]);
    sources
        .enumerate()
        .map(|(place, source)| (source, format!("test_objects_{phase}_{place}.o")))
        .collect()
}

/// The names that a suite shares with an artifact.
fn collect_names(case: &Case, test_objects: &[File]) -> Result<File, InfraError> {
    let mut sandbox = start(case)?;
    sandbox.write(&harness().collect::<Vec<File>>()).map_err(|error| infra(&error))?;
    let source = format!("{HARNESS}/assay_names.c");
    let compile = command(case, GCC)
        .args(flags(&case.functional.runner).iter().copied())
        .args(LINKER)
        .args([LOADED, "-Wl,--no-as-needed", &source, "-o", NAMES])
        .args(LIBRARIES)
        .limits(build_limits(case));
    run_trusted(&mut sandbox, case, &compile)?;
    let list = command(case, "/bin/sh")
        .args(["-c", "exec /work/names >/work/listing"])
        .env("ASAN_OPTIONS", "detect_leaks=0")
        .limits(build_limits(case));
    run_trusted(&mut sandbox, case, &list)?;
    let listing = read_built(&mut sandbox, "listing")?;

    let mut of_tests = Symbols::default();
    for object in test_objects {
        of_tests.add(objects::symbols(&object.content));
    }
    let of_case = case_symbols(case)?;
    let listing = String::from_utf8_lossy(&listing.content);
    let names = Names::collect(&listing, of_tests, of_case);
    Ok(File::new(NAMES, names.to_text()))
}

/// What the template and the solutions define and use.
fn case_symbols(case: &Case) -> Result<Symbols, InfraError> {
    let mut symbols = Symbols::default();
    for solution in &case.solutions {
        let mut sandbox = start(case)?;
        let files: Vec<File> =
            sandbox_files(&case.template).chain(sandbox_files(&solution.files)).collect();
        sandbox.write(&files).map_err(|error| infra(&error))?;
        let sources = files.iter().filter(|file| file.path.ends_with(".c"));
        for (place, source) in sources.enumerate() {
            let object = format!("solution_{place}.o");
            let compile = command(case, GCC)
                .args(flags(&case.functional.runner).iter().copied())
                .args(CALLS.iter().copied())
                .args(["-Isrc", "-c", &source.path, "-o", &object])
                .limits(build_limits(case));
            run_trusted(&mut sandbox, case, &compile)?;
            symbols.add(objects::symbols(&read_built(&mut sandbox, &object)?.content));
        }
    }
    Ok(symbols)
}

/// The harness, for sandboxes in which no artifact is.
fn harness() -> impl Iterator<Item = File> {
    let file = |(name, text)| File::new(format!("{HARNESS}/{name}"), text);
    HARNESS_SOURCES.into_iter().map(file)
}

/// Compiles the program that runs a suite's tests.
fn compile_supervisor(case: &Case) -> Result<File, InfraError> {
    let mut sandbox = start(case)?;
    let sources: Vec<File> = harness().collect();
    sandbox.write(&sources).map_err(|error| infra(&error))?;
    let source = format!("{HARNESS}/assay_supervise.c");
    let compile = command(case, GCC)
        .args(["-std=gnu11", "-O1", &source, "-o", SUPERVISOR])
        .limits(build_limits(case));
    run_trusted(&mut sandbox, case, &compile)?;
    read_built(&mut sandbox, SUPERVISOR)
}

/// Compiles a suite and its harness; a failure here is the case's, not the
/// artifact's.
fn compile_tests(case: &Case, suite: &Suite, phase: &str) -> Result<Vec<File>, InfraError> {
    let mut sandbox = start(case)?;
    let suite_files = sandbox_files(&case.template).chain(sandbox_files(&suite.files));
    let files: Vec<File> = suite_files.chain(harness()).collect();
    sandbox.write(&files).map_err(|error| infra(&error))?;

    let units = units(suite, phase);
    for (place, (source, object)) in units.iter().enumerate() {
        let is_harness = place + 1 == units.len();
        let mut compile = command(case, GCC)
            .args(flags(&suite.runner).iter().copied())
            .args(["-Isrc", &format!("-I{HARNESS}"), "-c", source, "-o", object])
            .limits(build_limits(case));
        if let (Runner::CProgram, true, Some(test)) =
            (&suite.runner, is_harness, suite.expected.first())
        {
            compile = compile.arg(format!("-DASSAY_SUITE_MAIN=\"{}\"", test.name));
        }
        run_trusted(&mut sandbox, case, &compile)?;
        if suite.runner == Runner::CProgram && !is_harness {
            // The harness has the program's main; the suite's is called by it.
            let rename = command(case, OBJCOPY)
                .args(["--redefine-sym", "main=assay_suite_main", object])
                .limits(build_limits(case));
            run_trusted(&mut sandbox, case, &rename)?;
        }
    }
    units.iter().map(|(_, object)| read_built(&mut sandbox, object)).collect()
}

fn read_built(sandbox: &mut Sandbox, name: &str) -> Result<File, InfraError> {
    let content = sandbox.read(name, MAX_OBJECT_BYTES).map_err(|error| infra(&error))?;
    let missing = || InfraError::new(InfraClass::Sandbox, format!("the compiler left no {name}"));
    Ok(File::new(name, content.ok_or_else(missing)?))
}

/// Runs a command that no artifact takes part in.
fn run_trusted(
    sandbox: &mut Sandbox,
    case: &Case,
    command: &assay_sandbox::Command,
) -> Result<(), InfraError> {
    let execution = sandbox.execute(command).map_err(|error| infra(&error))?;
    if execution.exit.is_success() {
        return Ok(());
    }
    let message = format!(
        "failed to compile the tests of {}: {}: {}",
        case.id,
        execution.exit,
        execution.stderr.text().trim()
    );
    Err(InfraError::new(InfraClass::Case, message))
}
