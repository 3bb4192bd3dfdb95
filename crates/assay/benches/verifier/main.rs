//! What the service costs: artifacts are validated by the local pool, and by `assay verifier` over
//! HTTP, in turn. docs/benchmarks.md says what the figures are.

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]
#![expect(clippy::disallowed_methods, reason = "starts the binary that is measured")]

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use assay_core::corpus::CorpusSource;
use assay_core::files::texts;
use assay_core::task::SolutionKind;
use assay_core::{Artifact, Case, SafePath};
use assay_verify::pool::PoolLimits;
use assay_verify::{Job, LocalVerifier, Validator, Verifier as _};
use serde_json::{Value, json};

/// The cases whose validations take least, in C and in Python.
const CASES: [(&str, &str); 2] = [("archive-list", "/* {} */\n"), ("session-restore", "# {}\n")];

fn main() {
    assay_verify::enter_if_launched();
    let artifacts = number("ASSAY_BENCH_VALIDATIONS", 60);
    let rounds = number("ASSAY_BENCH_ROUNDS", 3);
    let jobs = thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../corpus");
    let corpus = CorpusSource::Native(root.clone()).load().expect("our corpus");
    let cache = cache();
    let validator = Arc::new(Validator::new(cache.clone()));
    println!("{artifacts} artifacts a round, none like another, {rounds} rounds, {jobs} jobs");
    println!(
        "case             pool/s   HTTP/s   ratio   one at a time: pool p50, p99    HTTP p50, p99"
    );
    for (id, comment) in CASES {
        let case = Arc::new(corpus.case(id).expect("a case").clone());
        validator.prepare(&[&case], &mut |_| {}).expect("it is prepared");
        let served = Served::start(&root, &cache, id, jobs);
        let mut serial = 0;
        let mut fresh = |count: usize| -> Vec<Artifact> {
            (0..count)
                .map(|_| {
                    serial += 1;
                    artifact(&case, &comment.replace("{}", &serial.to_string()))
                })
                .collect()
        };
        // Whatever starts with the first validation and stays is there afterwards.
        by_pool(&validator, jobs, &case, fresh(2 * jobs));
        by_http(&served.address, 2 * jobs, &case, &fresh(2 * jobs));
        let (mut pool, mut http) = (Vec::new(), Vec::new());
        let (mut alone_in_pool, mut alone_by_http) = (Vec::new(), Vec::new());
        for _ in 0..rounds {
            pool.push(rate(artifacts, || drop(by_pool(&validator, jobs, &case, fresh(artifacts)))));
            http.push(rate(artifacts, || {
                drop(by_http(&served.address, 2 * jobs, &case, &fresh(artifacts)));
            }));
            for artifact in fresh(artifacts / 2) {
                alone_in_pool.extend(by_pool(&validator, 1, &case, vec![artifact]));
            }
            alone_by_http.extend(by_http(&served.address, 1, &case, &fresh(artifacts / 2)));
        }
        let (pool, http) = (median(&mut pool), median(&mut http));
        println!(
            "{id:<15} {pool:>7.2} {http:>8.2} {:>6.1} %{:>23} {}{:>10} {}",
            http / pool * 100.0,
            milliseconds(&mut alone_in_pool, 50),
            milliseconds(&mut alone_in_pool, 99),
            milliseconds(&mut alone_by_http, 50),
            milliseconds(&mut alone_by_http, 99),
        );
    }
}

/// The case's secure solution with a comment at its end, so that it is like no other.
fn artifact(case: &Case, comment: &str) -> Artifact {
    let solution = case.solutions(SolutionKind::Secure).next().expect("a solution");
    let mut files: BTreeMap<SafePath, String> = texts(&solution.files);
    files.values_mut().for_each(|text| text.push_str(comment));
    Artifact { files, refused: Vec::new() }
}

/// Has the local pool validate artifacts; how long each took from its submission.
fn by_pool(
    validator: &Arc<Validator>,
    jobs: usize,
    case: &Arc<Case>,
    artifacts: Vec<Artifact>,
) -> Vec<Duration> {
    let verifier =
        LocalVerifier { validator: Arc::clone(validator), limits: PoolLimits::new(jobs) };
    let (sender, results) = mpsc::channel();
    let pool =
        verifier.start(Arc::new(move |result| sender.send((result, Instant::now())).is_ok()));
    let begun = Instant::now();
    let count = artifacts.len();
    for (id, artifact) in artifacts.into_iter().enumerate() {
        pool.submit(Job { id: id as u64, case: Arc::clone(case), artifact: Arc::new(artifact) });
    }
    let times = results.iter().take(count).map(|(result, at)| {
        let validation = result.result.expect("no error");
        assert!(validation.evidence.verdict().is_some_and(|verdict| verdict.is_secure()));
        at - begun
    });
    times.collect()
}

/// Has the service validate artifacts, so many at a time; how long each took.
fn by_http(address: &str, at_once: usize, case: &Case, artifacts: &[Artifact]) -> Vec<Duration> {
    let bodies: Vec<String> = artifacts
        .iter()
        .map(|it| json!({ "case": case.id, "artifact": { "files": it.files } }).to_string())
        .collect();
    let next = AtomicUsize::new(0);
    thread::scope(|scope| {
        let ask = || {
            let mut connection = Connection::open(address);
            let mut times = Vec::new();
            while let Some(body) = bodies.get(next.fetch_add(1, Ordering::Relaxed)) {
                let begun = Instant::now();
                let found = connection.post("/v1/validations?wait=300", body);
                assert_eq!(found["verdict"], "secure", "{found}");
                times.push(begun.elapsed());
            }
            times
        };
        let callers: Vec<_> = (0..at_once).map(|_| scope.spawn(ask)).collect();
        callers.into_iter().flat_map(|it| it.join().expect("no caller panics")).collect()
    })
}

/// A connection that is kept.
struct Connection {
    stream: BufReader<TcpStream>,
    address: String,
}

impl Connection {
    fn open(address: &str) -> Connection {
        let stream = TcpStream::connect(address).expect("it listens");
        stream.set_nodelay(true).expect("a connection");
        Connection { stream: BufReader::new(stream), address: address.to_owned() }
    }

    fn post(&mut self, path: &str, body: &str) -> Value {
        let request = format!(
            "POST {path} HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            self.address,
            body.len()
        );
        self.stream.get_mut().write_all(request.as_bytes()).expect("it is sent");
        let mut length = 0;
        loop {
            let mut line = String::new();
            self.stream.read_line(&mut line).expect("a line");
            if line.trim().is_empty() {
                break;
            }
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().expect("a length");
            }
        }
        let mut content = vec![0; length];
        self.stream.read_exact(&mut content).expect("the whole answer");
        serde_json::from_slice(&content).expect("JSON")
    }
}

/// The service, without a result store.
struct Served {
    child: Child,
    address: String,
}

impl Served {
    fn start(corpus: &Path, cache: &Path, case: &str, jobs: usize) -> Served {
        let mut child = Command::new(env!("CARGO_BIN_EXE_assay"))
            .args(["verifier", case, "--listen", "127.0.0.1:0", "--no-results", "--corpus"])
            .arg(corpus)
            .arg("--cache")
            .arg(cache)
            .args(["--jobs", &jobs.to_string()])
            .stdout(Stdio::piped())
            .spawn()
            .expect("it starts");
        let mut line = String::new();
        let stdout = child.stdout.take().expect("a pipe");
        BufReader::new(stdout).read_line(&mut line).expect("UTF-8");
        let address = line.split_once("http://").and_then(|(_, rest)| rest.split_once('/'));
        Served { child, address: address.expect("an address").0.to_owned() }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn cache() -> PathBuf {
    let set = |name: &str| std::env::var_os(name).map(PathBuf::from);
    let home = || set("HOME").map(|home| home.join(".cache"));
    let usual = || set("XDG_CACHE_HOME").or_else(home).map(|base| base.join("assay"));
    set("ASSAY_CACHE").or_else(usual).expect("HOME is set")
}

fn number(name: &str, usual: usize) -> usize {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

/// How many were done a second.
fn rate(count: usize, work: impl FnOnce()) -> f64 {
    let begun = Instant::now();
    work();
    f64::from(u32::try_from(count).unwrap_or(u32::MAX)) / begun.elapsed().as_secs_f64()
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// A percentile of times, in milliseconds.
fn milliseconds(times: &mut [Duration], percent: usize) -> String {
    times.sort_unstable();
    let at = (times.len() * percent).div_ceil(100).clamp(1, times.len()) - 1;
    format!("{:.0} ms", times[at].as_secs_f64() * 1000.0)
}
