//! gosec, for Go. It states a weakness with each finding.

use std::path::Path;

use assay_core::{Alert, Cwe, InfraError, Language};
use assay_sandbox::{Command, File, Mount};
use serde_json::Value;

use super::batch::{Batch, Layout, folder, misunderstood};
use super::bench::{Bench, INSTALLED, Stream, command};
use super::program::Program;
use super::tool::{HostProgram, Tool};
use crate::go::toolchain;
use crate::installer::{installer, run};
use crate::prepare::Fill;
use crate::toolchain::{Needs, Site};

const MODULE: &str = "github.com/securego/gosec/v2";
const VERSION: &str = "v2.30.0";

/// The hash of that version of the module, in the form of `go.sum`; the module's own
/// `go.sum` has those of all that it is built from.
const SUM: &str = "h1:67aF6LHa7SAL6QEc4es857GrXTT50gUqmrl0XPhtDx0=";

/// Where the Go toolchain is seen.
const GO: &str = "/opt/go";

/// Where what the toolchain compiles goes.
const CACHE: &str = "/tmp/cache";

#[derive(Debug)]
pub(super) struct Gosec;

impl Tool for Gosec {
    fn name(&self) -> &'static str {
        "gosec"
    }

    fn about(&self) -> &'static str {
        "gosec, all its rules"
    }

    fn languages(&self) -> &'static [Language] {
        &[Language::Go]
    }

    fn programs(&self) -> &'static [HostProgram] {
        &[]
    }

    fn installation(&self) -> Option<(Needs, Fill<'static>)> {
        let key = format!("{MODULE}@{VERSION} {SUM}\n{}\n1", toolchain::go_version());
        let needs = Needs { key, summary: format!("gosec {VERSION}") };
        Some((needs, Box::new(install)))
    }

    fn mounts(&self, _programs: &[Program<'_>]) -> Result<Vec<Mount>, InfraError> {
        Ok(vec![Mount::new(toolchain::goroot()?, GO)])
    }

    fn version(&self) -> String {
        format!("{}, with {}", VERSION.trim_start_matches('v'), toolchain::go_version())
    }

    fn layout(&self) -> Layout {
        Layout::Tree
    }

    fn most(&self) -> usize {
        16
    }

    fn analyse(&self, bench: &mut Bench, batch: &mut Batch<'_>) -> Result<(), InfraError> {
        // The standard library is compiled already, for all to read; links let the
        // toolchain put what it compiles beside it.
        let cache = format!("{INSTALLED}/cache");
        bench.output(
            command("/bin/cp").args(["--recursive", "--symbolic-link", &cache, CACHE]),
            Stream::Output,
            &[0],
        )?;
        for program in 0..batch.programs.len() {
            let folder = folder(program);
            let module = format!("{folder}/go.mod");
            if batch.all_places(program, &["mod"]).is_empty() {
                bench.write(&[File::new(module, "module program\n\ngo 1.24\n")])?;
            }
            let gosec = gosec().args(["-fmt=json", "-nosec", "./..."]);
            // It ends with 1 where it has found something or could not look at something.
            let output = bench.output(gosec.directory(folder), Stream::Output, &[0, 1])?;
            take(batch, program, &output.json()?)?;
        }
        Ok(())
    }
}

fn gosec() -> Command {
    let path = format!("{GO}/bin:/usr/bin:/bin");
    let gosec = Command::new(format!("{INSTALLED}/bin/gosec")).env("PATH", path);
    [
        ("HOME", "/tmp"),
        ("GOROOT", GO),
        ("GOPATH", "/tmp/go"),
        ("GOCACHE", CACHE),
        ("GOFLAGS", "-mod=mod"),
        ("GOPROXY", "off"),
        ("GOTOOLCHAIN", "local"),
        ("CGO_ENABLED", "0"),
    ]
    .into_iter()
    .fold(gosec, |gosec, (name, value)| gosec.env(name, value))
}

fn take(batch: &mut Batch<'_>, program: usize, report: &Value) -> Result<(), InfraError> {
    let errors = report["Golang errors"].as_object().into_iter().flatten();
    for (place, errors) in errors {
        let first = &errors[0];
        let why = first["error"].as_str().unwrap_or_default();
        let why = why.lines().next().unwrap_or_default();
        match batch.path(place) {
            Ok(path) => batch.gap_of(program, &format!("{path}:{}: {why}", first["line"])),
            Err(_) => batch.gap_of(program, why),
        }
    }
    let issues = report["Issues"].as_array();
    for issue in issues.ok_or_else(|| misunderstood("it has no list \"Issues\""))? {
        batch.alert(alert(issue))?;
    }
    let files = report["Stats"]["files"].as_u64().unwrap_or(0);
    if files == 0 && report["Golang errors"].as_object().is_none_or(serde_json::Map::is_empty) {
        batch.gap_of(program, "gosec found no package in it");
    }
    Ok(())
}

fn alert(issue: &Value) -> Alert {
    let text = |name: &str| issue[name].as_str().unwrap_or_default();
    let cwe = issue["cwe"]["id"].as_str().and_then(|id| id.parse().ok());
    Alert {
        rule: text("rule_id").to_owned(),
        cwe: cwe.into_iter().collect::<Vec<Cwe>>(),
        file: text("file").to_owned(),
        // `10-12` where it is several.
        line: text("line").split('-').next().and_then(|line| line.parse().ok()),
        message: text("details").to_owned(),
        severity: Some(text("severity").to_lowercase()),
        confidence: Some(text("confidence").to_lowercase()),
    }
}

/// Builds gosec, and the standard library for it.
fn install(site: &Site<'_>) -> Result<(), String> {
    let go = |directory: &Path| {
        let mut go = installer(toolchain::go());
        go.env("GOTOOLCHAIN", "local").env("GOFLAGS", "-modcacherw").env("CGO_ENABLED", "0");
        go.env("GOPATH", site.downloads.join("go")).current_dir(directory);
        go
    };
    let version = format!("{MODULE}@{VERSION}");
    let answer = run(go(site.folder).args(["mod", "download", "-json", &version]))?;
    let module: Value = serde_json::from_str(&answer)
        .map_err(|error| format!("go says of {version} what is no JSON ({error}): {answer}"))?;
    if module["Sum"] != SUM {
        return Err(format!("{version} has the hash {}, and not {SUM}", module["Sum"]));
    }
    let source = module["Dir"].as_str().unwrap_or_default();
    let program = site.folder.join("bin/gosec");
    let mut build = go(Path::new(source));
    build.args(["build", "-mod=readonly", "-trimpath", "-ldflags=-s -w", "-o"]).arg(program);
    run(build.arg("./cmd/gosec"))?;
    let cache = site.folder.join("cache");
    run(go(site.folder).args(["build", "std"]).env("GOCACHE", cache).env("GOFLAGS", "-mod=mod"))?;
    Ok(())
}
