//! The arguments that say who decides whether code is secure.

use assay_core::{DeciderChoice, Deciders};
use clap::Args;

/// Who decides whether code is secure, and who is asked beside.
#[derive(Debug, Clone, Default, Args)]
pub struct DeciderArgs {
    /// Who decides whether code that works is secure: tests, judges, judges:direct,
    /// judges:analysis, judges:few-shot or analyser:NAME (see docs/deciders.md) [default: who
    /// the case says]
    #[arg(long, value_name = "WHO")]
    pub decider: Option<DeciderChoice>,
    /// Who else is asked; what they say is recorded beside the verdict and decides nothing; may be
    /// repeated. A case's own tests are asked too where they do not decide
    #[arg(long, value_name = "WHO")]
    pub beside: Vec<DeciderChoice>,
}

impl DeciderArgs {
    /// What is named here, or else in the configuration.
    pub fn or(&self, file: &Deciders) -> Deciders {
        Deciders {
            decider: self.decider.clone().or_else(|| file.decider.clone()),
            beside: match self.beside.is_empty() {
                true => file.beside.clone(),
                false => self.beside.clone(),
            },
        }
    }
}
