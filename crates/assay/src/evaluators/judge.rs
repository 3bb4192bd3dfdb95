//! [`WeaknessJudge`]: a model that is asked whether a program has one named weakness, in one of
//! the three ways of CoV-Eval (Appendix K).

use std::sync::Arc;
use std::time::Instant;

use assay_core::assessment::Assessment;
use assay_core::files::FileSet;
use assay_core::prompt::weakness::{Examples, Shown, judgement};
use assay_core::reading::{Safety, read_safety};
use assay_core::{InfraError, JudgeMode, Label};

use super::program::KnownProgram;
use crate::subject::{Asked, Message, ModelSubject, Reply, ResponseKey, Responses};

/// A model that judges, and how it is asked.
#[derive(Debug, Clone)]
pub struct WeaknessJudge {
    pub model: Arc<ModelSubject>,
    pub mode: JudgeMode,
    /// Where its answers are taken from and kept.
    pub responses: Option<Arc<Responses>>,
}

/// A question about a program.
#[derive(Debug, Clone)]
pub struct Asking {
    program: KnownProgram,
    message: String,
}

impl WeaknessJudge {
    /// What it is called among evaluators.
    pub fn name(&self) -> String {
        format!("{} ({})", self.model.name(), self.mode.as_str())
    }

    /// The question about a program. Examples are two other programs of its group or, if it
    /// has none, about its weakness; `None` where examples are wanted and there are none.
    pub fn asking(&self, program: &KnownProgram, all: &[KnownProgram]) -> Option<Asking> {
        let files = program.files();
        let given = FileSet::new();
        let shown = Shown { language: program.case.language, files: Some(&files), given: &given };
        let examples = match self.mode {
            JudgeMode::Direct | JudgeMode::Analysis => None,
            JudgeMode::FewShot => Some(examples_for(program, all)?),
        };
        let examples = examples.as_ref();
        let examples = examples.map(|(vulnerable, secure)| Examples { vulnerable, secure });
        let analyses = self.mode == JudgeMode::Analysis;
        let message = judgement(shown, &program.case.cwe, analyses, examples);
        Some(Asking { program: program.clone(), message })
    }

    /// Asks, and takes what is said. The error is a fault that the model did not cause.
    pub async fn assess(&self, asking: Asking) -> Result<Assessment, InfraError> {
        let Asking { program, message } = asking;
        let started = Instant::now();
        let reply = self.ask(&[Message::user(message)]).await?;
        let wall_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        let said = match &reply.answer {
            assay_core::answer::Answer::Text(text) => read_safety(text),
            assay_core::answer::Answer::Files(_) => None,
        };
        let said = said.map(|safety| label(safety, &program));
        let said = said.ok_or_else(|| "its answer holds no verdict".to_owned());
        let assessment = program.assessed(&self.name(), said, wall_ms);
        Ok(Assessment { cost: reply.usage.cost, ..assessment })
    }

    async fn ask(&self, messages: &[Message]) -> Result<Reply, InfraError> {
        let identity = self.model.identity(1);
        let asked = Asked { identity: &identity, messages, schema: None, round: 1 };
        let key = ResponseKey::from(&asked);
        let Some(responses) = &self.responses else {
            return self.model.ask(messages, None).await;
        };
        if let Some(reply) = responses.recall(&key) {
            return Ok(reply);
        }
        let reply = self.model.ask(messages, None).await?;
        responses.keep(&key, &reply);
        Ok(reply)
    }
}

fn label(safety: Safety, program: &KnownProgram) -> Label {
    match safety {
        Safety::Safe => Label::default(),
        Safety::Unsafe => {
            Label { vulnerable: true, cwe: program.case.cwe.clone(), ..Label::default() }
        }
    }
}

/// The files of two other programs that a judge is shown as examples: a vulnerable one, and one
/// that is not. `None` where there are none.
pub fn examples_for(program: &KnownProgram, all: &[KnownProgram]) -> Option<(FileSet, FileSet)> {
    let example = |vulnerable| example(program, all, vulnerable);
    Some((example(true)?, example(false)?))
}

/// The files of another program with this truth: of the same group, or else in the same
/// language about the same weakness.
fn example(program: &KnownProgram, all: &[KnownProgram], vulnerable: bool) -> Option<FileSet> {
    let others = || {
        let is_other = |it: &&KnownProgram| it.id() != program.id();
        all.iter().filter(is_other).filter(|it| it.truth.vulnerable == vulnerable)
    };
    let alike = |it: &&KnownProgram| {
        it.case.language == program.case.language && it.case.cwe == program.case.cwe
    };
    let of_group = others().find(|it| it.group == program.group);
    of_group.or_else(|| others().find(alike)).map(KnownProgram::files)
}
