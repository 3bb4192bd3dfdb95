//! Watches a folder with cases: each that is added or changed is made ready and then served, and
//! one that goes away is served no more.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Weak};
use std::time::{Duration, SystemTime};

use assay_core::corpus::load_native_case;
use std::fs;
use tracing::{debug, warn};

use super::builder::{Built, NotTaken};
use super::hub::DigestedCase;
use super::shelf::Origin;
use super::state::Service;

/// How often the files are looked at, by their sizes and times: this works on every file system.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// What tells one state of a file from another.
type Stamps = BTreeMap<PathBuf, (u64, Option<SystemTime>)>;

/// The cases that were seen, by their folders.
#[derive(Default)]
struct Seen {
    stamps: BTreeMap<PathBuf, Stamps>,
    /// The id of what was taken from each folder.
    ids: BTreeMap<PathBuf, String>,
}

/// Watches a corpus folder (`<suite>/<language>/<case>/`) for as long as the service is there.
pub fn watch(service: &Arc<Service>, root: PathBuf) {
    let service = Arc::downgrade(service);
    std::thread::spawn(move || {
        let mut seen = Seen::default();
        let mut last = BTreeMap::new();
        loop {
            let now = case_folders(&root);
            // What changes between two looks is still being written.
            if now == last && !seen.take(&service, &now) {
                return;
            }
            last = now;
            std::thread::sleep(LOOK_EVERY);
        }
    });
}

impl Seen {
    /// Takes what has changed; whether there is still a service.
    fn take(&mut self, service: &Weak<Service>, now: &BTreeMap<PathBuf, Stamps>) -> bool {
        let Some(service) = service.upgrade() else { return false };
        let gone: Vec<PathBuf> =
            self.stamps.keys().filter(|folder| !now.contains_key(*folder)).cloned().collect();
        for folder in gone {
            self.stamps.remove(&folder);
            if let Some(id) = self.ids.remove(&folder) {
                debug!(case = id, "a case went away");
                service.shelf.withdraw(&id, Origin::Folder);
            }
        }
        for (folder, stamps) in now {
            if self.stamps.get(folder) == Some(stamps) {
                continue;
            }
            match self.load(&service, folder) {
                // There is room later.
                Err(NotTaken::Full) => continue,
                Err(NotTaken::Closed) => return false,
                Err(NotTaken::Other(origin)) => warn!(
                    "the case in {} is not served: there is one of its id from the {}",
                    folder.display(),
                    origin.as_str()
                ),
                Ok(()) => {}
            }
            self.stamps.insert(folder.clone(), stamps.clone());
        }
        true
    }

    fn load(&mut self, service: &Service, folder: &Path) -> Result<(), NotTaken> {
        match load_native_case(folder) {
            Ok(case) => {
                self.ids.insert(folder.to_owned(), case.id.clone());
                let case = DigestedCase::new(Arc::new(case));
                service.builder.take(&case, Origin::Folder, Built::Proved)
            }
            Err(error) => {
                let known = self.ids.get(folder).cloned();
                let name = folder.file_name().map(|name| name.to_string_lossy().into_owned());
                let id = known.or(name).unwrap_or_default();
                warn!("the case in {} cannot be read: {error}", folder.display());
                let reason = without_folder(&error.to_string(), folder);
                service.shelf.refuse(&id, Origin::Folder, &reason).map_err(NotTaken::Other)?;
                self.ids.insert(folder.to_owned(), id);
                Ok(())
            }
        }
    }
}

/// A message without the place where the folder is: it is told to callers.
pub(super) fn without_folder(message: &str, folder: &Path) -> String {
    message
        .replace(&format!("{}/", folder.display()), "")
        .replace(&folder.display().to_string(), "the case")
}

/// The folders three levels below a root, each with the state of its files.
fn case_folders(root: &Path) -> BTreeMap<PathBuf, Stamps> {
    let mut level = vec![root.to_owned()];
    for _ in 0..3 {
        level = level.iter().flat_map(|folder| folders(folder)).collect();
    }
    level.into_iter().map(|folder| (folder.clone(), stamps(&folder))).collect()
}

fn folders(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let folders = entries.flatten().filter(|it| it.file_type().is_ok_and(|kind| kind.is_dir()));
    folders.map(|entry| entry.path()).collect()
}

fn stamps(folder: &Path) -> Stamps {
    let mut stamps = Stamps::new();
    let mut rest = vec![folder.to_owned()];
    while let Some(next) = rest.pop() {
        for entry in fs::read_dir(&next).into_iter().flatten().flatten() {
            let path = entry.path();
            match entry.metadata() {
                Ok(found) if found.is_dir() => rest.push(path),
                Ok(found) => drop(stamps.insert(path, (found.len(), found.modified().ok()))),
                Err(_) => {}
            }
        }
    }
    stamps
}
