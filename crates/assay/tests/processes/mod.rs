//! The processes of this machine.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

/// The processes below one, by their ids.
pub(crate) fn descendants(of: u32) -> BTreeSet<u32> {
    let mut parents = BTreeMap::new();
    for entry in fs::read_dir("/proc").expect("processes").flatten() {
        let Ok(id) = entry.file_name().to_string_lossy().parse::<u32>() else { continue };
        let Ok(stat) = fs::read_to_string(entry.path().join("stat")) else { continue };
        // The name, which may hold anything, is in parentheses.
        let parent = stat.rsplit_once(") ").and_then(|(_, rest)| rest.split(' ').nth(1));
        parents.insert(id, parent.and_then(|id| id.parse().ok()).unwrap_or(0));
    }
    let mut found = BTreeSet::from([of]);
    loop {
        let below = parents.iter().filter(|(_, parent)| found.contains(parent));
        let more: Vec<u32> = below.map(|(id, _)| *id).filter(|id| !found.contains(id)).collect();
        if more.is_empty() {
            found.remove(&of);
            return found;
        }
        found.extend(more);
    }
}
