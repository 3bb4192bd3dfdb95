//! The environment of Semgrep, and of what uses it: Meta's Insecure Code Detector and
//! njsscan. Semgrep is in it under each name by which one of them looks for it.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use assay_harness::analysers;
use assay_sandbox::Command;

use super::bench::INSTALLED;
use super::environment::Environment;
use crate::toolchain::Site;

pub(super) static ENVIRONMENT: Environment = Environment {
    summary: "Semgrep, Meta's Insecure Code Detector and njsscan",
    requirements: include_str!("requirements/semgrep.txt"),
    files: &[analysers::DETECTOR, OWN],
    layout: 2,
    finish,
};

/// Assay's own rules, and the name of their file in the environment.
pub(super) const OWN: (&str, &str) = ("assay.yaml", include_str!("semgrep/assay.yaml"));

/// The detector's rules for Semgrep, a file a language: our name for it, and its own.
pub(super) const RULES: [(&str, &str); 4] = [
    ("c.json", "c_cyberseceval.json"),
    ("java.json", "java_cyberseceval.json"),
    ("javascript.json", "javascript_cyberseceval.json"),
    ("python.json", "python_cyberseceval.json"),
];

/// Semgrep does not start without certificates of authorities, and a sandbox has none; it
/// can reach nobody either.
const CERTIFICATES: &str = "certificates.pem";

/// What njsscan starts as `semgrep`: the front end that is one program with the engine, and finds
/// the same. The other one, in Python, reads and checks all rules first, which takes longer than
/// most programs do.
const FRONT_END: &str = "#!/bin/sh\n\
    command=$1\n\
    shift\n\
    exec /opt/analyser/bin/osemgrep \"$command\" --experimental \"$@\"\n";

/// The command with what Semgrep looks for in its environment.
pub(super) fn with_semgrep(command: Command) -> Command {
    command
        .env("SSL_CERT_FILE", format!("{INSTALLED}/{CERTIFICATES}"))
        .env("SEMGREP_SEND_METRICS", "off")
        .env("SEMGREP_ENABLE_VERSION_CHECK", "0")
}

/// Lays the detector's rules into one folder, and names Semgrep's program as it is looked for.
fn finish(site: &Site<'_>) -> Result<(), String> {
    let packages = packages(site.folder)?;
    let folder = site.folder.join("rules");
    fs::create_dir_all(&folder).map_err(|error| failed(&folder, &error))?;
    let generated = packages.join("codeshield/insecure_code_detector/rules/semgrep/_generated_");
    for (name, original) in RULES {
        let original = generated.join(original);
        fs::copy(&original, folder.join(name)).map_err(|error| failed(&original, &error))?;
    }
    let certificates = packages.join("certifi/cacert.pem");
    fs::copy(&certificates, site.folder.join(CERTIFICATES))
        .map_err(|error| failed(&certificates, &error))?;
    let beside = packages.join("semgrep/bin/osemgrep");
    symlink("semgrep-core", &beside).map_err(|error| failed(&beside, &error))?;
    let program = packages.join("semgrep/bin/semgrep-core");
    let program = program.strip_prefix(site.folder).unwrap_or(&program);
    let link = site.folder.join("bin/osemgrep");
    symlink(Path::new("..").join(program), &link).map_err(|error| failed(&link, &error))?;
    // It takes the place of the script of that name, and so may be executed.
    let script = site.folder.join("bin/semgrep");
    fs::write(&script, FRONT_END).map_err(|error| failed(&script, &error))
}

/// The folder of an environment's packages, which is named after the interpreter's version.
fn packages(environment: &Path) -> Result<PathBuf, String> {
    let library = environment.join("lib");
    let entries = fs::read_dir(&library).map_err(|error| failed(&library, &error))?;
    let found = entries.flatten().map(|entry| entry.path().join("site-packages"));
    found
        .into_iter()
        .find(|path| path.is_dir())
        .ok_or_else(|| format!("{} has no packages", library.display()))
}

fn failed(place: &Path, error: &std::io::Error) -> String {
    format!("failed to use {}: {error}", place.display())
}
