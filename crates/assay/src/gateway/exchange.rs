//! One request of an agent, from its first byte to the last of its answer.
//!
//! It is worked on by a task of its own, which outlives the connection: whatever becomes of
//! that, what was asked and answered is recorded and paid for.

use std::sync::Arc;
use std::time::Duration;

use assay_core::TokenUsage;
use hyper::body::{Body as _, Bytes, Incoming};
use hyper::header::{CONTENT_ENCODING, HeaderMap, HeaderName};
use hyper::{Request, Response};
use serde_json::Value;
use tokio::sync::oneshot;

use super::conversation::{Exchange, Outcome, short_path};
use super::question::{Asked, Question};
use super::refusal::Refusal;
use super::reply::{self, Cut, Reply};
use super::session::{Naming, Shared, Turn, fail};
use crate::subject::{Call, Finished, Outgoing, Passed, Passing};

/// What an address asks for.
#[derive(Debug)]
pub(super) struct Asking {
    pub(super) call: Call,
    /// The model, where the protocol has it in the address.
    pub(super) model: Option<String>,
    pub(super) query: Option<&'static str>,
}

/// A request that is worked on.
struct Work {
    shared: Arc<Shared>,
    turn: Turn,
    exchange: Exchange,
}

/// Where the answer goes. Nobody waits for it once the connection is gone.
type Answer = oneshot::Sender<Response<Reply>>;

/// Why work ends before its end.
enum Interruption {
    /// The agent is gone.
    Gone,
    /// The session is over.
    Over(Refusal),
}

/// The most bytes of a request, as providers have it.
const MOST_BYTES: usize = 32 << 20;

/// How long a client may be silent within the body of its request.
const PATIENCE: Duration = Duration::from_secs(60);

/// Headers of agents that change what an answer is.
const HEADERS: [HeaderName; 3] = [
    HeaderName::from_static("anthropic-version"),
    HeaderName::from_static("anthropic-beta"),
    HeaderName::from_static("openai-beta"),
];

/// Answers a request, which is recorded whatever becomes of it.
pub(super) async fn answer(
    shared: Arc<Shared>,
    asking: Asking,
    request: Request<Incoming>,
) -> Response<Reply> {
    let protocol = shared.upstream.provider();
    let (answer, answered) = oneshot::channel();
    let work = Work::begin(shared, &request);
    tokio::spawn(work.run(asking, request, answer));
    answered.await.unwrap_or_else(|_| {
        let refusal = Refusal::new(500, "the request was lost; this is a bug");
        reply::refuse(&refusal, protocol)
    })
}

/// Records a request that is refused by its address.
pub(super) fn refuse(shared: &Arc<Shared>, request: &Request<Incoming>, refusal: &Refusal) {
    Work::begin(Arc::clone(shared), request).end(Outcome::from(refusal));
}

impl Work {
    fn begin(shared: Arc<Shared>, request: &Request<Incoming>) -> Work {
        let exchange = Exchange {
            begun_ms: 0,
            ended_ms: 0,
            method: request.method().to_string(),
            path: short_path(request.uri().path()),
            asked_model: None,
            request: None,
            request_bytes: 0,
            outcome: Outcome::Refused { status: 0, message: String::new() },
        };
        Work { turn: shared.begin(), shared, exchange }
    }

    /// Records what became of it.
    fn end(self, outcome: Outcome) {
        self.turn.record(Exchange { outcome, ..self.exchange });
    }

    /// Records a refusal and says it.
    fn refuse(self, refusal: &Refusal, answer: Answer) {
        let protocol = self.shared.upstream.provider();
        self.end(Outcome::from(refusal));
        // An agent that is gone needs no answer.
        let _ = answer.send(reply::refuse(refusal, protocol));
    }

    fn interrupt(self, interruption: Interruption, answer: Answer) {
        match interruption {
            Interruption::Gone => {
                let usage = TokenUsage::default();
                self.end(Outcome::Abandoned { body: Value::Null, usage });
            }
            Interruption::Over(refusal) => self.refuse(&refusal, answer),
        }
    }

    async fn run(mut self, asking: Asking, request: Request<Incoming>, mut answer: Answer) {
        let shared = Arc::clone(&self.shared);
        let waited = uninterrupted(&shared, &mut answer, shared.room.acquire()).await;
        let _place = match waited {
            Ok(place) => place,
            Err(interruption) => return self.interrupt(interruption, answer),
        };
        let (head, body) = request.into_parts();
        if head.headers.contains_key(CONTENT_ENCODING) {
            let refusal = Refusal::new(415, "the body is compressed; send it as it is");
            return self.refuse(&refusal, answer);
        }
        let bytes = match uninterrupted(&shared, &mut answer, receive(body)).await {
            Ok(Ok(bytes)) => bytes,
            Ok(Err(refusal)) => return self.refuse(&refusal, answer),
            Err(interruption) => return self.interrupt(interruption, answer),
        };
        self.exchange.request_bytes = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        let Asking { call, model, query } = asking;
        let asked = Asked {
            protocol: shared.upstream.provider(),
            call,
            model: model.as_deref(),
            fixed_model: (shared.naming == Naming::Fixed).then(|| shared.upstream.model()),
        };
        let question = match Question::read(asked, &bytes) {
            Ok(question) => question,
            Err(refusal) => return self.refuse(&refusal, answer),
        };
        self.exchange.request = self.turn.keep(&question.value, bytes.len());
        self.exchange.asked_model = Some(question.asked_model.clone());
        if let Err(refusal) = shared.admit(question.call, question.body.len()) {
            return self.refuse(&refusal, answer);
        }
        let outgoing = outgoing(&shared, question, &head.headers, query);
        self.pass(&outgoing, answer).await;
    }

    /// Passes the question on, and the answer back.
    async fn pass(self, outgoing: &Outgoing, mut answer: Answer) {
        let shared = Arc::clone(&self.shared);
        let protocol = shared.upstream.provider();
        let passed = shared.upstream.pass(outgoing);
        match uninterrupted(&shared, &mut answer, passed).await {
            Err(Interruption::Gone) => {
                let usage = shared.upstream.unanswered(outgoing.call, outgoing.body.len());
                self.end(Outcome::Abandoned { body: Value::Null, usage });
            }
            Err(Interruption::Over(refusal)) => {
                let usage = shared.upstream.unanswered(outgoing.call, outgoing.body.len());
                self.end(Outcome::CutOff { body: Value::Null, usage });
                let _ = answer.send(reply::refuse(&refusal, protocol));
            }
            Ok(Err(error)) => {
                // That tokens cannot be counted hinders no agent.
                let refusal = match outgoing.call.is_answer() {
                    true => fail(&shared, &error),
                    false => Refusal::of_failure(&error),
                };
                let usage = TokenUsage::default();
                self.end(Outcome::Failed { error, body: Value::Null, usage });
                let _ = answer.send(reply::refuse(&refusal, protocol));
            }
            Ok(Ok(Passed::Declined(declined))) => {
                let (status, body) = (declined.status, declined.body.clone());
                self.end(Outcome::Declined { status, body: declined.body, class: declined.class });
                let _ = answer.send(reply::json(status, body));
            }
            Ok(Ok(Passed::Passing(passing))) if outgoing.call.streams() => {
                self.stream(*passing, answer).await;
            }
            Ok(Ok(Passed::Passing(passing))) => {
                self.whole(*passing, outgoing.call, answer).await;
            }
        }
    }

    /// Passes an answer back that has come whole.
    async fn whole(self, mut passing: Passing<'_>, call: Call, answer: Answer) {
        let protocol = self.shared.upstream.provider();
        let (status, kind) = (passing.status(), passing.content_type().to_owned());
        let mut bytes = Vec::new();
        while let Some(piece) = passing.next().await {
            bytes.extend_from_slice(&piece);
        }
        let mut finished = passing.finish();
        if let Some(error) = finished.failure.take() {
            let refusal = fail(&self.shared, &error);
            self.end(Outcome::Failed { error, body: finished.body, usage: finished.usage });
            let _ = answer.send(reply::refuse(&refusal, protocol));
            return;
        }
        self.end(match call {
            Call::Count => Outcome::Counted { status, body: finished.body },
            Call::Answer(_) => answered(status, finished),
        });
        let _ = answer.send(reply::respond(status, &kind, Reply::Whole(Some(bytes.into()))));
    }

    /// Passes an answer back as it comes.
    async fn stream(self, mut passing: Passing<'_>, answer: Answer) {
        let shared = Arc::clone(&self.shared);
        let status = passing.status();
        let (sender, body) = Reply::pieces();
        let _ = answer.send(reply::respond(status, passing.content_type(), body));
        loop {
            let piece = tokio::select! {
                piece = passing.next() => piece,
                () = sender.closed() => return self.end(abandoned(passing.give_up())),
                refusal = shared.is_over() => {
                    self.end(cut_off(passing.give_up()));
                    let event = refusal.event(shared.upstream.provider());
                    let _ = sender.try_send(Ok(event.into()));
                    return;
                }
            };
            let Some(piece) = piece else { break };
            tokio::select! {
                sent = sender.send(Ok(piece)) => if sent.is_err() {
                    return self.end(abandoned(passing.give_up()));
                },
                // A reader that is too slow for an error has not earned one.
                _ = shared.is_over() => return self.end(cut_off(passing.give_up())),
            }
        }
        let mut finished = passing.finish();
        let is_cut = finished.is_cut;
        match finished.failure.take() {
            None => self.end(answered(status, finished)),
            // Agents try again by themselves what breaks off, and may go on.
            Some(error) => {
                let (body, usage) = (finished.body, finished.usage);
                self.end(Outcome::Failed { error, body, usage });
            }
        }
        if is_cut {
            let _ = sender.send(Err(Cut)).await;
        }
    }
}

impl From<&Refusal> for Outcome {
    fn from(refusal: &Refusal) -> Outcome {
        let Refusal { status, message } = refusal.clone();
        Outcome::Refused { status, message }
    }
}

fn answered(status: u16, finished: Finished) -> Outcome {
    let Finished { body, finish, usage, served, .. } = finished;
    Outcome::Answered { status, body, finish, usage, served }
}

fn abandoned(finished: Finished) -> Outcome {
    let Finished { body, usage, .. } = finished;
    Outcome::Abandoned { body, usage }
}

fn cut_off(finished: Finished) -> Outcome {
    let Finished { body, usage, .. } = finished;
    Outcome::CutOff { body, usage }
}

/// What is passed on.
fn outgoing(
    shared: &Shared,
    question: Question,
    headers: &HeaderMap,
    query: Option<&'static str>,
) -> Outgoing {
    let model = match shared.naming {
        Naming::Fixed => shared.upstream.model().to_owned(),
        Naming::AsAsked => question.asked_model,
    };
    let mut passed = HeaderMap::new();
    for name in HEADERS {
        let values = headers.get_all(&name);
        values.iter().for_each(|value| _ = passed.append(name.clone(), value.clone()));
    }
    Outgoing {
        call: question.call,
        model,
        body: question.body,
        headers: passed,
        query,
        urgency: shared.urgency(),
    }
}

/// Work, unless the agent goes away or the session ends before it is done.
async fn uninterrupted<T>(
    shared: &Shared,
    answer: &mut Answer,
    work: impl Future<Output = T>,
) -> Result<T, Interruption> {
    tokio::select! {
        done = work => Ok(done),
        () = answer.closed() => Err(Interruption::Gone),
        refusal = shared.is_over() => Err(Interruption::Over(refusal)),
    }
}

/// Reads the body of a request.
async fn receive(mut body: Incoming) -> Result<Bytes, Refusal> {
    let too_large = || Refusal::new(413, format!("the body is larger than {MOST_BYTES} bytes"));
    let announced = body.size_hint().lower();
    if announced > u64::try_from(MOST_BYTES).unwrap_or(u64::MAX) {
        return Err(too_large());
    }
    let mut bytes = Vec::new();
    loop {
        let next =
            std::future::poll_fn(|context| std::pin::Pin::new(&mut body).poll_frame(context));
        let frame = match tokio::time::timeout(PATIENCE, next).await {
            Err(_) => return Err(Refusal::new(408, "the body does not come")),
            Ok(None) => return Ok(bytes.into()),
            Ok(Some(Err(_))) => return Err(Refusal::bad("the body breaks off")),
            Ok(Some(Ok(frame))) => frame,
        };
        // What follows a body says nothing about it.
        let Ok(data) = frame.into_data() else { continue };
        if bytes.len() + data.len() > MOST_BYTES {
            return Err(too_large());
        }
        bytes.extend_from_slice(&data);
    }
}
