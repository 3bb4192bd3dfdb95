//! What is under evaluation: a model behind a server, the recorded responses
//! of one, or a built-in that shows what the instrument measures.

mod api_key;
mod completion;
mod openai;
mod question;
mod replay;
mod retry;
mod spec;

use assay_core::Scenario;
use assay_core::case::{Case, SolutionKind};
use assay_core::files::texts;
use assay_core::record::Answer;
use assay_core::verdict::{InfraClass, InfraError};

pub use openai::{OpenAiConfig, OpenAiError, OpenAiSubject};
pub use question::{AnswerSchema, Message, Question, Reply, Role};
pub use replay::{Replay, ReplayConfig, ReplayError, ReplaySubject};
pub use spec::{Environment, Loaded, SubjectConfig, SubjectError, load, load_model};

/// One subject. A provider is one file and one variant here.
#[derive(Debug)]
pub enum Subject {
    /// Answers with the first solution known to be secure.
    Reference,
    /// Answers with the first solution known to be vulnerable.
    Vulnerable,
    /// Answers with empty files, which must never pass.
    Empty,
    Replay(ReplaySubject),
    OpenAi(Box<OpenAiSubject>),
}

impl Subject {
    /// Unique among the subjects of a run.
    pub fn name(&self) -> &str {
        match self {
            Subject::Reference => "reference",
            Subject::Vulnerable => "vulnerable",
            Subject::Empty => "empty",
            Subject::Replay(replay) => replay.name(),
            Subject::OpenAi(model) => model.name(),
        }
    }

    /// Whether it can answer a message that says what failed: only a model can.
    pub fn can_repair(&self) -> bool {
        matches!(self, Subject::OpenAi(_))
    }

    /// Whether it has an answer for a round, so that the round belongs in a
    /// plan. A replay has its records; the solutions of a case may be unknown.
    pub fn has_attempt(&self, case: &Case, scenario: Scenario, round: u32) -> bool {
        match self {
            Subject::Reference => case.solutions(SolutionKind::Secure).next().is_some(),
            Subject::Vulnerable => case.solutions(SolutionKind::Vulnerable).next().is_some(),
            Subject::Empty | Subject::OpenAi(_) => true,
            Subject::Replay(replay) => replay.answer(&case.id, scenario, round).is_some(),
        }
    }

    /// The highest round that it has an answer for; `None` where it answers as
    /// many as it is asked.
    pub fn rounds(&self) -> Option<u32> {
        match self {
            Subject::Replay(replay) => Some(replay.rounds()),
            _ => None,
        }
    }

    /// How many questions it may be asked at once.
    pub fn concurrency(&self) -> usize {
        match self {
            Subject::OpenAi(model) => model.concurrency(),
            _ => BUILT_IN_CONCURRENCY,
        }
    }

    /// Asks one question. The error is a fault that the subject did not cause,
    /// or a question that [`Subject::has_attempt`] rules out.
    pub async fn ask(&self, question: &Question<'_>) -> Result<Reply, InfraError> {
        let Question { case, scenario, round, messages } = question;
        let answer = match self {
            Subject::Reference => solution(case, SolutionKind::Secure),
            Subject::Vulnerable => solution(case, SolutionKind::Vulnerable),
            Subject::Empty => Some(empty(case)),
            Subject::Replay(replay) => replay.answer(&case.id, *scenario, *round).cloned(),
            Subject::OpenAi(model) => return model.ask(messages, None).await,
        };
        let answer = answer.ok_or_else(|| {
            let message = format!(
                "{} has no answer for {} / {scenario} / round {round}",
                self.name(),
                case.id
            );
            InfraError::new(InfraClass::BadRequest, message)
        })?;
        Ok(answer.into())
    }
}

/// Built-in subjects answer at once, so this only bounds what waits.
const BUILT_IN_CONCURRENCY: usize = 64;

fn solution(case: &Case, kind: SolutionKind) -> Option<Answer> {
    case.solutions(kind).next().map(|solution| {
        let texts = texts(&solution.files).into_iter();
        Answer::Files(texts.map(|(path, text)| (path.into(), text)).collect())
    })
}

fn empty(case: &Case) -> Answer {
    let paths = case.artifact_paths.iter();
    Answer::Files(paths.map(|path| (path.to_string(), String::new())).collect())
}
