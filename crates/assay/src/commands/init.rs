//! `assay init`: writes a configuration file that explains itself.

use std::fs::File;
use std::io::{ErrorKind, Write as _};
use std::path::Path;

use anyhow::{Context as _, bail};

use crate::config::DEFAULT_FILE;
use crate::exit::Exit;
use crate::terminal::{say, tell};

/// What the file holds: what a run needs, and every other key as a comment.
const TEMPLATE: &str = include_str!("init.toml");

/// Writes the file, unless there is one. A configuration is not read for it, as one that is there
/// may be what is wrong.
pub(super) fn execute(folder: &Path) -> anyhow::Result<Exit> {
    std::fs::create_dir_all(folder)
        .with_context(|| format!("failed to make the folder {}", folder.display()))?;
    let path = folder.join(DEFAULT_FILE);
    let place = path.display();
    let mut file = match File::create_new(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            bail!("{place} exists already, and is left as it is; delete it, or name another folder")
        }
        Err(error) => return Err(error).with_context(|| format!("failed to write {place}")),
    };
    file.write_all(TEMPLATE.as_bytes()).with_context(|| format!("failed to write {place}"))?;
    say(&format!("wrote {place}"))?;
    tell(
        "next: name your models in it; `assay doctor` says what is missing here, `assay prepare` installs what the cases need, and `assay run` measures",
    )?;
    Ok(Exit::Success)
}
