//! SpotBugs with Find Security Bugs, for Java: its patterns of the category *security*. It
//! states a weakness with each. What it looks at are classes, so a program must compile,
//! with nothing but the JDK.

use assay_core::{Alert, InfraError, Language, sarif};
use assay_sandbox::{Command, File, Mount};

use super::batch::{Batch, Layout, misunderstood};
use super::bench::{Bench, INSTALLED, Stream, command};
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

    fn mounts(&self) -> Result<Vec<Mount>, InfraError> {
        Ok(vec![Mount::new(CONFIGURATION, CONFIGURATION)])
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
            let javac = command(JAVAC)
                .args(["-g", "-nowarn", "-proc:none", "-encoding", "UTF-8"])
                // Concatenation as calls, which the analysis follows.
                .args(["-XDstringConcat=inline", "-d", &classes, &format!("@{LIST}")]);
            let compiled = bench.output(javac, Stream::Error, &[0, 1])?;
            if compiled.code == 0 {
                analyse_classes(bench, batch, (program, &sources), &classes)?;
                continue;
            }
            let text = String::from_utf8_lossy(&compiled.bytes);
            let error = text.lines().find(|line| line.contains("error:"));
            let error = error.ok_or_else(|| misunderstood("javac names no error"))?;
            let error = error.replace(&format!("{}/", super::batch::folder(program)), "");
            batch.gap_of(program, &format!("it does not compile with the JDK alone: {error}"));
        }
        Ok(())
    }
}

fn analyse_classes(
    bench: &mut Bench,
    batch: &mut Batch<'_>,
    (program, sources): (usize, &[String]),
    classes: &str,
) -> Result<(), InfraError> {
    bench.write(&[File::new(REPORT, "")])?;
    bench.output(java(classes), Stream::Output, &[0])?;
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

fn java(classes: &str) -> Command {
    command(JAVA)
        .args(["-Xmx1g", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp"])
        .args([&format!("{INSTALLED}/jars/*"), "edu.umd.cs.findbugs.FindBugs2"])
        .args([&format!("-sarif={REPORT}"), "-effort:max", "-low", "-bugCategories", "SECURITY"])
        .args(["-pluginList", &format!("{INSTALLED}/jars/{PLUGIN}"), classes])
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
