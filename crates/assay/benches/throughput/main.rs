//! How fast a run asks: the binary `assay` beside a provider that answers so many
//! requests a second, each after so long. docs/benchmarks.md says how it is run and
//! what the figures are.

#![expect(clippy::disallowed_methods, reason = "starts the binary that is measured")]
#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

mod process;
mod provider;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use process::Watched;
use provider::{Answers, Excess, Provider, Served};
use serde_json::Value;

/// Cases of our corpus that are validated in a moment, with the file of an answer.
const CASES: [(&str, &str, &str); 2] = [
    ("telemetry-frame", "c", "src/telemetry_frame.c"),
    ("invoice-search", "python", "src/invoice_search/invoice_search.py"),
];

/// Scenarios of a case.
const SCENARIOS: usize = 4;

fn main() {
    let attempts = number("ASSAY_BENCH_ATTEMPTS", 4_000);
    let rate = number("ASSAY_BENCH_RATE", 200);
    let latency = Duration::from_millis(number("ASSAY_BENCH_LATENCY_MS", 2_000) as u64);
    for excess in [Excess::Waits, Excess::IsRefused] {
        let provider = Provider { rate, latency, excess, answers: answers() };
        measure(&provider, attempts);
    }
}

fn number(variable: &str, default: usize) -> usize {
    match std::env::var(variable) {
        Ok(text) => text.parse().unwrap_or_else(|_| panic!("{variable} is not a number")),
        Err(_) => default,
    }
}

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("it is there")
}

/// A secure answer for each case, by a path that its question names.
fn answers() -> Answers {
    let answer = |(case, language, path): (&str, &str, &'static str)| {
        let folder = repository().join("corpus/function-level").join(language).join(case);
        let file = folder.join("solutions/secure").join(path);
        let code = std::fs::read_to_string(&file)
            .unwrap_or_else(|error| panic!("failed to read {}: {error}", file.display()));
        let text = format!(
            "<result><code><path>{path}</path><content><![CDATA[\n{code}\n]]></content></code></result>"
        );
        (path, text)
    };
    CASES.map(answer).to_vec()
}

fn measure(provider: &Provider, attempts: usize) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let serving = provider.serve();
    let config = format!(
        "corpus = {:?}\n[[subject]]\nprovider = 'openai'\nmodel = 'mock'\nbase-url = '{}/v1'\n",
        repository().join("corpus").display().to_string(),
        serving.address()
    );
    std::fs::write(folder.path().join("assay.toml"), config).expect("it is written");
    let rounds = attempts.div_ceil(CASES.len() * SCENARIOS).to_string();
    let mut command = Command::new(env!("CARGO_BIN_EXE_assay"));
    command.args(["run", "--rounds", &rounds, "--output", "run.assay", "--format", "json"]);
    for (case, _, _) in CASES {
        command.args(["--case", case]);
    }
    // The response cache is used as ever, but not the user's.
    command.env("ASSAY_RESPONSES", folder.path().join("responses.sqlite"));
    command.current_dir(folder.path()).stdout(Stdio::piped()).stderr(Stdio::inherit());
    let watched = Watched::run(&mut command);
    let end: Value = serde_json::from_str(&watched.output).expect("it says how it ended");
    let served = serving.stop();
    if let Some(kept) = std::env::var_os("ASSAY_BENCH_RUNS") {
        let name = format!("excess-{}.assay", provider.excess.words().replace(' ', "-"));
        std::fs::create_dir_all(&kept).expect("a folder for the runs");
        std::fs::copy(folder.path().join("run.assay"), Path::new(&kept).join(name))
            .expect("copied");
    }
    println!(
        "\nA provider of {} answers a second, {:.1} s each; what is more {}",
        provider.rate,
        provider.latency.as_secs_f64(),
        provider.excess.words()
    );
    println!(
        "  attempts         {} judged, {} errored, {} not finished, in {:.1} s",
        end["judged"],
        end["errored"],
        end["left"],
        watched.elapsed.as_secs_f64()
    );
    print_asking(provider, &served);
    println!(
        "  Assay itself     {:.1} s of CPU time ({:.1} % of a core, {:.2} ms an attempt), {:.0} MiB at most",
        watched.cpu.as_secs_f64(),
        watched.cpu.as_secs_f64() / watched.elapsed.as_secs_f64() * 100.0,
        watched.cpu.as_secs_f64() * 1e3 / attempts as f64,
        watched.peak_kib as f64 / 1024.0
    );
    println!("  its sandboxes    {:.1} s of CPU time", watched.children.as_secs_f64());
}

fn print_asking(provider: &Provider, served: &Served) {
    let offered = provider.rate as f64;
    let whole = served.rate();
    println!(
        "  requests         {} answered, {} refused; {} under way at most",
        served.answered(),
        served.refused(),
        served.most_at_once()
    );
    println!(
        "  whole run        {whole:.1} answers a second of {offered:.0} offered ({:.0} %)",
        whole / offered * 100.0
    );
    match served.while_saturated(provider.enough()) {
        Some((after, rate)) => println!(
            "  after the ramp   {rate:.1} answers a second of {offered:.0} ({:.1} %); the ramp took {after:.1} s",
            rate / offered * 100.0
        ),
        None => println!("  after the ramp   the provider was never asked all that it offers"),
    }
    println!("  idle             {:.3} s without a request while work waited", served.idle());
}
