//! Pages as a reader uses them: handmade runs in a browser that is told what to do step by step.
#![expect(clippy::disallowed_methods, reason = "starts the binary that is tested")]

use std::path::{Path, PathBuf};

use assay::report::html;
use assay::store::Store;
use assay_core::score::{ErrorLimit, ScoringRules};

#[path = "../devtools/mod.rs"]
mod devtools;
#[expect(dead_code, reason = "each test binary uses a part of it")]
#[path = "../door/mod.rs"]
mod door;
#[expect(dead_code, reason = "each test binary uses a part of it")]
#[path = "../sample_run/mod.rs"]
mod sample_run;

mod accessibility;
mod differences;
mod filters;
mod label;
mod pair;
mod plots;
mod search;
mod taking;
mod trend;

/// Lets the sample's one errored attempt of 24 pass.
fn generous() -> ScoringRules {
    let limit = ErrorLimit::from_percent(5.0).expect("a share");
    ScoringRules { limit, ..ScoringRules::default() }
}

/// Makes a run in a file.
type Make = fn(&Path) -> Store;

/// A report in a folder of its own.
struct Site {
    directory: tempfile::TempDir,
}

impl Site {
    /// The report of runs that are made in files of these names.
    fn of(runs: &[(&str, Make)]) -> Site {
        let directory = tempfile::tempdir().expect("a directory");
        let make = |(name, make): &(&str, Make)| make(&directory.path().join(name));
        let stores: Vec<Store> = runs.iter().map(make).collect();
        Site::written(directory, &stores)
    }

    fn written(directory: tempfile::TempDir, stores: &[Store]) -> Site {
        let output = directory.path().join("report");
        html::write(stores, &output, &generous(), &mut |_, _| {}).expect("written");
        Site { directory }
    }

    fn ordinary() -> Site {
        Site::of(&[("run.assay", sample_run::ordinary)])
    }

    fn root(&self) -> PathBuf {
        self.directory.path().join("report")
    }

    /// A page by its path from the root, and perhaps what stands behind it.
    fn page(&self, path: &str) -> String {
        self.root().join(path).to_str().expect("UTF-8").to_owned()
    }

    /// The page in a run's folder whose name begins so.
    fn page_of_run(&self, start: &str) -> String {
        let mut found: Vec<PathBuf> = door::files_below(&self.root())
            .into_iter()
            .filter(|path| {
                path.file_name()
                    .and_then(|name| name.to_str())
                    .is_some_and(|it| it.starts_with(start))
            })
            .collect();
        found.sort();
        found.first().and_then(|path| path.to_str()).expect("a page").to_owned()
    }

    fn store(&self, name: &str) -> Store {
        Store::open_to_read(&self.directory.path().join(name)).expect("a run")
    }
}
