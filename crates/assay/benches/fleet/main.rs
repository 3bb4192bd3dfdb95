//! Validations on a fleet of one worker beside the local pool: the same artifacts, in turn, as many
//! at a time as the worker has jobs; and how long a single one takes. docs/benchmarks.md says what
//! the figures are.

#![expect(clippy::disallowed_methods, reason = "starts the binary that is measured")]
#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

#[expect(dead_code, reason = "a part of it is needed")]
#[path = "../../tests/door/mod.rs"]
mod door;
#[expect(dead_code, reason = "a part of it is needed")]
#[path = "../../tests/fleet/nats.rs"]
mod nats;
mod queue;
#[expect(dead_code, reason = "a part of it is needed")]
#[path = "../../tests/fleet/worker.rs"]
mod worker;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use assay::fleet::{Access, FleetVerifier, Scope};
use assay_core::corpus::CorpusSource;
use assay_core::{Artifact, Case, Language};
use assay_verify::pool::PoolLimits;
use assay_verify::{Job, JobResult, Jobs, LocalVerifier, Validator, Verifier};

use door::{Door, cache, repository};
use nats::Server;
use worker::Process;

/// Validations that compute at the same time.
const JOBS: usize = 2;

fn main() {
    assay_verify::enter_if_launched();
    let number = |name: &str, usual: usize| match std::env::var(name) {
        Ok(text) => text.parse().unwrap_or_else(|_| panic!("{name} is a number")),
        Err(_) => usual,
    };
    let validations = number("ASSAY_BENCH_VALIDATIONS", 60);
    let turns = number("ASSAY_BENCH_ROUNDS", 5);
    let singles = number("ASSAY_BENCH_SINGLES", 100);
    let corpus = CorpusSource::Native(repository().join("corpus")).load().expect("our corpus");
    let cases: Vec<Answered> = [Language::C, Language::Python]
        .into_iter()
        .map(|language| Answered::smallest(&corpus.cases, language))
        .collect();

    let door = Door::open();
    let server = Server::start();
    let mut command = door.command(&["worker", "--nats", &server.url(), "--jobs", "2"]);
    command.env("ASSAY_CACHE", cache());
    let mut worker = Process::start(command, door.path("worker.said"));
    worker.wait_for("works for the fleet");
    let access = Access::new(&server.url(), None, None, &|_| None).expect("an address");
    let fleet = FleetVerifier::connect(access, Scope::Each).expect("a fleet");
    let validator = Arc::new(Validator::new(cache().to_owned()));
    let local = LocalVerifier { validator, limits: PoolLimits::new(JOBS) };

    let (fleet, local) = (Client::start(&fleet), Client::start(&local));
    for client in [&local, &fleet] {
        // Whatever starts with the first validation has started.
        client.together(&cases, 2 * JOBS);
    }
    println!("{validations} validations, {JOBS} at a time: validations a second");
    println!("turn   local   fleet   fleet/local");
    let mut ratios = Vec::new();
    for turn in 1..=turns {
        // Who is first changes, as the machine may.
        let both = match turn % 2 {
            0 => [fleet.together(&cases, validations), local.together(&cases, validations)],
            _ => {
                let local = local.together(&cases, validations);
                [fleet.together(&cases, validations), local]
            }
        };
        let [on_fleet, here] = both.map(|took| per_second(validations, took));
        ratios.push(on_fleet / here);
        println!("{turn:>4} {here:>7.2} {on_fleet:>7.2} {:>12.1} %", 100.0 * on_fleet / here);
    }
    ratios.sort_by(f64::total_cmp);
    println!("median {:>27.1} %", 100.0 * ratios[ratios.len() / 2]);
    println!("\none at a time, {singles} each: milliseconds");
    println!("case                         local p50     p99   fleet p50     p99");
    for case in &cases {
        let (mut here, mut there) = (Vec::new(), Vec::new());
        for _ in 0..singles {
            here.push(local.together(std::slice::from_ref(case), 1));
            there.push(fleet.together(std::slice::from_ref(case), 1));
        }
        let [here, there] = [here, there].map(percentiles);
        let name = format!("{} ({})", case.case.id, case.case.language.title());
        println!("{name:<28} {:>9.1} {:>7.1} {:>11.1} {:>7.1}", here.0, here.1, there.0, there.1);
    }
    drop((fleet, local));
    drop(worker);
    for (sync, server) in [("always", server), ("every two minutes", Server::lazy())] {
        if sync != "always" {
            let mut command = door.command(&["worker", "--nats", &server.url()]);
            command.env("ASSAY_CACHE", cache());
            let mut worker = Process::start(command, door.path("lazy.said"));
            worker.wait_for("works for the fleet");
        }
        let rate = queue::per_second(&server.url(), 10);
        println!("\nthe queue alone, sync to disk {sync}: {rate:.0} validations a second");
    }
}

fn per_second(count: usize, took: Duration) -> f64 {
    f64::from(u32::try_from(count).expect("few")) / took.as_secs_f64()
}

/// The median and the 99th percentile, in milliseconds.
fn percentiles(mut times: Vec<Duration>) -> (f64, f64) {
    times.sort();
    let at = |percent: usize| times[(times.len() * percent / 100).min(times.len() - 1)];
    (at(50).as_secs_f64() * 1_000.0, at(99).as_secs_f64() * 1_000.0)
}

/// A case with its secure solution.
struct Answered {
    case: Arc<Case>,
    text: String,
}

impl Answered {
    /// The case of a language whose solution is the shortest.
    fn smallest(cases: &[Case], language: Language) -> Answered {
        let single = |case: &&Case| {
            let is_single = case.code().is_some_and(|it| it.artifact_paths.len() == 1);
            is_single && !case.asks_judges()
        };
        let cases = cases.iter().filter(|case| case.language == language).filter(single);
        let answered = cases.map(|case| {
            let text = door::solution(&case.id, "secure");
            Answered { case: Arc::new(case.clone()), text }
        });
        answered.min_by_key(|it| it.text.len()).expect("a case of the language")
    }

    /// An artifact like no other.
    fn artifact(&self, number: u64) -> Arc<Artifact> {
        let comment = if self.case.language == Language::Python { "#" } else { "//" };
        let task = self.case.code().expect("it asks for code");
        let text = format!("{}\n{comment} {number}\n", self.text);
        let files = BTreeMap::from([(task.artifact_paths[0].clone(), text)]);
        Arc::new(Artifact { files, refused: Vec::new() })
    }
}

/// A verifier at work.
struct Client {
    jobs: Box<dyn Jobs>,
    results: Receiver<JobResult>,
    next: std::cell::Cell<u64>,
}

impl Client {
    fn start(verifier: &dyn Verifier) -> Client {
        let (sender, results) = channel();
        let jobs = verifier.start(Arc::new(move |result| sender.send(result).is_ok()));
        Client { jobs, results, next: std::cell::Cell::new(0) }
    }

    /// Has so many artifacts validated, of the cases in turn, and says how long that took.
    fn together(&self, cases: &[Answered], count: usize) -> Duration {
        let start = Instant::now();
        for number in 0..count {
            let case = &cases[number % cases.len()];
            self.next.set(self.next.get() + 1);
            let (id, artifact) = (self.next.get(), case.artifact(self.next.get()));
            self.jobs.submit(Job { id, case: Arc::clone(&case.case), artifact });
        }
        for _ in 0..count {
            let result = self.results.recv().expect("a result").result.expect("no error");
            let verdict = result.evidence.verdict().expect("a verdict").as_str();
            assert_eq!(verdict, "secure");
        }
        start.elapsed()
    }
}
