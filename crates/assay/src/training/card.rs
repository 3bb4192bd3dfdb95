//! [`Card`]: what people need to know of training data, as a data card (Gebru et al., "Datasheets for
//! Datasets", 2021), with the head that Hugging Face's tools read.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use assay_core::counted;

use super::contamination::Contamination;
use super::example::Kind;
use super::form::Form;
use super::published::{ROWS, published};
use super::source::{Source, SourceKind};
use super::split::{Side, Split};
use super::writer::{Counts, name};

/// Examples by where they are from, who decided, and kind.
pub type Sources = BTreeMap<(Source, &'static str, Kind), usize>;

/// What a card tells.
#[derive(Debug)]
pub struct Card<'a> {
    pub counts: &'a Counts,
    pub form: Form,
    pub split: Split,
    pub sources: &'a Sources,
    /// Answers that nothing was made of, by why.
    pub left_out: &'a BTreeMap<&'static str, usize>,
    pub contamination: &'a Contamination,
}

impl Card<'_> {
    pub fn text(&self) -> String {
        let mut text = self.head();
        text.push_str("# Training data about secure code, exported by Assay\n\n");
        self.table(&mut text);
        self.sides(&mut text);
        self.beside_the_paper(&mut text);
        self.origins(&mut text);
        self.contamination(&mut text);
        text.push_str("\n## To be borne in mind\n\n");
        text.push_str("- Answers are those of models. Their licences and terms say what they may be used for; so do the licences of programs from checkouts and from BigVul.\n");
        text.push_str("- A program counts as secure where its tests found no attack that succeeds, or where the one who decided said so. It may have other weaknesses.\n");
        text.push_str("- A vulnerable program's line is empty where it is not known.\n");
        text
    }

    fn head(&self) -> String {
        let mut text = "---\nconfigs:\n".to_owned();
        for kind in Kind::ALL {
            let sides = || Side::ALL.into_iter().filter(|side| self.count(kind, *side) > 0);
            if sides().next().is_none() {
                continue;
            }
            let _ = writeln!(text, "- config_name: {}\n  data_files:", kind.as_str());
            for side in sides() {
                let split = side.as_str().replace('-', "_");
                let _ = writeln!(text, "  - split: {split}\n    path: {}", name(kind, side));
            }
        }
        text + "---\n\n"
    }

    fn count(&self, kind: Kind, side: Side) -> usize {
        self.counts.get(&(kind, side)).copied().unwrap_or(0)
    }

    fn table(&self, text: &mut String) {
        text.push_str("| Kind | What is asked | To train | Held out | In the paper |\n|---|---|---|---|---|\n");
        for kind in Kind::ALL {
            let [train, held_out] = Side::ALL.map(|side| self.count(kind, side));
            let (name, title, published) = (kind.as_str(), kind.title(), samples(published(kind)));
            let _ = writeln!(text, "| {name} | {title} | {train} | {held_out} | {published} |");
        }
    }

    fn beside_the_paper(&self, text: &mut String) {
        text.push_str("\n## Beside the paper's\n\nThe numbers of samples that CoV-Eval publishes (Mou et al., 2025): VC-Judge's in Table 7, SC-IFT's in Table 8. Those here are of both sides.\n\n| Table | There | Kind | There | Here | Here from |\n|---|---|---|---|---|---|\n");
        for row in &ROWS {
            let here: usize = self
                .sources
                .iter()
                .filter(|((source, _, kind), _)| {
                    *kind == row.kind && row.of.is_none_or(|of| of == source.kind())
                })
                .map(|(_, count)| count)
                .sum();
            let from = match row.of {
                None | Some(SourceKind::Answers) => "answers of runs",
                Some(SourceKind::Programs) => "labelled or proved programs",
                Some(SourceKind::BigVul) => "BigVul",
            };
            let (kind, there) = (row.kind.as_str(), samples(row.samples));
            let _ = writeln!(
                text,
                "| {} | {} | {kind} | {there} | {here} | {from} |",
                row.table, row.title
            );
        }
        text.push_str("\nTable 7 adds up to 14,952. Table 8 also has 20,000 samples of CodeAlpaca (GC-IFT), 400 of BigVul (VD-IFT) and 8,000 of Alpaca (G-IFT), which are sets of others and not exported.\n");
    }

    fn sides(&self, text: &mut String) {
        let form = match self.form {
            Form::Alpaca => "Alpaca's (`instruction`, `input`, `output`)",
            Form::Sharegpt => "ShareGPT's (`conversations`)",
            Form::Messages => "chat messages (`messages`)",
        };
        let _ = write!(
            text,
            "\n## Form and split\n\nThe form is {form}; `dataset_info.json` describes it to LLaMA-Factory. {:.0} % of scenarios are held out, drawn with the seed {}. A scenario is a case with its variants, or a program with its twins; all that is about one is on one side.\n",
            self.split.held_out * 100.0,
            self.split.seed,
        );
    }

    fn origins(&self, text: &mut String) {
        text.push_str(
            "\n## Where they are from\n\n| Source | Decided by | Examples |\n|---|---|---|\n",
        );
        let mut sets: BTreeMap<(String, &str), usize> = BTreeMap::new();
        for ((source, decided_by, _), count) in self.sources {
            *sets.entry((source.name(), *decided_by)).or_default() += count;
        }
        for ((name, decided_by), count) in sets {
            let _ = writeln!(text, "| {} | {decided_by} | {count} |", name.replace('|', "\\|"));
        }
        if !self.left_out.is_empty() {
            text.push_str("\nAnswers that teach nothing: ");
            let parts: Vec<String> =
                self.left_out.iter().map(|(why, count)| format!("{count} ({why})")).collect();
            let _ = writeln!(text, "{}.", parts.join(", "));
        }
    }

    fn contamination(&self, text: &mut String) {
        let found = self.contamination;
        text.push_str("\n## Contamination\n\n");
        if found.sets.is_empty() {
            text.push_str(
                "No evaluation set was named, so nothing was looked for (`--evaluation`).\n",
            );
            return;
        }
        let sets: Vec<String> = found
            .sets
            .iter()
            .map(|(set, count)| format!("{set} ({})", counted(*count, "program")))
            .collect();
        let _ = writeln!(
            text,
            "Looked for: {}. {} of {} were left out: {} the same but for layout, {} whose runs of five words are the same to {:.0} % or more. `contamination.json` lists them.",
            sets.join(", "),
            found.exact + found.near,
            counted(found.examples, "example"),
            found.exact,
            found.near,
            found.threshold * 100.0,
        );
    }
}

fn samples(count: Option<usize>) -> String {
    count.map_or_else(|| "none".to_owned(), |count| count.to_string())
}
