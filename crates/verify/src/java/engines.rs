//! The JUnit that a case's tests are written for, and what runs them.

use assay_core::suite::Suite;
use assay_harness::java;

use super::super::toolchain::Site;
use super::maven::{Dependency, resolve};
use crate::tested_case::TestedCase;

/// What runs a case's tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Engine {
    /// JUnit 4 by itself, which starts soonest.
    JUnit4,
    /// The JUnit Platform with Jupiter, and with Vintage if `mixed`.
    Platform { mixed: bool },
}

impl Engine {
    pub(super) fn of(case: &TestedCase<'_>) -> Engine {
        let suites = case.both();
        let mentions = |name: &str| suites.iter().any(|(_, suite)| mentions(suite, name));
        if mentions("org.junit.jupiter") {
            Engine::Platform { mixed: mentions("org.junit.Test") || mentions("org.junit.*") }
        } else {
            Engine::JUnit4
        }
    }

    /// The class with the `main` that runs tests.
    pub(super) fn main_class(self) -> &'static str {
        match self {
            Engine::JUnit4 => "assay.harness.JUnit4",
            Engine::Platform { .. } => "assay.harness.Platform",
        }
    }

    /// The sources of the harness, by their names.
    pub(super) fn sources(self) -> [(&'static str, &'static str); 3] {
        let report = java::REPORT;
        let watch = java::WATCH;
        let engine = match self {
            Engine::JUnit4 => java::JUNIT4,
            Engine::Platform { .. } => java::PLATFORM,
        };
        [report, watch, engine]
    }

    /// The dependencies that a project needs beyond its own to be run by this.
    pub(super) fn dependencies(
        self,
        own: &[Dependency],
        site: &Site<'_>,
    ) -> Result<Vec<Dependency>, String> {
        let version = |group: &str, artifact: &str| {
            let found = own.iter().find(|it| it.group == group && it.artifact == artifact);
            found.map(|it| it.version.as_str())
        };
        let Engine::Platform { mixed } = self else {
            let found = version("junit", "junit");
            return match found {
                Some(_) => Ok(Vec::new()),
                None => Err("its tests need JUnit, which is no dependency of pom.xml".to_owned()),
            };
        };
        let Some((jupiter, platform)) = version("org.junit.jupiter", "junit-jupiter-api")
            .zip(version("org.junit.platform", "junit-platform-commons"))
        else {
            return Err(
                "its tests need JUnit Jupiter, which is no dependency of pom.xml".to_owned()
            );
        };
        let mut wanted = vec![
            ("org.junit.platform", "junit-platform-launcher", platform),
            ("org.junit.jupiter", "junit-jupiter-engine", jupiter),
        ];
        if mixed {
            wanted.push(("org.junit.vintage", "junit-vintage-engine", jupiter));
        }
        wanted.retain(|(group, artifact, _)| version(group, artifact).is_none());
        if wanted.is_empty() {
            return Ok(Vec::new());
        }
        let found = resolve(pom(&wanted).as_bytes(), site)?.dependencies;
        Ok(found.into_iter().filter(|it| version(&it.group, &it.artifact).is_none()).collect())
    }
}

fn mentions(suite: &Suite, name: &str) -> bool {
    let java = suite.files.iter().filter(|(path, _)| path.extension() == Some("java"));
    java.into_iter().any(|(_, text)| String::from_utf8_lossy(text).contains(name))
}

/// A project that has these dependencies and nothing else.
fn pom(dependencies: &[(&str, &str, &str)]) -> String {
    let dependencies: String = dependencies
        .iter()
        .map(|(group, artifact, version)| {
            format!(
                "<dependency><groupId>{group}</groupId><artifactId>{artifact}</artifactId>\
                 <version>{version}</version></dependency>"
            )
        })
        .collect();
    format!(
        "<project><modelVersion>4.0.0</modelVersion><groupId>assay</groupId>\
         <artifactId>engines</artifactId><version>1</version>\
         <dependencies>{dependencies}</dependencies></project>"
    )
}
