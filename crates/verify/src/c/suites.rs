//! What is prepared of a case: the objects of its suites, the program that runs them, and
//! the names that an artifact may not take. No code of an artifact is there.

use std::collections::BTreeSet;

use assay_core::infra_error::InfraClass;
use assay_core::suite::{Runner, Suite};
use assay_core::{InfraError, Phase};
use assay_harness::c;
use assay_sandbox::{File, Sandbox};

use super::names::{FORM, Names};
use super::object_symbols::Symbols;
use super::translation_units::{TranslationUnits, neutral};
use super::{
    CALLS, GCC, LIBRARIES, LINKER, LOADED, MAX_OBJECT_BYTES, OBJCOPY, SUPERVISOR, flags, gates,
    guards, start,
};
use crate::suite_run::nonce;
use crate::tested_case::TestedCase;
use crate::{build_limits, command, infra, sandbox_files};

/// Assay's own sources for running tests.
const HARNESS_SOURCES: &[assay_harness::File] = c::ALL;

/// Where Assay's own test sources lie in a sandbox that compiles tests.
const HARNESS: &str = "assay-harness";

/// The names that an artifact may not take, in the prepared folder.
pub(super) const NAMES: &str = "names";

/// Which source of the tests has which number, in the prepared folder.
pub(super) const PLACES: &str = "places";

/// What a suite is linked from beside the artifact: the suites under names that do not
/// tell them apart, the harness, and the gates.
pub(super) const OBJECTS: [&str; 4] = ["tests_0.o", "tests_1.o", "harness.o", "gates.o"];

const LD: &str = "/usr/bin/ld";

/// What everything here depends on beside the case and the compiler.
pub(super) fn key() -> String {
    let rest = [FORM, include_str!("gates.rs"), &guards::table()].concat();
    HARNESS_SOURCES.iter().map(|(_, text)| *text).collect::<String>() + &rest
}

/// Everything that a validation of the case needs.
pub(super) fn prepare(case: &TestedCase<'_>) -> Result<Vec<File>, InfraError> {
    let of_case = case_symbols(case)?;
    let units = TranslationUnits::draw(case, nonce)?;
    let mut suites = Vec::new();
    for (phase, suite) in case.both() {
        suites.push(compile_tests(case, suite, &units, phase)?);
    }
    let programs: Vec<(u64, String)> =
        suites.iter().filter_map(|suite| suite.program.clone()).collect();
    let gated = suites.iter().flat_map(|suite| &suite.symbols.undefined);
    let gated = gated.filter(|name| of_case.functions.contains(*name)).cloned().collect();

    // In the order of their numbers, which are drawn.
    suites.sort_by_key(|suite| suite.first);
    let mut of_tests = Symbols::default();
    let mut files = Vec::new();
    for (place, suite) in suites.into_iter().enumerate() {
        of_tests.add(suite.symbols);
        files.push(hide_tests(case, suite.object, &gated, OBJECTS[place])?);
    }
    let harness = compile_harness(case, &gates::assembly(&gated, &programs))?;
    for file in &harness {
        of_tests.add(Symbols::of(&file.content));
    }
    files.extend(harness);
    files.push(collect_names(case, &of_tests, of_case)?);
    files.push(File::new(PLACES, units.to_text()));
    files.push(compile_supervisor(case)?);
    Ok(files)
}

/// The names that a suite shares with an artifact.
fn collect_names(
    case: &TestedCase<'_>,
    of_tests: &Symbols,
    of_case: Symbols,
) -> Result<File, InfraError> {
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

    let listing = String::from_utf8_lossy(&listing.content);
    let names = Names::collect(&listing, of_tests, of_case);
    Ok(File::new(NAMES, names.to_text()))
}

/// What the template and the solutions define and use.
fn case_symbols(case: &TestedCase<'_>) -> Result<Symbols, InfraError> {
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
            symbols.add(Symbols::of(&read_built(&mut sandbox, &object)?.content));
        }
    }
    Ok(symbols)
}

/// The harness, for sandboxes in which no artifact is.
fn harness() -> impl Iterator<Item = File> {
    let file = |(name, text): &assay_harness::File| File::new(format!("{HARNESS}/{name}"), *text);
    let table = File::new(format!("{HARNESS}/assay_unwatched.h"), guards::table());
    HARNESS_SOURCES.iter().map(file).chain([table])
}

/// Compiles the program that runs a suite's tests.
fn compile_supervisor(case: &TestedCase<'_>) -> Result<File, InfraError> {
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

/// A suite as one object, before its names are hidden.
struct Compiled {
    object: File,
    symbols: Symbols,
    /// The least of its sources' numbers.
    first: u32,
    /// The number and the new name of its `main`, if it has one.
    program: Option<(u64, String)>,
}

/// Compiles a suite; a failure here is the case's, not the artifact's.
fn compile_tests(
    case: &TestedCase<'_>,
    suite: &Suite,
    units: &TranslationUnits,
    phase: Phase,
) -> Result<Compiled, InfraError> {
    let mut sandbox = start(case)?;
    let suite_files = sandbox_files(&case.template).chain(sandbox_files(&suite.files));
    let mut files: Vec<File> = suite_files.chain(harness()).collect();
    for (unit, source) in units.of(phase) {
        let content = suite.files.iter().find(|(path, _)| path.as_str() == source);
        files.extend(content.map(|(_, content)| File::new(neutral(unit), content.clone())));
    }
    sandbox.write(&files).map_err(|error| infra(&error))?;

    let mut objects = Vec::new();
    for (unit, source) in units.of(phase) {
        let folder = source.rsplit_once('/').map_or(".", |(folder, _)| folder);
        let object = format!("{unit}.o");
        let compile = command(case, GCC)
            .args(flags(&suite.runner).iter().copied())
            .arg(format!("-DASSAY_UNIT={unit}"))
            .arg(format!("-fmacro-prefix-map={folder}/=tests/"))
            .args(["-Isrc", &format!("-I{folder}"), &format!("-I{HARNESS}")])
            .args(["-c", &neutral(unit), "-o", &object])
            .limits(build_limits(case));
        run_trusted(&mut sandbox, case, &compile).map_err(|mut error| {
            error.message = units.name_paths(&error.message);
            error
        })?;
        objects.push(object);
    }
    let join =
        command(case, LD).args(["-r", "-o", "all.o"]).args(&objects).limits(build_limits(case));
    run_trusted(&mut sandbox, case, &join)?;
    let first = units.of(phase).map(|(unit, _)| unit).min().unwrap_or(0);
    let mut program = None;
    if suite.runner == Runner::CProgram {
        let main = format!("assay_program_{first}");
        let rename = command(case, OBJCOPY)
            .args(["--redefine-sym", &format!("main={main}"), "all.o"])
            .limits(build_limits(case));
        run_trusted(&mut sandbox, case, &rename)?;
        program = Some((u64::from(first) << 32, main));
    }
    let object = read_built(&mut sandbox, "all.o")?;
    Ok(Compiled { symbols: Symbols::of(&object.content), object, first, program })
}

/// Keeps the names of a suite to itself, and sends its calls of the artifact through gates.
fn hide_tests(
    case: &TestedCase<'_>,
    object: File,
    gated: &BTreeSet<String>,
    name: &str,
) -> Result<File, InfraError> {
    let mut sandbox = start(case)?;
    let programs = Symbols::of(&object.content).defined;
    let program = programs.iter().find(|name| name.starts_with("assay_program_"));
    let keep = program.map_or("assay_nothing", String::as_str);
    let hide = command(case, OBJCOPY)
        .args([&format!("--keep-global-symbol={keep}"), "all.o"])
        .limits(build_limits(case));
    let gate = gated.iter().filter(|_| gates::HAS_GATES);
    let gate = gate.map(|name| format!("--redefine-sym={name}={}", gates::gate(name)));
    let gate = command(case, OBJCOPY).args(gate).arg("all.o").limits(build_limits(case));
    sandbox.write(&[object]).map_err(|error| infra(&error))?;
    run_trusted(&mut sandbox, case, &hide)?;
    run_trusted(&mut sandbox, case, &gate)?;
    let hidden = read_built(&mut sandbox, "all.o")?;
    Ok(File::new(name, hidden.content))
}

/// Compiles the harness and the gates.
fn compile_harness(case: &TestedCase<'_>, gates: &str) -> Result<[File; 2], InfraError> {
    let mut sandbox = start(case)?;
    let files: Vec<File> = harness().chain([File::new("gates.s", gates)]).collect();
    sandbox.write(&files).map_err(|error| infra(&error))?;
    let [.., harness, gates] = OBJECTS;
    let main = format!("{HARNESS}/assay_main.c");
    for (source, object) in [(main.as_str(), harness), ("gates.s", gates)] {
        let compile = command(case, GCC)
            .args(flags(&Runner::AssayC).iter().copied())
            .args(["-c", source, "-o", object])
            .limits(build_limits(case));
        run_trusted(&mut sandbox, case, &compile)?;
    }
    Ok([read_built(&mut sandbox, harness)?, read_built(&mut sandbox, gates)?])
}

fn read_built(sandbox: &mut Sandbox, name: &str) -> Result<File, InfraError> {
    let content = sandbox.read(name, MAX_OBJECT_BYTES).map_err(|error| infra(&error))?;
    let missing = || InfraError::new(InfraClass::Sandbox, format!("the compiler left no {name}"));
    Ok(File::new(name, content.ok_or_else(missing)?))
}

/// Runs a command that no artifact takes part in.
fn run_trusted(
    sandbox: &mut Sandbox,
    case: &TestedCase<'_>,
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
