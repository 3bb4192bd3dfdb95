//! [`Writer`]: the files of a folder of training data, each written whole or not at all.

use std::collections::BTreeMap;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use super::example::{Example, Kind};
use super::form::Form;
use super::recipe::Recipe;
use super::split::{Side, Split};
use crate::output::{NewFile, OutputError};

/// Files of the folder that hold no examples.
const FILES: [&str; 5] = [
    "dataset_info.json",
    "contamination.json",
    "README.md",
    Recipe::Full.file(),
    Recipe::Qlora.file(),
];

/// How many examples of each kind are on each side.
pub type Counts = BTreeMap<(Kind, Side), usize>;

/// Writes examples to the files of their kinds and sides.
#[derive(Debug)]
pub(crate) struct Writer {
    pub(crate) form: Form,
    pub(crate) split: Split,
    files: BTreeMap<(Kind, Side), NewFile>,
    others: Vec<NewFile>,
    counts: Counts,
}

impl Writer {
    /// Looks whether all files can be written, before any is.
    pub(crate) fn begin(
        folder: &Path,
        form: Form,
        split: Split,
        force: bool,
        inputs: &[PathBuf],
    ) -> Result<Writer, OutputError> {
        let begin = |name: &str| NewFile::begin(&folder.join(name), force, inputs);
        let mut files = BTreeMap::new();
        for kind in Kind::ALL {
            for side in Side::ALL {
                files.insert((kind, side), begin(&name(kind, side))?);
            }
        }
        let mut others = Vec::new();
        for name in FILES {
            others.push(begin(name)?);
        }
        Ok(Writer { form, split, files, others, counts: Counts::new() })
    }

    /// Writes an example.
    pub(crate) fn add(&mut self, example: &Example) -> io::Result<()> {
        let place = (example.kind, self.split.side(&example.origin.scenario));
        *self.counts.entry(place).or_default() += 1;
        let mut line = serde_json::to_vec(&self.form.line(example))?;
        line.push(b'\n');
        match self.files.get(&place) {
            Some(file) => written(file, &line),
            None => Ok(()),
        }
    }

    pub(crate) fn counts(&self) -> &Counts {
        &self.counts
    }

    /// What LLaMA-Factory is told.
    pub(crate) fn dataset_info(&self) -> Value {
        let sets = self.counts.keys().map(|(kind, side)| {
            (Form::name(*kind, *side), self.form.info(*kind, &name(*kind, *side)))
        });
        Value::Object(sets.collect::<Map<String, Value>>())
    }

    /// Puts the files that have examples into their places, and these texts beside them: those of
    /// LLaMA-Factory's sets, of contamination, of the card and of both recipes.
    pub(crate) fn finish(self, texts: [Option<String>; FILES.len()]) -> anyhow::Result<()> {
        let counts = self.counts;
        for (place, file) in self.files {
            // One of an earlier export is replaced, even by nothing.
            if counts.contains_key(&place) || file.place().exists() {
                file.finish()?;
            }
        }
        for (file, text) in self.others.into_iter().zip(texts) {
            if text.is_some() || file.place().exists() {
                written(&file, text.unwrap_or_default().as_bytes())?;
                file.finish()?;
            }
        }
        Ok(())
    }
}

fn written(file: &NewFile, text: &[u8]) -> io::Result<()> {
    let mut to = file.writer();
    to.write_all(text)?;
    to.flush()
}

/// The name of a file.
pub(super) fn name(kind: Kind, side: Side) -> String {
    format!("{}.{}.jsonl", kind.as_str(), side.as_str())
}
