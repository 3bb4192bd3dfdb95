//! Makes the archive of classes that a virtual machine maps at its start.
//!
//! The tests are run with the case's own solutions, and what they load from jars
//! and from the platform is archived. An archive changes when classes are loaded,
//! never what they do.

use std::collections::BTreeSet;

use assay_core::infra_error::InfraClass;
use assay_core::suite::Suite;
use assay_core::task::SolutionKind;
use assay_core::{Artifact, InfraError};
use assay_sandbox::{Execution, Exit, File, Sandbox};
use tracing::{debug, warn};

use super::super::jdk::JAVA;
use super::super::toolchain::Site;
use super::super::trial::Record;
use super::super::{build_limits, command, infra};
use super::bench::Bench;
use super::{ARCHIVE, Classes, machine, watch, with_archive};

/// Changes with the form of the archive, so that another one is prepared.
pub(super) const FORM: &str = "classes.jsa of a class list, 3";

const LIST: &str = "/work/classes.list";
const MAX_LIST_BYTES: u64 = 32 << 20;
const MAX_ARCHIVE_BYTES: u64 = 200 << 20;

/// The class of an agent that was attached.
const ATTACHED: &str = "net/bytebuddy/agent/Installer";

/// Trains with the first solution of each kind, and archives. Notes whether tests
/// attach an agent to the machine.
pub(super) fn archive(bench: &mut Bench<'_>, site: &Site<'_>) -> Result<(), InfraError> {
    bench.project.attaches = true;
    let list = train(bench)?;
    bench.project.attaches = list.classes.lines().any(|line| line.starts_with(ATTACHED));
    make(bench, site, list)
}

/// What training has shown.
struct Trained {
    /// The classes that were loaded, in the form of the virtual machine.
    classes: String,
    /// A solution that works, and its classes.
    trial: Option<(Artifact, Classes)>,
}

fn train(bench: &Bench<'_>) -> Result<Trained, InfraError> {
    let case = bench.case;
    let mut classes = BTreeSet::new();
    let mut list = String::new();
    let mut add = |text: String| {
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            if classes.insert(line.to_owned()) {
                list.push_str(line);
                list.push('\n');
            }
        }
    };
    let mut trial = None;
    for kind in [SolutionKind::Secure, SolutionKind::Vulnerable] {
        let Some(solution) = case.case.solutions(kind).next() else { continue };
        let text = |bytes: &Vec<u8>| String::from_utf8_lossy(bytes).into_owned();
        let files = solution.files.iter().map(|(path, bytes)| (path.to_string(), text(bytes)));
        let artifact = match Artifact::from_files(files, &case.artifact_paths) {
            Ok(artifact) => artifact,
            Err(error) => {
                debug!(solution = solution.name, %error, "no training with a solution that is no artifact");
                continue;
            }
        };
        let Some(compiled) = bench.compile_project(&artifact, &mut Record::default())? else {
            continue;
        };
        for suite in case.both().map(|(_, suite)| suite) {
            if let Some(loaded) = loaded(bench, &artifact, &compiled, suite)? {
                add(loaded);
            }
        }
        trial = trial.or(Some((artifact, compiled)));
    }
    Ok(Trained { classes: list, trial })
}

/// Makes the archive, unless machines die of it.
fn make(bench: &Bench<'_>, site: &Site<'_>, trained: Trained) -> Result<(), InfraError> {
    let case = bench.case;
    let mut sandbox = Sandbox::start(&machine(case, site.folder)).map_err(|error| infra(&error))?;
    sandbox.write(&[File::new(LIST, trained.classes)]).map_err(|error| infra(&error))?;
    let dump = command(case, JAVA)
        // Only this collector can archive objects; all of them can use these.
        .args(["-XX:+UseG1GC", "-Xmx1g", "-Xshare:dump", "-Xlog:disable", "-Xlog:all=error:stderr"])
        .arg(format!("-XX:SharedClassListFile={LIST}"))
        .arg(format!("-XX:SharedArchiveFile=/work/{ARCHIVE}"))
        .args(["-cp", &bench.jars().join(":")])
        .limits(build_limits(case));
    let execution = sandbox.execute(&dump).map_err(|error| infra(&error))?;
    let content = sandbox.read(ARCHIVE, MAX_ARCHIVE_BYTES).map_err(|error| infra(&error))?;
    let content = content.ok_or_else(|| unmade(&execution))?;
    let fail = |message| InfraError::new(InfraClass::Unprepared, message);
    site.write(&File::new(ARCHIVE, content)).map_err(fail)?;
    let Some((artifact, compiled)) = trained.trial else { return Ok(()) };
    if dies(bench, &artifact, &compiled)? {
        // Slower, but right: without it, the machine starts from its own archive.
        warn!(
            case = case.id,
            "the virtual machine cannot use the archive of classes made for {}; its suites start without it, which is slower",
            case.id
        );
        let place = site.folder.join(ARCHIVE);
        std::fs::remove_file(&place)
            .map_err(|error| fail(format!("failed to remove {}: {error}", place.display())))?;
    }
    Ok(())
}

/// Whether a machine that starts from the archive dies of it: it happens that one is
/// made which this version of the machine cannot use.
fn dies(
    bench: &Bench<'_>,
    artifact: &Artifact,
    classes: &[(String, Vec<u8>)],
) -> Result<bool, InfraError> {
    for suite in bench.case.both().map(|(_, suite)| suite) {
        if let Some(tests) = bench.compile_tests(classes, suite, &mut Record::default())? {
            let blind = bench.blind(suite, &tests)?;
            let mut sandbox = bench.stage(artifact, classes, suite, &blind)?;
            let run =
                bench.test_command(classes, &blind, &with_archive()).report().input("0".repeat(32));
            let execution = sandbox.execute(&run).map_err(|error| infra(&error))?;
            if matches!(execution.exit, Exit::Signal(_)) {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

/// The classes that a suite's run loads, in the form of the virtual machine.
fn loaded(
    bench: &Bench<'_>,
    artifact: &Artifact,
    classes: &[(String, Vec<u8>)],
    suite: &Suite,
) -> Result<Option<String>, InfraError> {
    let Some(tests) = bench.compile_tests(classes, suite, &mut Record::default())? else {
        return Ok(None);
    };
    let blind = bench.blind(suite, &tests)?;
    let mut sandbox = bench.stage(artifact, classes, suite, &blind)?;
    let run = bench
        .test_command(classes, &blind, &[format!("-XX:DumpLoadedClassList={LIST}")])
        .report()
        .input("0".repeat(32));
    let execution = sandbox.execute(&run).map_err(|error| infra(&error))?;
    let said = execution.stderr.text();
    if let Some(line) = said.lines().find(|line| line.starts_with(watch::UNWATCHED)) {
        return Err(InfraError::new(InfraClass::Unprepared, format!("{JAVA}: {line}")));
    }
    let list = sandbox.read(LIST, MAX_LIST_BYTES).map_err(|error| infra(&error))?;
    Ok(list.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()))
}

fn unmade(execution: &Execution) -> InfraError {
    let said = String::from_utf8_lossy(&execution.stderr.bytes).into_owned();
    let last: Vec<&str> = said.lines().rev().take(5).collect();
    InfraError::new(
        InfraClass::Unprepared,
        format!("the virtual machine made no archive of classes: {}", last.join("; ")),
    )
}
