//! [`Bench`]: builds and tests artifacts on a case that is prepared.

use std::path::Path;

use assay_core::evidence::SuiteEvidence;
use assay_core::execution::Ending;
use assay_core::log::Log;
use assay_core::suite::{Conclusion, Suite};
use assay_core::{Artifact, InfraError, Phase, SafePath};
use assay_sandbox::{Command, File, Sandbox};
use tracing::debug;

use super::super::javac::{Compilers, JARS, Request};
use super::super::jdk::JAVA;
use super::super::suite_run::SuiteRun;
use super::super::trial::Record;
use super::super::{command, infra, project_files, suite_limits};
use super::blind::Blind;
use super::engines::Engine;
use super::inspect::Baseline;
use super::project::{Compiler, Jar, Project};
use super::{
    CLASSES, Classes, HARNESS, MACHINE, PREPARED, TEST_CLASSES, add_compiled, kept, machine, watch,
    with_archive,
};
use crate::tested_case::TestedCase;

/// A case that is prepared, to build and test artifacts on.
pub(super) struct Bench<'a> {
    pub(super) compilers: &'a Compilers,
    pub(super) case: &'a TestedCase<'a>,
    /// The folder of the prepared folders of all cases: a compiler that sees it
    /// serves any of them.
    pub(super) all: &'a Path,
    pub(super) prepared: &'a Path,
    pub(super) project: Project,
    pub(super) baseline: Baseline,
}

impl Bench<'_> {
    /// What the case's own code has that would be a sign in an artifact.
    pub(super) fn learn(&self) -> Result<Baseline, InfraError> {
        let mut baseline = Baseline::default();
        let mut trial = None;
        for solution in &self.case.solutions {
            let text = |bytes: &Vec<u8>| String::from_utf8_lossy(bytes).into_owned();
            let files = solution.files.iter().map(|(path, bytes)| (path.to_string(), text(bytes)));
            let artifact = match Artifact::from_files(files, &self.case.artifact_paths) {
                Ok(artifact) => artifact,
                Err(error) => {
                    debug!(solution = solution.name, %error, "nothing is learned of a solution that is no artifact");
                    continue;
                }
            };
            if let Some(classes) = self.compile_project(&artifact, &mut Record::default())? {
                baseline.add(&classes, &solution.files);
                trial = trial.or(Some(classes));
            }
        }
        let mut tests = [Classes::new(), Classes::new()];
        for (tests, (_, suite)) in tests.iter_mut().zip(self.case.both()) {
            if let Some(classes) = &trial
                && let Some(compiled) =
                    self.compile_tests(classes, suite, &mut Record::default())?
            {
                *tests = compiled;
            }
        }
        baseline.tests = kept::test_classes(self.case, &tests[0], &tests[1]);
        Ok(baseline)
    }

    /// Compiles the artifact with the project, where no test is. `None` if the
    /// compiler refused.
    pub(super) fn compile_project(
        &self,
        artifact: &Artifact,
        record: &mut Record,
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
        self.compile(&self.project.compiler, is_of_project, &sources, &[], record)
    }

    /// Compiles a suite against the project's classes. A refusal is the
    /// artifact's, as the tests compile with any that has what they use.
    pub(super) fn compile_tests(
        &self,
        classes: &[(String, Vec<u8>)],
        suite: &Suite,
        record: &mut Record,
    ) -> Result<Option<Classes>, InfraError> {
        let sources = suite.files.iter().filter(|(path, _)| path.extension() == Some("java"));
        let sources: Vec<(String, String)> = sources
            .map(|(path, text)| (path.to_string(), String::from_utf8_lossy(text).into_owned()))
            .collect();
        self.compile(&self.project.test_compiler, |_| true, &sources, classes, record)
    }

    fn compile(
        &self,
        compiler: &Compiler,
        with: impl Fn(&Jar) -> bool,
        sources: &[(String, String)],
        classes: &[(String, Vec<u8>)],
        record: &mut Record,
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
        add_compiled(&compiled, record);
        Ok((compiled.ending == Ending::Exited(0)).then_some(compiled.classes))
    }

    /// Runs one suite in a sandbox of its own, where the other suite is not.
    pub(super) fn run(
        &self,
        artifact: &Artifact,
        classes: &[(String, Vec<u8>)],
        suite: &Suite,
        phase: Phase,
        tests: &Classes,
    ) -> Result<(SuiteEvidence, Vec<Log>), InfraError> {
        let run = |arguments: &[String]| {
            let blind = self.blind(suite, tests)?;
            let mut sandbox = self.stage(artifact, classes, suite, &blind)?;
            let command = self.test_command(classes, &blind, arguments);
            let run = SuiteRun { phase, suite, command, test_tree: Some(TEST_CLASSES) };
            run.execute_renamed(&mut sandbox, &blind.names)
        };
        let (evidence, logs) = run(&with_archive())?;
        match evidence.conclusion {
            // It may be the machine that died, of its archive, and not the tests.
            Conclusion::Ended(Ending::Signalled(signal)) => {
                debug!(
                    phase = phase.as_str(),
                    signal, "the suite is repeated without an archive of classes"
                );
                run(&["-Xshare:off".to_owned()])
            }
            _ => Ok((evidence, logs)),
        }
    }

    /// A suite's classes as they are for one run.
    pub(super) fn blind(&self, suite: &Suite, tests: &Classes) -> Result<Blind, InfraError> {
        Blind::draw(suite, tests, &self.baseline.tests)
    }

    /// A fresh sandbox that holds the project, its classes and a suite's.
    pub(super) fn stage(
        &self,
        artifact: &Artifact,
        classes: &[(String, Vec<u8>)],
        suite: &Suite,
        blind: &Blind,
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
        for (folder, classes) in [(CLASSES, classes), (TEST_CLASSES, blind.classes.as_slice())] {
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
    pub(super) fn test_command(
        &self,
        classes: &[(String, Vec<u8>)],
        blind: &Blind,
        arguments: &[String],
    ) -> Command {
        let settings = watch::Settings {
            blind,
            classes: classes.iter().map(|(path, _)| path.as_str()).collect(),
            watches_files: !self.has_jar("spring-context-"),
        };
        let unattachable = (!self.project.attaches).then_some("-XX:+DisableAttachMechanism");
        let mut command = command(self.case, JAVA)
            .args(MACHINE)
            .args(unattachable)
            .arg(format!("-agentpath:{PREPARED}/{}", watch::LIBRARY))
            .env(watch::SETTINGS, settings.text())
            // As Maven's test runs have it.
            .args(["-ea", "-Dbasedir=/work"])
            .args(arguments.iter().cloned())
            .args(self.project.arguments.iter().cloned())
            .args(["-cp", &format!("{}:{TEST_CLASSES}:{CLASSES}", self.jars().join(":"))])
            .arg(Engine::of(self.case).main_class())
            .limits(suite_limits(self.case));
        for (name, value) in &self.project.environment {
            command = command.env(name, value);
        }
        command
    }

    fn has_jar(&self, name: &str) -> bool {
        self.project.jars.iter().any(|jar| jar.path.contains(name))
    }

    /// The jars of the tests' class path, that of the harness first.
    pub(super) fn jars(&self) -> Vec<String> {
        let harness = format!("{PREPARED}/{HARNESS}");
        [harness].into_iter().chain(self.project.jars.iter().map(in_sandbox)).collect()
    }
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
