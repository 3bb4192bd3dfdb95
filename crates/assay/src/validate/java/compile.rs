//! Compiles Java sources in a sandbox of their own.

use assay_core::{Case, InfraError};
use assay_core::verdict::InfraClass;
use assay_sandbox::{Execution, File, Sandbox, SandboxError, TreeEntry};

use super::super::{build_limits, command, infra};
use super::{CLASSES, Compiler, JAVAC, machine};

/// The classes of a project this size are not larger together.
const MAX_CLASS_BYTES: u64 = 64 << 20;

/// Where the compiler leaves its classes.
const OUTPUT: &str = "compiled";

/// What to compile.
#[derive(Debug)]
pub(super) struct Compilation<'a> {
    pub(super) case: &'a Case,
    pub(super) prepared: &'a std::path::Path,
    pub(super) options: &'a Compiler,
    /// Paths in the sandbox, of jars that are prepared.
    pub(super) jars: Vec<String>,
    /// Classes to compile against, below [`CLASSES`].
    pub(super) classes: &'a [File],
    pub(super) sources: Vec<File>,
}

/// What came of it.
#[derive(Debug)]
pub(super) enum Compiled {
    /// The classes by their paths below the folder that they are loaded from.
    Classes(Vec<File>),
    /// The compiler refused, ended, or left more than is believable.
    Refused,
}

/// Compiles, and answers the compiler's execution too.
pub(super) fn compile(what: Compilation<'_>) -> Result<(Compiled, Execution), InfraError> {
    let failed = |error: SandboxError| infra(&error);
    let mut sandbox = Sandbox::start(&machine(what.case, what.prepared)).map_err(failed)?;
    let places: Vec<String> = what.sources.iter().map(|file| file.path.clone()).collect();
    let mut files = what.sources;
    files.extend_from_slice(what.classes);
    files.push(File::new(format!("{OUTPUT}/.keep"), ""));
    sandbox.write(&files).map_err(failed)?;
    let class_path: Vec<String> = [CLASSES.to_owned()].into_iter().chain(what.jars).collect();
    let javac = command(what.case, JAVAC)
        .args(["-J-XX:TieredStopAtLevel=1", "-J-XX:+UseSerialGC", "-J-XX:-UsePerfData"])
        .args(what.options.options.iter().cloned())
        .args((!what.options.runs_processors).then_some("-proc:none"))
        .args(["-cp", &class_path.join(":"), "-d", OUTPUT])
        .args(places)
        .limits(build_limits(what.case));
    let execution = sandbox.execute(&javac).map_err(failed)?;
    if !execution.exit.is_success() {
        return Ok((Compiled::Refused, execution));
    }
    let mut classes = Vec::new();
    let mut room = MAX_CLASS_BYTES;
    for (path, entry) in sandbox.tree(OUTPUT).map_err(failed)? {
        if !matches!(entry, TreeEntry::File { .. }) || path == ".keep" {
            continue;
        }
        let content = match sandbox.read(&format!("{OUTPUT}/{path}"), room) {
            Err(SandboxError::TooLarge { .. }) => return Ok((Compiled::Refused, execution)),
            content => content.map_err(failed)?,
        };
        let content = content.ok_or_else(|| {
            InfraError::new(InfraClass::Sandbox, format!("the compiler's {path} is gone"))
        })?;
        room -= content.len() as u64;
        classes.push(File::new(path, content));
    }
    Ok((Compiled::Classes(classes), execution))
}
