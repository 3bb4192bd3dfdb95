//! C: GCC with address and undefined-behaviour sanitizers.
//!
//! The artifact is compiled by itself, so that no test is there to be read or
//! included. The objects of the tests do not depend on it and are prepared once.
//! Each suite is linked and run in a fresh sandbox.

mod symbols;

use std::path::Path;

use assay_core::files::digest;
use assay_core::record::Log;
use assay_core::suite::{Runner, Suite};
use assay_core::verdict::{Build, Ending, InfraClass, SuiteEvidence, Usage};
use assay_core::{Artifact, Case, Evidence, InfraError};
use assay_sandbox::{Execution, File, Sandbox, SandboxError, Spec};

use super::suite_run::SuiteRun;
use super::toolchain::{Needs, Site, Toolchain};
use super::tools::version;
use super::{
    Validation, after_functional, build_limits, command, ending, infra, logs, project_files,
    sandbox_files, spec, suite_limits, usage,
};

const GCC: &str = "/usr/bin/gcc";
/// The linker that is faster by more than half, without a plugin for objects that are
/// not complete.
const LINKER: [&str; 2] = ["-fuse-ld=gold", "-fno-use-linker-plugin"];

const OBJCOPY: &str = "/usr/bin/objcopy";

/// Assay's own sources for running tests.
const HARNESS_SOURCES: [(&str, &str); 4] = [
    ("assay_channel.h", include_str!("c/assay_channel.h")),
    ("assay_main.c", include_str!("c/assay_main.c")),
    ("assay_supervise.c", include_str!("c/assay_supervise.c")),
    ("assay_test.h", include_str!("c/assay_test.h")),
];

/// Where Assay's own test sources lie in a sandbox that compiles tests.
const HARNESS: &str = "assay-harness";

/// The program that runs a suite's tests, in the prepared folder.
const SUPERVISOR: &str = "supervise";

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

    fn needs(&self, case: &Case) -> Needs {
        let harness = HARNESS_SOURCES.map(|(_, text)| text).concat();
        let files = [&case.template, &case.functional.files, &case.security.files];
        let key = format!(
            "{}\n{:?}\n{:?}\n{}\n{harness}",
            version(&[GCC, "--version"]),
            case.functional.runner,
            case.security.runner,
            files.map(digest).concat(),
        );
        Needs { key, summary: format!("the test objects of {}", case.id) }
    }

    fn install(&self, case: &Case, site: &Site<'_>) -> Result<(), String> {
        let failed = |error: InfraError| error.message;
        let mut files = vec![compile_supervisor(case).map_err(failed)?];
        for (phase, suite) in [("functional", &case.functional), ("security", &case.security)] {
            files.extend(compile_tests(case, suite, phase).map_err(failed)?);
        }
        files.iter().try_for_each(|file| site.write(file))
    }

    fn validate(
        &self,
        prepared: &Path,
        case: &Case,
        artifact: &Artifact,
    ) -> Result<Validation, InfraError> {
        let mut sandbox = start(case)?;
        sandbox.write(&project_files(case, artifact)).map_err(|error| infra(&error))?;
        let mut built = match compile_project(&mut sandbox, case, artifact)? {
            Step::Done(built) => built,
            Step::Failed(validation) => return Ok(*validation),
        };
        let Some(objects) = read_objects(&mut sandbox, case, artifact)? else {
            return Ok(built.too_large());
        };

        let tests = test_objects(prepared, &case.functional, "functional")?;
        if let Some(failed) = link(&mut sandbox, case, &objects, &tests, &mut built)? {
            return Ok(failed);
        }
        let (functional, functional_logs) =
            run_suite(&mut sandbox, prepared, case, &case.functional, "functional")?;
        drop(sandbox);
        built.logs.extend(functional_logs);
        let functional = match after_functional(case, Some(&built.build), functional) {
            Ok(functional) => functional,
            Err(evidence) => return Ok(Validation { evidence: *evidence, logs: built.logs }),
        };

        let tests = test_objects(prepared, &case.security, "security")?;
        let mut sandbox = start(case)?;
        sandbox.write(&objects).map_err(|error| infra(&error))?;
        if let Some(failed) = link(&mut sandbox, case, &objects, &tests, &mut built)? {
            return Ok(failed);
        }
        let (security, security_logs) =
            run_suite(&mut sandbox, prepared, case, &case.security, "security")?;
        built.logs.extend(security_logs);
        let build = Some(built.build);
        Ok(Validation {
            evidence: Evidence::Functional { build, functional, security },
            logs: built.logs,
        })
    }
}
fn start(case: &Case) -> Result<Sandbox, InfraError> {
    // LeakSanitizer stops its own process with ptrace to look for leaks.
    let spec = Spec { allow_ptrace: true, ..spec(case) };
    Sandbox::start(&spec).map_err(|error| infra(&error))
}

/// Puts the supervisor beside the linked suite, and runs it.
fn run_suite(
    sandbox: &mut Sandbox,
    prepared: &Path,
    case: &Case,
    suite: &Suite,
    phase: &'static str,
) -> Result<(SuiteEvidence, Vec<Log>), InfraError> {
    let supervisor = read_prepared(prepared, SUPERVISOR)?.executable();
    sandbox.write(&[supervisor]).map_err(|error| infra(&error))?;
    let command = command(case, &format!("/work/{SUPERVISOR}"))
        .arg("/work/suite")
        .args(suite.expected.iter().map(|test| test.name.as_str()))
        .limits(suite_limits(case));
    let command = command.env(
        "ASAN_OPTIONS",
        match suite.runner {
            // A leak is not what these cases are about.
            Runner::AssayC => "symbolize=0:detect_leaks=0",
            _ => "symbolize=0",
        },
    );
    let run = SuiteRun { phase, suite, command, test_tree: None };
    let (evidence, mut logs) = run.execute(sandbox)?;
    symbols::name_addresses(sandbox, case, &mut logs);
    Ok((evidence, logs))
}

/// The sources of a suite, the harness's `main` last, with their objects' names.
fn test_units(suite: &Suite, phase: &str) -> Vec<(String, String)> {
    let is_source = |path: &&assay_core::SafePath| path.extension() == Some("c");
    let sources = suite.files.keys().filter(is_source).map(ToString::to_string);
    let sources = sources.chain([format!("{HARNESS}/assay_main.c")]);
    sources
        .enumerate()
        .map(|(place, source)| (source, format!("test_objects_{phase}_{place}.o")))
        .collect()
}

/// The prepared objects of a suite and of the harness that runs it.
fn test_objects(prepared: &Path, suite: &Suite, phase: &str) -> Result<Vec<File>, InfraError> {
    test_units(suite, phase).iter().map(|(_, object)| read_prepared(prepared, object)).collect()
}

fn read_prepared(prepared: &Path, name: &str) -> Result<File, InfraError> {
    Ok(File::new(name, super::read_prepared(&prepared.join(name))?))
}

/// What building has used and printed so far.
struct Built {
    build: Build,
    logs: Vec<Log>,
}

impl Built {
    fn add(&mut self, execution: &Execution) {
        self.build.ending = ending(execution.exit);
        self.build.usage += usage(execution);
        self.logs.extend(logs("build", execution));
    }

    /// What an artifact amounts to whose objects are too large to be linked.
    fn too_large(&mut self) -> Validation {
        self.build.ending = Ending::OutputLimit;
        self.failure()
    }

    /// What the artifact amounts to, if its build failed here.
    fn failure(&mut self) -> Validation {
        let build = self.build.clone();
        Validation { evidence: Evidence::Unbuilt { build }, logs: std::mem::take(&mut self.logs) }
    }
}

/// A build step that went well, or the verdict that it did not.
enum Step {
    Done(Built),
    Failed(Box<Validation>),
}

/// The C files of the project, tests excluded, with their objects' names.
fn units(case: &Case, artifact: &Artifact) -> Vec<(String, String)> {
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
    case: &Case,
    artifact: &Artifact,
) -> Result<Step, InfraError> {
    let mut built = Built {
        build: Build { ending: Ending::Exited(0), usage: Usage::default() },
        logs: Vec::new(),
    };
    let keep = File::new("objects/.keep", "");
    sandbox.write(&[keep]).map_err(|error| infra(&error))?;
    for (source, object) in units(case, artifact) {
        let compile = command(case, GCC)
            .args(flags(&case.functional.runner).iter().copied())
            .args(["-Isrc", "-c", &source, "-o", &object])
            .limits(build_limits(case));
        let execution = sandbox.execute(&compile).map_err(|error| infra(&error))?;
        built.add(&execution);
        if !execution.exit.is_success() {
            return Ok(Step::Failed(Box::new(built.failure())));
        }
    }
    Ok(Step::Done(built))
}

/// The project's objects; `None` if they are larger than any project of this
/// size needs, which an artifact can bring about with its data.
fn read_objects(
    sandbox: &mut Sandbox,
    case: &Case,
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

/// Links `suite` from the project's objects, which are there, and the tests'; a failure
/// is the artifact's, because the test objects link with any artifact that defines what
/// it should and no more.
fn link(
    sandbox: &mut Sandbox,
    case: &Case,
    objects: &[File],
    test_objects: &[File],
    built: &mut Built,
) -> Result<Option<Validation>, InfraError> {
    sandbox.write(test_objects).map_err(|error| infra(&error))?;
    let link = command(case, GCC)
        .args(flags(&case.functional.runner).iter().copied())
        .args(objects.iter().chain(test_objects).map(|file| file.path.as_str()))
        .args(LINKER)
        .args(["-o", "suite", "-ldl", "-lm"])
        .limits(build_limits(case));
    let execution = sandbox.execute(&link).map_err(|error| infra(&error))?;
    built.add(&execution);
    Ok((!execution.exit.is_success()).then(|| built.failure()))
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

    let units = test_units(suite, phase);
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
    Err(InfraError::new(InfraClass::Unprepared, message))
}
