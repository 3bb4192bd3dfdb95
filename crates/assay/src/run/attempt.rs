//! One attempt in progress: its conversation, its turns, and what comes next.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use assay_core::answer::Answer;
use assay_core::infra_error::InfraClass;
use assay_core::label::LabelledProgram;
use assay_core::log::Log;
use assay_core::prompt::{NoPrompt, ask_again, render, render_in_place, repair, repair_in_place};
use assay_core::reading::{
    BothReadings, Found, OtherReading, ReadArtifact, Reading, Said, ThinkingTags, TurnReading,
    read_label, spoken,
};
use assay_core::{Artifact, AttemptKey, AttemptRecord, Case, Evidence, InfraError, JudgeReply};
use assay_core::{LabelJudgement, Locale, NoCode, Outcome, SafePath, Task, Turn};
use assay_verify::Validation;

use super::validations::Work;
use crate::subject::{Message, Reply};

/// What to do where the first question does not fit the model's context.
const TOO_LONG_AT_FIRST: &str = "; serve the model with a longer context, or set a smaller max-tokens, which some servers reserve for the answer";

/// An attempt that is not finished.
#[derive(Debug)]
pub(super) struct OpenAttempt {
    pub(super) key: AttemptKey,
    pub(super) case: Arc<Case>,
    pub(super) subject: usize,
    /// The conversation so far; its last message is a question.
    pub(super) messages: Vec<Message>,
    turns: Vec<Turn>,
    /// What an earlier attempt came to that this one is about.
    given: Option<Arc<Artifact>>,
    /// The answer that is being validated.
    answered: Option<Answered>,
    /// What the subject writes its thinking between.
    tags: ThinkingTags,
}

#[derive(Debug)]
struct Answered {
    reply: Reply,
    readings: Readings,
    asked: Duration,
    /// What was observed under the reading that the run follows, while what the other one
    /// found is being validated.
    observed: Option<Box<Validated>>,
}

/// How often a subject may answer, in which language it is asked, and how its answers
/// are read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rules {
    pub(super) max_answers: u32,
    pub(super) locale: Locale,
    pub(super) reading: Reading,
    /// Whether the subject works in the project by itself.
    pub(super) in_place: bool,
}

/// What both readings make of an answer, to be validated one after the other.
#[derive(Debug)]
pub(super) struct Readings {
    pub(super) artifact: Option<Arc<Artifact>>,
    turn: TurnReading,
    /// What the other reading found, if that is an artifact of its own.
    pub(super) other: Option<Arc<Artifact>>,
}

impl Readings {
    /// Reads an answer; beside it, what is observed of one that is not to be validated: it
    /// has no code, or none was asked for.
    pub(super) fn of(
        said: &Said<'_>,
        case: &Case,
        reading: Reading,
    ) -> (Readings, Option<Evidence>) {
        if let Task::Recognise(program) = &case.task {
            return Readings::of_statement(said, program, reading);
        }
        let BothReadings { own, other } = said.read_both(reading, case.artifact_paths());
        let (artifact, found, evidence) = parts(own);
        let thinking = Some(said.thinking.to_vec());
        let mut turn = TurnReading { reading, found, other: None, thinking };
        let mut to_validate = None;
        if let Some(other) = other {
            let (other, found, without_code) = parts(other);
            to_validate = other.map(Arc::new);
            // Until it is validated, it is not known what comes of it.
            let observed = without_code.ok_or_else(|| {
                InfraError::new(InfraClass::Sandbox, "the other reading was not validated")
            });
            turn.other = Some(Box::new(OtherReading { artifact: None, found, observed }));
        }
        let artifact = artifact.map(Arc::new);
        (Readings { artifact, turn, other: to_validate }, evidence)
    }

    /// Reads an answer's statement about a program.
    fn of_statement(
        said: &Said<'_>,
        program: &LabelledProgram,
        reading: Reading,
    ) -> (Readings, Option<Evidence>) {
        let truth = program.truth.clone();
        let label = match said.answer {
            Answer::Text(text) => read_label(&spoken(text, said.thinking)),
            Answer::Files(_) => None,
        };
        let thinking = Some(said.thinking.to_vec());
        let turn = TurnReading { reading, found: BTreeMap::new(), other: None, thinking };
        let evidence = Evidence::label(LabelJudgement { said: label, truth });
        (Readings { artifact: None, turn, other: None }, Some(evidence))
    }

    /// Takes what was observed of what the other reading found.
    pub(super) fn observe_other(&mut self, observed: Result<Evidence, InfraError>) {
        let artifact = self.other.take().map(Arc::unwrap_or_clone);
        if let Some(other) = &mut self.turn.other {
            other.artifact = artifact;
            other.observed = observed;
        }
    }

    /// The artifact of the run's reading, and how the answer was read.
    pub(super) fn into_parts(self) -> (Option<Artifact>, TurnReading) {
        (self.artifact.map(Arc::unwrap_or_clone), self.turn)
    }
}

/// The artifact, how its files were found, and the evidence if there is none.
type Parts = (Option<Artifact>, BTreeMap<SafePath, Found>, Option<Evidence>);

fn parts(read: Result<ReadArtifact, NoCode>) -> Parts {
    match read {
        Ok(ReadArtifact { artifact, found }) => (Some(artifact), found, None),
        Err(reason) => (None, BTreeMap::new(), Some(Evidence::no_code(reason))),
    }
}

/// What was observed of an answer.
#[derive(Debug)]
pub(super) struct Validated {
    pub(super) validation: Validation,
    pub(super) elapsed: Duration,
    /// Whose validation of an identical artifact this is, if it is another's.
    pub(super) shared_with: Option<AttemptKey>,
    /// What judges replied about it.
    pub(super) judge_replies: Vec<JudgeReply>,
    /// Why judges have not decided what was theirs to decide.
    pub(super) open: Option<InfraError>,
}

impl Validated {
    /// A validation of an attempt's own, in which judges had no part.
    pub(super) fn own(validation: Validation, elapsed: Duration) -> Validated {
        let judge_replies = Vec::new();
        Validated { validation, elapsed, shared_with: None, judge_replies, open: None }
    }
}

/// What an attempt needs next.
#[derive(Debug)]
pub(super) enum Next {
    Ask(OpenAttempt),
    /// What [`OpenAttempt::work`] says.
    Validate(OpenAttempt),
    Record(AttemptRecord),
}

impl OpenAttempt {
    pub(super) fn new(
        key: AttemptKey,
        case: Arc<Case>,
        subject: usize,
        tags: ThinkingTags,
        rules: Rules,
    ) -> Result<OpenAttempt, NoPrompt> {
        let prompt = match rules.in_place {
            true => render_in_place(&case, key.scenario, rules.locale)?,
            false => render(&case, key.scenario, rules.locale)?,
        };
        let messages = vec![Message::user(prompt)];
        let (turns, given, answered) = (Vec::new(), None, None);
        Ok(OpenAttempt { key, case, subject, messages, turns, given, answered, tags })
    }

    /// The same about what an earlier attempt came to.
    pub(super) fn about(self, given: Option<Arc<Artifact>>) -> OpenAttempt {
        OpenAttempt { given, ..self }
    }

    /// Takes an answer. One without code needs no validation.
    pub(super) fn answer(
        mut self,
        mut reply: Reply,
        asked: Duration,
        can_repair: bool,
        rules: Rules,
    ) -> Next {
        let thinking = reply.find_thinking(&self.tags);
        let thought = reply.thinking.is_some();
        let said =
            Said { answer: &reply.answer, finish: reply.finish, thought, thinking: &thinking };
        let (readings, without_code) = Readings::of(&said, &self.case, rules.reading);
        let artifact = readings.artifact.clone();
        self.answered = Some(Answered { reply, readings, asked, observed: None });
        match (artifact, without_code) {
            (Some(_), _) => Next::Validate(self),
            (None, evidence) => {
                let evidence = evidence.unwrap_or_else(|| Evidence::no_code(NoCode::Empty));
                let validation = Validation { evidence, logs: Vec::new() };
                self.judge(Validated::own(validation, Duration::ZERO), can_repair, rules)
            }
        }
    }

    /// Whether what is being validated is what the other reading found.
    pub(super) fn is_at_other_reading(&self) -> bool {
        self.answered.as_ref().is_some_and(|answered| answered.observed.is_some())
    }

    /// Goes on although what the other reading found could not be validated.
    pub(super) fn fail_other(mut self, error: InfraError, can_repair: bool, rules: Rules) -> Next {
        let Some(answered) = &mut self.answered else { return Next::Record(self.fail(error)) };
        answered.readings.observe_other(Err(error));
        match answered.observed.take() {
            Some(observed) => self.conclude(*observed, can_repair, rules),
            None => self.stop(),
        }
    }

    /// Takes what was observed of the answer: either the attempt is finished, or
    /// what failed goes back to the subject. First, what the other reading found of it is
    /// validated, if that is something else.
    pub(super) fn judge(mut self, validated: Validated, can_repair: bool, rules: Rules) -> Next {
        let Some(answered) = &mut self.answered else { return self.stop() };
        if let Some(mut own) = answered.observed.take() {
            let Validated { validation, judge_replies, open, .. } = validated;
            answered.readings.observe_other(match open {
                Some(error) => Err(error),
                None => Ok(validation.evidence),
            });
            own.judge_replies.extend(judge_replies);
            return self.conclude(*own, can_repair, rules);
        }
        if answered.readings.other.is_some() {
            answered.observed = Some(Box::new(validated));
            return Next::Validate(self);
        }
        self.conclude(validated, can_repair, rules)
    }

    /// Ends an attempt about which everything is known.
    fn stop(self) -> Next {
        let message = "an answer was validated that no subject gave; this is a bug";
        Next::Record(self.fail(InfraError::new(InfraClass::Sandbox, message)))
    }

    fn conclude(mut self, validated: Validated, can_repair: bool, rules: Rules) -> Next {
        let Validated { validation, elapsed, shared_with, judge_replies, open } = validated;
        let Validation { evidence, logs } = validation;
        let outcome = open.map_or_else(|| evidence.outcome(), Outcome::Errored);
        let is_repairable = outcome.is_repairable();
        let last = self.turns.len() + 1 >= rules.max_answers as usize;
        let repair_message =
            (is_repairable && can_repair && !last).then(|| self.repair(&evidence, &logs, rules));
        if let Some(Answered { reply, readings, asked, observed: _ }) = self.answered.take() {
            let (artifact, reading) = readings.into_parts();
            let Reply { answer, thinking, finish, usage, served, logs: mut all } = reply;
            all.extend(logs);
            let turn = Turn {
                prompt: self
                    .messages
                    .last()
                    .map(|message| message.text.clone())
                    .unwrap_or_default(),
                answer,
                thinking,
                finish,
                artifact,
                reading: Some(reading),
                evidence,
                logs: all,
                usage,
                served,
                asked_ms: milliseconds(asked),
                validated_ms: milliseconds(elapsed),
                shared_with,
                judge_replies,
            };
            // A model is not told again what it thought.
            let said = turn.spoken().map(Cow::into_owned).unwrap_or_default();
            self.turns.push(turn);
            if let Some(message) = repair_message {
                self.messages.push(Message::assistant(said));
                self.messages.push(Message::user(message));
                return Next::Ask(self);
            }
        }
        let (key, turns) = (self.key, self.turns);
        Next::Record(AttemptRecord { key, outcome, turns, context_full: None })
    }

    /// The message that says what failed.
    fn repair(&self, evidence: &Evidence, logs: &[Log], rules: Rules) -> String {
        match evidence.why_no_code() {
            _ if rules.in_place => repair_in_place(evidence, logs, rules.locale),
            Some(reason) => ask_again(reason, &self.case, rules.locale),
            None => repair(evidence, logs, rules.locale),
        }
    }

    /// What the answer before the present question held, and before the first one what the
    /// attempt came to that this one is about.
    pub(super) fn written(&self) -> Option<&Artifact> {
        let last = self.turns.last().and_then(|turn| turn.artifact.as_ref());
        last.or(self.given.as_deref())
    }

    /// About how many bytes it holds: its conversation, and the answer that is being
    /// validated.
    pub(super) fn bytes(&self) -> usize {
        let messages: usize = self.messages.iter().map(|message| message.text.len()).sum();
        let answered = self.answered.as_ref().map_or(0, |answered| {
            let thinking = answered.reply.thinking.as_ref().map_or(0, String::len);
            // An artifact is a copy of a part of the answer.
            let readings = &answered.readings;
            let copies = [&readings.artifact, &readings.other].into_iter().flatten().count();
            (1 + copies) * answer_bytes(&answered.reply.answer) + thinking
        });
        let turns = self.turns.iter().flat_map(|turn| &turn.logs).map(|log| log.text.len());
        messages + answered + turns.sum::<usize>()
    }

    /// What is to be validated of the answer.
    pub(super) fn work(&self, id: u64) -> Option<Work> {
        let answered = self.answered.as_ref()?;
        let artifact = match self.is_at_other_reading() {
            true => answered.readings.other.as_ref()?,
            false => answered.readings.artifact.as_ref()?,
        };
        let (case, artifact) = (Arc::clone(&self.case), Arc::clone(artifact));
        Some(Work { id, key: self.key.clone(), case, artifact })
    }

    /// Ends the attempt for a fault that the subject did not cause.
    pub(super) fn fail(self, error: InfraError) -> AttemptRecord {
        let (key, turns) = (self.key, self.turns);
        AttemptRecord { key, outcome: Outcome::Errored(error), turns, context_full: None }
    }

    /// Ends the attempt without an answer to its last question. If the question no longer fits the
    /// model's context, that is a property of the subject, and the attempt is judged by the answer
    /// before. If the first question does not fit, the attempt was never answered.
    pub(super) fn unanswered(self, error: InfraError) -> AttemptRecord {
        let standing = self.turns.last().map(|turn| turn.evidence.outcome());
        match standing {
            Some(outcome) if error.class == InfraClass::ContextFull => {
                let (key, turns) = (self.key, self.turns);
                AttemptRecord { key, outcome, turns, context_full: Some(error.message) }
            }
            None if error.class == InfraClass::ContextFull => {
                let message = format!("{}{TOO_LONG_AT_FIRST}", error.message);
                self.fail(InfraError::new(error.class, message))
            }
            _ => self.fail(error),
        }
    }
}

fn answer_bytes(answer: &Answer) -> usize {
    match answer {
        Answer::Text(text) => text.len(),
        Answer::Files(files) => files.values().map(String::len).sum(),
    }
}

pub(super) fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
