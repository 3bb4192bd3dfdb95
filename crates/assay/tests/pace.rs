//! How fast a run asks a provider, by the binary, and what it keeps and shows of that.
//! The provider is a real server that refuses what is more than it can do at once.
#![expect(clippy::disallowed_methods, reason = "starts the binary that is tested")]

#[expect(dead_code, reason = "each test binary uses a part of it")]
mod door;

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread;
use std::time::Duration;

use door::Door;
use rusqlite::Connection;

/// What becomes of requests beyond those that are worked on at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Excess {
    IsRefused,
    Waits,
}

/// A provider that works on so many requests at once.
#[derive(Debug)]
struct Provider {
    at_once: usize,
    latency: Duration,
    excess: Excess,
    state: Mutex<State>,
    changed: Condvar,
}

/// What it does now, and has done.
#[derive(Debug, Default)]
struct State {
    working: usize,
    waiting: usize,
    most_waiting: usize,
    most_working: usize,
    answered: usize,
    refused: usize,
}

impl Provider {
    /// Starts one; returns its address with it.
    fn start(at_once: usize, latency_ms: u64, excess: Excess) -> (String, Arc<Provider>) {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = format!("http://{}", listener.local_addr().expect("it is bound"));
        let latency = Duration::from_millis(latency_ms);
        let (state, changed) = (Mutex::default(), Condvar::new());
        let provider = Arc::new(Provider { at_once, latency, excess, state, changed });
        let own = Arc::clone(&provider);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (stream, provider) = (stream.expect("a connection"), Arc::clone(&own));
                thread::spawn(move || provider.converse(stream));
            }
        });
        (address, provider)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no test panics with it")
    }

    /// Answers the requests of one connection, one after the other.
    fn converse(&self, stream: TcpStream) {
        let mut reader = BufReader::new(stream);
        while let Some(is_question) = read_request(&mut reader) {
            let (status, body) = match is_question && self.work() {
                _ if !is_question => ("404 Not Found", "{}"),
                true => {
                    ("200 OK", r#"{"choices":[{"message":{"role":"assistant","content":"No."}}]}"#)
                }
                false => ("429 Too Many Requests", r#"{"error":{"message":"slow down"}}"#),
            };
            let head = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n", body.len());
            // A client that is gone is not the provider's concern.
            if reader.get_mut().write_all((head + body).as_bytes()).is_err() {
                return;
            }
        }
    }

    /// Works on a request, unless it is refused.
    fn work(&self) -> bool {
        let mut state = self.state();
        if state.working >= self.at_once {
            if self.excess == Excess::IsRefused {
                state.refused += 1;
                return false;
            }
            state.waiting += 1;
            state.most_waiting = state.most_waiting.max(state.waiting);
            let is_full = |state: &mut State| state.working >= self.at_once;
            state = self.changed.wait_while(state, is_full).expect("no test panics with it");
            state.waiting -= 1;
        }
        state.working += 1;
        state.most_working = state.most_working.max(state.working);
        drop(state);
        thread::sleep(self.latency);
        let mut state = self.state();
        state.working -= 1;
        state.answered += 1;
        self.changed.notify_one();
        true
    }
}

/// Reads a request; says whether it asks the model something.
fn read_request(reader: &mut BufReader<TcpStream>) -> Option<bool> {
    let (mut length, mut is_question) = (0, false);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let line = line.trim_end().to_ascii_lowercase();
        if line.is_empty() {
            break;
        }
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
        is_question |= line.contains("/chat/completions");
    }
    reader.read_exact(&mut vec![0; length]).ok()?;
    Some(is_question)
}

/// Makes a run of one case, four scenarios and so many rounds, whose answers have no
/// code and need no validation. All are judged.
fn run(address: &str, rounds: usize) -> Door {
    let door = Door::open();
    let subject =
        format!("[[subject]]\nprovider = 'openai'\nmodel = 'm'\nbase-url = '{address}/v1'\n");
    door.write("assay.toml", subject);
    let (attempts, rounds) = (4 * rounds, rounds.to_string());
    let end = door.run(&[
        "run",
        "--case",
        "telemetry-frame",
        "--rounds",
        &rounds,
        "--max-answers",
        "1",
        "--output",
        "run.assay",
        "--format",
        "json",
    ]);
    let end = end.with_code(0).json("assay.run/1");
    assert_eq!([&end["judged"], &end["errored"], &end["left"]], [attempts, 0, 0], "{end:#}");
    door
}

/// A number that the history of a run has.
fn history(door: &Door, what: &str) -> usize {
    let run = Connection::open(door.path("run.assay")).expect("a run");
    let query = format!("SELECT {what} FROM pace");
    run.query_row(&query, [], |row| row.get(0)).expect("a history")
}

#[test]
fn a_provider_that_refuses_what_is_too_much_gets_what_it_takes_and_no_attempt_errors() {
    let at_once = 12;
    let (address, provider) = Provider::start(at_once, 100, Excess::IsRefused);
    let door = run(&address, 200);
    let state = provider.state();
    assert_eq!(state.answered, 800);
    assert_eq!(state.most_working, at_once, "{state:?}");
    assert!(state.refused > 0 && state.refused < 160, "{state:?}");
    assert_eq!(history(&door, "sum(answered)"), 800);
    assert_eq!(history(&door, "sum(limited)"), state.refused);
    let allowed = history(&door, "max(allowed)");
    assert!((at_once / 2..=3 * at_once).contains(&allowed), "{allowed}");
}

#[test]
fn a_provider_that_lets_requests_queue_is_not_flooded() {
    let (address, provider) = Provider::start(1, 20, Excess::Waits);
    run(&address, 100);
    let state = provider.state();
    assert!(state.most_waiting < 64, "{state:?}");
}

#[test]
fn the_history_is_drawn_in_the_report_and_said_in_words() {
    let (address, provider) = Provider::start(12, 100, Excess::IsRefused);
    let door = run(&address, 50);
    door.run(&["report", "run.assay", "--output", "report"]).with_code(0);
    let index = fs::read_to_string(door.path("report/index.html")).expect("a page");
    let refused = match provider.state().refused {
        1 => "1 request refused because of too many requests".to_owned(),
        refused => format!("{refused} requests refused because of too many requests"),
    };
    for part in [&address, "role=\"img\"", "200 answers in ", "pace-allowed", &refused] {
        assert!(index.contains(part), "the report lacks {part:?}");
    }
}
