//! Prepares the packages that artifacts of a case may import, and our own tools.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use assay_core::{FileSet, SafePath};
use assay_harness::go;
use assay_sandbox::File;
use serde_json::json;

use super::super::installer::{installer, run};
use super::super::toolchain::{Needs, Site};
use super::super::tools::version;
use super::{PREPARED, module_folder, toolchain};
use crate::tested_case::TestedCase;

/// Our own program, in the prepared folder.
pub(super) const TOOL: &str = "tool";

/// The sources of that program.
const TOOL_SOURCES: [(&str, &str); 19] = [
    ("go.mod", "module assay/tool\n\ngo 1.24\n"),
    go::tool::MAIN,
    go::tool::AGAINST,
    go::tool::BLIND,
    go::tool::BUILD,
    go::tool::CALLS,
    go::tool::CHECK,
    go::tool::CONCEAL,
    go::tool::FINDING,
    go::tool::IMPORTS,
    go::tool::INDEX,
    go::tool::MAPS,
    go::tool::MEMORY,
    go::tool::RACES,
    go::tool::REACH,
    go::tool::RULES,
    go::tool::SHARED,
    go::tool::SOURCE,
    go::tool::SUPERVISE,
];

/// The package that is linked into suites.
const HARNESS: [(&str, &str); 2] = [go::suite::HARNESS, go::suite::SURROUNDINGS];

/// Where a suite's process starts, on the architecture that has it.
const ENTRY: (&str, &str) = go::suite::ENTRY_AMD64;

/// Changes with the way in which packages are compiled.
const LAYOUT: &str = "packages without debugging information, 2";

/// The programs of the Go toolchain that compile and link.
const GCC_VERSION: &[&str] = &["/usr/bin/gcc", "--version"];

pub(super) fn needs(case: &TestedCase<'_>) -> Needs {
    let module = Module::of(case);
    let tool = TOOL_SOURCES.map(|(_, text)| text).concat();
    let harness = HARNESS.map(|(_, text)| text).concat() + ENTRY.1;
    let key = format!(
        "{LAYOUT}\n{}\n{}\n{}\n{}\n{:?}\n{tool}{harness}",
        toolchain::go_version(),
        version(GCC_VERSION),
        module.requirements,
        module.sums,
        case.modules,
    );
    let mut summary = "the standard library".to_owned();
    let required = module.required();
    let modules: Vec<&str> =
        required.iter().copied().chain(case.modules.iter().map(String::as_str)).collect();
    if !modules.is_empty() {
        let _ = write!(summary, " {}", modules.join(" "));
    }
    Needs { key, summary }
}

/// The case's `go.mod` and `go.sum`.
pub(super) struct Module {
    pub(super) requirements: String,
    pub(super) sums: String,
}

impl Module {
    pub(super) fn of(case: &TestedCase<'_>) -> Module {
        let folder = module_folder(&case.template);
        let text = |name: &str| text(&case.template, &format!("{folder}{name}"));
        Module { requirements: text("go.mod"), sums: text("go.sum") }
    }

    /// The paths of the modules it requires.
    pub(super) fn required(&self) -> Vec<&str> {
        let mut required = Vec::new();
        let mut in_block = false;
        for line in self.requirements.lines().map(str::trim) {
            match line.strip_prefix("require") {
                Some(rest) if rest.trim() == "(" => in_block = true,
                Some(rest) if rest.starts_with(' ') => {
                    required.extend(rest.split_whitespace().next());
                }
                _ if line == ")" => in_block = false,
                _ if in_block && !line.starts_with("//") => {
                    required.extend(line.split_whitespace().next());
                }
                _ => {}
            }
        }
        required
    }

    /// `go1.24` of a line `go 1.24.5`.
    fn language(&self) -> String {
        let line = self.requirements.lines().find_map(|line| line.trim().strip_prefix("go "));
        let numbers: Vec<&str> = line.unwrap_or("1.24").trim().split('.').take(2).collect();
        format!("go{}", numbers.join("."))
    }

    fn path(&self) -> &str {
        let line = self.requirements.lines().find_map(|line| line.trim().strip_prefix("module "));
        line.unwrap_or("main").trim().trim_matches('"')
    }
}

fn text(files: &FileSet, path: &str) -> String {
    let content = SafePath::new(path).ok().and_then(|path| files.get(&path));
    content.map(|content| String::from_utf8_lossy(content).into_owned()).unwrap_or_default()
}

pub(super) fn install(case: &TestedCase<'_>, site: &Site<'_>) -> Result<(), String> {
    let minor = toolchain::minor(&toolchain::go_version())
        .ok_or_else(|| format!("go does not run; {}", super::super::tools::remedy(["go"])))?;
    let module = Module::of(case);
    site.write(&File::new("module/go.mod", module.requirements.clone()))?;
    site.write(&File::new("module/go.sum", module.sums.clone()))?;
    site.write(&File::new("module/main.go", "package main\n\nfunc main() {}\n"))?;
    let installation = Installation { site, module: site.folder.join("module") };
    // What the project itself says of Go's version decides these, not what is fetched
    // beyond it.
    let godebug = run(installation.go("list").args(["-f", "{{.DefaultGODEBUG}}", "."]))?;

    let known = module.required();
    let beyond: Vec<&str> =
        case.modules.iter().map(String::as_str).filter(|path| !known.contains(path)).collect();
    if !beyond.is_empty() {
        run(installation.go("get").args(&beyond))?;
    }
    let modules: Vec<&str> = known.iter().copied().chain(beyond).collect();
    let packages = installation.packages(&modules)?;
    let archives = installation.compile(&packages)?;
    let settings = json!({
        "module": module.path(),
        "language": module.language(),
        "godebug": godebug.trim(),
        "minor": minor,
        "architecture": architecture(),
    });
    site.write(&File::new("settings.json", settings.to_string()))?;
    remove(&installation.module.join("main.go"))?;
    installation.keep(&archives)?;
    installation.tools(&archives)
}

/// As Go names the machine's architecture.
fn architecture() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    }
}

/// A package and the archive that it was compiled to.
type Archive = (String, PathBuf);

struct Installation<'a> {
    site: &'a Site<'a>,
    /// A folder with the module's `go.mod`.
    module: PathBuf,
}

impl Installation<'_> {
    /// A command of the toolchain, in the module's folder.
    fn go(&self, subcommand: &str) -> Command {
        let mut command = installer(toolchain::go());
        command
            .arg(subcommand)
            .current_dir(&self.module)
            .env("GOMODCACHE", self.site.downloads.join("modules"))
            .env("GOCACHE", self.site.downloads.join("build"))
            // What is downloaded can be removed again like any other file.
            .env("GOFLAGS", "-buildvcs=false -modcacherw")
            .env("GOTOOLCHAIN", "local")
            .env("GOWORK", "off")
            .env("CGO_ENABLED", "1")
            .env("CGO_CFLAGS", "-O2")
            .env("CC", "gcc");
        command
    }

    /// Every package of these modules that can be imported and needs nothing that
    /// cannot be had. What one of them imports and the project's `go.sum` does not
    /// know is fetched, in the version that the modules' own requirements choose:
    /// `go mod tidy` does so for an artifact that imports the package.
    fn packages(&self, modules: &[&str]) -> Result<Vec<String>, String> {
        if modules.is_empty() {
            return Ok(Vec::new());
        }
        run(self.go("mod").arg("download"))?;
        let usable = "{{if not (or .Error .DepsErrors)}}{{.Name}} {{.ImportPath}}{{end}}";
        let patterns = modules.iter().map(|module| format!("{module}/..."));
        let listed = run(self.go("list").args(["-e", "-mod=mod", "-f", usable]).args(patterns))?;
        let is_importable = |path: &str| !path.split('/').any(|part| part == "internal");
        let packages = listed
            .lines()
            .filter_map(|line| line.split_once(' '))
            .filter(|(name, path)| *name != "main" && is_importable(path));
        Ok(packages.map(|(_, path)| path.to_owned()).collect())
    }

    /// Compiles the standard library, these packages and all they import.
    fn compile(&self, packages: &[String]) -> Result<Vec<Archive>, String> {
        let mut list = self.go("list");
        list.args(["-e", "-deps", "-export", "-trimpath", "-gcflags=all=-dwarf=false", "-f"])
            .arg("{{if .Export}}{{.ImportPath}}={{.Export}}{{end}}")
            .arg("std")
            .args(packages);
        let listed = run(&mut list)?;
        let archives = listed.lines().filter_map(|line| line.split_once('='));
        Ok(archives.map(|(path, place)| (path.to_owned(), PathBuf::from(place))).collect())
    }

    /// Keeps the archives in the prepared folder. They share their bytes with
    /// the build cache, and so with other folders.
    fn keep(&self, archives: &[Archive]) -> Result<(), String> {
        let folder = self.site.folder.join("packages");
        std::fs::create_dir(&folder)
            .map_err(|error| format!("failed to make {}: {error}", folder.display()))?;
        let mut config = String::new();
        for (number, (path, archive)) in archives.iter().enumerate() {
            let name = format!("{number}.a");
            let place = folder.join(&name);
            std::fs::hard_link(archive, &place)
                .or_else(|_| std::fs::copy(archive, &place).map(drop))
                .map_err(|error| format!("failed to copy {}: {error}", archive.display()))?;
            let _ = writeln!(config, "packagefile {path}={PREPARED}/packages/{name}");
        }
        self.site.write(&File::new("importcfg", config))
    }

    /// Builds our own program and the harness, and lists what is there to import.
    fn tools(&self, archives: &[Archive]) -> Result<(), String> {
        for (name, text) in TOOL_SOURCES {
            self.site.write(&File::new(format!("sources/{name}"), text))?;
        }
        for (name, text) in HARNESS {
            self.site.write(&File::new(format!("sources/harness/{name}"), text))?;
        }
        let mut config = String::new();
        for (path, archive) in archives {
            let _ = writeln!(config, "packagefile {path}={}", archive.display());
        }
        self.site.write(&File::new("sources/importcfg", config))?;

        let folder = self.site.folder;
        let sources = folder.join("sources");
        let config = sources.join("importcfg");
        run(self
            .go("build")
            .args(["-trimpath", "-ldflags=-s -w", "-o"])
            .args([&folder.join(TOOL), Path::new(".")])
            .env("CGO_ENABLED", "0")
            .current_dir(&sources))?;
        self.harness(&config)?;
        run(installer(folder.join(TOOL)).arg("index").args([&config, folder]))?;
        std::fs::remove_dir_all(&sources)
            .map_err(|error| format!("failed to remove {}: {error}", sources.display()))
    }
}

impl Installation<'_> {
    /// Builds the package that is linked into suites, from sources that were written.
    fn harness(&self, config: &Path) -> Result<(), String> {
        let sources = self.site.folder.join("sources");
        let archive = self.site.folder.join("harness.a");
        let harness = sources.join("harness");
        // Files are named by the package, so that they are concealed with it.
        let shown = format!("{}=>assay", sources.display());
        run(self
            .go("tool")
            .args(["compile", "-p", "assay/harness", "-complete", "-dwarf=false", "-trimpath"])
            .arg(&shown)
            .arg("-importcfg")
            .arg(config)
            .args(["-pack", "-o"])
            .arg(&archive)
            .args(HARNESS.map(|(name, _)| harness.join(name))))?;
        if architecture() != "amd64" {
            return Ok(());
        }
        let (name, text) = ENTRY;
        self.site.write(&File::new(format!("sources/harness/{name}"), text))?;
        let object = harness.join("entry.o");
        let headers = toolchain::goroot().map_err(|error| error.to_string())?.join("pkg/include");
        run(self
            .go("tool")
            .args(["asm", "-p", "assay/harness", "-trimpath"])
            .arg(&shown)
            .arg("-I")
            .arg(headers)
            .arg("-o")
            .args([&object, &harness.join(name)]))?;
        run(self.go("tool").args(["pack", "r"]).args([&archive, &object]))?;
        Ok(())
    }
}

fn remove(file: &Path) -> Result<(), String> {
    std::fs::remove_file(file)
        .map_err(|error| format!("failed to remove {}: {error}", file.display()))
}
