//! Fills the caches that the verifiers' images come with. This uses the network
//! and therefore runs no artifact: Maven, Go, npm and uv only fetch what the
//! checkout's own projects name.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};

use assay_core::Language;

use super::{Official, fresh_name};
use crate::project::{copy_tree, write_text};
use crate::selection::Item;

/// Fills the caches for the cases of these artifacts; returns those for which
/// that failed, with the reason.
pub(super) fn warm(official: &Official<'_>, items: &[Item]) -> BTreeMap<String, String> {
    // One artifact of each case stands for its project.
    let cases: BTreeMap<&str, &Item> =
        items.iter().rev().map(|item| (item.case.id.as_str(), item)).collect();
    let mut failures = BTreeMap::new();
    for language in Language::ALL {
        let of_language = cases.values().filter(|item| item.case.language == language);
        let of_language: Vec<&Item> = of_language.copied().collect();
        if of_language.is_empty() {
            continue;
        }
        println!("  {}", language.title());
        let tools = tools(official, language);
        let mut fresh = Vec::new();
        for item in of_language {
            // What an earlier run has fetched is still there.
            let mark = official.shell.root().join("warm").join(&item.case.id);
            if tools.is_ok() && mark.exists() {
                continue;
            }
            match tools.clone().and_then(|()| project(official, item)) {
                Ok(()) => fresh.push((item, mark)),
                Err(reason) => drop(failures.insert(item.case.id.clone(), reason)),
            }
        }
        for folder in folders(language) {
            official.shell.own(Path::new(folder));
        }
        for (item, mark) in fresh {
            if language == Language::Go {
                // An image has the modules only, but what they compile to is
                // cached after the first artifact of each case.
                official.verify(item);
            }
            write_text(&mark, "");
        }
    }
    failures
}

/// What all cases of a language share.
fn tools(official: &Official<'_>, language: Language) -> Result<(), String> {
    let script = match language {
        Language::C => "cmake --version; ctest --version",
        Language::Go => {
            "export GOPATH=$BENCH/gopath GOBIN=$BENCH/bin GOTOOLCHAIN=local
             [ -x $BENCH/bin/goimports ] || go install golang.org/x/tools/cmd/goimports@latest"
        }
        Language::Java => "mvn --version",
        Language::NodeJs => "npm --version",
        Language::Ruby => "ruby --version",
        Language::Python => {
            "[ -x $BENCH/uv/bin/uv ] || {
                 /usr/bin/python3 -m venv $BENCH/uv
                 $BENCH/uv/bin/python -m pip install --quiet uv
             }"
        }
    };
    fetch(official, Path::new(""), script)
}

/// What one project needs.
fn project(official: &Official<'_>, item: &Item) -> Result<(), String> {
    match item.case.language {
        Language::C | Language::Ruby => Ok(()),
        Language::Go => go(official, item),
        Language::Java => java(official, item),
        Language::NodeJs => nodejs(official, item),
        Language::Python => python(official, item),
    }
}

/// The folders that hold a language's caches.
fn folders(language: Language) -> &'static [&'static str] {
    match language {
        Language::C | Language::Ruby => &[],
        Language::Go => &["gopath", "bin"],
        Language::Java => &["m2"],
        Language::NodeJs => &["nodejs"],
        Language::Python => &["uv", "uv-cache"],
    }
}

/// Runs a script with the network and the rights of the user of this program.
fn fetch(official: &Official<'_>, folder: &Path, script: &str) -> Result<(), String> {
    let root = official.shell.root();
    let output = Command::new("sh")
        .args(["-e", "-c", script])
        .env("BENCH", root)
        .current_dir(root.join(folder))
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("failed to run sh: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text);
    let last: Vec<&str> = text.lines().rev().take(4).collect();
    Err(last.into_iter().rev().collect::<Vec<_>>().join("\n    "))
}

/// Modules. Tidying fetches also what the artifact imports beyond its project's
/// list; it runs nothing of it.
fn go(official: &Official<'_>, item: &Item) -> Result<(), String> {
    in_copy(official, |folder| {
        official.place(item, folder);
        let tidy = "export GOPATH=$BENCH/gopath GOTOOLCHAIN=local; go mod tidy || true";
        fetch(official, &folder.join("src"), tidy)
    })
}

/// Every plugin and dependency, by testing the project with a test of our own in
/// place of its sources: which test provider Maven fetches depends on them.
fn java(official: &Official<'_>, item: &Item) -> Result<(), String> {
    in_copy(official, |folder| {
        let place = official.shell.root().join(folder);
        let project = &official.projects[&item.case.id];
        let annotation = match has_text(&project.join("src/test"), "org.junit.jupiter") {
            true => "org.junit.jupiter.api.Test",
            false => "org.junit.Test",
        };
        write_text(&place.join("pom.xml"), &read(&project.join("pom.xml"))?);
        write_text(
            &place.join("src/test/java/WarmTest.java"),
            &format!("public class WarmTest {{ @{annotation} public void passes() {{}} }}\n"),
        );
        write_text(&place.join("src/main/java/Warm.java"), "public class Warm {}\n");
        let maven = "mvn -B -q -Dmaven.repo.local=$BENCH/m2";
        fetch(official, folder, &format!("{maven} clean test -Dtest=WarmTest"))
    })
}

/// The packages that all Node.js projects share, in the folder above them.
fn nodejs(official: &Official<'_>, item: &Item) -> Result<(), String> {
    let folder = official.shell.root().join("nodejs");
    if folder.join("node_modules/jest").is_dir() {
        return Ok(());
    }
    let list = read(&official.projects[&item.case.id].join("../package.json"))?;
    write_text(&folder.join("package.json"), &list);
    fetch(official, Path::new("nodejs"), "npm install --no-audit --no-fund")
}

/// uv's cache of the project's requirements.
fn python(official: &Official<'_>, item: &Item) -> Result<(), String> {
    in_copy(official, |folder| {
        let place = official.shell.root().join(folder);
        copy_tree(&official.projects[&item.case.id], &place);
        let requirements = read(&place.join("requirements.txt"))?;
        if requirements.lines().any(|line| line.starts_with("torch")) {
            return Err("the package index has torch for GPUs only, several GB".to_owned());
        }
        let install = "export PATH=$BENCH/uv/bin:$PATH UV_CACHE_DIR=$BENCH/uv-cache
             uv venv --quiet --python /usr/bin/python3 venv
             uv pip install --quiet -p venv/bin/python -r requirements.txt pytest \
                 --index-strategy unsafe-best-match";
        fetch(official, folder, install)
    })
}

fn read(path: &Path) -> Result<String, String> {
    std::fs::read_to_string(path)
        .map_err(|error| format!("failed to read {}: {error}", path.display()))
}

/// Does something in a folder of its own, which is gone afterwards.
fn in_copy(
    official: &Official<'_>,
    work: impl FnOnce(&Path) -> Result<(), String>,
) -> Result<(), String> {
    let folder = Path::new("warm").join(fresh_name());
    let place = official.shell.root().join(&folder);
    std::fs::create_dir_all(&place).map_err(|error| format!("failed to make a folder: {error}"))?;
    let result = work(&folder);
    std::fs::remove_dir_all(&place).map_err(|error| format!("failed to remove: {error}"))?;
    result
}

/// Whether a file below a folder holds a text.
fn has_text(folder: &Path, text: &str) -> bool {
    let Ok(entries) = std::fs::read_dir(folder) else { return false };
    entries.flatten().map(|entry| entry.path()).any(|path| match path.is_dir() {
        true => has_text(&path, text),
        false => std::fs::read_to_string(&path).is_ok_and(|content| content.contains(text)),
    })
}
