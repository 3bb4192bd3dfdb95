//! [`Gateway`]: the HTTP server, which finds out whose a request is.

use std::collections::HashMap;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hyper::body::Incoming;
use hyper::header::{AUTHORIZATION, HeaderMap};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Handle;
use tokio::sync::Semaphore;
use tokio::task::{JoinHandle, JoinSet};
use tracing::{debug, warn};

use super::exchange;
use super::refusal::Refusal;
use super::reply::{self, Reply, Served};
use super::route::{Route, Wanted, addresses};
use super::session::{NoSession, Session, SessionConfig, Shared};
use crate::subject::Provider;

/// A server on the loopback interface, between agents and their models. It serves until it is
/// dropped.
#[derive(Debug)]
pub struct Gateway {
    address: SocketAddr,
    hub: Arc<Hub>,
    server: JoinHandle<()>,
}

/// The open sessions, by a digest of their tokens: comparing digests takes as long for a token
/// that is nearly right as for any other.
pub(super) struct Hub {
    sessions: Mutex<HashMap<[u8; 32], Arc<Shared>>>,
    runtime: Handle,
}

/// Who may ask at a listener.
enum Door {
    /// Whoever has the token of any session.
    All,
    /// One session alone.
    One(Arc<Shared>),
}

/// Connections that are served at once; others wait. Each has one request.
const CONNECTIONS: usize = 512;

/// The same at a listener of one session.
const CONNECTIONS_OF_ONE: usize = 64;

/// How long a client may take to send the head of its request.
const HEAD_PATIENCE: Duration = Duration::from_secs(30);

/// The most bytes of a head.
const MOST_HEAD_BYTES: usize = 64 << 10;

/// The pause after a connection that could not be accepted: there are no more descriptors, say.
const PAUSE: Duration = Duration::from_millis(50);

impl Gateway {
    /// Starts one at a free port.
    pub async fn start() -> io::Result<Gateway> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let hub = Arc::new(Hub { sessions: Mutex::default(), runtime: Handle::current() });
        let server = tokio::spawn(serve(listener, Arc::clone(&hub), Arc::new(Door::All)));
        debug!(%address, "gateway started");
        Ok(Gateway { address, hub, server })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Begins to answer for one attempt.
    pub fn open(&self, config: SessionConfig) -> Result<Session, NoSession> {
        Session::open(config, &self.hub)
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Hub {
    fn sessions(&self) -> MutexGuard<'_, HashMap<[u8; 32], Arc<Shared>>> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn add(&self, session: &Arc<Shared>) {
        self.sessions().insert(digest(&session.token), Arc::clone(session));
    }

    pub(super) fn remove(&self, session: &Shared) {
        self.sessions().remove(&digest(&session.token));
    }

    fn find(&self, token: &str) -> Option<Arc<Shared>> {
        self.sessions().get(&digest(token)).cloned()
    }

    /// Serves one session at a listener until it is aborted.
    pub(super) fn serve_at(
        self: &Arc<Hub>,
        listener: std::net::TcpListener,
        session: &Arc<Shared>,
    ) -> io::Result<JoinHandle<()>> {
        listener.set_nonblocking(true)?;
        let _runtime = self.runtime.enter();
        let listener = TcpListener::from_std(listener)?;
        let door = Arc::new(Door::One(Arc::clone(session)));
        Ok(self.runtime.spawn(serve(listener, Arc::clone(self), door)))
    }

    async fn answer(&self, request: Request<Incoming>, door: &Door) -> Served {
        let (path, query) = (request.uri().path(), request.uri().query().unwrap_or_default());
        let route = Route::of(request.method().as_str(), path, query);
        let tokens = tokens(request.headers()).into_iter().chain(route.key);
        let session = tokens.into_iter().find_map(|token| self.find(token));
        let Some(session) = session.filter(|session| door.lets_in(session)) else {
            let protocol = route.protocol.unwrap_or(Provider::OpenAi);
            let message = "the token is that of no attempt that is under way";
            debug!(path, "a request without a session was refused");
            return Ok(reply::refuse(&Refusal::new(401, message), protocol));
        };
        let protocol = session.upstream.provider();
        let is_other = route.protocol.is_some_and(|wanted| wanted != protocol);
        let form = route.protocol.unwrap_or(protocol);
        let refusal = match route.wanted {
            Wanted::Models if !is_other => return Ok(models(&session, None)),
            Wanted::Model(name) if !is_other => return Ok(models(&session, Some(name))),
            Wanted::Call { call, model, query } if !is_other => {
                let asked = exchange::Asking { call, model: model.map(str::to_owned), query };
                return Ok(exchange::answer(session, asked, request).await);
            }
            Wanted::OtherMethod => {
                Refusal::new(405, format!("there is no {} here", request.method()))
            }
            _ => {
                let (model, addresses) = (protocol.as_str(), addresses(protocol));
                let message = format!(
                    "there is nothing at this address; the model speaks {model}, so there are {addresses}"
                );
                Refusal::new(404, message)
            }
        };
        exchange::refuse(&session, &request, &refusal);
        Ok(reply::refuse(&refusal, form))
    }
}

impl Door {
    fn lets_in(&self, session: &Arc<Shared>) -> bool {
        match self {
            Door::All => true,
            Door::One(one) => Arc::ptr_eq(one, session),
        }
    }

    fn connections(&self) -> usize {
        match self {
            Door::All => CONNECTIONS,
            Door::One(_) => CONNECTIONS_OF_ONE,
        }
    }
}

/// Accepts connections for as long as it is polled; with it end those that are served.
async fn serve(listener: TcpListener, hub: Arc<Hub>, door: Arc<Door>) {
    let room = Arc::new(Semaphore::new(door.connections()));
    let mut served = JoinSet::new();
    loop {
        while served.try_join_next().is_some() {}
        let Ok(place) = Arc::clone(&room).acquire_owned().await else { return };
        match listener.accept().await {
            Ok((stream, _)) => {
                let (hub, door) = (Arc::clone(&hub), Arc::clone(&door));
                served.spawn(async move {
                    let _place = place;
                    serve_connection(stream, hub, door).await;
                });
            }
            Err(error) => {
                warn!("the gateway failed to accept a connection: {error}");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

/// One request a connection: nothing can then follow a request that is read in two ways.
async fn serve_connection(stream: TcpStream, hub: Arc<Hub>, door: Arc<Door>) {
    // Events are small, and each is to arrive at once.
    let _ = stream.set_nodelay(true);
    let service = service_fn(|request| {
        let (hub, door) = (Arc::clone(&hub), Arc::clone(&door));
        async move { hub.answer(request, &door).await }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_PATIENCE)
        .max_buf_size(MOST_HEAD_BYTES)
        .keep_alive(false)
        .serve_connection(TokioIo::new(stream), service);
    if let Err(error) = connection.await {
        debug!(%error, "a connection of an agent ended before its answer");
    }
}

/// The token wherever a protocol has its key.
fn tokens(headers: &HeaderMap) -> Vec<&str> {
    let text = |name: &str| headers.get(name)?.to_str().ok().map(str::trim);
    let bearer = text(AUTHORIZATION.as_str()).and_then(|value| {
        let (scheme, token) = value.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
    });
    [bearer, text("x-api-key"), text("x-goog-api-key")].into_iter().flatten().collect()
}

/// The one model that there is, by the name that it is asked about. Asking the provider would
/// tell the agent what else there is for the key.
fn models(session: &Shared, name: Option<&str>) -> Response<Reply> {
    let id = name.unwrap_or(session.upstream.model());
    let protocol = session.upstream.provider();
    let model = match protocol {
        Provider::Gemini => json!({
            "name": format!("models/{id}"),
            "displayName": id,
            "supportedGenerationMethods": ["generateContent", "countTokens"],
        }),
        Provider::Anthropic => json!({
            "type": "model",
            "id": id,
            "display_name": id,
            "created_at": "1970-01-01T00:00:00Z",
        }),
        Provider::OpenAi | Provider::OpenAiResponses => {
            json!({ "object": "model", "id": id, "created": 0, "owned_by": "assay" })
        }
    };
    let said: Value = match (name, protocol) {
        (Some(_), _) => model,
        (None, Provider::Gemini) => json!({ "models": [model] }),
        (None, Provider::Anthropic) => {
            json!({ "data": [model], "has_more": false, "first_id": id, "last_id": id })
        }
        (None, Provider::OpenAi | Provider::OpenAiResponses) => {
            json!({ "object": "list", "data": [model] })
        }
    };
    reply::json(200, said.to_string())
}

fn digest(token: &str) -> [u8; 32] {
    Sha256::digest(token).into()
}

impl std::fmt::Debug for Hub {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Hub").field("sessions", &self.sessions().len()).finish()
    }
}
