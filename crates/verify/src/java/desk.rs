//! What Java gives somebody who works in a project: the JDK, Maven with all that the project
//! needs of it, and the jars of the project's class path.
//!
//! The Maven of the supplies is not the system's: that of Debian 12 sets plugins that know
//! neither a release of Java nor JUnit 5, where a project sets none.

use std::fs;
use std::path::Path;

use assay_core::SafePath;
use assay_sandbox::{File, Mount};

use super::engines::Engine;
use super::maven::MAVEN;
use super::{CLASSES, CONFIGURATION, PREPARED, TEST_CLASSES};
use crate::desk::Desk;
use crate::installer::{installer, run};
use crate::jdk::{HOME, JAVA};
use crate::prepare::Fill;
use crate::tested_case::TestedCase;
use crate::toolchain::{Needs, Site};
use crate::tools::version;

/// Where the supplies are seen.
const SUPPLIES: &str = "/opt/maven";

const MAVEN_VERSION: &str = "3.9.11";

/// Unpacks an artifact.
const UNPACK: &str = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:unpack";

/// Where Maven finds what a project needs, in the supplies.
const REPOSITORY: &str = "repository";

/// Changes with the way in which supplies are made.
const FORM: u32 = 1;

/// Maven's settings of the home folder.
const SETTINGS: &str = "<settings><localRepository>/opt/maven/repository</localRepository>\
    <offline>true</offline><interactiveMode>false</interactiveMode></settings>\n";

pub(super) fn supplies<'a>(case: &'a TestedCase<'a>) -> (Needs, Fill<'a>) {
    let java = version(&[JAVA, "-version"]);
    let engine = Engine::of(case);
    let pom = String::from_utf8_lossy(pom(case)).into_owned();
    let key = format!("maven {MAVEN_VERSION} {FORM}\n{java}\n{engine:?}\n{pom}");
    let summary = format!("Maven {MAVEN_VERSION}, and what it needs for {}", case.id);
    (Needs { key, summary }, Box::new(move |site| install(case, site)))
}

fn pom<'a>(case: &'a TestedCase<'_>) -> &'a [u8] {
    let path = SafePath::new("pom.xml").ok();
    path.and_then(|path| case.template.get(&path)).map(Vec::as_slice).unwrap_or_default()
}

fn install(case: &TestedCase<'_>, site: &Site<'_>) -> Result<(), String> {
    let work = tempfile::tempdir().map_err(|error| format!("failed to make a folder: {error}"))?;
    let mut unpack = installer(MAVEN);
    unpack.args(["--batch-mode", "--quiet", UNPACK]);
    unpack.arg(format!("-Dmaven.repo.local={}", site.downloads.join(REPOSITORY).display()));
    unpack.arg(format!("-Dartifact=org.apache.maven:apache-maven:{MAVEN_VERSION}:tar.gz:bin"));
    unpack.arg(format!("-DoutputDirectory={}", site.folder.display()));
    // It leaves a note of what it unpacked where it is started.
    run(unpack.env("JAVA_HOME", HOME).current_dir(work.path()))?;

    // A project with a test makes Maven fetch everything that a project with tests needs.
    let test = match Engine::of(case) {
        Engine::JUnit4 => "org.junit.Test",
        Engine::Platform { .. } => "org.junit.jupiter.api.Test",
    };
    let test = format!("public class OwnTest {{ @{test} public void own() {{}} }}\n");
    for (name, content) in [
        ("pom.xml", pom(case)),
        ("src/main/java/Own.java", b"public class Own {}\n".as_slice()),
        ("src/main/resources/own.txt", b"".as_slice()),
        ("src/test/java/OwnTest.java", test.as_bytes()),
    ] {
        let place = work.path().join(name);
        fs::create_dir_all(place.parent().unwrap_or(work.path()))
            .and_then(|()| fs::write(&place, content))
            .map_err(|error| format!("failed to write {}: {error}", place.display()))?;
    }
    let mut maven = installer(site.folder.join(program()));
    maven.current_dir(work.path()).args(["--batch-mode", "--quiet", "test"]);
    maven.arg(format!("-Dmaven.repo.local={}", site.folder.join(REPOSITORY).display()));
    run(maven.env("JAVA_HOME", HOME)).map(drop)
}

fn program() -> String {
    format!("apache-maven-{MAVEN_VERSION}/bin/mvn")
}

pub(super) fn desk(prepared: &Path, supplies: Option<&Path>) -> Desk {
    let lib = format!("{PREPARED}/lib");
    let mut desk = Desk {
        mounts: vec![
            Mount::new(CONFIGURATION, CONFIGURATION),
            Mount::new(prepared.join("lib"), &lib),
        ],
        home: vec![File::new(".m2/settings.xml", SETTINGS)],
        path: vec![format!("{SUPPLIES}/apache-maven-{MAVEN_VERSION}/bin"), format!("{HOME}/bin")],
        ignored: &["target"],
        ..Desk::default()
    };
    desk.mounts.extend(supplies.map(|folder| Mount::new(folder, SUPPLIES)));
    desk.variable("JAVA_HOME", HOME)
        // Java takes the home folder of the list of users, which is another one.
        .variable("MAVEN_OPTS", format!("-Duser.home={}", crate::desk::HOME))
        .variable("CLASSPATH", format!("{CLASSES}:{TEST_CLASSES}:{lib}/*"))
}
