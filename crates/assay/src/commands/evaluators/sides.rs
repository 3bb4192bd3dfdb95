//! [`Sides`]: which scenarios a judge was trained with, and which were held out, by the folder of
//! `assay export --format sft`.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{BufRead as _, BufReader};
use std::path::Path;

use anyhow::{Context as _, bail};
use assay_core::certificate::HeldOut;
use assay_core::files::sha256;
use serde::Deserialize;

use crate::training::Side;

/// The scenarios of both sides.
pub(super) struct Sides {
    trained: BTreeSet<String>,
    held_out: BTreeSet<String>,
    card_digest: String,
}

#[derive(Deserialize)]
struct Line {
    scenario: String,
}

impl Sides {
    /// Reads the files of a folder whose names end as those of a side do.
    pub(super) fn read(folder: &Path) -> anyhow::Result<Sides> {
        let place = folder.display();
        let card = folder.join("README.md");
        let card = fs::read(&card).with_context(|| {
            format!(
                "failed to read {}; name a folder that `assay export --format sft` wrote",
                card.display()
            )
        })?;
        let mut sides = Sides {
            trained: BTreeSet::new(),
            held_out: BTreeSet::new(),
            card_digest: sha256(&card),
        };
        let entries = fs::read_dir(folder).with_context(|| format!("failed to read {place}"))?;
        for entry in entries {
            let path = entry.with_context(|| format!("failed to read {place}"))?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let ends = |side: Side| name.ends_with(&format!(".{}.jsonl", side.as_str()));
            let Some(side) = Side::ALL.into_iter().find(|side| ends(*side)) else { continue };
            let of_side = match side {
                Side::Train => &mut sides.trained,
                Side::HeldOut => &mut sides.held_out,
            };
            read(&path, of_side)?;
        }
        if let Some(scenario) = sides.trained.intersection(&sides.held_out).next() {
            bail!("{place}: the scenario {scenario} is on both sides, so that nothing is held out");
        }
        if sides.held_out.is_empty() {
            bail!("{place} holds out nothing; export it with --held-out PERCENT");
        }
        Ok(sides)
    }

    pub(super) fn trains(&self, scenario: &str) -> bool {
        self.trained.contains(scenario)
    }

    pub(super) fn holds_out(&self, scenario: &str) -> bool {
        self.held_out.contains(scenario)
    }

    pub(super) fn facts(&self) -> HeldOut {
        HeldOut {
            card_digest: self.card_digest.clone(),
            trained_scenarios: self.trained.len(),
            held_out_scenarios: self.held_out.len(),
        }
    }
}

fn read(path: &Path, scenarios: &mut BTreeSet<String>) -> anyhow::Result<()> {
    let place = path.display();
    let file = File::open(path).with_context(|| format!("failed to read {place}"))?;
    for (number, line) in (1..).zip(BufReader::new(file).lines()) {
        let line = line.with_context(|| format!("failed to read {place}"))?;
        let Line { scenario } = serde_json::from_str(&line).with_context(|| {
            format!(
                "{place}:{number}: no line of `assay export --format sft`, which names its scenario"
            )
        })?;
        scenarios.insert(scenario);
    }
    Ok(())
}
