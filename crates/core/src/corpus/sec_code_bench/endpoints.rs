//! The names by which the controller of a checkout asks its verifiers for cases.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;

use super::super::{CorpusError, Fault, read_text};
use super::LISTS;

/// The part of a list's entry that names addresses.
#[derive(Deserialize)]
struct Entry {
    #[serde(default)]
    verify_urls: BTreeMap<String, String>,
}

/// What stands before the name in an address.
const BEFORE: &str = "/verify/";

/// The id that each name stands for.
pub(in crate::corpus) fn endpoints(root: &Path) -> Result<BTreeMap<String, String>, CorpusError> {
    let mut names: BTreeMap<String, String> = BTreeMap::new();
    for (folder, list, _) in LISTS {
        let path = root.join("datasets/benchmark").join(folder).join(list);
        let text = read_text(&path)?;
        let entries: BTreeMap<String, Entry> =
            serde_json::from_str(&text).map_err(|error| Fault {
                place: path.display().to_string(),
                line: Some(error.line()),
                message: error.to_string(),
            })?;
        for (id, entry) in entries {
            for url in entry.verify_urls.values() {
                let Some((_, name)) = url.split_once(BEFORE) else { continue };
                let known = names.insert(name.to_owned(), id.clone());
                if let Some(other) = known.filter(|other| *other != id) {
                    let message = format!("the cases {other} and {id} are both verified at {name}");
                    return Err(Fault::in_file(&path, message).into());
                }
            }
        }
    }
    Ok(names)
}
