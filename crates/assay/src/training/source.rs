//! [`Source`]: what an example was taken from.

use std::fmt;

/// The run, the corpus or the file that an example is from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// An answer of a run; `by` is the subject and the round.
    Run {
        run: String,
        by: String,
    },
    /// A program of a corpus or of a checkout, whose security is known.
    Corpus(String),
    BigVul,
}

/// The kinds of sources, as the paper has them (CoV-Eval, section 4.1 and Appendix F).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SourceKind {
    Answers,
    Programs,
    BigVul,
}

impl Source {
    pub fn kind(&self) -> SourceKind {
        match self {
            Source::Run { .. } => SourceKind::Answers,
            Source::Corpus(_) => SourceKind::Programs,
            Source::BigVul => SourceKind::BigVul,
        }
    }

    /// Its name, without who answered.
    pub fn name(&self) -> String {
        match self {
            Source::Run { run, .. } => format!("run {run}"),
            Source::Corpus(name) => name.clone(),
            Source::BigVul => "BigVul".to_owned(),
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str(&self.name())?;
        match self {
            Source::Run { by, .. } => write!(to, ", {by}"),
            Source::Corpus(_) | Source::BigVul => Ok(()),
        }
    }
}
