//! [`Recipe`]: files that LLaMA-Factory trains a judge by, with what an export has (CoV-Eval,
//! Appendix G): `docs/vc-judge.md`.

use std::path::Path;

use super::example::Kind;
use super::form::Form;
use super::split::Side;
use super::writer::Counts;

/// How a judge is trained.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recipe {
    /// With the paper's settings.
    Full,
    /// With 4 bits and an adapter, on one GPU.
    Qlora,
}

/// What VC-Judge is trained with.
const KINDS: [Kind; 3] = [Kind::Judgement, Kind::Classification, Kind::Repair];

impl Recipe {
    pub const ALL: [Recipe; 2] = [Recipe::Full, Recipe::Qlora];

    pub const fn file(self) -> &'static str {
        match self {
            Recipe::Full => "vc-judge-full.yaml",
            Recipe::Qlora => "vc-judge-qlora.yaml",
        }
    }

    /// The file for the sets of a folder, or `None` where it has none that judges are trained with.
    pub fn text(self, folder: &Path, counts: &Counts) -> Option<String> {
        let names = |side: Side| -> Option<String> {
            let kinds = KINDS.into_iter().filter(|kind| counts.contains_key(&(*kind, side)));
            let names: Vec<String> = kinds.map(|kind| Form::name(kind, side)).collect();
            (!names.is_empty()).then(|| names.join(","))
        };
        let folder = serde_json::to_string(&folder.display().to_string()).ok()?;
        let mut data = format!("dataset_dir: {folder}\ndataset: {}", names(Side::Train)?);
        if let Some(held_out) = names(Side::HeldOut) {
            data.push_str("\neval_dataset: ");
            data.push_str(&held_out);
            data.push_str("\neval_strategy: epoch\nper_device_eval_batch_size: 1");
        }
        let template = match self {
            Recipe::Full => include_str!("full.yaml"),
            Recipe::Qlora => include_str!("qlora.yaml"),
        };
        Some(template.replace("{data}", &data).replace("FILE", self.file()))
    }
}
