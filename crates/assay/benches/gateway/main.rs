//! What the gateway costs: agents ask a provider directly, through a proxy that only moves
//! bytes, and through the gateway. docs/benchmarks.md says what the figures are.

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

mod provider;

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use assay::gateway::{Gateway, Naming, Session, SessionConfig, SessionLimits};
use assay::subject::pace::Paces;
use assay::subject::{SubjectConfig, Upstream};
use tokio::runtime::Runtime;

/// Bytes of the first question of an agent, and how many more each further one has: those of
/// the agents that there are.
const FIRST_BYTES: usize = 60_000;
const MORE_BYTES: usize = 1_500;

/// Through what an agent asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Direct,
    Proxy,
    Gateway,
}

/// What an agent asks with.
struct Asker {
    address: SocketAddr,
    token: String,
}

fn main() {
    let requests = number("ASSAY_BENCH_REQUESTS", 100);
    let agents = number("ASSAY_BENCH_AGENTS", 20);
    let provider = provider::serve();
    let proxy = provider::relay(provider);
    let runtime = Runtime::new().expect("a runtime");
    let gateway = runtime.block_on(Gateway::start()).expect("a free port");
    let upstream = upstream(provider);
    println!("{requests} requests each, of {FIRST_BYTES} bytes and {MORE_BYTES} more each time;");
    println!("an answer has {} bytes in {} events", provider::answer_bytes(), provider::EVENTS);
    println!("agents  way       median      99 %     requests/s   CPU a request");
    for agents in [1, agents] {
        for way in [Way::Direct, Way::Proxy, Way::Gateway] {
            let open = || open(&gateway, &upstream);
            let sessions: Vec<Session> = match way {
                Way::Gateway => (0..agents).map(|_| open()).collect(),
                Way::Direct | Way::Proxy => Vec::new(),
            };
            let asker = |agent: usize| match way {
                Way::Direct => Asker { address: provider, token: "none".to_owned() },
                Way::Proxy => Asker { address: proxy, token: "none".to_owned() },
                Way::Gateway => {
                    let token = sessions[agent].token().to_owned();
                    Asker { address: gateway.address(), token }
                }
            };
            let before = memory_kib("VmRSS");
            measure(way, requests, (0..agents).map(asker).collect());
            let after = memory_kib("VmRSS");
            for session in sessions {
                let conversation = runtime.block_on(session.close());
                let usage = conversation.usage.tokens.expect("they are counted");
                assert_eq!(usage.output, 20 * requests as u64, "{:?}", conversation.end);
                assert!(conversation.request(requests - 1).is_some(), "it is kept");
            }
            if way == Way::Gateway {
                let grown = after.saturating_sub(before) / 1_024;
                println!("                  memory grew by {grown} MiB while it was kept");
            }
        }
    }
    println!("memory at most {} MiB", memory_kib("VmHWM") / 1_024);
}

fn number(variable: &str, default: usize) -> usize {
    match std::env::var(variable) {
        Ok(text) => text.parse().unwrap_or_else(|_| panic!("{variable} is not a number")),
        Err(_) => default,
    }
}

fn upstream(provider: SocketAddr) -> Arc<Upstream> {
    let table = format!(
        "provider = 'openai'\nmodel = 'model-under-test'\nbase-url = 'http://{provider}/v1'\napi-key-env = 'KEY'"
    );
    let config: SubjectConfig = toml::from_str(&table).expect("the table is whole");
    let (provider, config) = config.model().expect("a model");
    let key = |_: &str| Some("sk-planted-7d1fe0c5b2a94436".to_owned());
    let upstream = Upstream::new(provider, config, &key, &mut Paces::default());
    Arc::new(upstream.expect("it loads"))
}

fn open(gateway: &Gateway, upstream: &Arc<Upstream>) -> Session {
    let config = SessionConfig {
        upstream: Arc::clone(upstream),
        naming: Naming::Fixed,
        limits: SessionLimits::default(),
        account: None,
    };
    gateway.open(config).expect("a session")
}

/// Has all of them ask at once, each one question after the other.
fn measure(way: Way, requests: usize, askers: Vec<Asker>) {
    let agents = askers.len();
    let (begun, cpu) = (Instant::now(), cpu_time());
    let working: Vec<_> =
        askers.into_iter().map(|asker| thread::spawn(move || work(&asker, requests))).collect();
    let mut times: Vec<Duration> =
        working.into_iter().flat_map(|thread| thread.join().expect("it asks")).collect();
    let (elapsed, cpu) = (begun.elapsed(), cpu_time() - cpu);
    times.sort();
    let at = |share: usize| times[(times.len() - 1) * share / 100].as_secs_f64() * 1_000.0;
    let name = format!("{way:?}").to_lowercase();
    println!(
        "{agents:>6}  {name:<8} {:>6.2} ms {:>6.2} ms {:>11.0} {:>12.2} ms",
        at(50),
        at(99),
        times.len() as f64 / elapsed.as_secs_f64(),
        cpu.as_secs_f64() * 1_000.0 / times.len() as f64,
    );
}

/// How long each question took to be answered whole.
fn work(asker: &Asker, requests: usize) -> Vec<Duration> {
    let mut messages = format!("{{\"role\":\"user\",\"content\":\"{}\"}}", "x".repeat(FIRST_BYTES));
    let ask = |round: usize| {
        let more = "y".repeat(MORE_BYTES);
        messages.push_str(&format!(",{{\"role\":\"user\",\"content\":\"{round}{more}\"}}"));
        let body = format!("{{\"model\":\"m\",\"stream\":true,\"messages\":[{messages}]}}");
        let begun = Instant::now();
        let mut stream = TcpStream::connect(asker.address).expect("it listens");
        let (token, length) = (&asker.token, body.len());
        let head = format!(
            "POST /v1/chat/completions HTTP/1.1\r\nHost: h\r\nConnection: close\r\nAuthorization: Bearer {token}\r\nContent-Length: {length}\r\n\r\n"
        );
        stream.write_all((head + &body).as_bytes()).expect("it reads");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("it answers");
        assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("[DONE]"), "{answer}");
        begun.elapsed()
    };
    (0..requests).map(ask).collect()
}

/// Of all threads of this process.
fn cpu_time() -> Duration {
    let usage = nix::sys::resource::getrusage(nix::sys::resource::UsageWho::RUSAGE_SELF);
    let usage = usage.expect("it is known");
    let of = |time: nix::sys::time::TimeVal| {
        let micros = time.tv_sec() * 1_000_000 + time.tv_usec();
        Duration::from_micros(micros.try_into().expect("no negative time"))
    };
    of(usage.user_time()) + of(usage.system_time())
}

/// proc(5): a member of `status`.
fn memory_kib(name: &str) -> u64 {
    let status = fs::read_to_string("/proc/self/status").expect("it is there");
    let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    let line = line.expect("it is told").trim();
    line.trim_end_matches(" kB").parse().expect("a number")
}
