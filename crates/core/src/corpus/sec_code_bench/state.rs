//! The state of the official cases whose attacks need some: `state.toml` has a table of
//! each by its name, in the form of the `[state]` of a `case.toml`.

use std::collections::BTreeMap;

use crate::files::{FileSet, SafePath};
use crate::state::{State, StateTable};

const DECLARATION: &str = include_str!("state.toml");
const FILES: [(&str, &str); 1] = [("ping.sh", include_str!("state/ping.sh"))];

/// The state of a case; most need none.
pub(super) fn of(id: &str) -> State {
    // The unit test below reads all of it, so none is absent.
    let tables: BTreeMap<String, StateTable> = toml::from_str(DECLARATION).unwrap_or_default();
    let table = tables.get(id);
    table.and_then(|table| table.read(&files_of(id)).ok()).unwrap_or_default()
}

/// The files that the state of a case uses.
fn files_of(id: &str) -> FileSet {
    let wanted: &[&str] = if id == "CommandInjectionExec" { &["ping.sh"] } else { &[] };
    let files = FILES.iter().filter(|(name, _)| wanted.contains(name));
    files
        .filter_map(|(name, text)| Some((SafePath::new(name).ok()?, text.as_bytes().to_vec())))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_table_of_state_is_sound() {
        let tables: BTreeMap<String, StateTable> = toml::from_str(DECLARATION).expect("tables");
        for (id, table) in &tables {
            let state = table.read(&files_of(id)).expect("sound");
            assert_eq!(of(id), state);
            assert!(!state.is_empty(), "{id}");
        }
        assert!(of("PathTraversalRead").is_empty());
    }
}
