//! The state of a case as its sandboxes have it.

use std::path::Path;

use crate::tested_case::TestedCase;
use assay_core::infra_error::InfraClass;
use assay_core::{Case, InfraError};
use assay_sandbox::{Command, State, StateFile, StateFolder, StateProgram};

/// Where a sandbox finds commands that the host has.
const PLACES: [&str; 3] = ["/usr/local/bin", "/usr/bin", "/bin"];

/// What each sandbox of a case is made with.
pub(super) fn of(case: &TestedCase<'_>) -> State {
    let state = &case.state;
    let folder = |it: &assay_core::state::Folder| StateFolder {
        path: it.path.clone().into(),
        mode: it.mode,
    };
    let file = |it: &assay_core::state::StateFile| StateFile {
        path: it.path.clone().into(),
        mode: it.mode,
        content: it.content.clone(),
    };
    State {
        folders: state.folders.iter().map(folder).collect(),
        files: state.files.iter().map(file).collect(),
        programs: programs(state),
    }
}

/// The programs that exist for a case alone.
pub(super) fn programs(state: &assay_core::State) -> Vec<StateProgram> {
    let program = |it: &assay_core::state::Program| StateProgram {
        name: it.name.clone(),
        content: it.content.clone(),
    };
    state.programs.iter().map(program).collect()
}

/// The command with the variables that the case declares.
pub(super) fn surround(case: &TestedCase<'_>, command: Command) -> Command {
    let variables = case.state.environment.iter();
    variables.fold(command, |command, (name, value)| command.env(name, value))
}

/// The commands that a case needs and this host does not have.
pub fn missing_commands(case: &Case) -> Vec<&str> {
    let Some(task) = case.code() else { return Vec::new() };
    let is_made = |name: &str| task.state.programs.iter().any(|program| program.name == name);
    let is_there = |name: &str| PLACES.iter().any(|place| Path::new(place).join(name).is_file());
    let commands = task.state.commands.iter().map(String::as_str);
    commands.filter(|name| !is_made(name) && !is_there(name)).collect()
}

/// An error where this host lacks a command, without which an attack may come to nothing.
pub(super) fn check_commands(case: &TestedCase<'_>) -> Result<(), InfraError> {
    let missing = missing_commands(case.case);
    if missing.is_empty() {
        return Ok(());
    }
    Err(InfraError::new(InfraClass::Unprepared, lack(case.case, &missing)))
}

/// What to tell of missing commands, and the remedy.
pub fn lack(case: &Case, missing: &[&str]) -> String {
    let names = missing.join(", ");
    format!(
        "{} needs commands that this host does not have below {}: {names}; install them",
        case.id,
        PLACES.join(", ")
    )
}
