//! A burst that is larger than the room there is: some are told to come again, they do, and
//! nothing is lost. `ASSAY_TEST_BURST=10000` makes it as many requests, from as many callers more.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::client::{CASE, PLATFORM, Served, TRAINER, path_of, tokens};
use crate::door::{Door, solution};

/// How many requests, unless `ASSAY_TEST_BURST` says otherwise, and how many each caller has.
const USUAL: usize = 2000;
const EACH: usize = 50;

/// The memory that the service may take at most, whatever comes, in bytes: far more than it takes
/// for a few callers, and far less than if it kept what it refuses.
const MOST_MEMORY: u64 = 512 << 20;

/// So many artifacts are unlike each other.
const ARTIFACTS: usize = 12;

/// The most memory that a process has had, in bytes.
fn peak(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).expect("it lives");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("a peak");
    let kilobytes = line.trim().strip_suffix(" kB").and_then(|it| it.trim().parse::<u64>().ok());
    kilobytes.expect("a number") << 10
}

#[test]
#[expect(clippy::print_stderr, reason = "says the figures")]
fn whoever_is_refused_comes_again_when_it_is_told_to_and_nothing_is_lost() {
    let setting = std::env::var("ASSAY_TEST_BURST").ok();
    let requests = setting.map_or(USUAL, |it| it.parse().expect("a number of requests"));
    let callers = requests / EACH;
    let door = Door::open();
    let file = tokens(&door, "concurrent = 8");
    let store = door.path("results.sqlite");
    let arguments = [
        CASE,
        "--tokens",
        file.to_str().expect("UTF-8"),
        "--queue",
        "12",
        "--results",
        store.to_str().expect("UTF-8"),
    ];
    let served = Served::with(&door, &arguments);
    let text = solution(CASE, "vulnerable");
    let bodies: Vec<_> = (0..ARTIFACTS)
        .map(|number| {
            let files = json!({ path_of(CASE): format!("{text}\n/* {number} */\n") });
            json!({ "case": CASE, "artifact": { "files": files } })
        })
        .collect();
    let start = Instant::now();
    let (judged, refused) = (AtomicUsize::new(0), AtomicUsize::new(0));
    thread::scope(|scope| {
        for caller in 0..callers {
            let (served, bodies, judged, refused) = (&served, &bodies, &judged, &refused);
            let token = if caller % 2 == 0 { TRAINER } else { PLATFORM };
            scope.spawn(move || {
                for number in 0..EACH {
                    let body = &bodies[(caller + number) % ARTIFACTS];
                    loop {
                        let asked = served.ask("POST", "/v1/validations?wait=300").token(token);
                        let answer = asked.json(body).send();
                        if answer.status == 429 {
                            refused.fetch_add(1, Ordering::Relaxed);
                            let seconds =
                                answer.header("retry-after").and_then(|it| it.parse().ok());
                            thread::sleep(Duration::from_secs(seconds.expect("seconds")));
                            continue;
                        }
                        let found = answer.with(200).json();
                        assert_eq!(found["verdict"], "insecure", "{found:#}");
                        judged.fetch_add(1, Ordering::Relaxed);
                        break;
                    }
                }
            });
        }
    });
    let (took, refused) = (start.elapsed().as_secs_f64(), refused.into_inner());
    let memory = peak(served.child.id());
    eprintln!(
        "{} requests of {callers} callers in {took:.1} s, refused {refused} times; at most {} MiB",
        callers * EACH,
        memory >> 20,
    );
    assert_eq!(judged.into_inner(), callers * EACH);
    assert!(refused > 0, "there was room for all at once");
    assert!(memory < MOST_MEMORY, "{memory} bytes");
    let metrics = served.ask("GET", "/metrics").token(crate::client::ADMIN).send().body;
    let count = |how: &str| {
        let name =
            format!("assay_verifier_validations_total{{outcome=\"insecure\",result=\"{how}\"}} ");
        let line = metrics.lines().find_map(|line| line.strip_prefix(&name));
        line.map_or(0, |count| count.parse::<usize>().expect("a number"))
    };
    // Each artifact was validated once.
    assert_eq!(count("fresh"), ARTIFACTS, "{metrics}");
    assert_eq!(count("fresh") + count("shared") + count("stored"), callers * EACH, "{metrics}");
}
