//! Everything is killed at random instants, and every attempt is there once in the end.

use std::time::{Duration, Instant, SystemTime};

use crate::answers::{PER_ROUND, check, expected, run, verdicts, write};
use crate::door::Door;
use crate::nats::{PATIENCE, Server};
use crate::turn;
use crate::worker::{Process, command, coordinator};

const WORKERS: usize = 3;

/// How many validations and kills, unless `ASSAY_TEST_FLEET` says otherwise.
const USUAL: &str = "32x8";

/// How long nothing may come of it before it is stuck.
const STUCK: Duration = PATIENCE;

/// What was killed how often.
#[derive(Debug, Default)]
struct Kills {
    worker: usize,
    server: usize,
    coordinator: usize,
}

/// The processes, those that ended started again.
struct Scene<'a> {
    door: &'a Door,
    url: String,
    server: Server,
    workers: Vec<Process>,
    run: Process,
    begun: Vec<String>,
    random: fastrand::Rng,
    kills: Kills,
}

impl Scene<'_> {
    fn judged(&self) -> usize {
        verdicts(&self.door.path("fleet.assay")).len()
    }

    fn worker(door: &Door, url: &str, number: usize) -> Process {
        let name = format!("worker{number}");
        let command = command(door, url, &["--jobs", "1", "--name", &name]);
        Process::start(command, door.path(&format!("{name}.said")))
    }

    fn coordinator(&self) -> Process {
        if self.judged() == 0 {
            // It may have been killed before it stored anything but its settings.
            let _ = std::fs::remove_file(self.door.path("fleet.assay"));
            return coordinator(self.door, &self.begun);
        }
        let resume = ["run", "--resume", "fleet.assay", "--verifier", &self.url, "--format=json"];
        coordinator(self.door, &resume)
    }

    /// Starts again what ended by itself, because it found no server; whether the run is done.
    fn tend(&mut self) -> bool {
        for number in 0..WORKERS {
            if self.workers[number].ended().is_some() {
                self.workers[number] = Scene::worker(self.door, &self.url, number);
            }
        }
        match self.run.ended() {
            None => false,
            Some(status) if status.code() == Some(0) => true,
            Some(_) => {
                std::thread::sleep(Duration::from_millis(200));
                self.run = self.coordinator();
                false
            }
        }
    }

    /// Kills something, and starts it again after a while.
    fn kill(&mut self) {
        match self.random.usize(0..10) {
            0..6 => {
                let number = self.random.usize(0..WORKERS);
                self.workers[number].kill();
                self.kills.worker += 1;
                self.pause();
                self.workers[number] = Scene::worker(self.door, &self.url, number);
            }
            6..8 => {
                self.server.kill();
                self.kills.server += 1;
                self.pause();
                self.server.begin();
            }
            _ => {
                self.run.kill();
                self.kills.coordinator += 1;
                self.pause();
                self.run = self.coordinator();
            }
        }
    }

    fn pause(&mut self) {
        std::thread::sleep(Duration::from_millis(self.random.u64(0..300)));
    }
}

#[test]
#[expect(clippy::print_stderr, reason = "says with which seed it went wrong, and the figures")]
fn no_attempt_is_lost_or_counted_twice_whatever_is_killed() {
    let _turn = turn();
    let setting = std::env::var("ASSAY_TEST_FLEET").unwrap_or_else(|_| USUAL.to_owned());
    let (validations, kills) = setting.split_once('x').expect("VALIDATIONSxKILLS");
    let validations: u32 = validations.parse().expect("a number of validations");
    let kills: usize = kills.parse().expect("a number of kills");
    let rounds = validations / PER_ROUND;
    let time = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("after 1970");
    let seed = u64::from(time.subsec_nanos());
    eprintln!("seed {seed}");

    let door = Door::open();
    let expected = expected(&door, rounds);
    write(&door, "answers.jsonl", rounds);
    let server = Server::start();
    let url = server.url();
    let workers = (0..WORKERS).map(|number| Scene::worker(&door, &url, number)).collect();
    let mut begun = run("answers.jsonl", rounds);
    begun.extend(["--verifier", &url, "--output", "fleet.assay"].map(str::to_owned));
    let run = coordinator(&door, &begun);
    let (random, kills_done) = (fastrand::Rng::with_seed(seed), Kills::default());
    let door = &door;
    let mut scene = Scene { door, url, server, workers, run, begun, random, kills: kills_done };
    let start = Instant::now();
    let (mut done, mut seen, mut moved) = (0, 0, Instant::now());
    loop {
        if scene.tend() {
            break;
        }
        let judged = scene.judged();
        if judged > seen {
            (seen, moved) = (judged, Instant::now());
        }
        assert!(moved.elapsed() < STUCK, "stuck at {judged}: {}", scene.run.said());
        // They are spread over the whole run, each at a random instant.
        if done < kills && judged > done * (validations as usize - 4) / kills {
            scene.pause();
            scene.kill();
            done += 1;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    check(&door.path("fleet.assay"), &expected);
    let took = start.elapsed().as_secs_f64();
    eprintln!("{validations} validations in {took:.1} s, killed: {:?}", scene.kills);
    assert_eq!(done, kills, "it was done before everything was killed");
}
