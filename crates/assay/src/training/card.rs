//! [`Card`]: what people need to know of training data, as a data card (Gebru et al., "Datasheets for
//! Datasets", 2021), with the head that Hugging Face's tools read.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use assay_core::counted;

use super::contamination::Contamination;
use super::example::Kind;
use super::form::Form;
use super::split::{Side, Split};
use super::writer::{Counts, name};

/// What a card tells.
#[derive(Debug)]
pub struct Card<'a> {
    pub counts: &'a Counts,
    pub form: Form,
    pub split: Split,
    /// Examples by where they are from and who decided.
    pub sources: &'a BTreeMap<(String, &'static str), usize>,
    /// Answers that nothing was made of, by why.
    pub left_out: &'a BTreeMap<&'static str, usize>,
    pub contamination: &'a Contamination,
}

/// Numbers of samples in the paper, where it has such (CoV-Eval, Tables 7 and 8).
fn published(kind: Kind) -> &'static str {
    match kind {
        Kind::Judgement | Kind::Classification => "5,233 (Table 7)",
        Kind::Repair => "4,486 (Table 7)",
        Kind::Completion | Kind::Generation => "1,200 (Table 8)",
        Kind::Preference | Kind::Rollout => "none",
    }
}

impl Card<'_> {
    pub fn text(&self) -> String {
        let mut text = self.head();
        text.push_str("# Training data about secure code, exported by Assay\n\n");
        self.table(&mut text);
        self.sides(&mut text);
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
            let (name, title, published) = (kind.as_str(), kind.title(), published(kind));
            let _ = writeln!(text, "| {name} | {title} | {train} | {held_out} | {published} |");
        }
        text.push_str("\nThe paper is CoV-Eval (Mou et al., 2025): the instructions of VC-Judge (Table 7), of which 747 of each kind are about its own programs and the others about BigVul's, and SC-IFT (Table 8).\n");
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
        for ((source, decided_by), count) in self.sources {
            let _ = writeln!(text, "| {source} | {decided_by} | {count} |");
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
