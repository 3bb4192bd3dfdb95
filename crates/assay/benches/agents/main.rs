//! What many agents at once take: how long, and how much memory, each with a scripted model that
//! has it read, write and test. docs/benchmarks.md says what the figures are.

#![expect(clippy::disallowed_methods, reason = "starts the binary that is measured")]
#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

#[expect(dead_code, reason = "a part of it is needed")]
#[path = "../../tests/agent_clis/cli.rs"]
mod cli;
#[expect(dead_code, reason = "a part of it is needed")]
#[path = "../../tests/door/mod.rs"]
mod door;
#[expect(dead_code, reason = "a part of it is needed")]
#[path = "../../tests/agent_clis/hands.rs"]
mod hands;
mod memory;
#[expect(dead_code, reason = "a part of it is needed")]
#[path = "../../tests/agent_clis/model.rs"]
mod model;
#[path = "../../tests/processes/mod.rs"]
mod processes;
#[path = "../../tests/agent_clis/said.rs"]
mod said;
#[expect(dead_code, reason = "a part of it is needed")]
#[path = "../../tests/scripted_server/mod.rs"]
mod scripted_server;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Stdio;
use std::time::Instant;

use cli::{Cli, KEY, KEY_VARIABLES};
use door::{Door, Ended, solution};
use hands::Deed;
use memory::Peak;
use model::Model;

const CASE: &str = "invoice-search";
const PATH: &str = "src/invoice_search/invoice_search.py";

/// The small agent that is measured beside those of others.
const OWN: &str = include_str!("agent.py");

/// The name of the small agent.
const OWN_NAME: &str = "own";

fn main() {
    let agents: usize = match std::env::var("ASSAY_BENCH_AGENTS") {
        Ok(text) => text.parse().expect("ASSAY_BENCH_AGENTS is a number"),
        Err(_) => 20,
    };
    assert!(agents > 0, "ASSAY_BENCH_AGENTS is not 0");
    let chosen = cli::chosen();
    let own = Cli { name: OWN_NAME, protocols: &["openai"], question: "" };
    let is_own = chosen.as_ref().is_none_or(|names| names.split(',').any(|it| it == OWN_NAME));
    let all = is_own.then_some(own).into_iter().chain(Cli::installed());
    println!("{agents} agents at once, {} processors", processors());
    println!("agent               time  sandboxes  memory of all   largest  of Assay   secure");
    for cli in all {
        measure(cli, agents);
    }
}

fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// Has so many of them work at once, each on a round of one case.
fn measure(cli: Cli, agents: usize) {
    let model = Model::start(move |asked| {
        let deeds = [
            Deed::Read("src/invoice_search/schema.py".to_owned()),
            Deed::Write(PATH.to_owned(), solution(CASE, "secure")),
            Deed::Run("PYTHONPATH=src python -c 'import invoice_search'".to_owned()),
        ];
        cli.play(&deeds, PATH, asked).step(asked.provider, asked.stream)
    });
    let door = Door::open();
    let table = cli.table(cli.protocols[0], "m", &model.address, "");
    let table = table.replace("max-requests", &format!("concurrency = {agents}\nmax-requests"));
    let table = match cli.name {
        OWN_NAME => {
            let program = door.write("agent.py", OWN);
            fs::set_permissions(program, fs::Permissions::from_mode(0o755)).expect("it is ours");
            table.replace("agent = 'own'", "agent = './agent.py'")
        }
        _ => table,
    };
    door.write("assay.toml", table);
    let rounds = agents.to_string();
    let arguments = ["run", "--case", CASE, "--scenario", "gen", "--output", "run.assay"];
    let mut command = door.command(&[&arguments[..], &["--rounds", &rounds]].concat());
    for variable in KEY_VARIABLES {
        command.env(variable, KEY);
    }
    let begun = Instant::now();
    let child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("assay starts");
    let watching = Peak::watch(child.id());
    let ended = Ended::of(child.wait_with_output().expect("its output"));
    let elapsed = begun.elapsed();
    let peak = watching.join().expect("it watches");
    let secure = ended.stderr.rsplit("done: ").next().and_then(|end| end.split(' ').next());
    println!(
        "{:<16} {:>6.1} s {:>10} {:>10} MiB {:>5} MiB {:>5} MiB {:>8}",
        cli.name,
        elapsed.as_secs_f64(),
        peak.sandboxes,
        peak.all_kib / 1_024,
        peak.largest_kib / 1_024,
        peak.assay_kib / 1_024,
        secure.unwrap_or("none"),
    );
}
