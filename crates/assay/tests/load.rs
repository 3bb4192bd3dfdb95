//! Verdicts on a machine that other work keeps busy: those of a machine that is not.
#![expect(clippy::disallowed_methods, reason = "starts the binary that is tested")]

#[expect(dead_code, reason = "other tests use more of it")]
mod door;

use std::sync::atomic::{AtomicBool, Ordering};
use std::{hint, thread};

use door::{ASSAY, Door, Ended, repository, solution};

const MOCHA: &str = "webhook-inbox";

/// Its tests wait for what they have asked for, as Jest's limit is for such alone.
const JEST: &str = "file-finder";

/// Has the first call of what an artifact exports compute for so many microseconds.
fn slow(microseconds: u32) -> String {
    format!(
        "
const [[name, real]] = Object.entries(module.exports);
let isFirst = true;
module.exports[name] = (...values) => {{
  const until = process.cpuUsage().user + {microseconds};
  while (isFirst && process.cpuUsage().user < until);
  isFirst = false;
  return real(...values);
}};"
    )
}

/// Validates an artifact on a machine of whose processors it gets a quarter: others keep each of them
/// busy, and go before it.
fn beside_others(door: &Door, case: &str) -> Ended {
    let is_over = AtomicBool::new(false);
    let cores = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|threads| {
        for _ in 0..cores {
            threads.spawn(|| {
                while !is_over.load(Ordering::Relaxed) {
                    hint::spin_loop();
                }
            });
        }
        let arguments = ["verify", case, "--artifact", "artifact", "--format", "json"];
        let mut command = door.program("nice");
        let output = command.args(["-n", "5", ASSAY]).args(arguments).output();
        is_over.store(true, Ordering::Relaxed);
        Ended::of(output.expect("nice starts"))
    })
}

#[test]
fn load_of_the_machine_exceeds_no_limit_of_a_framework() {
    let door = Door::open();
    // More than the two seconds of Mocha, and the five of Jest.
    for (case, microseconds) in [(MOCHA, 800_000), (JEST, 1_600_000)] {
        door.write("artifact", format!("{}\n{}", solution(case, "secure"), slow(microseconds)));
        let json = beside_others(&door, case).json("assay.verify/2");
        assert_eq!(json["verdict"], "secure", "{json:#}");
    }
}

#[test]
fn limits_are_as_written_on_a_host_that_says_nothing_of_its_processors() {
    let door = Door::open();
    let limits = repository().join("crates/harness/nodejs/limits.js");
    let said_by = |stat: &str| {
        let script = format!(
            "
const fs = require('fs');
const {{ readFileSync }} = fs;
process.cpuUsage = () => ({{ user: 0, system: 0 }});
fs.readFileSync = (file, ...more) => file === '/proc/stat' ? ({stat})() : readFileSync(file, ...more);
const set = require({limits:?}).within(globalThis, () => setTimeout);
set(() => console.log('over'), 20);
setTimeout(() => console.log('later'), 150);"
        );
        let output = door.program("node").args(["-e", &script]).output().expect("node starts");
        Ended::of(output).stdout
    };
    assert_eq!(said_by("() => 'intr 5'"), "over\nlater\n");
    assert_eq!(said_by("() => { throw new Error('hidden'); }"), "over\nlater\n");
    assert_eq!(said_by("() => 'cpu0 1 2 3 4 5 6'"), "later\nover\n");
}
