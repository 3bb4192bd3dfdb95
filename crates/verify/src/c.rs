//! C: GCC with address and undefined-behaviour sanitizers.
//!
//! The artifact is compiled by itself, so that no test is there to be read or
//! included. The objects of the tests do not depend on it and are prepared once.
//! Each suite is linked and run in a fresh sandbox.

mod assembly;
mod attributes;
mod gates;
mod guards;
mod inspect;
mod names;
mod object_symbols;
mod objects;
mod program;
#[cfg(test)]
mod properties;
mod remark;
mod source;
mod suites;
mod symbols;
mod tokens;
mod translation_units;

use std::collections::BTreeSet;
use std::path::Path;

use assay_core::evidence::SuiteEvidence;
use assay_core::execution::{Ending, Usage};
use assay_core::files::digest;
use assay_core::infra_error::InfraClass;
use assay_core::suite::{Runner, Suite};
use assay_core::{Artifact, InfraError, Phase};
use assay_harness::c;
use assay_sandbox::{Execution, File, Sandbox, SandboxError, Spec};

use guards::Guarded;
use inspect::Inspected;
use program::Program;
use translation_units::TranslationUnits;

use super::decisive;
use super::desk::Desk;
use super::suite_run::SuiteRun;
use super::toolchain::{Needs, Site, Toolchain};
use super::tools::version;
use super::trial::{Halt, Record, Runnable, Trial};
use super::{build_limits, command, ending, infra, logs, project_files, spec, suite_limits, usage};
use crate::tested_case::TestedCase;

const GCC: &str = "/usr/bin/gcc";
/// The linker that is faster by more than half, without a plugin for objects that are
/// not complete.
const LINKER: [&str; 2] = ["-fuse-ld=gold", "-fno-use-linker-plugin"];

/// The sources of the harness with functions that it puts before those of libraries.
const WRAPPERS: [&str; 3] = [c::ASSAY_FILES.1, c::ASSAY_POINTERS.1, c::ASSAY_SIGNALS.1];

/// Calls of the artifact through pointers, and its returns, go by way of the harness
/// (`assay_calls.h`).
#[cfg(target_arch = "x86_64")]
const CALLS: &[&str] = &[
    "-mindirect-branch=thunk-extern",
    "-mfunction-return=thunk-extern",
    "-fno-jump-tables",
    "-fcf-protection=none",
];
#[cfg(not(target_arch = "x86_64"))]
const CALLS: &[&str] = &[];

/// What the official projects link.
const LIBRARIES: [&str; 2] = ["-ldl", "-lm"];

const OBJCOPY: &str = "/usr/bin/objcopy";

/// The program that runs a suite's tests, in the prepared folder.
const SUPERVISOR: &str = "supervise";

/// What nothing that runs can write to once it is loaded, and no code on the stack.
const LOADED: &str = "-Wl,-z,relro,-z,now,-z,noexecstack";

/// The objects of a project this size are not larger together.
const MAX_OBJECT_BYTES: u64 = 64 << 20;

#[derive(Debug, Default)]
pub(super) struct C;

/// The flags of a suite's kind; the artifact is compiled alike.
pub(super) fn flags(runner: &Runner) -> &'static [&'static str] {
    match runner {
        // As the official projects build: the sanitizers' findings of undefined
        // behaviour are printed, and only those of addresses are fatal.
        Runner::CProgram => &["-std=gnu99", "-g", "-fsanitize=address", "-fsanitize=undefined"],
        _ => &[
            "-std=gnu11",
            "-g",
            "-O1",
            "-fno-omit-frame-pointer",
            "-fsanitize=address,undefined",
            // What C leaves undefined and GCC does as every author expects, and no attack uses.
            "-fno-sanitize=shift-base,nonnull-attribute,alignment",
            "-fno-sanitize-recover=all",
        ],
    }
}

impl Toolchain for C {
    fn tools(&self) -> &'static [(&'static str, &'static [&'static str])] {
        &[
            ("gcc", &[GCC, "--version"]),
            ("gold", &["/usr/bin/gold", "--version"]),
            ("objcopy", &[OBJCOPY, "--version"]),
            ("addr2line", &[symbols::ADDR2LINE, "--version"]),
        ]
    }

    fn needs(&self, case: &TestedCase<'_>) -> Needs {
        let files = [&case.template, &case.functional.files, &case.security.files];
        let solutions = case.solutions_digest();
        let key = format!(
            "{}\n{:?}\n{:?}\n{}\n{solutions}\n{}",
            version(&[GCC, "--version"]),
            case.functional.runner,
            case.security.runner,
            files.map(digest).concat(),
            suites::key(),
        );
        Needs { key, summary: format!("the test objects of {}", case.id) }
    }

    fn fault(&self, case: &TestedCase<'_>) -> Option<InfraError> {
        suites::prepare(case).err().filter(|error| error.class == InfraClass::Case)
    }

    fn install(&self, case: &TestedCase<'_>, site: &Site<'_>) -> Result<(), String> {
        let files = suites::prepare(case).map_err(|error| error.message)?;
        files.iter().try_for_each(|file| site.write(file))
    }

    /// The compiler is the system's.
    fn desk(
        &self,
        _case: &TestedCase<'_>,
        _prepared: &Path,
        _supplies: Option<&Path>,
    ) -> Result<Desk, InfraError> {
        Ok(Desk { traces: true, ..Desk::default() })
    }

    fn build<'a>(
        &'a self,
        trial: Trial<'a>,
        record: &mut Record,
    ) -> Result<Box<dyn Runnable + 'a>, Halt> {
        assay_sandbox::probe::sanitizers_start().map_err(|error| infra(&error))?;
        let Trial { prepared, case, artifact } = trial;
        let mut sandbox = start(case)?;
        sandbox.write(&project_files(case, artifact)).map_err(|error| infra(&error))?;
        compile_project(&mut sandbox, case, artifact, record)?;
        let objects = read_objects(&mut sandbox, case, artifact)?;
        let objects = objects.ok_or_else(|| too_large(record))?;
        let Inspected { remarks, mut unwatched } =
            inspect::inspect(&mut sandbox, prepared, case, artifact, &objects)?;
        if !remarks.offences.is_empty() {
            return Err(Halt::Tampered(remarks.offences));
        }
        let wrapped = wrapped();
        let wrapped: BTreeSet<&str> = wrapped.split(",--wrap=").collect();
        unwatched.retain(|name, _| !wrapped.contains(name));
        let linked = link(&mut sandbox, trial, (&objects, &unwatched), record)?;
        // Neither suite finds anything of how it was built.
        drop(sandbox);
        record.notes = remarks.notes;
        Ok(Box::new(Ready::new(trial, linked)?))
    }
}

fn start(case: &TestedCase<'_>) -> Result<Sandbox, InfraError> {
    // LeakSanitizer stops its own process with ptrace to look for leaks.
    let spec = Spec { allow_ptrace: true, ..spec(case) };
    Sandbox::start(&spec).map_err(|error| infra(&error))
}

/// Everything that both suites are run with.
struct Ready<'a> {
    case: &'a TestedCase<'a>,
    /// With its symbols, which it does not have when it runs.
    linked: Vec<u8>,
    program: Program,
    supervisor: File,
    units: TranslationUnits,
}

impl Ready<'_> {
    fn new(
        Trial { prepared, case, .. }: Trial<'_>,
        linked: Vec<u8>,
    ) -> Result<Ready<'_>, InfraError> {
        let units = read_prepared(prepared, suites::PLACES)?.content;
        Ok(Ready {
            case,
            program: Program::bare(&linked)?,
            linked,
            supervisor: read_prepared(prepared, SUPERVISOR)?.executable(),
            units: TranslationUnits::parse(&String::from_utf8_lossy(&units))?,
        })
    }
}

impl Runnable for Ready<'_> {
    fn run(
        &mut self,
        phase: Phase,
        suite: &Suite,
        record: &mut Record,
    ) -> Result<SuiteEvidence, Halt> {
        let case = self.case;
        let mut sandbox = start(case)?;
        let program = File::new("suite", self.program.bytes.clone()).executable();
        sandbox.write(&[program, self.supervisor.clone()]).map_err(|error| infra(&error))?;
        let tests = self.units.tests(suite, phase)?;
        let command = command(case, &format!("/work/{SUPERVISOR}"))
            .arg("/work/suite")
            .args(&self.program.places)
            .args(&tests)
            .limits(suite_limits(case));
        let command = command.env(
            "ASAN_OPTIONS",
            match suite.runner {
                // A leak is not what these cases are about, and a crash is the end.
                Runner::AssayC => {
                    "symbolize=0:detect_leaks=0:handle_segv=2:handle_sigbus=2:handle_sigfpe=2"
                }
                _ => "symbolize=0",
            },
        );
        let run = SuiteRun { phase, suite, command, test_tree: None };
        let (mut evidence, mut logs) = run.execute(&mut sandbox)?;
        symbols::name_addresses(&mut sandbox, case, &self.linked, &mut logs);
        self.units.name(suite, &tests, &mut logs);
        decisive::explain(&mut evidence.tests, &logs);
        record.logs.extend(logs);
        Ok(evidence)
    }
}

/// The option that has the linker put the harness's functions before the libraries'.
fn wrapped() -> String {
    let name = |line: &'static str| {
        let own = line.split_once(" __wrap_").or(line.split_once("*__wrap_"));
        let listed = line.strip_prefix("ASSAY_").and_then(|line| {
            let (kind, list) = line.split_once('(')?;
            // What it returns comes first where it is not always the same.
            list.split([',', ')']).nth(usize::from(kind == "BEHIND"))
        });
        own.map(|(_, name)| name).or(listed)?.trim().split('(').next()
    };
    let lines = WRAPPERS.iter().flat_map(|source| source.lines());
    let names = lines.filter(|line| !line.ends_with('\\')).filter_map(name);
    names.fold("-Wl".to_owned(), |option, name| format!("{option},--wrap={name}"))
}

fn read_prepared(prepared: &Path, name: &str) -> Result<File, InfraError> {
    Ok(File::new(name, super::read_prepared(&prepared.join(name))?))
}

/// Takes what a command of the build used and printed.
fn add_build(execution: &Execution, record: &mut Record) {
    record.add_build(ending(execution.exit), usage(execution));
    record.logs.extend(logs("build", execution));
}

/// That what was built is too large to be linked.
fn too_large(record: &mut Record) -> Halt {
    record.add_build(Ending::OutputLimit, Usage::default());
    record.unbuilt()
}

/// The C files of the project, tests excluded, with their objects' names.
fn units(case: &TestedCase<'_>, artifact: &Artifact) -> Vec<(String, String)> {
    let template = case.template.keys();
    let mut sources: Vec<&str> = template
        .chain(artifact.files.keys())
        .filter(|path| path.extension() == Some("c"))
        .map(assay_core::SafePath::as_str)
        .collect();
    sources.sort_unstable();
    sources
        .into_iter()
        .map(|source| (source.to_owned(), format!("objects/{}.o", source.replace('/', "_"))))
        .collect()
}

fn compile_project(
    sandbox: &mut Sandbox,
    case: &TestedCase<'_>,
    artifact: &Artifact,
    record: &mut Record,
) -> Result<(), Halt> {
    record.add_build(Ending::Exited(0), Usage::default());
    let keep = File::new("objects/.keep", "");
    sandbox.write(&[keep]).map_err(|error| infra(&error))?;
    for (source, object) in units(case, artifact) {
        let compile = command(case, GCC)
            .args(flags(&case.functional.runner).iter().copied())
            .args(CALLS.iter().copied())
            .args(["-Isrc", "-c", &source, "-o", &object])
            .limits(build_limits(case));
        let execution = sandbox.execute(&compile).map_err(|error| infra(&error))?;
        add_build(&execution, record);
        if !execution.exit.is_success() {
            return Err(record.unbuilt());
        }
    }
    Ok(())
}

/// The project's objects; `None` if they are larger than any project of this
/// size needs, which an artifact can bring about with its data.
fn read_objects(
    sandbox: &mut Sandbox,
    case: &TestedCase<'_>,
    artifact: &Artifact,
) -> Result<Option<Vec<File>>, InfraError> {
    let mut objects = Vec::new();
    let mut room = MAX_OBJECT_BYTES;
    for (_, object) in units(case, artifact) {
        let content = match sandbox.read(&object, room) {
            Err(SandboxError::TooLarge { .. }) => return Ok(None),
            content => content.map_err(|error| infra(&error))?,
        };
        let content = content.ok_or_else(|| {
            InfraError::new(InfraClass::Sandbox, format!("the compiler left no {object}"))
        })?;
        room -= content.len() as u64;
        objects.push(File::new(object, content));
    }
    Ok(Some(objects))
}

/// Links the suites with the project's objects, which are there; a failure is the
/// artifact's, because the test objects link with any artifact that defines what it should
/// and no more.
fn link(
    sandbox: &mut Sandbox,
    Trial { prepared, case, .. }: Trial<'_>,
    (objects, unwatched): (&[File], &Guarded<'_>),
    record: &mut Record,
) -> Result<Vec<u8>, Halt> {
    let names = suites::OBJECTS.iter();
    let mut tests: Vec<File> =
        names.map(|name| read_prepared(prepared, name)).collect::<Result<_, _>>()?;
    let mut guards = None;
    if gates::HAS_GATES && !unwatched.is_empty() {
        let (assembly, option) = guards::guard(unwatched);
        tests.push(File::new("guards.s", assembly));
        guards = Some(option);
    }
    sandbox.write(&tests).map_err(|error| infra(&error))?;
    let link = command(case, GCC)
        .args(flags(&case.functional.runner).iter().copied())
        .args(tests.iter().chain(objects).map(|file| file.path.as_str()))
        .args(LINKER)
        .args([LOADED, &wrapped(), "-o", "suite"])
        .args(guards)
        .args(LIBRARIES)
        .limits(build_limits(case));
    let execution = sandbox.execute(&link).map_err(|error| infra(&error))?;
    add_build(&execution, record);
    if !execution.exit.is_success() {
        return Err(record.unbuilt());
    }
    let missing = || InfraError::new(InfraClass::Sandbox, "the linker left no program");
    match sandbox.read("suite", MAX_OBJECT_BYTES * 2) {
        Err(SandboxError::TooLarge { .. }) => Err(too_large(record)),
        linked => Ok(linked.map_err(|error| infra(&error))?.ok_or_else(missing)?),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_wrapper_of_the_harness_is_put_before_its_function() {
        let option = wrapped();
        let names: Vec<_> = option.split(",--wrap=").skip(1).collect();
        assert!(names.len() > 100, "{names:?}");
        for name in [
            "fopen",
            "rename",
            "sigaction",
            "openat",
            "strtol",
            "__xpg_basename",
            "strsep",
            "__strtok_r",
        ] {
            assert!(names.contains(&name), "{name}");
        }
        let identifier = |name: &&str| name.chars().all(|it| it == '_' || it.is_alphanumeric());
        assert!(names.iter().all(identifier), "{names:?}");
    }
}
