//! Java: Maven projects, whose JUnit tests run without Maven.
//!
//! `assay prepare` asks Maven once for a case's class path and settings, puts the
//! jars into the prepared folder and makes an archive of the classes that the
//! tests load, which a virtual machine maps at its start. A validation compiles
//! the artifact with the project's sources, then each suite against these classes,
//! and runs each suite in a fresh sandbox.
//!
//! What the compiler made of an artifact is looked at before it runs (`inspect.rs`), and
//! a library in the virtual machine watches it run (`watch.rs`).

mod bench;
mod blind;
mod class_file;
mod decoys;
mod desk;
mod engines;
mod inspect;
mod kept;
mod maven;
mod names;
mod pool;
mod project;
#[cfg(test)]
mod properties;
mod rewrite;
mod signs;
mod trace;
mod train;
mod watch;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use assay_core::evidence::SuiteEvidence;
use assay_core::execution::{Ending, Usage};
use assay_core::files::digest;
use assay_core::log::Log;
use assay_core::suite::Suite;
use assay_core::{Artifact, InfraError, Phase, SafePath};
use assay_sandbox::{File, Mount, Spec};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::desk::Desk;
use super::installer::{installer, run as run_installer};
use super::javac::{Compiled, Compilers};
use super::jdk::{CONFIGURATION, JAR, JAVA, JAVAC};
use super::prepare::Fill;
use super::toolchain::{Needs, Site, Toolchain};
use super::tools::version;
use super::trial::{Halt, Record, Runnable, Trial};
use super::{read_prepared, spec, unreadable};
use crate::tested_case::TestedCase;
use bench::Bench;
use engines::Engine;
use inspect::{Baseline, Seen};
use maven::{Dependency, MAVEN, resolve};
use project::{Jar, Project};

/// Where the prepared folder is seen. The archive of classes holds for jars of
/// these very paths only.
const PREPARED: &str = "/opt/java";

/// What the prepared folder holds, beside the jars in `lib`.
const HARNESS: &str = "harness.jar";
const PROJECT: &str = "project.json";
const ARCHIVE: &str = "classes.jsa";
const BASELINE: &str = "baseline.json";

/// Where classes lie in a sandbox that runs tests, as Maven has them.
const CLASSES: &str = "target/classes";
const TEST_CLASSES: &str = "target/test-classes";

/// How the name of an entry of a jar begins that has code run by the compiler.
const PROCESSORS: &[u8] = b"META-INF/services/javax.annotation.processing.Processor";

/// Compiled classes: their paths below a folder of the class path, and content.
type Classes = Vec<(String, Vec<u8>)>;

#[derive(Debug, Default)]
pub(super) struct Java {
    compilers: Compilers,
}

impl Toolchain for Java {
    fn tools(&self) -> &'static [(&'static str, &'static [&'static str])] {
        &[
            ("java", &[JAVA, "-version"]),
            ("javac", &[JAVAC, "-version"]),
            ("maven", &[MAVEN, "--batch-mode", "-version"]),
        ]
    }

    fn needs(&self, case: &TestedCase<'_>) -> Needs {
        let sources = Engine::of(case).sources().map(|(_, text)| text).concat();
        let files = [&case.template, &case.functional.files, &case.security.files];
        let files = files.map(digest).concat() + &case.solutions_digest();
        let java = version(&[JAVA, "-version"]);
        let key = format!("{java}\n{files}\n{}\n{sources}\n{}", train::FORM, watch::key());
        Needs { key, summary: format!("the class path of {}", case.id) }
    }

    fn install(&self, case: &TestedCase<'_>, site: &Site<'_>) -> Result<(), String> {
        let pom = SafePath::new("pom.xml").ok().and_then(|path| case.template.get(&path));
        let pom = pom.ok_or("the template has no pom.xml")?;
        let engine = Engine::of(case);
        let resolved = resolve(pom, site)?;
        let engines = engine.dependencies(&resolved.dependencies, site)?;
        let mut project = Project {
            jars: Vec::new(),
            compiler: resolved.settings.compiler,
            test_compiler: resolved.settings.test_compiler,
            arguments: resolved.settings.arguments,
            environment: resolved.settings.environment,
            attaches: false,
        };
        let mut names = BTreeSet::new();
        for dependency in resolved.dependencies.iter().chain(&engines) {
            let jar = place_jar(dependency, site, &mut names)?;
            if has_processors(&dependency.file)? {
                project.compiler.runs_processors |= jar.is_of_project;
                project.test_compiler.runs_processors = true;
            }
            project.jars.push(jar);
        }
        build_harness(engine, &project, site)?;
        site.write(&watch::compile(case)?)?;
        let all = site.downloads.parent().unwrap_or(site.folder);
        let compilers = &self.compilers;
        let baseline = Baseline::default();
        let mut bench = Bench { compilers, case, all, prepared: site.folder, project, baseline };
        bench.baseline = bench.learn().map_err(|error| error.message)?;
        write_json(BASELINE, &bench.baseline, site)?;
        train::archive(&mut bench, site).map_err(|error| error.message)?;
        write_json(PROJECT, &bench.project, site)
    }

    fn supplies<'a>(&self, case: &'a TestedCase<'a>) -> Option<(Needs, Fill<'a>)> {
        Some(desk::supplies(case))
    }

    fn desk(
        &self,
        _case: &TestedCase<'_>,
        prepared: &Path,
        supplies: Option<&Path>,
    ) -> Result<Desk, InfraError> {
        Ok(desk::desk(prepared, supplies))
    }

    fn build<'a>(
        &'a self,
        trial: Trial<'a>,
        record: &mut Record,
    ) -> Result<Box<dyn Runnable + 'a>, Halt> {
        let Trial { prepared, case, artifact } = trial;
        let project = read_json(prepared, PROJECT)?;
        let baseline = read_json(prepared, BASELINE)?;
        let all = prepared.parent().unwrap_or(prepared);
        let bench = Bench { compilers: &self.compilers, case, all, prepared, project, baseline };
        record.add_build(Ending::Exited(0), Usage::default());
        let Some(classes) = bench.compile_project(artifact, record)? else {
            return Err(record.unbuilt());
        };
        let Seen { findings, notes } = inspect::look(case, &bench.baseline, artifact, &classes);
        if !findings.is_empty() {
            return Err(Halt::Tampered(findings));
        }
        record.notes = notes;
        Ok(Box::new(Ready { bench, artifact, classes }))
    }
}

/// An artifact that is compiled.
struct Ready<'a> {
    bench: Bench<'a>,
    artifact: &'a Artifact,
    classes: Classes,
}

impl Runnable for Ready<'_> {
    fn run(
        &mut self,
        phase: Phase,
        suite: &Suite,
        record: &mut Record,
    ) -> Result<SuiteEvidence, Halt> {
        let Ready { bench, artifact, classes } = self;
        let Some(tests) = bench.compile_tests(classes, suite, record)? else {
            return Err(record.unbuilt());
        };
        let findings = inspect::stand_ins(bench.case, &bench.baseline, artifact, classes, &tests);
        if !findings.is_empty() {
            return Err(Halt::Tampered(findings));
        }
        let (evidence, logs) = bench.run(artifact, classes, suite, phase, &tests)?;
        record.logs.extend(logs);
        Ok(evidence)
    }
}

/// The sandbox of a Java program.
fn machine(case: &TestedCase<'_>, prepared: &Path) -> Spec {
    let mounts = vec![Mount::new(CONFIGURATION, CONFIGURATION), Mount::new(prepared, PREPARED)];
    Spec { mounts, ..spec(case) }
}

/// A virtual machine that starts soon: its compiler and its collector are the
/// small ones, what is used rarely is not compiled, and the archive of classes is
/// mapped where its pointers are right already.
const MACHINE: [&str; 8] = [
    "-XX:+UnlockDiagnosticVMOptions",
    "-XX:ArchiveRelocationMode=0",
    "-XX:TieredStopAtLevel=1",
    "-XX:CompileThresholdScaling=20",
    "-XX:+UseSerialGC",
    "-XX:-UsePerfData",
    "-Xmx1g",
    // What watches the machine replaces functions of its own, of which it would warn.
    "-Xlog:jni+resolve=off",
];

/// Links a jar, or copies it, into the prepared folder.
fn place_jar(
    dependency: &Dependency,
    site: &Site<'_>,
    names: &mut BTreeSet<String>,
) -> Result<Jar, String> {
    let name = dependency.file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let name = if names.contains(&name) { format!("{}-{name}", names.len()) } else { name };
    let path = format!("lib/{name}");
    names.insert(name);
    let place = site.folder.join(&path);
    let lib = site.folder.join("lib");
    std::fs::create_dir_all(&lib)
        .and_then(|()| {
            std::fs::hard_link(&dependency.file, &place)
                .or_else(|_| std::fs::copy(&dependency.file, &place).map(drop))
        })
        .map_err(|error| format!("failed to copy {}: {error}", dependency.file.display()))?;
    let is_of_project = ["compile", "provided", "system"].contains(&dependency.scope.as_str());
    Ok(Jar { path, is_of_project })
}

/// Whether a jar brings annotation processors: names of entries are not packed.
fn has_processors(jar: &Path) -> Result<bool, String> {
    let bytes =
        std::fs::read(jar).map_err(|error| format!("failed to read {}: {error}", jar.display()))?;
    Ok(bytes.windows(PROCESSORS.len()).any(|window| window == PROCESSORS))
}

/// Compiles what runs the tests, against the JUnit that the case has.
fn build_harness(engine: Engine, project: &Project, site: &Site<'_>) -> Result<(), String> {
    let folder =
        tempfile::tempdir().map_err(|error| format!("failed to make a folder: {error}"))?;
    let mut sources: Vec<PathBuf> = Vec::new();
    for (name, text) in engine.sources() {
        let place = folder.path().join(name);
        std::fs::write(&place, text)
            .map_err(|error| format!("failed to write {}: {error}", place.display()))?;
        sources.push(place);
    }
    let jars: Vec<String> =
        project.jars.iter().map(|jar| site.folder.join(&jar.path).display().to_string()).collect();
    let classes = folder.path().join("classes");
    let mut javac = installer(JAVAC);
    javac.args(["-J-XX:TieredStopAtLevel=1", "-proc:none", "-nowarn", "-g:source,lines"]);
    // What joins strings at run time is made at run time, which takes longer.
    javac.args(["-XDstringConcat=inline", "-cp"]);
    run_installer(javac.arg(jars.join(":")).arg("-d").arg(&classes).args(sources))?;
    let mut jar = installer(JAR);
    jar.args(["--create", "--no-compress", "--file"]).arg(site.folder.join(HARNESS));
    run_installer(jar.arg("-C").arg(&classes).arg("."))?;
    Ok(())
}

fn write_json(name: &str, content: &impl Serialize, site: &Site<'_>) -> Result<(), String> {
    let text = serde_json::to_vec_pretty(content).map_err(|error| error.to_string())?;
    site.write(&File::new(name, text))
}

fn read_json<T: DeserializeOwned>(prepared: &Path, name: &str) -> Result<T, InfraError> {
    let place = prepared.join(name);
    serde_json::from_slice(&read_prepared(&place)?).map_err(|error| unreadable(&place, &error))
}

/// Takes what a compiler used and said.
fn add_compiled(compiled: &Compiled, record: &mut Record) {
    record.add_build(compiled.ending.clone(), compiled.usage);
    if !compiled.diagnostics.is_empty() {
        let text = compiled.diagnostics.clone();
        record.logs.push(Log { name: "build.stderr".to_owned(), text });
    }
}

/// What makes a virtual machine start from the archive, if it is there.
fn with_archive() -> [String; 2] {
    ["-Xshare:auto".to_owned(), format!("-XX:SharedArchiveFile={PREPARED}/{ARCHIVE}")]
}
