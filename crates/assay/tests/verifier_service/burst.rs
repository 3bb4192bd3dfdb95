//! A burst that is larger than the room there is: some are told to come again, they do, and
//! nothing is lost.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use serde_json::json;

use crate::client::{CASE, PLATFORM, Served, TRAINER, path_of, tokens};
use crate::door::{Door, solution};

/// How many ask at once, and how often each.
const CALLERS: usize = 40;
const EACH: usize = 50;

/// So many artifacts are unlike each other.
const ARTIFACTS: usize = 12;

#[test]
fn whoever_is_refused_comes_again_when_it_is_told_to_and_nothing_is_lost() {
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
    let (judged, refused) = (AtomicUsize::new(0), AtomicUsize::new(0));
    thread::scope(|scope| {
        for caller in 0..CALLERS {
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
    assert_eq!(judged.into_inner(), CALLERS * EACH);
    assert!(refused.into_inner() > 0, "there was room for all at once");
    let metrics = served.ask("GET", "/metrics").token(crate::client::ADMIN).send().body;
    let count = |how: &str| {
        let name =
            format!("assay_verifier_validations_total{{outcome=\"insecure\",result=\"{how}\"}} ");
        let line = metrics.lines().find_map(|line| line.strip_prefix(&name));
        line.map_or(0, |count| count.parse::<usize>().expect("a number"))
    };
    // Each artifact was validated once.
    assert_eq!(count("fresh"), ARTIFACTS, "{metrics}");
    assert_eq!(count("fresh") + count("shared") + count("stored"), CALLERS * EACH, "{metrics}");
}
