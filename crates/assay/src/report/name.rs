//! How a run is called: as its user says, or by the name of its file.

use std::path::Path;

use super::RunData;

impl RunData {
    /// Its label, or the name of its file without the ending. It may hold anything.
    pub fn name(&self) -> String {
        self.info.label.clone().unwrap_or_else(|| self.stem())
    }

    /// The name of its file without the ending.
    pub fn stem(&self) -> String {
        let file: &Path = &self.file;
        file.file_stem().unwrap_or_default().to_string_lossy().into_owned()
    }
}
