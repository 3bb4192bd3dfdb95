//! One attempt while it goes on: its conversation, its turns, and what is to
//! be done next.

use std::sync::Arc;
use std::time::Duration;

use assay_core::prompt::{NoPrompt, render, repair};
use assay_core::record::{Answer, Finish};
use assay_core::{Artifact, AttemptKey, AttemptRecord, Case, Evidence, InfraError, JudgeReply};
use assay_core::{Locale, NoCode, Outcome, Turn, Verdict};

use crate::subject::{Message, Reply};
use crate::validate::Validation;

/// An attempt that is not finished.
#[derive(Debug)]
pub(super) struct OpenAttempt {
    pub(super) key: AttemptKey,
    pub(super) case: Arc<Case>,
    pub(super) subject: usize,
    /// The conversation so far; its last message is a question.
    pub(super) messages: Vec<Message>,
    turns: Vec<Turn>,
    /// The answer that is being validated.
    answered: Option<Answered>,
}

#[derive(Debug)]
struct Answered {
    reply: Reply,
    artifact: Option<Arc<Artifact>>,
    asked: Duration,
}

/// How often a subject may answer, and in which language it is asked.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rules {
    pub(super) max_answers: u32,
    pub(super) locale: Locale,
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
    Validate(OpenAttempt, Arc<Artifact>),
    Record(AttemptRecord),
}

impl OpenAttempt {
    pub(super) fn new(
        key: AttemptKey,
        case: Arc<Case>,
        subject: usize,
        rules: Rules,
    ) -> Result<OpenAttempt, NoPrompt> {
        let prompt = render(&case, key.scenario, rules.locale)?;
        let messages = vec![Message::user(prompt)];
        Ok(OpenAttempt { key, case, subject, messages, turns: Vec::new(), answered: None })
    }

    /// Takes an answer. One without code needs no validation.
    pub(super) fn answer(
        mut self,
        reply: Reply,
        asked: Duration,
        can_repair: bool,
        rules: Rules,
    ) -> Next {
        let extracted = extract(&reply.answer, reply.finish, &self.case);
        let extracted = extracted.map(Arc::new);
        let artifact = extracted.as_ref().ok().cloned();
        self.answered = Some(Answered { reply, artifact, asked });
        match extracted {
            Ok(artifact) => Next::Validate(self, artifact),
            Err(reason) => {
                let validation =
                    Validation { evidence: Evidence::NoCode { reason }, logs: Vec::new() };
                self.judge(Validated::own(validation, Duration::ZERO), can_repair, rules)
            }
        }
    }

    /// Takes what was observed of the answer: either the attempt is finished, or
    /// what failed goes back to the subject.
    pub(super) fn judge(mut self, validated: Validated, can_repair: bool, rules: Rules) -> Next {
        let Validated { validation, elapsed, shared_with, judge_replies, open } = validated;
        let Validation { evidence, logs } = validation;
        let outcome = open.map_or_else(|| evidence.outcome(), Outcome::Errored);
        let is_repairable = outcome
            .verdict()
            .is_some_and(|verdict| !verdict.is_functional() && verdict != Verdict::Tampered);
        let last = self.turns.len() + 1 >= rules.max_answers as usize;
        let repair_message =
            (is_repairable && can_repair && !last).then(|| repair(&evidence, &logs, rules.locale));
        if let Some(Answered { reply, artifact, asked }) = self.answered.take() {
            let Reply { answer, thinking, finish, usage } = reply;
            let said = match &answer {
                Answer::Text(text) => text.clone(),
                Answer::Files(_) => String::new(),
            };
            self.turns.push(Turn {
                prompt: self
                    .messages
                    .last()
                    .map(|message| message.text.clone())
                    .unwrap_or_default(),
                answer,
                thinking,
                finish,
                artifact: artifact.map(Arc::unwrap_or_clone),
                evidence,
                logs,
                usage,
                asked_ms: milliseconds(asked),
                validated_ms: milliseconds(elapsed),
                shared_with,
                judge_replies,
            });
            if let Some(message) = repair_message {
                self.messages.push(Message::assistant(said));
                self.messages.push(Message::user(message));
                return Next::Ask(self);
            }
        }
        Next::Record(AttemptRecord { key: self.key, outcome, turns: self.turns })
    }

    /// About how many bytes it holds: its conversation, and the answer that is being
    /// validated.
    pub(super) fn bytes(&self) -> usize {
        let messages: usize = self.messages.iter().map(|message| message.text.len()).sum();
        let answered = self.answered.as_ref().map_or(0, |answered| {
            let thinking = answered.reply.thinking.as_ref().map_or(0, String::len);
            // The artifact is a copy of a part of the answer.
            2 * answer_bytes(&answered.reply.answer) + thinking
        });
        let turns = self.turns.iter().flat_map(|turn| &turn.logs).map(|log| log.text.len());
        messages + answered + turns.sum::<usize>()
    }

    /// What is to be validated of the answer.
    pub(super) fn work(&self) -> Option<(Arc<Case>, Arc<Artifact>)> {
        let artifact = self.answered.as_ref()?.artifact.as_ref()?;
        Some((Arc::clone(&self.case), Arc::clone(artifact)))
    }

    /// Ends the attempt for a fault that the subject did not cause.
    pub(super) fn fail(self, error: InfraError) -> AttemptRecord {
        AttemptRecord { key: self.key, outcome: Outcome::Errored(error), turns: self.turns }
    }
}

/// The artifact that an answer holds.
pub(super) fn extract(answer: &Answer, finish: Finish, case: &Case) -> Result<Artifact, NoCode> {
    match answer {
        Answer::Text(text) => Artifact::from_reply(text, finish, &case.artifact_paths),
        Answer::Files(files) => Artifact::from_files(files.clone(), &case.artifact_paths),
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
