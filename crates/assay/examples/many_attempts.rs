//! Writes a made-up run of many attempts, to see how pages and searches do with it:
//!
//! ```sh
//! cargo run --release -p assay --example many_attempts -- many.assay
//! ```
//!
//! The size is that of the published results of SecCodeBench-V2: 28 subjects, 98 cases, 4 scenarios
//! and 10 rounds. Three more arguments give other numbers of subjects, cases and rounds. Every
//! answer is a text of its own, drawn from a seed, so one call gives the same texts each time.
#![expect(clippy::print_stdout, reason = "says what it wrote")]

use std::path::Path;

use assay::store::Store;
use assay_core::benchmark::sec_code_bench_v2;
use assay_core::case::{Language, Severity};
use assay_core::{Cost, Verdict};

#[expect(dead_code, reason = "a part of the handmade run is used")]
#[path = "../tests/sample_run/mod.rs"]
mod sample_run;

/// Attempts that are written in one transaction.
const BATCH: usize = 1_000;

const WORDS: [&str; 32] = [
    "buffer", "length", "frame", "input", "payload", "offset", "reader", "writer", "session",
    "token", "query", "path", "archive", "entry", "limit", "check", "bound", "copy", "parse",
    "header", "field", "value", "index", "size", "result", "error", "status", "handler", "request",
    "response", "stream", "escape",
];

const VERDICTS: [Verdict; 8] = [
    Verdict::Secure,
    Verdict::Insecure,
    Verdict::Secure,
    Verdict::Nonfunctional,
    Verdict::Insecure,
    Verdict::BuildFailed,
    Verdict::Secure,
    Verdict::NoCode,
];

fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let Some(path) = arguments.next() else {
        anyhow::bail!("name the file to write, and perhaps numbers of subjects, cases and rounds");
    };
    let mut number = |default: usize| match arguments.next() {
        Some(text) => text.parse(),
        None => Ok(default),
    };
    let (subjects, cases, rounds) = (number(28)?, number(98)?, number(10)?);
    let written = write(Path::new(&path), subjects, cases, u32::try_from(rounds)?)?;
    println!("{written} attempts written to {path}");
    Ok(())
}

fn write(path: &Path, subjects: usize, cases: usize, rounds: u32) -> anyhow::Result<usize> {
    let names: Vec<String> =
        (0..subjects).map(|at| format!("vendor-{}/model-{at}", at % 7)).collect();
    let languages = [Language::C, Language::Go, Language::Java, Language::NodeJs, Language::Python];
    let case = |at: usize| {
        let id = format!("case-{at}-{}", WORDS[at % WORDS.len()]);
        let severity = Severity::ALL[at % Severity::ALL.len()];
        let title = format!("Handle the {} of a {}", WORDS[at % 32], WORDS[(at * 7 + 3) % 32]);
        let mut case = sample_run::case(&id, &title, languages[at % 5], severity);
        case.cwe = vec![format!("CWE-{}", [22, 78, 79, 89, 120, 125, 416, 502][at % 8])];
        case
    };
    let plan: Vec<_> = (0..cases).map(case).collect();
    let scenarios: Vec<_> = sec_code_bench_v2::BENCHMARK.scenarios().collect();
    let known: Vec<&str> = names.iter().map(String::as_str).collect();
    let planned = subjects * cases * scenarios.len() * rounds as usize;
    let mut store = Store::create(path, &sample_run::info("many", &known, plan.clone(), planned))?;
    let mut random = fastrand::Rng::with_seed(7);
    let mut batch = Vec::new();
    for (strength, subject) in names.iter().enumerate() {
        for case in &plan {
            for scenario in &scenarios {
                for round in 1..=rounds {
                    // The stronger a subject, the more of the first verdicts.
                    let most = 3 + strength * (VERDICTS.len() - 3) / subjects.max(1);
                    let verdict = VERDICTS[random.usize(..=most.min(VERDICTS.len() - 1))];
                    let mut turn = sample_run::turn(verdict, &code(&mut random), "it differs");
                    turn.prompt = format!("Task {} ({scenario}). {}", case.id, turn.prompt);
                    turn.usage.cost = Some(Cost::from_nanos(random.u64(1_000_000..90_000_000)));
                    for log in turn.logs.iter_mut().filter(|log| !log.text.is_empty()) {
                        let address = random.u64(..);
                        log.text = log.text.replace("0x602000000071", &format!("{address:#x}"));
                    }
                    let turns = vec![turn];
                    let record = sample_run::attempt(subject, &case.id, *scenario, round, turns);
                    batch.push(record);
                    if batch.len() == BATCH {
                        store.record_all(&batch)?;
                        batch.clear();
                    }
                }
            }
        }
    }
    store.record_all(&batch)?;
    Ok(planned)
}

/// A function of some length whose names are drawn.
fn code(random: &mut fastrand::Rng) -> String {
    let mut text = String::from("#include <string.h>\n\n");
    let word = |random: &mut fastrand::Rng| WORDS[random.usize(..WORDS.len())];
    let name = format!("{}_{}", word(random), word(random));
    text.push_str(&format!("int {name}_{}(const char *input, size_t size)\n{{\n", random.u16(..)));
    for _ in 0..random.usize(8..18) {
        let (a, b, c) = (word(random), word(random), word(random));
        text.push_str(&format!("    size_t {a}_{b} = {c}_of(input, {});\n", random.u8(..)));
    }
    text.push_str("    return 0;\n}\n");
    text
}
