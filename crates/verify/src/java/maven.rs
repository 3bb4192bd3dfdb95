//! Asks Maven for the class path and the settings of a project.

use std::path::{Path, PathBuf};

use assay_core::files::sha256;

use super::super::installer::{installer, run};
use super::super::jdk::HOME;
use super::super::toolchain::Site;
use super::project::Settings;

pub(super) const MAVEN: &str = "/usr/bin/mvn";

const LIST: &str = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:list";
const EFFECTIVE_MODEL: &str = "org.apache.maven.plugins:maven-help-plugin:3.4.0:effective-pom";

/// For the short life of a Maven that resolves.
const QUICK_START: &str = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xshare:auto";

/// A project as Maven understands it.
#[derive(Debug)]
pub(super) struct Resolved {
    pub(super) settings: Settings,
    /// In the order of the class path.
    pub(super) dependencies: Vec<Dependency>,
}

/// A jar of a project's class path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Dependency {
    pub(super) group: String,
    pub(super) artifact: String,
    pub(super) version: String,
    pub(super) scope: String,
    pub(super) file: PathBuf,
}

/// Resolves the project of a `pom.xml`, and fetches its dependencies. What it
/// found is kept beside the downloads, for cases that have the same.
pub(super) fn resolve(pom: &[u8], site: &Site<'_>) -> Result<Resolved, String> {
    let folder = site.downloads.join("resolved").join(&sha256(pom)[..32]);
    let fail = |what: &str, error: std::io::Error| {
        format!("failed to {what} {}: {error}", folder.display())
    };
    let [list, model] = ["list", "model"].map(|name| folder.join(name));
    let known = parse_list(&list).filter(|list| list.iter().all(|it| it.file.is_file()));
    if known.is_none() || !model.is_file() {
        std::fs::create_dir_all(&folder).map_err(|error| fail("make", error))?;
        let place = folder.join("pom.xml");
        std::fs::write(&place, pom).map_err(|error| fail("write to", error))?;
        let mut maven = installer(MAVEN);
        maven.arg("--file").arg(&place).args(["--batch-mode", "--quiet", "-Dstyle.color=never"]);
        maven.arg(format!("-Dmaven.repo.local={}", site.downloads.join("repository").display()));
        maven.arg(LIST).arg(EFFECTIVE_MODEL).arg("-DoutputAbsoluteArtifactFilename=true");
        maven.arg(format!("-DoutputFile={}", list.display()));
        maven.arg(format!("-Doutput={}", model.display()));
        run(maven.env("JAVA_HOME", HOME).env("MAVEN_OPTS", QUICK_START))?;
    }
    let dependencies = parse_list(&list)
        .ok_or_else(|| format!("Maven left no list of dependencies at {}", list.display()))?;
    let model = std::fs::read_to_string(&model).map_err(|error| fail("read from", error))?;
    Ok(Resolved { settings: Settings::of(&model)?, dependencies })
}

/// Reads the lines `group:artifact:type[:classifier]:version:scope:/file` of what
/// is a jar.
fn parse_list(path: &Path) -> Option<Vec<Dependency>> {
    let text = std::fs::read_to_string(path).ok()?;
    let dependency = |line: &str| {
        let (coordinates, file) = line.trim().split_once(":/")?;
        let file = file.split(" -- ").next().unwrap_or(file).trim();
        let parts: Vec<&str> = coordinates.split(':').collect();
        let [group, artifact, .., version, scope] = parts.as_slice() else { return None };
        Some(Dependency {
            group: (*group).to_owned(),
            artifact: (*artifact).to_owned(),
            version: (*version).to_owned(),
            scope: (*scope).to_owned(),
            file: Path::new("/").join(file),
        })
    };
    let is_jar = |it: &Dependency| it.file.extension().is_some_and(|extension| extension == "jar");
    Some(text.lines().filter_map(dependency).filter(is_jar).collect())
}
