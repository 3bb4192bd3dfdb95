//! The judges of a run, and one vote of one of them.

use std::borrow::Cow;
use std::sync::Arc;

use assay_core::answer::Answer;
use assay_core::infra_error::{InfraClass, InfraError};
use assay_core::judge::{Ballot, NoBallot, Seats};
use assay_core::reading::spoken;
use assay_core::{JudgeReply, TokenUsage, Vote};
use tokio::task::JoinSet;
use tracing::{Instrument as _, debug, debug_span};

use super::answer::{VoteForm, read};
use super::brief::{BallotQuestion, again};
use super::config::JudgeConfig;
use crate::subject::pace::Paces;
use crate::subject::{AnswerSchema, Asked, Environment, Message, ModelSubject, Reply};
use crate::subject::{ResponseKey, Responses, SubjectError, load_model};

/// The judges of a run, an odd number of votes together.
#[derive(Debug)]
pub struct Panel {
    pub(super) judges: Vec<Arc<Judge>>,
    pub(super) seats: Seats,
    pub(super) responses: Option<Arc<Responses>>,
}

/// A model that votes.
#[derive(Debug)]
pub(super) struct Judge {
    pub(super) model: ModelSubject,
    pub(super) structured: bool,
}

/// Why judges do not form a panel.
#[derive(Debug, thiserror::Error)]
pub enum PanelError {
    #[error("judge: {0}")]
    Judge(#[from] SubjectError),
    #[error("two judges are named {0:?}; give one of them another name, or one of them more votes")]
    Name(String),
    #[error(
        "the judges have {0} votes in total, which allows a tie; an odd number is needed: add a judge, or change the `votes` of one"
    )]
    Even(usize),
}

/// The result of asking the whole panel.
#[derive(Debug)]
pub(super) struct Poll {
    /// The error has the class [`InfraClass::RequestLimit`] if a vote is missing only because no
    /// more requests may be sent now.
    pub(super) ballot: Result<Ballot, InfraError>,
    /// Whether votes are missing only because what judges answered was none.
    pub(super) is_malformed: bool,
    /// What every reply took, of votes that did not come about too.
    pub(super) replies: Vec<JudgeReply>,
}

/// The result of asking one judge for one vote.
struct Voted {
    vote: Result<Vote, InfraError>,
    replies: Vec<JudgeReply>,
}

/// One question to a judge. Each sample is a question of its own, also for the cache.
struct JudgeQuestion<'a> {
    messages: &'a [Message],
    form: VoteForm,
    sample: u32,
    responses: Option<&'a Responses>,
}

/// How often a judge may answer for one vote.
pub const MAX_ANSWERS: usize = 3;

/// What a judge is asked before anything is paid for that it is to judge.
const GREETING: &str = "Reply with the one word: ready";

/// The most characters of a fault that are shown.
const MAX_FAULT_CHARACTERS: usize = 200;

impl Panel {
    /// The panel of these judges, with warnings for the user; `None` if there are no judges.
    pub fn load(
        configs: &[JudgeConfig],
        environment: Environment<'_>,
        paces: &mut Paces,
    ) -> Result<Option<(Panel, Vec<String>)>, PanelError> {
        if configs.is_empty() {
            return Ok(None);
        }
        let mut judges = Vec::new();
        let mut warnings = Vec::new();
        for config in configs {
            let model = load_model(&config.model, environment, paces)?;
            warnings.extend(model.warning());
            let judge = Judge { model, structured: config.structured };
            judges.push((Arc::new(judge), config.votes.get()));
        }
        let seats = Seats::new(judges.iter().map(|(judge, votes)| (judge.model.name(), *votes)));
        let seats = seats.map_err(|fault| match fault {
            NoBallot::Twice { judge, .. } => PanelError::Name(judge),
            NoBallot::Even(votes) | NoBallot::Incomplete { panel: votes, .. } => {
                PanelError::Even(votes)
            }
        })?;
        let judges = judges.into_iter().map(|(judge, _)| judge).collect();
        Ok(Some((Panel { judges, seats, responses: None }, warnings)))
    }

    /// The same panel, whose votes are taken from the response cache and kept there.
    #[must_use]
    pub fn with_responses(self, responses: Option<Arc<Responses>>) -> Panel {
        Panel { responses, ..self }
    }

    /// A judge whose price is not known.
    pub fn unpriced(&self) -> Option<&str> {
        let mut unpriced = self.judges.iter().filter(|judge| judge.model.price().is_none());
        unpriced.next().map(|judge| judge.model.name())
    }

    /// The judges' names, in the order in which they were given.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.judges.iter().map(|judge| judge.model.name())
    }

    /// How many votes a ballot has.
    pub fn votes(&self) -> usize {
        self.seats.count()
    }

    /// Asks every judge for one word, to find out whether it can be asked at all; the first that
    /// cannot be asked is the error. A word costs next to nothing. The judge's settings are all
    /// sent, because its server may refuse one of them.
    pub async fn greet(&self) -> Result<Vec<JudgeReply>, (String, InfraError)> {
        let mut replies = Vec::new();
        for Judge { model, .. } in self.judges.iter().map(Arc::as_ref) {
            let judge = model.name().to_owned();
            match model.ask(&[Message::user(GREETING)], None).await {
                Ok(Reply { usage, served, .. }) => {
                    replies.push(JudgeReply { judge, usage, served });
                }
                Err(error) => return Err((judge, error)),
            }
        }
        Ok(replies)
    }

    /// The first judge that is asked no more, and why.
    pub fn refusal(&self) -> Option<(&str, &InfraError)> {
        let mut models = self.judges.iter().map(|judge| &judge.model);
        models.find_map(|model| Some((model.name(), model.refusal()?)))
    }

    /// Asks every judge for all its votes at once.
    pub(super) async fn ask(&self, question: &BallotQuestion) -> Poll {
        let mut votes = JoinSet::new();
        for (place, (name, sample)) in self.seats.iter().enumerate() {
            let Some(judge) = self.judges.iter().find(|judge| judge.model.name() == name) else {
                continue;
            };
            let (judge, question) = (Arc::clone(judge), question.clone());
            let responses = self.responses.clone();
            votes.spawn(
                async move {
                    let span = debug_span!("vote", judge = judge.model.name(), sample);
                    let vote = judge.vote(sample, &question, responses.as_deref());
                    (place, vote.instrument(span).await)
                }
                .in_current_span(),
            );
        }
        let mut voted = Vec::new();
        let mut faults = Vec::new();
        while let Some(result) = votes.join_next().await {
            match result {
                Ok(vote) => voted.push(vote),
                Err(error) => faults.push(InfraError::new(
                    InfraClass::Panel,
                    format!("a vote failed: {error}; this is a bug"),
                )),
            }
        }
        voted.sort_by_key(|(place, _)| *place);
        let mut replies = Vec::new();
        let mut cast = Vec::new();
        for (_, Voted { vote, replies: given }) in voted {
            replies.extend(given);
            match vote {
                Ok(vote) => cast.push(vote),
                Err(fault) => faults.push(fault),
            }
        }
        let is_malformed =
            !faults.is_empty() && faults.iter().all(|fault| fault.class == InfraClass::Panel);
        let ballot = self.seats.ballot(cast).map_err(|incomplete| {
            // A vote that waits for a higher limit can still be given.
            let waits = faults.iter().any(|fault| fault.class == InfraClass::RequestLimit);
            let class = if waits { InfraClass::RequestLimit } else { InfraClass::Panel };
            let faults: Vec<&str> = faults.iter().map(|fault| fault.message.as_str()).collect();
            InfraError::new(class, format!("{incomplete}; {}", faults.join("; ")))
        });
        Poll { ballot, is_malformed, replies }
    }
}

impl Judge {
    /// Asks for one vote, and again while the answer has not the form of one.
    async fn vote(
        &self,
        sample: u32,
        asked: &BallotQuestion,
        responses: Option<&Responses>,
    ) -> Voted {
        let form = asked.form;
        let mut messages = asked.messages.to_vec();
        let judge = self.model.name();
        let mut replies = Vec::new();
        let mut usage = TokenUsage::default();
        let mut fault = String::new();
        for _ in 0..MAX_ANSWERS {
            let question = JudgeQuestion { messages: &messages, form, sample, responses };
            let reply = match self.ask(&question).await {
                Ok(reply) => reply,
                Err(error) => {
                    let fault = InfraError::new(error.class, format!("{judge}: {error}"));
                    return Voted { vote: Err(fault), replies };
                }
            };
            usage += reply.usage;
            replies.push(JudgeReply {
                judge: judge.to_owned(),
                usage: reply.usage,
                served: reply.served.clone(),
            });
            let thinking = self.model.thinking_tags().places(&reply.answer, reply.finish);
            match read(&reply, &thinking, form) {
                Ok(opinion) => {
                    self.keep(&question, &reply);
                    let (passed, reason) = (opinion.passed, opinion.reason);
                    debug!(passed, from_cache = reply.usage.from_cache, "vote given");
                    let judge = judge.to_owned();
                    return Voted {
                        vote: Ok(Vote { judge, sample, passed, reason, usage }),
                        replies,
                    };
                }
                Err(found) => {
                    // What is wrong with it may quote it.
                    debug!(answers = replies.len(), "an answer is no vote");
                    fault = found.chars().take(MAX_FAULT_CHARACTERS).collect();
                }
            }
            let said = match &reply.answer {
                Answer::Text(text) => spoken(text, &thinking),
                Answer::Files(_) => Cow::Borrowed(""),
            };
            // Some providers refuse a conversation with an empty message.
            let silent = said.trim().is_empty();
            messages.push(Message::assistant(if silent { "(no answer)" } else { &*said }));
            messages.push(Message::user(again(&fault, form)));
        }
        let fault = format!("{judge}: {MAX_ANSWERS} malformed answers, the last because {fault}");
        Voted { vote: Err(InfraError::new(InfraClass::Panel, fault)), replies }
    }

    /// Whether the response cache holds its vote.
    pub(super) fn has_voted(
        &self,
        asked: &BallotQuestion,
        sample: u32,
        responses: Option<&Responses>,
    ) -> bool {
        let BallotQuestion { messages, form } = asked;
        let question = JudgeQuestion { messages, form: *form, sample, responses };
        responses.is_some_and(|responses| responses.holds(&self.key(&question)))
    }

    async fn ask(&self, question: &JudgeQuestion<'_>) -> Result<Reply, InfraError> {
        if let Some(responses) = question.responses
            && let Some(reply) = responses.recall(&self.key(question))
        {
            debug!("the vote is in the response cache");
            return Ok(reply);
        }
        let schema = self.schema(question.form);
        self.model.ask_in_round(question.messages, schema.as_ref(), question.sample).await
    }

    /// Keeps a reply that is a vote. A malformed one would come back whenever the
    /// same is asked, and the judge would never get another chance.
    fn keep(&self, question: &JudgeQuestion<'_>, reply: &Reply) {
        if let Some(responses) = question.responses
            && !reply.usage.from_cache
        {
            responses.keep(&self.key(question), reply);
        }
    }

    fn key(&self, question: &JudgeQuestion<'_>) -> ResponseKey {
        let JudgeQuestion { messages, form, sample, .. } = question;
        let (identity, schema) = (self.model.identity(*sample), self.schema(*form));
        let schema = schema.as_ref().map(|schema| &schema.schema);
        ResponseKey::from(&Asked { identity: &identity, messages, schema, round: *sample })
    }

    fn schema(&self, form: VoteForm) -> Option<AnswerSchema> {
        self.structured.then(|| form.schema())
    }
}
