//! SpotBugs with Find Security Bugs, for Java: its patterns of the category *security*. It
//! states a weakness with each. What it looks at are classes, so a program must compile,
//! with nothing but the JDK and the libraries of its project.

use std::path::{Path, PathBuf};

use assay_core::infra_error::InfraClass;
use assay_core::{Alert, InfraError, Language, sarif};
use assay_sandbox::{Command, File, Mount};

use super::batch::{Batch, Layout, misunderstood};
use super::bench::{Bench, INSTALLED, Stream, command};
use super::program::Program;
use super::tool::{HostProgram, Tool};
use crate::installer::{installer, run};
use crate::jdk::{CONFIGURATION, HOME, JAVA, JAVAC};
use crate::prepare::Fill;
use crate::toolchain::{Needs, Site};
use crate::tools::version;

const POM: &str = include_str!("spotbugs/pom.xml");
const VERSION: &str = "4.8.6 with findsecbugs 1.13.0";
const PLUGIN: &str = "findsecbugs-plugin-1.13.0.jar";
const MAVEN: &str = "/usr/bin/mvn";
const COPY: &str = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies";

/// The class path of a program that has no libraries: a folder that is not there.
const NOTHING: &str = "no-libraries";

/// Where the list of sources and the report lie.
const LIST: &str = "sources.txt";
const REPORT: &str = "report.sarif";

#[derive(Debug)]
pub(super) struct SpotBugs;

impl Tool for SpotBugs {
    fn name(&self) -> &'static str {
        "spotbugs"
    }

    fn about(&self) -> &'static str {
        "SpotBugs with Find Security Bugs, their patterns of security"
    }

    fn languages(&self) -> &'static [Language] {
        &[Language::Java]
    }

    fn programs(&self) -> &'static [HostProgram] {
        &[
            HostProgram { command: &[JAVAC, "--version"], package: "openjdk-17-jdk-headless" },
            HostProgram { command: &[MAVEN, "--version"], package: "maven" },
        ]
    }

    fn installation(&self) -> Option<(Needs, Fill<'static>)> {
        let needs = Needs { key: POM.to_owned(), summary: format!("SpotBugs {VERSION}") };
        Some((needs, Box::new(install)))
    }

    fn mounts(&self, programs: &[Program<'_>]) -> Result<Vec<Mount>, InfraError> {
        let folders = folders(programs).into_iter().enumerate();
        let libraries = folders.map(|(number, folder)| Mount::new(folder, libraries(number)));
        Ok([Mount::new(CONFIGURATION, CONFIGURATION)].into_iter().chain(libraries).collect())
    }

    fn version(&self) -> String {
        format!("{VERSION}, {}", version(&[JAVAC, "--version"]))
    }

    fn layout(&self) -> Layout {
        Layout::Tree
    }

    fn most(&self) -> usize {
        8
    }

    fn analyse(&self, bench: &mut Bench, batch: &mut Batch<'_>) -> Result<(), InfraError> {
        for program in 0..batch.programs.len() {
            let sources = batch.all_places(program, &["java"]);
            let quoted: Vec<String> = sources.iter().map(|it| format!("\"{it}\"")).collect();
            let classes = format!("classes/{program}");
            bench.write(&[
                File::new(LIST, quoted.join("\n")),
                File::new(format!("{classes}/.keep"), ""),
            ])?;
            let class_path = class_path(batch.programs, program)?;
            let javac = command(JAVAC)
                .args(["-g", "-nowarn", "-proc:none", "-encoding", "UTF-8"])
                .args(["-classpath", &class_path])
                // Concatenation as calls, which the analysis follows.
                .args(["-XDstringConcat=inline", "-d", &classes, &format!("@{LIST}")]);
            let compiled = bench.output(javac, Stream::Error, &[0, 1])?;
            if compiled.code == 0 {
                let java = java(&class_path, &classes);
                analyse_classes(bench, batch, (program, &sources), java)?;
                continue;
            }
            let text = String::from_utf8_lossy(&compiled.bytes);
            let error = text.lines().find(|line| line.contains("error:"));
            let error = error.ok_or_else(|| misunderstood("javac names no error"))?;
            let error = error.replace(&format!("{}/", super::batch::folder(program)), "");
            let with = match class_path.as_str() {
                NOTHING => "the JDK alone",
                _ => "the libraries of its project",
            };
            batch.gap_of(program, &format!("it does not compile with {with}: {error}"));
        }
        Ok(())
    }
}

fn analyse_classes(
    bench: &mut Bench,
    batch: &mut Batch<'_>,
    (program, sources): (usize, &[String]),
    java: Command,
) -> Result<(), InfraError> {
    bench.write(&[File::new(REPORT, "")])?;
    bench.output(java, Stream::Output, &[0])?;
    let report = bench.read(REPORT)?;
    let runs = sarif::read(&report).map_err(|error| misunderstood(&error.to_string()))?;
    for alert in runs.into_iter().flat_map(|run| run.alerts) {
        let ending = format!("/{}", alert.file);
        match sources.iter().find(|source| source.ends_with(&ending)) {
            Some(source) => batch.alert(Alert { file: source.clone(), ..alert })?,
            None => batch.alert_of(program, alert),
        }
    }
    Ok(())
}

/// The folders of libraries of these programs' projects, each once.
fn folders(programs: &[Program<'_>]) -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = programs.iter().filter_map(folder_of).collect();
    folders.sort();
    folders.dedup();
    folders
}

/// The folder of the libraries that were prepared for a program's project, if any were.
fn folder_of(program: &Program<'_>) -> Option<PathBuf> {
    Some(program.project?.prepared?.join("lib")).filter(|folder| folder.is_dir())
}

/// Where the libraries of one of the folders are seen.
fn libraries(number: usize) -> String {
    format!("/opt/libraries/{number}")
}

/// The class path of a program without its own classes.
fn class_path(programs: &[Program<'_>], program: usize) -> Result<String, InfraError> {
    let Some(folder) = folder_of(&programs[program]) else { return Ok(NOTHING.to_owned()) };
    let number = folders(programs).iter().position(|one| *one == folder).unwrap_or_default();
    let jars = names(&folder).map_err(|error| {
        let message = format!("failed to read {}: {error}; prepare it again", folder.display());
        InfraError::new(InfraClass::Unprepared, message)
    })?;
    let jars = jars.into_iter().map(|jar| format!("{}/{jar}", libraries(number)));
    Ok(jars.collect::<Vec<_>>().join(":"))
}

/// The names of a folder's files, in order.
fn names(folder: &Path) -> std::io::Result<Vec<String>> {
    let entries = std::fs::read_dir(folder)?;
    let mut names = entries
        .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
        .collect::<std::io::Result<Vec<String>>>()?;
    names.sort();
    Ok(names)
}

fn java(class_path: &str, classes: &str) -> Command {
    command(JAVA)
        .args(["-Xmx1g", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp"])
        .args([&format!("{INSTALLED}/jars/*"), "edu.umd.cs.findbugs.FindBugs2"])
        .args([&format!("-sarif={REPORT}"), "-effort:max", "-low", "-bugCategories", "SECURITY"])
        .args(["-pluginList", &format!("{INSTALLED}/jars/{PLUGIN}")])
        .args(["-auxclasspath", class_path, classes])
}

fn install(site: &Site<'_>) -> Result<(), String> {
    site.write(&File::new("pom.xml", POM))?;
    let mut maven = installer(MAVEN);
    maven.arg("--file").arg(site.folder.join("pom.xml"));
    maven.args(["--batch-mode", "--quiet", "-Dstyle.color=never", COPY]);
    maven.arg(format!("-Dmaven.repo.local={}", site.downloads.join("repository").display()));
    maven.arg(format!("-DoutputDirectory={}", site.folder.join("jars").display()));
    run(maven.env("JAVA_HOME", HOME))?;
    Ok(())
}
