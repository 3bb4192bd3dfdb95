//! What a validation costs beside the bare compiler and test runner on the same
//! inputs and, given a checkout of SecCodeBench-V2 and recorded answers, beside
//! its official verifiers, in one run: `make bench`. docs/benchmarks.md says what
//! is measured and how.

#![expect(clippy::disallowed_methods, reason = "commands to compare with, outside the sandbox")]
#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

mod bare;
mod comparison;
mod measure;
mod official;
mod project;
mod selection;
mod settings;
mod shell;
mod table;

use std::path::Path;
use std::sync::Arc;

use assay_core::Case;
use assay_core::corpus::CorpusSource;
use assay_sandbox::{Sandbox, Spec};
use assay_verify::{Step, Validator};

use bare::Bare;
use comparison::{Arms, Comparison};
use measure::{Costs, Who, cost_of};
use official::Official;
use selection::Item;
use settings::{Recorded, Settings};
use shell::{Containment, Shell};

fn main() {
    assay_sandbox::enter_if_launched();
    let settings = Settings::read();
    println!("sandbox start, /bin/true and end: median {:.1} ms", start_up());
    let own = settings.measures("own").then(|| own_corpus(&settings));
    let recorded = match &settings.recorded {
        _ if !settings.measures("official") => None,
        Ok(recorded) => Some(official_corpus(&settings, recorded)),
        Err(reason) => {
            println!("\nThe official verifiers were not compared: {reason}.");
            None
        }
    };
    if let Some(place) = &settings.json {
        let figures = serde_json::json!({ "own": own.map(|it| it.json()), "official": recorded.map(|it| it.json()) });
        std::fs::write(place, format!("{figures:#}\n"))
            .unwrap_or_else(|error| panic!("failed to write {}: {error}", place.display()));
    }
}

/// All solutions of our own corpus, with the bare tools run directly.
fn own_corpus(settings: &Settings) -> Comparison {
    let corpus = CorpusSource::Native(settings.own_corpus()).load().expect("the corpus loads");
    let items = selection::solutions(&corpus);
    let items = items.into_iter().filter(|item| settings.wants(item.case.language)).collect();
    let validator = Arc::new(Validator::new(settings.cache.clone()));
    let folder = tempfile::tempdir().expect("a temporary folder");
    let shell = Shell::new(folder.path(), &settings.cache, Containment::Direct);
    let items = prepared(&validator, items);
    println!("\nOur own corpus: {} solutions, {} times each", items.len(), settings.rounds);
    let bare = Bare { shell: &shell, validator: &validator };
    let arms = Arms { validator: &validator, bare, official: None };
    comparison::compare(&items, &arms, settings)
}

/// Recorded answers, with everything but Assay in namespaces of its own.
fn official_corpus(settings: &Settings, recorded: &Recorded) -> Comparison {
    let source = CorpusSource::SecCodeBench(recorded.checkout.clone());
    let corpus = source.load().expect("the checkout loads");
    let shell = Shell::new(&settings.official, &settings.cache, Containment::Namespaces);
    let official = Official::of(&recorded.checkout, &shell);
    let takes_part = |case: &Case| settings.wants(case.language) && official.takes_part(case);
    let items = selection::recorded(&corpus, &recorded.artifacts, recorded.count, takes_part);
    println!("\nFilling the caches that the official verifiers have");
    let items = official.warmed(items);
    let validator = Arc::new(Validator::new(settings.cache.clone()));
    let items = prepared(&validator, items);
    let overhead = shell.overhead();
    println!(
        "\nSecCodeBench-V2: {} recorded answers; bare and official commands run in namespaces, \
         whose {:.0} ms of wall and {:.0} ms of CPU time per artifact are taken off",
        items.len(),
        overhead.wall,
        overhead.cpu,
    );
    let bare = Bare { shell: &shell, validator: &validator };
    let arms = Arms { validator: &validator, bare, official: Some(&official) };
    comparison::compare(&items, &arms, settings)
}

/// Prepares what the items need, and keeps those that can be validated or that
/// the official verifiers can do alone.
fn prepared(validator: &Validator, items: Vec<Item>) -> Vec<Item> {
    let mut cases: Vec<&Case> = items.iter().map(|item| &*item.case).collect();
    cases.dedup_by_key(|case| &case.id);
    let mut lacking: Vec<String> = Vec::new();
    validator
        .prepare(&cases, &mut |progress| {
            if let Step::Failed { message } = progress.step {
                println!("not prepared: {}: {message}", progress.needed_by.join(", "));
                lacking.extend(progress.needed_by.iter().map(|&id| id.to_owned()));
            }
        })
        .expect("a cache");
    let lacks = |case: &Case| lacking.contains(&case.id) && case.judged_phases().is_empty();
    items.into_iter().filter(|item| !lacks(&item.case)).collect()
}

/// The median time of a sandbox that runs `/bin/true`.
fn start_up() -> f64 {
    let mut costs = Costs::default();
    for _ in 0..50 {
        let run = || {
            let mut sandbox = Sandbox::start(&Spec::default()).expect("a sandbox");
            sandbox.execute(&assay_sandbox::Command::new("/bin/true")).expect("true runs");
        };
        costs.add(cost_of(Who::Reaped, run).1);
    }
    costs.median().wall
}

/// The root of the repository.
fn repository() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}
