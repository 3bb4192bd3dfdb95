//! The page of a comparison.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use crate::cli::CompareArgs;
use crate::output::NewFile;
use crate::report::{Comparison, html};
use crate::terminal::complain;

/// Checks the page's place before anything is computed.
pub(super) fn begin(args: &CompareArgs) -> anyhow::Result<Option<(NewFile, &Path)>> {
    let Some(place) = args.html.as_deref() else { return Ok(None) };
    let inputs: Vec<PathBuf> =
        [Some(&args.first), args.second.as_ref()].into_iter().flatten().cloned().collect();
    Ok(Some((NewFile::begin(place, args.force, &inputs)?, place)))
}

/// Writes it.
pub(super) fn write(
    (file, place): (NewFile, &Path),
    comparisons: &[Comparison],
    runs: &[&str],
) -> anyhow::Result<()> {
    let page = html::comparison_page(comparisons, runs);
    file.writer().write_all(page.as_bytes())?;
    file.finish()?;
    complain(&format!("comparison written to {}", std::path::absolute(place)?.display()));
    Ok(())
}
