//! Validations for platforms and trainers: `/v1/validations`, `/v1/batches` and `/v1/rewards`.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use assay_core::answer::Answer;
use assay_core::infra_error::{InfraClass, InfraError};
use assay_core::reading::Reading;
use hyper::header::LOCATION;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::admission::Caller;
use super::exchange::{BodyLimit, json as read_json, receive};
use super::path::parameter;
use super::records::{Record, Settled};
use super::reply::Reply;
use super::server::{Answered, Asked, unauthorized};
use super::state::{Service, read};
use super::tokens::Scope;

/// What is to be validated: an artifact, or a response that it is to be found in.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Request {
    case: String,
    artifact: Option<Files>,
    response: Option<String>,
    reading: Option<Reading>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Files {
    files: BTreeMap<String, String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Batch {
    validations: Vec<Request>,
}

/// The most validations of a batch.
const MOST_OF_A_BATCH: usize = 1024;

/// How long a request waits for its result if it does not say it, and the longest that it may.
const WAIT: Duration = Duration::from_secs(30);
const LONGEST_WAIT: u64 = 300;

/// How long who asks for validations will wait, who it is, and what is asked.
async fn received<T: DeserializeOwned>(
    service: &Service,
    asked: Asked,
    limit: BodyLimit,
) -> Result<(Duration, Arc<Caller>, T), Reply> {
    let wait = wait(&asked.query, WAIT)?;
    let caller = asked.caller.ok_or_else(unauthorized)?;
    if service.is_draining() {
        return Err(Reply::draining());
    }
    let body = receive(asked.body, limit, (&service.admission, false)).await?;
    Ok((wait, caller, read_json(&asked.headers, &body.bytes)?))
}

/// `POST /v1/validations`
pub(super) async fn validate(service: &Arc<Service>, asked: Asked) -> Answered {
    let asked = received::<Request>(service, asked, BodyLimit::Artifact).await;
    let (wait, caller, request) = match asked {
        Ok(asked) => asked,
        Err(refusal) => return refusal.into(),
    };
    let record = match begin(service, &caller, request) {
        Ok(record) => record,
        Err(refusal) => return refusal.into(),
    };
    let settled = settled_within(&record, wait).await;
    let reply = reply(service, &record, settled.as_deref());
    Answered { reply, caller: Some(caller), case: Some(record.case.clone()) }
}

/// `POST /v1/batches`
pub(super) async fn batch(service: &Arc<Service>, asked: Asked) -> Answered {
    let asked = received::<Batch>(service, asked, BodyLimit::Batch).await;
    let (wait, caller, Batch { validations }) = match asked {
        Ok(asked) => asked,
        Err(refusal) => return refusal.into(),
    };
    if validations.is_empty() || validations.len() > MOST_OF_A_BATCH {
        let message = format!("a batch has 1 to {MOST_OF_A_BATCH} validations");
        return Reply::error(422, "batch-size", message).into();
    }
    let mut begun = Vec::new();
    for (place, request) in validations.into_iter().enumerate() {
        // The first one was counted with the request.
        let counted = if place == 0 { Ok(()) } else { caller.take_request() };
        let record = counted.map_err(|full| Reply::full(&full));
        begun.push(record.and_then(|()| begin(service, &caller, request)));
    }
    if let Some(refusal) = all_full(&begun) {
        return refusal.into();
    }
    let until = tokio::time::Instant::now() + wait;
    let mut items = Vec::new();
    let mut is_open = false;
    for record in begun {
        match record {
            Ok(record) => {
                let left = until.saturating_duration_since(tokio::time::Instant::now());
                let settled = settled_within(&record, left).await;
                is_open |= settled.is_none();
                let status = reply(service, &record, settled.as_deref()).status;
                let described = describe(service, &record, settled.as_deref());
                items.push(json!({ "status": status, "validation": described }));
            }
            Err(refusal) => items.push(refusal.item()),
        }
    }
    let status = if is_open { 202 } else { 200 };
    let body = json!({ "schema": "assay.batch/1", "validations": items });
    Answered { reply: Reply::json(status, &body), caller: Some(caller), case: None }
}

/// The refusal of a batch of which nothing was taken for want of room.
fn all_full(begun: &[Result<Arc<Record>, Reply>]) -> Option<Reply> {
    let first = begun.first()?.as_ref().err()?;
    let is_full = |it: &Result<Arc<Record>, Reply>| it.as_ref().is_err_and(|it| it.status == 429);
    begun.iter().all(is_full).then(|| first.clone())
}

fn begin(
    service: &Arc<Service>,
    caller: &Arc<Caller>,
    request: Request,
) -> Result<Arc<Record>, Reply> {
    let Request { case, artifact, response, reading } = request;
    let answer = match (artifact, response) {
        (Some(Files { files }), None) => Answer::Files(files),
        (None, Some(text)) => Answer::Text(text),
        _ => {
            let message = "a validation has either an `artifact` or a `response`";
            return Err(Reply::error(422, "artifact-or-response", message));
        }
    };
    let case = service.case(&case)?;
    let reading = reading.unwrap_or(service.settings.reading);
    let found = read(&answer, reading, &case.case);
    service.begin(caller, &case, found)
}

/// `GET /v1/validations/{id}`
pub(super) async fn show(service: &Service, id: &str, asked: &Asked) -> Answered {
    let wait = match wait(&asked.query, Duration::ZERO) {
        Ok(wait) => wait,
        Err(refusal) => return refusal.into(),
    };
    let record = match own(service, id, asked) {
        Ok(record) => record,
        Err(refusal) => return refusal.into(),
    };
    let settled = settled_within(&record, wait).await;
    let described = describe(service, &record, settled.as_deref());
    // That it is there is a success, whatever has become of it.
    Answered { reply: Reply::json(200, &described), caller: None, case: Some(record.case.clone()) }
}

/// `GET /v1/validations/{id}/evidence`
pub(super) fn evidence(service: &Service, id: &str, asked: &Asked) -> Answered {
    part(
        service,
        id,
        asked,
        |settled| json!({ "schema": "assay.evidence/1", "id": id, "evidence": settled.evidence }),
    )
}

/// `GET /v1/validations/{id}/logs`
pub(super) fn logs(service: &Service, id: &str, asked: &Asked) -> Answered {
    part(
        service,
        id,
        asked,
        |settled| json!({ "schema": "assay.logs/1", "id": id, "logs": settled.logs }),
    )
}

fn part(
    service: &Service,
    id: &str,
    asked: &Asked,
    of: impl FnOnce(&Settled) -> Value,
) -> Answered {
    let record = match own(service, id, asked) {
        Ok(record) => record,
        Err(refusal) => return refusal.into(),
    };
    let reply = match record.settled() {
        Some(settled) => Reply::json(200, &of(&settled)),
        None => {
            let message = "the validation is not finished";
            Reply::error(409, "pending", message).retry_after(1)
        }
    };
    Answered { reply, caller: None, case: Some(record.case.clone()) }
}

/// A validation that the caller asked for, or any if it may see all. Others might as well not be
/// there.
fn own(service: &Service, id: &str, asked: &Asked) -> Result<Arc<Record>, Reply> {
    let caller = asked.caller.as_ref().ok_or_else(unauthorized)?;
    let is_own = |it: &Arc<Record>| it.owner == caller.name || caller.has(Scope::Admin);
    service.records.find(id).filter(is_own).ok_or_else(|| {
        let message = "there is no such validation of yours, or it was finished long ago";
        Reply::error(404, "no-such-validation", message)
    })
}

/// `GET /v1/rewards`
pub(super) fn rewards(service: &Service) -> Reply {
    let rewards: Map<String, Value> = service
        .settings
        .rewards
        .all()
        .map(|(verdict, reward)| (verdict.as_str().to_owned(), json!(reward)))
        .collect();
    Reply::json(200, &json!({ "schema": "assay.rewards/1", "rewards": rewards }))
}

/// How long a request wants to wait.
fn wait(query: &str, usual: Duration) -> Result<Duration, Reply> {
    let Some(text) = parameter(query, "wait") else { return Ok(usual) };
    let seconds = text.parse::<u64>().ok().filter(|seconds| *seconds <= LONGEST_WAIT);
    seconds.map(Duration::from_secs).ok_or_else(|| {
        let message = format!("wait is a number of seconds from 0 to {LONGEST_WAIT}");
        Reply::error(400, "malformed", message)
    })
}

/// What has come of a validation within a time.
pub(super) async fn settled_within(record: &Record, wait: Duration) -> Option<Arc<Settled>> {
    if let Some(settled) = record.settled() {
        return Some(settled);
    }
    let mut receiver = record.settled.subscribe();
    let settled = receiver.wait_for(Option::is_some);
    let waited = tokio::time::timeout(wait, settled).await;
    waited.ok().and_then(|settled| settled.ok()?.clone())
}

fn reply(service: &Service, record: &Record, settled: Option<&Settled>) -> Reply {
    let described = describe(service, record, settled);
    match settled.map(|settled| &settled.result) {
        None => {
            let reply = Reply::json(202, &described).retry_after(1);
            reply.with(LOCATION, format!("/v1/validations/{}", record.id))
        }
        Some(Ok(_)) => Reply::json(200, &described),
        Some(Err(error)) => failure(error, Reply::json(failure_status(error), &described)),
    }
}

/// The status of an error that is no fault of the artifact.
pub(super) fn failure_status(error: &InfraError) -> u16 {
    if may_go_well(error) { 503 } else { 500 }
}

/// The reply of such an error, which says when to try again if that may help.
pub(super) fn failure(error: &InfraError, reply: Reply) -> Reply {
    if may_go_well(error) { reply.retry_soon() } else { reply }
}

/// Whether the same request may go well later.
fn may_go_well(error: &InfraError) -> bool {
    !error.class.is_final()
        && !matches!(
            error.class,
            InfraClass::Case
                | InfraClass::Unjudged
                | InfraClass::Unprepared
                | InfraClass::BadRequest
        )
}

/// A validation as it is told.
fn describe(service: &Service, record: &Record, settled: Option<&Settled>) -> Value {
    let found: Map<String, Value> =
        record.found.iter().map(|(path, found)| (path.to_string(), json!(found))).collect();
    let mut described = json!({
        "schema": "assay.validation/1",
        "id": record.id,
        "state": match settled.map(|it| &it.result) {
            None => "pending",
            Some(Ok(_)) => "judged",
            Some(Err(_)) => "errored",
        },
        "case": record.case,
        "case-digest": &*record.case_digest,
        "artifact-digest": record.artifact_digest,
        "found": found,
        "refused-files": record.refused,
    });
    let Some(settled) = settled else { return described };
    described["result"] = settled.how.as_str().into();
    described["elapsed-ms"] = u64::try_from(settled.elapsed.as_millis()).unwrap_or(u64::MAX).into();
    match &settled.result {
        Ok(verdict) => {
            described["verdict"] = verdict.as_str().into();
            described["reward"] = json!(service.settings.rewards.of(*verdict));
            described["reason"] = json!(settled.reason);
        }
        Err(error) => {
            described["error"] = json!({ "class": error.class, "message": error.message });
        }
    }
    described
}
