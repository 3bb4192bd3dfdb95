//! [`Foundation`]: what results rest on beside case and artifact.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, PoisonError};

use assay_core::files::sha256;
use assay_core::{Case, Language};
use assay_verify::{Validator, harness_digest, versions};

use crate::service::Basis;

/// The guest programs, the tools of each language, and what was prepared.
pub(super) struct Foundation {
    validator: Arc<Validator>,
    harness: String,
    /// The versions of each language's tools, once they were asked for.
    tools: Mutex<BTreeMap<Language, String>>,
}

impl Foundation {
    pub(super) fn new(validator: Arc<Validator>) -> Foundation {
        Foundation { validator, harness: harness_digest(), tools: Mutex::default() }
    }

    /// Tools do not change while the service runs; whoever updates them starts it anew.
    fn tools(&self, language: Language) -> String {
        let mut tools = self.tools.lock().unwrap_or_else(PoisonError::into_inner);
        let found = tools.entry(language).or_insert_with(|| {
            versions([language]).iter().fold(String::new(), |mut text, (name, version)| {
                let _ = writeln!(text, "{name} {version}");
                text
            })
        });
        found.clone()
    }
}

impl Basis for Foundation {
    fn of(&self, case: &Case) -> Option<String> {
        let task = case.code()?;
        // An analyser's version and rules are not among what is known here.
        if task.deciders().any(|decider| decider.analyser().is_some()) {
            return None;
        }
        // The folder is named by a digest of everything that it was prepared from.
        let prepared = self.validator.prepared(case);
        let prepared = prepared.as_deref().and_then(|it| it.file_name()).unwrap_or_default();
        let version = env!("CARGO_PKG_VERSION");
        let tools = self.tools(case.language);
        let text = format!("{version}\n{}\n{}\n{tools}", self.harness, prepared.to_string_lossy());
        Some(sha256(text.as_bytes()))
    }
}
