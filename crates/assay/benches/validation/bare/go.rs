//! Go: the toolchain's compiler, vet and linker on the prepared archives, in the
//! order in which `go test` runs them, then the tests.
//!
//! Assay's own small program starts them and the tests. `go build` would need
//! its cache, which it spends most of its time to look things up in.

use std::os::unix::fs::symlink;
use std::path::Path;

use assay_core::SafePath;
use assay_core::suite::{Runner, Suite};
use assay_verify::bare::TestedCase;
use serde_json::json;

use crate::project::write_text;
use crate::shell::Shell;

/// Where the prepared list of archives says that they are.
const LISTED: &str = "/opt/prepared/";

/// A build and a run for each suite, while the other is not there.
pub(super) fn script(case: &TestedCase<'_>, shell: &Shell, place: &Path) -> String {
    let prepared = relocated(shell, place);
    let suite = |suite: &Suite, other: &Suite| {
        let files = |suite: &Suite| {
            let files = suite.files.keys().map(SafePath::as_str);
            files.filter(|path| path.ends_with(".go")).map(str::to_owned).collect::<Vec<_>>()
        };
        let tests = files(suite);
        let others: Vec<String> =
            files(other).into_iter().filter(|path| !tests.contains(path)).collect();
        let here = |path: &str| format!("{HERE}/{path}");
        let request = json!({
            "root": here(module_folder(case)).trim_end_matches('/'),
            "tests": tests.iter().map(|path| here(path)).collect::<Vec<_>>(),
            "imports": suite.runner == Runner::GoTest { imports: true },
            "goroot": GOROOT,
            "prepared": prepared,
            "output": here("suite"),
        });
        let names: Vec<&str> = suite.expected.iter().map(|test| test.name.as_str()).collect();
        let folder = tests.first().and_then(|path| Some(path.rsplit_once('/')?.0)).unwrap_or(".");
        format!(
            "mkdir -p aside; mv {others} aside
             {prepared}/tool build \"{request}\" && (
                 here=$PWD; cd {folder} && printf %032d 1 |
                     {prepared}/tool supervise \"$here/suite\" '{names}' 3>\"$here/report\" 4<&0
             ) && ! grep -q 'outcome\":\"[fe]' report",
            others = others.join(" "),
            request = request.to_string().replace('"', "\\\""),
            names = names.join("' '"),
        )
    };
    format!(
        "goroot=$(go env GOROOT)
         functional() {{ {}; }}
         security() {{ mv aside/* {}; {}; }}
         functional; f=$?; [ $f = 0 ] && {{ security; s=$?; }}",
        suite(case.functional, case.security),
        folder_of(case.security),
        suite(case.security, case.functional),
    )
}

/// What the shell puts in their places.
const HERE: &str = "$PWD";
const GOROOT: &str = "$goroot";

fn module_folder<'a>(case: &'a TestedCase<'_>) -> &'a str {
    case.template.keys().find_map(|path| path.as_str().strip_suffix("go.mod")).unwrap_or_default()
}

fn folder_of(suite: &Suite) -> &str {
    let first = suite.files.keys().map(SafePath::as_str).find(|path| path.ends_with(".go"));
    first.and_then(|path| Some(path.rsplit_once('/')?.0)).unwrap_or(".")
}

/// A folder of links to the prepared one, with a list of the archives that says
/// where they are for scripts; returns what scripts call it.
fn relocated(shell: &Shell, place: &Path) -> String {
    let name = place.file_name().expect("a prepared folder").to_string_lossy();
    let folder = shell.root().join("go-prepared").join(&*name);
    if !folder.exists() {
        std::fs::create_dir_all(&folder).expect("a folder");
        let inner = shell.inner(place);
        for entry in place.read_dir().expect("a prepared folder").flatten() {
            let file = entry.file_name();
            if file == "importcfg" {
                let list = std::fs::read_to_string(entry.path()).expect("a list of archives");
                write_text(&folder.join(file), &list.replace(LISTED, &format!("{inner}/")));
            } else {
                symlink(Path::new(&inner).join(&file), folder.join(&file)).expect("a link");
            }
        }
    }
    format!("$BENCH/go-prepared/{name}")
}
