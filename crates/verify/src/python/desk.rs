//! The programs of a prepared environment for somebody who works in a project: `pytest` and
//! others. They were written to run where the environment was made.

use std::fs;
use std::path::Path;

use assay_core::InfraError;
use assay_sandbox::File;

use super::ENVIRONMENT;
use crate::unreadable;

/// Programs of an environment that are of no use without a network.
const INSTALLERS: &str = "pip";

/// The scripts of an environment as files of a home folder, which name the interpreter
/// where it is seen.
pub(super) fn scripts(prepared: &Path) -> Result<Vec<File>, InfraError> {
    let folder = prepared.join("bin");
    let failed = |error: std::io::Error| unreadable(&folder, &error);
    let mut scripts = Vec::new();
    for entry in fs::read_dir(&folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with(INSTALLERS) || !entry.file_type().map_err(failed)?.is_file() {
            continue;
        }
        // Other programs than scripts are no UTF-8.
        let Ok(text) = fs::read_to_string(entry.path()) else { continue };
        let Some((first, rest)) = text.split_once('\n') else { continue };
        if first.starts_with("#!") && first.contains("python") {
            let text = format!("#!{ENVIRONMENT}/bin/python\n{rest}");
            scripts.push(File::new(format!(".local/bin/{name}"), text).executable());
        }
    }
    Ok(scripts)
}
