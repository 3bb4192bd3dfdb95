//! The HTTP server: who asks, what for, and the end of the service.
//!
//! It is hyper, which axum stands on: only there can slow heads be bounded, and connections be
//! ended in an orderly way.

use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use axum::body::Body;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hyper::body::Incoming;
use hyper::header::{self, HeaderMap};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tracing::{debug, warn};

use super::access::Access;
use super::admission::Caller;
use super::records::new_id;
use super::reply::Reply;
use super::routes::{Lost, Route};
use super::state::Service;
use super::{api, cases, official, openapi};
use crate::exposition;

/// Connections that are served at once; others wait to be accepted.
const CONNECTIONS: usize = 2048;

/// How long a client may take to send the head of a request, and may keep a connection that it
/// does not use.
const HEAD_PATIENCE: Duration = Duration::from_secs(15);

/// The most bytes of a head.
const MOST_HEAD_BYTES: usize = 16 << 10;

/// The pause after a connection that could not be accepted: there are no more descriptors, say.
const PAUSE: Duration = Duration::from_millis(50);

/// How often it is looked whether everything is finished.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// How a service ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Drained {
    /// Validations that were under way and did not finish in time.
    pub unfinished: usize,
}

/// A request, and what is known of it.
pub(super) struct Asked {
    pub(super) headers: HeaderMap,
    pub(super) query: String,
    pub(super) body: Incoming,
    /// `None` where the token is yet to be found in the body.
    pub(super) caller: Option<Arc<Caller>>,
}

/// An answer, and what it was about, for the logs.
#[derive(Debug)]
pub(super) struct Answered {
    pub(super) reply: Reply,
    pub(super) caller: Option<Arc<Caller>>,
    pub(super) case: Option<String>,
}

impl From<Reply> for Answered {
    fn from(reply: Reply) -> Answered {
        Answered { reply, caller: None, case: None }
    }
}

/// Serves until `stop` is done, then takes nothing new, waits for what is under way and ends.
pub async fn serve(
    service: Arc<Service>,
    listener: TcpListener,
    stop: impl Future<Output = ()>,
) -> Drained {
    let room = Arc::new(Semaphore::new(CONNECTIONS));
    let (end, ended) = watch::channel(false);
    let mut connections = JoinSet::new();
    let mut stop = pin!(stop);
    let mut until: Option<Instant> = None;
    let mut tick = tokio::time::interval(LOOK_EVERY);
    loop {
        while connections.try_join_next().is_some() {}
        let accepted = async {
            let place = Arc::clone(&room).acquire_owned().await.ok();
            (place, listener.accept().await)
        };
        tokio::select! {
            () = &mut stop, if until.is_none() => {
                service.drain();
                until = Some(Instant::now() + service.settings.drain);
                debug!("the service takes nothing new");
            }
            _ = tick.tick(), if until.is_some() => {
                let is_late = until.is_some_and(|until| Instant::now() >= until);
                let is_done = service.admission.validations() == 0
                    && service.metrics.exchanges.load(Ordering::SeqCst) == 0;
                if is_done || is_late {
                    break;
                }
            }
            (place, accepted) = accepted => match accepted {
                Ok((stream, peer)) => {
                    let (service, ended) = (Arc::clone(&service), ended.clone());
                    connections.spawn(async move {
                        let _place = place;
                        serve_connection(stream, peer, service, ended).await;
                    });
                }
                Err(error) => {
                    warn!("a connection could not be accepted: {error}");
                    tokio::time::sleep(PAUSE).await;
                }
            },
        }
    }
    drop(listener);
    end.send_replace(true);
    // Answers that were made are sent; whoever does not take them is left.
    let all = async { while connections.join_next().await.is_some() {} };
    if tokio::time::timeout(Duration::from_secs(5), all).await.is_err() {
        debug!("some connections are cut off");
    }
    Drained { unfinished: service.admission.validations() }
}

async fn serve_connection(
    stream: TcpStream,
    peer: SocketAddr,
    service: Arc<Service>,
    mut ended: watch::Receiver<bool>,
) {
    let _ = stream.set_nodelay(true);
    service.metrics.connections.fetch_add(1, Ordering::Relaxed);
    let own = Arc::clone(&service);
    let answering = service_fn(move |request| {
        let service = Arc::clone(&own);
        async move { Ok::<_, std::convert::Infallible>(answer(&service, peer, request).await) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_PATIENCE)
        .max_buf_size(MOST_HEAD_BYTES)
        .serve_connection(TokioIo::new(stream), answering);
    let mut connection = pin!(connection);
    let over = async move { drop(ended.wait_for(|ended| *ended).await) };
    let done = tokio::select! {
        done = connection.as_mut() => done,
        () = over => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = done {
        debug!(%error, "a connection ended before its answer");
    }
    service.metrics.connections.fetch_sub(1, Ordering::Relaxed);
}

/// A request that is being answered, until it is dropped: also where its client goes away.
struct Exchange<'a>(&'a Service);

impl<'a> Exchange<'a> {
    fn begin(service: &'a Service) -> Exchange<'a> {
        service.metrics.exchanges.fetch_add(1, Ordering::SeqCst);
        Exchange(service)
    }
}

impl Drop for Exchange<'_> {
    fn drop(&mut self) {
        self.0.metrics.exchanges.fetch_sub(1, Ordering::SeqCst);
    }
}

async fn answer(
    service: &Arc<Service>,
    peer: SocketAddr,
    request: Request<Incoming>,
) -> Response<Body> {
    let begun = Instant::now();
    let _exchange = Exchange::begin(service);
    let method = request.method().as_str().to_owned();
    let route = Route::find(&method, request.uri().path());
    let template = route.as_ref().map_or("none", Route::template);
    let Answered { reply, caller, case } = match route {
        Err(lost) => lost_reply(lost).into(),
        Ok(route) => dispatch(service, route, request).await,
    };
    let took = begun.elapsed();
    let id = new_id().unwrap_or_default();
    service.metrics.answered(&method, template, reply.status, took);
    service.access.note(&Access {
        id: &id,
        method: &method,
        route: template,
        status: reply.status,
        caller: caller.as_ref().map(|caller| caller.name.as_str()),
        case: case.as_deref(),
        peer: peer.ip().to_string(),
        took,
        bytes: reply.bytes(),
    });
    let reply = if service.is_draining() { reply.closing() } else { reply };
    reply.into_response(&id)
}

fn lost_reply(lost: Lost) -> Reply {
    match lost {
        Lost::Nowhere => {
            let message = "there is nothing at this path; /openapi.json describes what there is";
            Reply::error(404, "not-found", message)
        }
        Lost::OtherMethod(allowed) => {
            let message = format!("this path has other methods: {allowed}");
            Reply::error(405, "other-method", message).with(header::ALLOW, allowed)
        }
    }
}

async fn dispatch(service: &Arc<Service>, route: Route, request: Request<Incoming>) -> Answered {
    let (parts, body) = request.into_parts();
    if let Some(refusal) = foreign(service, &parts.headers) {
        return refusal.into();
    }
    let caller = match authenticate(service, &route, &parts.headers) {
        Ok(caller) => caller,
        Err(refusal) => return refusal.into(),
    };
    let query = parts.uri.query().unwrap_or_default().to_owned();
    let known = caller.clone();
    let asked = Asked { headers: parts.headers, query, body, caller };
    let mut answered = match route {
        Route::Health => Reply::text(200, TEXT, "ok\n".to_owned()).into(),
        Route::Ready => ready(service).into(),
        Route::Metrics => Reply::text(200, exposition::MEDIA_TYPE, service.metrics_text()).into(),
        Route::OpenApi => Reply::text(200, "application/json", openapi::TEXT.to_owned()).into(),
        Route::Verify(case) => official::verify(service, &case, asked).await,
        Route::Rewards => api::rewards(service).into(),
        Route::Cases => cases::list(service).into(),
        Route::Case(id) => cases::show(service, &id),
        Route::PutCase(id) => cases::put(service, &id, asked).await,
        Route::DeleteCase(id) => cases::delete(service, &id),
        Route::Validate => api::validate(service, asked).await,
        Route::Batch => api::batch(service, asked).await,
        Route::Validation(id) => api::show(service, &id, &asked).await,
        Route::Evidence(id) => api::evidence(service, &id, &asked),
        Route::Logs(id) => api::logs(service, &id, &asked),
    };
    answered.caller = answered.caller.or(known);
    answered
}

const TEXT: &str = "text/plain; charset=utf-8";

fn ready(service: &Service) -> Reply {
    if service.is_draining() {
        return Reply::text(503, TEXT, "the service is about to end\n".to_owned());
    }
    let (counts, served) = service.shelf.counts();
    if served == 0 {
        let pending = counts.get("pending").copied().unwrap_or_default();
        let text = format!("no case is served yet; {pending} are being made ready\n");
        return Reply::text(503, TEXT, text);
    }
    Reply::text(200, TEXT, "ready\n".to_owned())
}

/// Refuses a request that a page of another site may have made: where no token is needed, a name
/// of another site may have been made to lead here.
fn foreign(service: &Service, headers: &HeaderMap) -> Option<Reply> {
    service.tokens.anybody()?;
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    let name = if host.ends_with(']') { host } else { name };
    let ip = name.trim_matches(['[', ']']).parse::<std::net::IpAddr>();
    let is_own = name.eq_ignore_ascii_case("localhost") || ip.is_ok_and(|ip| ip.is_loopback());
    (!is_own).then(|| {
        let message = "without tokens this is served to the machine itself, under its own name";
        Reply::error(403, "foreign-host", message)
    })
}

/// Who asks, with what a route needs; `None` where nobody has to say it, or says it in the body.
fn authenticate(
    service: &Service,
    route: &Route,
    headers: &HeaderMap,
) -> Result<Option<Arc<Caller>>, Reply> {
    let Some(scopes) = route.scopes() else { return Ok(None) };
    if let Some(anybody) = service.tokens.anybody() {
        if matches!(route, Route::PutCase(_) | Route::DeleteCase(_)) {
            let message =
                "cases are changed with a token that has the scope admin; start with --tokens";
            return Err(Reply::error(403, "scope-missing", message));
        }
        return Ok(Some(Arc::clone(anybody)));
    }
    let Some(token) = token(headers) else {
        // The controller of SecCodeBench has its token in the body.
        return match route {
            Route::Verify(_) if !headers.contains_key(header::AUTHORIZATION) => Ok(None),
            _ => Err(unauthorized()),
        };
    };
    let caller = service.tokens.caller(&token).ok_or_else(unauthorized)?;
    admit(caller, scopes)?;
    Ok(Some(Arc::clone(caller)))
}

/// That a caller has one of these scopes, and asks no more often than it may.
pub(super) fn admit(caller: &Caller, scopes: &[super::tokens::Scope]) -> Result<(), Reply> {
    if !scopes.iter().any(|scope| caller.has(*scope)) {
        let scopes: Vec<&str> = scopes.iter().map(|scope| scope.as_str()).collect();
        let message = format!("this needs a token with the scope {}", scopes.join(" or "));
        return Err(Reply::error(403, "scope-missing", message));
    }
    caller.take_request().map_err(|full| Reply::full(&full))
}

pub(super) fn unauthorized() -> Reply {
    let message = "a token is needed: authorization: Bearer TOKEN";
    let reply = Reply::error(401, "unauthorized", message);
    reply.with(header::WWW_AUTHENTICATE, "Bearer").closing()
}

/// The one token of a head: as a bearer token, or as the password of a URL.
fn token(headers: &HeaderMap) -> Option<String> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let (value, None) = (values.next()?, values.next()) else { return None };
    let (scheme, rest) = value.to_str().ok()?.split_once(' ')?;
    let rest = rest.trim();
    if scheme.eq_ignore_ascii_case("bearer") {
        return Some(rest.to_owned());
    }
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(STANDARD.decode(rest).ok()?).ok()?;
    decoded.split_once(':').map(|(_, password)| password.to_owned())
}
