//! A workspace of a case, as an agent finds it: `workspace CORPUS CACHE CASE SCRIPT...` runs
//! each script with `sh -c`, one after another, and prints what came of each as JSON.
//!
//! Before the scripts, `--solution NAME` lays a solution of the case into the project,
//! `--file PATH=FILE` a file of yours, `--agent NAME[@VERSION]` shows an installed agent,
//! whose command line begins with the words of `$AGENT`, `--port INSIDE=OUTSIDE` passes on
//! what is said at a port of the workspace to one of this host, and `--wall SECONDS`,
//! `--memory MIB` and `--output KIB` set limits.
//!
//! `cargo run -p assay-verify --example workspace -- corpus ~/.cache/assay invoice-search \
//! --solution secure 'git log; pytest --version'`
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "it shows what came of all")]

use std::error::Error;
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::time::Duration;

use assay_core::corpus::CorpusSource;
use assay_core::{Case, SafePath};
use assay_verify::agent::UnknownAgent;
use assay_verify::{
    Agent, AgentCommand, AgentLimits, Agents, Installation, Step, Validator, WorkspacePlan,
};

type Fault = Box<dyn Error>;

fn main() -> Result<(), Fault> {
    // Sandboxes are launched as further processes of this program.
    assay_verify::enter_if_launched();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [corpus, cache, id, rest @ ..] = arguments.as_slice() else {
        return Err("usage: workspace CORPUS CACHE CASE [OPTIONS] SCRIPT...".into());
    };
    let corpus = CorpusSource::parse(corpus).load()?;
    let case = corpus.case(id).ok_or_else(|| format!("no case {id}"))?;
    let mut plan = WorkspacePlan::new(case);
    let mut limits = AgentLimits::default();
    let mut environment = Vec::new();
    let mut port = 0;
    let mut rest = rest.iter();
    let mut scripts = Vec::new();
    while let Some(word) = rest.next() {
        if !word.starts_with("--") {
            scripts.push(word.as_str());
            continue;
        }
        let value = rest.next().ok_or_else(|| format!("{word} needs a value"))?;
        match word.as_str() {
            "--solution" => lay_solution(case, value, &mut plan)?,
            "--file" => {
                let (path, file) = value.split_once('=').ok_or("give files as PATH=FILE")?;
                plan.files.insert(SafePath::new(path)?, std::fs::read(file)?);
            }
            "--agent" => {
                let agent: Agent =
                    value.parse().map_err(|error: UnknownAgent| error.to_string())?;
                let installed = Agents::new(cache.into()).installed(&agent);
                let installed = installed.map_err(|error| error.to_string())?;
                plan.mounts.extend(installed.mounts);
                plan.path.extend(installed.path);
                environment.push(("AGENT".to_owned(), installed.command.join(" ")));
            }
            "--port" => {
                let (inside, outside) = value.split_once('=').ok_or("give ports as 8080=9090")?;
                plan.host_port = Some(inside.parse()?);
                port = outside.parse()?;
            }
            "--wall" => limits.wall = Duration::from_secs(value.parse()?),
            "--memory" => limits.memory = value.parse::<u64>()? << 20,
            "--output" => limits.output = value.parse::<u64>()? << 10,
            other => return Err(format!("no option is called {other}").into()),
        }
    }
    let validator = Validator::new(cache.into());
    let mut failed = validator.prepare(&[case], &mut tell)?;
    failed += validator.prepare_supplies(&[case], &mut tell)?;
    if failed > 0 {
        return Err(format!("{id} cannot be prepared").into());
    }
    let mut workspace = validator.workspace(&plan)?;
    if let Some(listener) = workspace.take_listener() {
        std::thread::spawn(move || relay(&listener, port));
    }
    let mut runs = Vec::new();
    for script in scripts {
        let words = ["/bin/sh", "-c", script].map(str::to_owned);
        let command = AgentCommand {
            environment: environment.clone(),
            ..AgentCommand::new(&words, limits.clone())
        };
        runs.push(workspace.run(&command)?);
    }
    println!("{}", serde_json::to_string_pretty(&runs)?);
    Ok(())
}

/// Passes on what is said at a listener to a port of this host, and what is answered.
fn relay(listener: &TcpListener, port: u16) {
    let copy = |mut from: TcpStream, mut to: TcpStream| {
        // Whoever hangs up first ends both.
        let _ = std::io::copy(&mut from, &mut to);
        let _ = to.shutdown(Shutdown::Both);
    };
    for inside in listener.incoming().flatten() {
        let Ok(outside) = TcpStream::connect((Ipv4Addr::LOCALHOST, port)) else { continue };
        let (Ok(from), Ok(to)) = (inside.try_clone(), outside.try_clone()) else { continue };
        std::thread::spawn(move || copy(from, to));
        std::thread::spawn(move || copy(outside, inside));
    }
}

/// Shows why something cannot be installed.
fn tell(installation: &Installation<'_>) {
    if let Step::Failed { message } = installation.step {
        eprintln!("{}: {message}", installation.summary);
    }
}

fn lay_solution(case: &Case, name: &str, plan: &mut WorkspacePlan<'_>) -> Result<(), Fault> {
    let mut solutions = case.code().into_iter().flat_map(|task| &task.solutions);
    let solution = solutions.find(|it| it.name == name);
    let solution = solution.ok_or_else(|| format!("{} has no solution {name}", case.id))?;
    plan.files.extend(solution.files.clone());
    Ok(())
}
