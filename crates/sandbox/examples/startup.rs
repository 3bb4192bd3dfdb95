//! Measures how long a sandbox takes to start, to run `true`, and to do both and end.
//!
//!     cargo run --release -p assay-sandbox --example startup

use std::io::{self, Write};
use std::time::{Duration, Instant};

use assay_sandbox::{Command, Sandbox, SandboxError, Spec};

const ROUNDS: usize = 300;

fn main() -> Result<(), SandboxError> {
    assay_sandbox::enter_if_launched();
    let (mut starts, mut commands, mut wholes) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let begun = Instant::now();
        let mut sandbox = Sandbox::start(&Spec::default())?;
        starts.push(begun.elapsed());
        let started = Instant::now();
        sandbox.execute(&Command::new("/bin/true"))?;
        commands.push(started.elapsed());
        drop(sandbox);
        wholes.push(begun.elapsed());
    }
    say("start", starts);
    say("run `true`", commands);
    say("start, run `true`, end", wholes);
    Ok(())
}

fn say(name: &str, mut durations: Vec<Duration>) {
    durations.sort();
    let at = |percent: usize| durations[durations.len() * percent / 100];
    let (median, high) = (at(50), at(95));
    // A closed terminal is no reason to complain about it on that terminal.
    let _ = writeln!(io::stdout(), "{name}: median {median:.2?}, 95th percentile {high:.2?}");
}
