//! Java: Maven projects, whose JUnit tests run without Maven.
//!
//! `assay prepare` asks Maven once for a case's class path and settings, puts the
//! jars into the prepared folder and makes an archive of the classes that the
//! tests load, which a virtual machine maps at its start. A validation compiles
//! the artifact with the project's sources, then each suite against these classes,
//! and runs each suite in a fresh sandbox.

mod engines;
mod maven;
mod project;
mod train;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use assay_core::files::digest;
use assay_core::record::Log;
use assay_core::suite::{Conclusion, Suite, test_classes};
use assay_core::verdict::{Build, Ending, SuiteEvidence, Usage};
use assay_core::{Artifact, Case, Evidence, InfraError, SafePath};
use assay_sandbox::{Command, File, Mount, Sandbox, Spec};

use super::javac::{Compiled, Compilers, JARS, Request};
use super::jdk::{CONFIGURATION, JAR, JAVA, JAVAC};
use super::prepare::{installer, run as run_installer};
use super::suite_run::SuiteRun;
use super::toolchain::{Needs, Site, Toolchain};
use super::tools::version;
use super::{
    Validation, after_functional, command, infra, project_files, read_prepared, spec, suite_limits,
    unreadable,
};
use engines::Engine;
use maven::{Dependency, MAVEN, resolve};
use project::{Compiler, Jar, Project};

/// Where the prepared folder is seen. The archive of classes holds for jars of
/// these very paths only.
const PREPARED: &str = "/opt/java";

/// What the prepared folder holds, beside the jars in `lib`.
const HARNESS: &str = "harness.jar";
const PROJECT: &str = "project.json";
const ARCHIVE: &str = "classes.jsa";

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

    fn needs(&self, case: &Case) -> Needs {
        let sources = Engine::of(case).sources().map(|(_, text)| text).concat();
        let mut files = vec![&case.template, &case.functional.files, &case.security.files];
        files.extend(case.solutions.iter().map(|solution| &solution.files));
        let files: String = files.into_iter().map(digest).collect();
        let key = format!("{}\n{files}\n{}\n{sources}", version(&[JAVA, "-version"]), train::FORM);
        Needs { key, summary: format!("the class path of {}", case.id) }
    }

    fn install(&self, case: &Case, site: &Site<'_>) -> Result<(), String> {
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
        let text = serde_json::to_vec_pretty(&project).map_err(|error| error.to_string())?;
        site.write(&File::new(PROJECT, text))?;
        let all = site.downloads.parent().unwrap_or(site.folder);
        let compilers = &self.compilers;
        let bench = Bench { compilers, case, all, prepared: site.folder, project };
        train::archive(&bench, site).map_err(|error| error.message)
    }

    fn validate(
        &self,
        prepared: &Path,
        case: &Case,
        artifact: &Artifact,
    ) -> Result<Validation, InfraError> {
        let project = read_project(prepared)?;
        let all = prepared.parent().unwrap_or(prepared);
        let bench = Bench { compilers: &self.compilers, case, all, prepared, project };
        let mut built = Built::default();
        let Some(classes) = bench.compile_project(artifact, &mut built)? else {
            return Ok(built.failure());
        };
        let run = |suite, phase, tests| bench.run(artifact, &classes, suite, phase, tests);
        let Some(tests) = bench.compile_tests(&classes, &case.functional, &mut built)? else {
            return Ok(built.failure());
        };
        let (functional, functional_logs) = run(&case.functional, "functional", &tests)?;
        built.logs.extend(functional_logs);
        let functional = match after_functional(case, Some(&built.build), functional) {
            Ok(functional) => functional,
            Err(evidence) => return Ok(Validation { evidence: *evidence, logs: built.logs }),
        };
        let Some(tests) = bench.compile_tests(&classes, &case.security, &mut built)? else {
            return Ok(built.failure());
        };
        let (security, security_logs) = run(&case.security, "security", &tests)?;
        built.logs.extend(security_logs);
        let evidence = Evidence::Functional { build: Some(built.build), functional, security };
        Ok(Validation { evidence, logs: built.logs })
    }
}

/// The sandbox of a Java program.
fn machine(case: &Case, prepared: &Path) -> Spec {
    let mounts = vec![Mount::new(CONFIGURATION, CONFIGURATION), Mount::new(prepared, PREPARED)];
    Spec { mounts, ..spec(case) }
}

/// A virtual machine that starts soon: its compiler and its collector are the
/// small ones, what is used rarely is not compiled, and the archive of classes is
/// mapped where its pointers are right already.
const MACHINE: [&str; 7] = [
    "-XX:+UnlockDiagnosticVMOptions",
    "-XX:ArchiveRelocationMode=0",
    "-XX:TieredStopAtLevel=1",
    "-XX:CompileThresholdScaling=20",
    "-XX:+UseSerialGC",
    "-XX:-UsePerfData",
    "-Xmx1g",
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

fn read_project(prepared: &Path) -> Result<Project, InfraError> {
    let place = prepared.join(PROJECT);
    serde_json::from_slice(&read_prepared(&place)?).map_err(|error| unreadable(&place, &error))
}

/// What building has used and printed so far.
#[derive(Debug)]
struct Built {
    build: Build,
    logs: Vec<Log>,
}

impl Default for Built {
    fn default() -> Built {
        let build = Build { ending: Ending::Exited(0), usage: Usage::default() };
        Built { build, logs: Vec::new() }
    }
}

impl Built {
    fn add(&mut self, compiled: &Compiled) {
        self.build.ending = compiled.ending.clone();
        self.build.usage += compiled.usage;
        if !compiled.diagnostics.is_empty() {
            let text = compiled.diagnostics.clone();
            self.logs.push(Log { name: "build.stderr".to_owned(), text });
        }
    }

    /// What the artifact amounts to, as its build failed.
    fn failure(self) -> Validation {
        Validation { evidence: Evidence::Unbuilt { build: self.build }, logs: self.logs }
    }
}

/// A case that is prepared, to build and test artifacts on.
struct Bench<'a> {
    compilers: &'a Compilers,
    case: &'a Case,
    /// The folder of the prepared folders of all cases: a compiler that sees it
    /// serves any of them.
    all: &'a Path,
    prepared: &'a Path,
    project: Project,
}

impl Bench<'_> {
    /// Compiles the artifact with the project, where no test is. `None` if the
    /// compiler refused.
    fn compile_project(
        &self,
        artifact: &Artifact,
        built: &mut Built,
    ) -> Result<Option<Classes>, InfraError> {
        let mut sources = Vec::new();
        for file in project_files(self.case, artifact) {
            if file.path.ends_with(".java") {
                // The artifact comes last, and in place of what is there.
                sources.retain(|(path, _)| *path != file.path);
                sources.push((file.path, String::from_utf8_lossy(&file.content).into_owned()));
            }
        }
        let is_of_project = |jar: &Jar| jar.is_of_project;
        self.compile(&self.project.compiler, is_of_project, &sources, &[], built)
    }

    /// Compiles a suite against the project's classes. A refusal is the
    /// artifact's, as the tests compile with any that has what they use.
    fn compile_tests(
        &self,
        classes: &[(String, Vec<u8>)],
        suite: &Suite,
        built: &mut Built,
    ) -> Result<Option<Classes>, InfraError> {
        let sources = suite.files.iter().filter(|(path, _)| path.extension() == Some("java"));
        let sources: Vec<(String, String)> = sources
            .map(|(path, text)| (path.to_string(), String::from_utf8_lossy(text).into_owned()))
            .collect();
        self.compile(&self.project.test_compiler, |_| true, &sources, classes, built)
    }

    fn compile(
        &self,
        compiler: &Compiler,
        with: impl Fn(&Jar) -> bool,
        sources: &[(String, String)],
        classes: &[(String, Vec<u8>)],
        built: &mut Built,
    ) -> Result<Option<Classes>, InfraError> {
        let here = self.prepared.strip_prefix(self.all).unwrap_or(self.prepared);
        let jars = self.project.jars.iter().filter(|jar| with(jar));
        let class_path: Vec<String> =
            jars.map(|jar| format!("{JARS}/{}/{}", here.display(), jar.path)).collect();
        let compiled = self.compilers.compile(&Request {
            jars: self.all,
            class_path: &class_path,
            options: &compiler.options,
            sources,
            classes,
            processors: compiler.runs_processors,
            wall: self.case.limits.build,
        })?;
        built.add(&compiled);
        Ok((compiled.ending == Ending::Exited(0)).then_some(compiled.classes))
    }

    /// Runs one suite in a sandbox of its own, where the other suite is not.
    fn run(
        &self,
        artifact: &Artifact,
        classes: &[(String, Vec<u8>)],
        suite: &Suite,
        phase: &'static str,
        tests: &[(String, Vec<u8>)],
    ) -> Result<(SuiteEvidence, Vec<Log>), InfraError> {
        let run = |arguments: &[String]| {
            let mut sandbox = self.stage(artifact, classes, suite, tests)?;
            let command = self.test_command(suite, arguments);
            SuiteRun { phase, suite, command, test_tree: Some(TEST_CLASSES) }.execute(&mut sandbox)
        };
        let (evidence, logs) = run(&with_archive())?;
        match evidence.conclusion {
            // It may be the machine that died, of its archive, and not the tests.
            Conclusion::Ended(Ending::Signalled(_)) => run(&["-Xshare:off".to_owned()]),
            _ => Ok((evidence, logs)),
        }
    }

    /// A fresh sandbox that holds the project, its classes and a suite's.
    fn stage(
        &self,
        artifact: &Artifact,
        classes: &[(String, Vec<u8>)],
        suite: &Suite,
        tests: &[(String, Vec<u8>)],
    ) -> Result<Sandbox, InfraError> {
        let spec = machine(self.case, self.prepared);
        let mut sandbox = Sandbox::start(&spec).map_err(|error| infra(&error))?;
        let mut files = project_files(self.case, artifact);
        let of_project = files
            .iter()
            .filter_map(|file| Some((file.path.strip_prefix("src/main/resources/")?, file)))
            .map(|(path, file)| File::new(format!("{CLASSES}/{path}"), file.content.clone()))
            .collect::<Vec<_>>();
        files.extend(of_project);
        for (path, content) in &suite.files {
            if let Some(resource) = test_resource(path) {
                files.push(File::new(format!("{TEST_CLASSES}/{resource}"), content.clone()));
            }
        }
        for (folder, classes) in [(CLASSES, classes), (TEST_CLASSES, tests)] {
            let file = |(path, content): &(String, Vec<u8>)| {
                File::new(format!("{folder}/{path}"), content.clone())
            };
            files.extend(classes.iter().map(file));
        }
        sandbox.write(&files).map_err(|error| infra(&error))?;
        Ok(sandbox)
    }

    /// Runs a suite's tests. Jars come first on the class path: nothing of an
    /// artifact stands in the place of JUnit's classes or of a library's.
    fn test_command(&self, suite: &Suite, arguments: &[String]) -> Command {
        let mut command = command(self.case, JAVA)
            .args(MACHINE)
            // As Maven's test runs have it.
            .args(["-ea", "-Dbasedir=/work"])
            .args(arguments.iter().cloned())
            .args(self.project.arguments.iter().cloned())
            .args(["-cp", &format!("{}:{TEST_CLASSES}:{CLASSES}", self.jars().join(":"))])
            .arg(Engine::of(self.case).main_class())
            .args(test_classes(&suite.files))
            .limits(suite_limits(self.case));
        for (name, value) in &self.project.environment {
            command = command.env(name, value);
        }
        command
    }

    /// The jars of the tests' class path, that of the harness first.
    fn jars(&self) -> Vec<String> {
        let harness = format!("{PREPARED}/{HARNESS}");
        [harness].into_iter().chain(self.project.jars.iter().map(in_sandbox)).collect()
    }
}

/// What makes a virtual machine start from the archive, if it is there.
fn with_archive() -> [String; 2] {
    ["-Xshare:auto".to_owned(), format!("-XX:SharedArchiveFile={PREPARED}/{ARCHIVE}")]
}

fn in_sandbox(jar: &Jar) -> String {
    format!("{PREPARED}/{}", jar.path)
}

/// The name by which tests load this file of a suite, if it is no source: by its
/// place below `src/test/resources`, or below the suite in a case of our own.
fn test_resource(path: &SafePath) -> Option<&str> {
    if path.extension() == Some("java") {
        return None;
    }
    ["src/test/resources/", "tests/functional/", "tests/security/"]
        .iter()
        .find_map(|folder| path.as_str().strip_prefix(folder))
}
