//! A provider to measure with: a real server that speaks HTTP/1.1 with kept
//! connections and the chat-completions protocol, and answers no faster than it says.

use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use serde_json::json;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

/// Texts of answers, by what their questions contain.
pub(crate) type Answers = Vec<(&'static str, String)>;

/// What becomes of requests that are more than are answered in a second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Excess {
    Waits,
    /// At once, with status 429 and without a time to wait.
    IsRefused,
}

impl Excess {
    pub(crate) fn words(self) -> &'static str {
        match self {
            Excess::Waits => "waits",
            Excess::IsRefused => "is refused",
        }
    }
}

/// What is offered.
#[derive(Debug, Clone)]
pub(crate) struct Provider {
    /// Answers a second.
    pub(crate) rate: usize,
    pub(crate) latency: Duration,
    pub(crate) excess: Excess,
    pub(crate) answers: Answers,
}

/// So much of what it offers in a second is answered at once, if nothing was asked before.
const BURST: f64 = 0.5;

#[derive(Debug, Clone, Copy)]
struct Request {
    came: Instant,
    /// When its answer was sent; `None` for a refusal.
    answered: Option<Instant>,
}

#[derive(Debug)]
struct State {
    /// When the bucket has the next answer.
    next: Instant,
    requests: Vec<Request>,
}

/// A provider that is being asked.
pub(crate) struct Serving {
    address: String,
    state: Arc<Mutex<State>>,
    stop: oneshot::Sender<()>,
    thread: JoinHandle<()>,
}

impl Provider {
    pub(crate) fn serve(&self) -> Serving {
        let provider = Arc::new(self.clone());
        let state = State { next: Instant::now(), requests: Vec::new() };
        let state = Arc::new(Mutex::new(state));
        let (stop, stopped) = oneshot::channel();
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        listener.set_nonblocking(true).expect("it can be polled");
        let address = format!("http://{}", listener.local_addr().expect("it is bound"));
        let own = Arc::clone(&state);
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("a runtime").block_on(async move {
                let listener = TcpListener::from_std(listener).expect("it is polled");
                let accept = async {
                    loop {
                        let (stream, _) = listener.accept().await.expect("a connection");
                        tokio::spawn(converse(Arc::clone(&provider), Arc::clone(&own), stream));
                    }
                };
                tokio::select! { () = accept => {}, _ = stopped => {} }
            });
        });
        Serving { address, state, stop, thread }
    }

    /// As many requests under way get all the answers that it offers.
    pub(crate) fn enough(&self) -> i32 {
        let enough = self.rate as u128 * self.latency.as_millis() / 1_000;
        i32::try_from(enough).expect("a moderate offer")
    }

    /// When a request that comes now is answered; `None` if it is refused.
    fn admit(&self, state: &Mutex<State>) -> (usize, Option<Instant>) {
        let came = Instant::now();
        let mut state = state.lock().expect("nobody panics with it");
        let usual = came + self.latency;
        // The bucket is full where `next` lies that far back.
        let next = state.next.max(usual - Duration::from_secs_f64(BURST));
        let answer = usual.max(next);
        let is_refused = self.excess == Excess::IsRefused && answer > usual;
        if !is_refused {
            state.next = next + Duration::from_secs_f64(1.0 / self.rate as f64);
        }
        state.requests.push(Request { came, answered: None });
        (state.requests.len() - 1, (!is_refused).then_some(answer))
    }

    fn completion(&self, question: &str) -> String {
        let found = self.answers.iter().find(|(part, _)| question.contains(part));
        let (_, text) = found.expect("a question about a known case");
        let usage =
            json!({ "prompt_tokens": question.len() / 4, "completion_tokens": text.len() / 4 });
        let message = json!({ "role": "assistant", "content": text });
        let choice = json!({ "index": 0, "finish_reason": "stop", "message": message });
        json!({ "object": "chat.completion", "choices": [choice], "usage": usage }).to_string()
    }
}

/// Answers the requests of one connection, one after the other.
async fn converse(provider: Arc<Provider>, state: Arc<Mutex<State>>, stream: TcpStream) {
    stream.set_nodelay(true).expect("a socket");
    let mut stream = BufReader::new(stream);
    while let Some(question) = read(&mut stream).await {
        let (number, time) = provider.admit(&state);
        let (status, body) = match time {
            Some(time) => {
                let body = provider.completion(&question);
                tokio::time::sleep_until(time.into()).await;
                state.lock().expect("nobody panics with it").requests[number].answered =
                    Some(Instant::now());
                ("200 OK", body)
            }
            None => ("429 Too Many Requests", r#"{"error":{"message":"slow down"}}"#.to_owned()),
        };
        let head = format!(
            "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        // A client that is gone is not the provider's concern.
        if stream.write_all((head + &body).as_bytes()).await.is_err() {
            return;
        }
    }
}

/// The body of the next request; `None` once the client has gone.
async fn read(stream: &mut BufReader<TcpStream>) -> Option<String> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await.ok()? == 0 {
            return None;
        }
        let line = line.trim_end().to_ascii_lowercase();
        if line.is_empty() {
            break;
        }
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    String::from_utf8(body).ok()
}

impl Serving {
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    pub(crate) fn stop(self) -> Served {
        let _ = self.stop.send(());
        self.thread.join().expect("it served");
        let requests = self.state.lock().expect("nobody panics with it").requests.clone();
        assert!(!requests.is_empty(), "the provider was asked nothing");
        Served { requests }
    }
}

/// What a provider did, in the order in which it was asked.
pub(crate) struct Served {
    requests: Vec<Request>,
}

impl Served {
    fn first(&self) -> Instant {
        self.requests[0].came
    }

    /// Until then work waited.
    fn last_came(&self) -> Instant {
        self.requests[self.requests.len() - 1].came
    }

    fn answers(&self) -> impl Iterator<Item = Instant> + '_ {
        self.requests.iter().filter_map(|request| request.answered)
    }

    pub(crate) fn answered(&self) -> usize {
        self.answers().count()
    }

    pub(crate) fn refused(&self) -> usize {
        self.requests.len() - self.answered()
    }

    /// Answers a second, from the first request to the last answer.
    pub(crate) fn rate(&self) -> f64 {
        let last = self.answers().max().expect("an answer");
        self.answered() as f64 / (last - self.first()).as_secs_f64()
    }

    /// From when as much was under way as it takes to get all that it offers: after how
    /// many seconds that was, and how many answers a second there were from then until
    /// nothing waited.
    pub(crate) fn while_saturated(&self, enough: i32) -> Option<(f64, f64)> {
        let mut now = 0;
        let (first, _) = self.changes().into_iter().find(|(_, change)| {
            now += change;
            now >= enough
        })?;
        let last = self.last_came();
        let answers = self.answers().filter(|answer| (first..last).contains(answer)).count();
        let seconds = last.saturating_duration_since(first).as_secs_f64();
        let after = (first - self.first()).as_secs_f64();
        (seconds > 0.0).then(|| (after, answers as f64 / seconds))
    }

    /// The times at which the number of requests under way changed, and by how much.
    fn changes(&self) -> Vec<(Instant, i32)> {
        let mut changes = Vec::new();
        for request in &self.requests {
            if let Some(answered) = request.answered {
                changes.extend([(request.came, 1), (answered, -1)]);
            }
        }
        changes.sort_by_key(|(time, change)| (*time, -change));
        changes
    }

    pub(crate) fn most_at_once(&self) -> i32 {
        let now = self.changes().into_iter().scan(0, |now, (_, change)| {
            *now += change;
            Some(*now)
        });
        now.max().unwrap_or_default()
    }

    /// Seconds without a request under way, until the last one came.
    pub(crate) fn idle(&self) -> f64 {
        let (mut idle, mut now) = (Duration::ZERO, 0);
        let mut since = self.first();
        for (time, change) in self.changes() {
            if time > self.last_came() {
                break;
            }
            if now == 0 {
                idle += time - since;
            }
            now += change;
            since = time;
        }
        idle.as_secs_f64()
    }
}
