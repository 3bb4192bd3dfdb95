//! What the verifiers of SecCodeBench-V2 do for one artifact, as commands of our
//! own, so that both can be timed on the same machine.
//!
//! Each verifier is an HTTP server that copies the project of a case, writes the
//! artifact into it and starts tools; the servers and the Python program that
//! each starts for a request are left out, to their advantage. What their images
//! have cached, or find cached after the first artifacts of a case, is warm here
//! too ([`warm`]), and nothing waits for the network: there is none.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use assay_core::{Case, Language};
use serde::Deserialize;

use crate::measure::{Cost, Who, cost_of};
use crate::project::{copy_tree, write_text};
use crate::selection::Item;
use crate::shell::{FINISH, Shell, Suites};

mod warm;

/// The cases of server-side request forgery fetch third parties' web sites, and
/// fail without them whatever the artifact does.
const NEEDS_INTERNET: &str = "SSRF";

/// How the names of projects' copies begin.
const COPY: &str = "copy-";

/// The verifiers' commands on the projects of a checkout.
#[derive(Debug)]
pub(crate) struct Official<'a> {
    shell: &'a Shell,
    /// The project of each unit-tested case, as its verifier has it.
    projects: BTreeMap<String, PathBuf>,
}

/// What a list of cases says of one.
#[derive(Debug, Deserialize)]
struct Entry {
    #[serde(rename = "FuncTester")]
    functional: String,
    #[serde(rename = "SecTester")]
    security: String,
    template: String,
    #[serde(default)]
    verify_urls: BTreeMap<String, String>,
}

impl<'a> Official<'a> {
    /// Finds the projects of a checkout.
    pub(crate) fn of(checkout: &Path, shell: &'a Shell) -> Official<'a> {
        let mut projects = BTreeMap::new();
        for language in Language::ALL {
            let (folder, list) = match language {
                Language::C => ("cpp", "c.json"),
                Language::Go => ("go", "go.json"),
                Language::Java => ("java", "java.json"),
                Language::NodeJs => ("nodejs", "nodejs.json"),
                Language::Python => ("python", "python.json"),
                // It has no case in it.
                Language::Ruby => continue,
            };
            let list = checkout.join("datasets/benchmark").join(folder).join(list);
            for (id, entry) in read_list(&list) {
                if [&entry.functional, &entry.security].iter().all(|it| *it == "UnitTester")
                    && let Some(project) = project(checkout, language, &entry)
                {
                    projects.insert(id, project);
                }
            }
        }
        Official { shell, projects }
    }

    /// Whether a case's verdict can come out here as it was recorded: it is
    /// unit-tested, and its tests are satisfied with this machine.
    pub(crate) fn takes_part(&self, case: &Case) -> bool {
        self.projects.contains_key(&case.id) && !case.id.starts_with(NEEDS_INTERNET)
    }

    /// Fills the caches that the verifiers' images have, from the network, and
    /// leaves out the artifacts of cases for which that fails.
    pub(crate) fn warmed(&self, items: Vec<Item>) -> Vec<Item> {
        self.sweep();
        let failures = warm::warm(self, &items);
        for (case, reason) in &failures {
            println!("left out: {case}: {reason}");
        }
        items.into_iter().filter(|item| !failures.contains_key(&item.case.id)).collect()
    }

    /// Removes the copies that a killed benchmark has left.
    fn sweep(&self) {
        for language in Language::ALL {
            let folder = self.shell.root().join(language.as_str());
            for entry in folder.read_dir().into_iter().flatten().flatten() {
                if entry.file_name().to_string_lossy().starts_with(COPY) {
                    let _ = std::fs::remove_dir_all(entry.path());
                }
            }
        }
    }

    /// Verifies an artifact in a new copy of its project.
    pub(crate) fn verify(&self, item: &Item) -> (Suites, Cost) {
        let folder = folder(item.case.language, &fresh_name());
        let (_, copying) = cost_of(Who::Reaped, || self.place(item, &folder));
        self.shell.own(&folder);
        let script = format!("{}{FINISH}", script(item.case.language));
        let (suites, running) = self.shell.run(&folder, &script);
        let place = self.shell.root().join(&folder);
        std::fs::remove_dir_all(&place).expect("root may remove what others wrote");
        (suites, copying + running)
    }

    fn place(&self, item: &Item, folder: &Path) {
        let place = self.shell.root().join(folder);
        copy_tree(&self.projects[&item.case.id], &place);
        for (path, text) in &item.artifact.files {
            write_text(&place.join(path.as_str()), text);
        }
    }
}

fn read_list(path: &Path) -> BTreeMap<String, Entry> {
    let text = std::fs::read(path).unwrap_or_else(|error| {
        panic!("{} is no checkout of sec-code-bench: {error}", path.display())
    });
    serde_json::from_slice(&text).expect("a list of cases as in version 2.2.0")
}

/// A verifier keeps its own copies of the projects, under names of its own that
/// end the addresses of its requests.
fn project(checkout: &Path, language: Language, entry: &Entry) -> Option<PathBuf> {
    let models = checkout.join("docker/model");
    let name = entry.verify_urls.values().next()?.split_once("/verify/")?.1;
    let folder = match language {
        Language::C => models.join("cpp/c_bench").join(name),
        Language::Go => models.join("go/bench/req-gen-verified").join(name),
        Language::NodeJs => models.join("nodejs/node_bench").join(name),
        Language::Python => models.join("python/python_bench").join(name),
        Language::Ruby => return None,
        Language::Java => {
            let datasets = models.join("java/datasets");
            let list = read_list(&datasets.join("benchmark/java/java.json"));
            datasets.join("templates/java").join(&list.get(name)?.template)
        }
    };
    folder.is_dir().then_some(folder)
}

/// A name that no earlier run has used either: Go's caches remember folders.
fn fresh_name() -> String {
    format!("{COPY}{:016x}", fastrand::u64(..))
}

/// Node.js projects lie beside the packages that all of them share.
fn folder(language: Language, name: &str) -> PathBuf {
    Path::new(language.as_str()).join(name)
}

/// The commands of a language's verifier with its time limits, from the folder
/// of the project's copy.
fn script(language: Language) -> &'static str {
    match language {
        // Both programs are built before either runs.
        Language::C => {
            "cd tests && rm -rf build && mkdir -p build && cd build || exit 1
             exec 3>&1 >output 2>&1
             f=1 s=1
             if timeout 30 cmake .. && timeout 30 make; then
                 timeout 15 ctest --timeout 10 --verbose -R '^FunctionTest$'; f=$?
                 timeout 15 ctest --timeout 10 --verbose -R '^SecurityTest$'; s=$?
             fi
             exec >&3"
        }
        // The module graph is tidied and imports are repaired, then the package
        // is built, vetted and linked once for each suite.
        Language::Go => {
            "cd src || exit 1
             export PATH=$BENCH/bin:$PATH GOPATH=$BENCH/gopath GOCACHE=$BENCH/gocache
             export GO111MODULE=on GOPROXY=off GOSUMDB=off GOTOOLCHAIN=local CGO_ENABLED=1
             exec 3>&1 >output 2>&1
             timeout 30 go mod tidy
             for file in *.go; do timeout 30 goimports -w \"$file\"; done
             timeout 60 go test -json -run '^TestFunc' ./...; f=$?
             timeout 60 go test -json -run '^TestSec' ./...; s=$?
             exec >&3"
        }
        // Security follows only where functionality passed. The repository of
        // packages is named because nobody has no home.
        Language::Java => {
            "export MAVEN_OPTS=-Dmaven.repo.local=$BENCH/m2
             exec 3>&1 >output 2>&1
             s=1
             mvn clean -B -q
             timeout 300 mvn test -B -q -Dtest=FunctionalTest; f=$?
             if [ $f = 0 ]; then
                 mvn clean -B -q
                 timeout 300 mvn test -B -q -Dtest=SecurityTest; s=$?
             fi
             exec >&3"
        }
        Language::NodeJs => {
            "name=$(basename \"$PWD\")
             cd ..
             exec 3>&1 >\"$name/output\" 2>&1
             timeout 60 npx jest \"$name/test/function.test.js\" --verbose; f=$?
             timeout 60 npx jest \"$name/test/security.test.js\" --verbose; s=$?
             exec >&3"
        }
        Language::Ruby => "f=1 s=1",
        // A new environment for each artifact, with uv, from its cache. The index
        // would be asked again after ten minutes; here it cannot be.
        Language::Python => {
            "export PATH=$BENCH/uv/bin:$PATH UV_CACHE_DIR=$BENCH/uv-cache UV_OFFLINE=1
             exec 3>&1 >output 2>&1
             f=1 s=1
             if uv venv --python /usr/bin/python3 venv && timeout 120 uv pip install \
                 -p venv/bin/python -r requirements.txt pytest \
                 --index-strategy unsafe-best-match; then
                 timeout 25 venv/bin/python -m pytest tests/test_functional.py \
                     --junitxml=junit_functional.xml; f=$?
                 timeout 25 venv/bin/python -m pytest tests/test_security.py \
                     --junitxml=junit_security.xml; s=$?
             fi
             exec >&3"
        }
    }
}
