//! Measures the arms of a comparison in turn, so that all see the same machine.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::channel;

use assay_core::{Language, Verdict};
use assay_verify::pool::{Pool, PoolLimits};
use assay_verify::verifier::Listener;
use assay_verify::{Job, JobResult};
use assay_verify::{Validation, Validator};

use crate::bare::Bare;
use crate::measure::{Cost, Costs, Who, cost_of};
use crate::official::Official;
use crate::selection::Item;
use crate::settings::Settings;
use crate::shell::Suites;

/// Who validates.
#[derive(Debug)]
pub(crate) struct Arms<'a> {
    pub(crate) validator: &'a Arc<Validator>,
    pub(crate) bare: Bare<'a>,
    pub(crate) official: Option<&'a Official<'a>>,
}

/// The figures of each language.
#[derive(Debug, Default)]
pub(crate) struct Comparison {
    pub(crate) languages: BTreeMap<Language, Row>,
    pub(crate) jobs: usize,
}

#[derive(Debug, Default)]
pub(crate) struct Row {
    pub(crate) artifacts: usize,
    pub(crate) assay: Arm,
    pub(crate) bare: Arm,
    pub(crate) official: Arm,
}

/// What one way to validate costs, and how often it finds what is known.
#[derive(Debug, Default)]
pub(crate) struct Arm {
    /// One artifact at a time.
    pub(crate) costs: Costs,
    pub(crate) agreed: usize,
    /// Of one artifact where as many as there are cores are done at a time: the
    /// time of all by their number.
    pub(crate) together: Option<Cost>,
    pub(crate) disagreements: Vec<String>,
}

impl Arm {
    fn add(&mut self, item: &Item, suites: Suites, cost: Cost) {
        self.costs.add(cost);
        if suites == item.expected {
            self.agreed += 1;
        } else {
            self.disagreements.push(item.case.id.clone());
        }
    }
}

pub(crate) fn compare(items: &[Item], arms: &Arms<'_>, settings: &Settings) -> Comparison {
    let mut comparison = Comparison { jobs: settings.jobs, ..Comparison::default() };
    for language in Language::ALL {
        let items: Vec<&Item> =
            items.iter().filter(|item| item.case.language == language).collect();
        if items.is_empty() {
            continue;
        }
        let mut row = Row { artifacts: items.len(), ..Row::default() };
        one_at_a_time(&items, arms, settings, &mut row);
        if !row.assay.costs.is_empty() {
            row.assay.together = Some(pooled(&items, arms, settings));
        }
        row.official.together =
            arms.official.map(|official| verified_together(&items, official, settings.jobs));
        row.print(language);
        comparison.languages.insert(language, row);
    }
    comparison.print();
    comparison
}

/// Assay, the bare tools and the official verifier in turn for each artifact. The
/// official verifiers, which are slow, do each once.
fn one_at_a_time(items: &[&Item], arms: &Arms<'_>, settings: &Settings, row: &mut Row) {
    let mut known = BTreeSet::new();
    for item in items.iter().filter(|item| item.case.judged_phases().is_empty()) {
        // What starts with a case's first artifact of a run and stays is not its cost.
        if known.insert(&item.case.id) {
            validate(arms.validator, item);
            arms.bare.run(item);
        }
    }
    for round in 0..settings.rounds {
        for item in items {
            if item.case.judged_phases().is_empty() {
                let (suites, cost) = cost_of(Who::Everyone, || validate(arms.validator, item));
                row.assay.add(item, suites, cost);
                let (suites, cost) = arms.bare.run(item);
                row.bare.add(item, suites, cost);
            }
            if let (0, Some(official)) = (round, arms.official) {
                let (suites, cost) = official.verify(item);
                row.official.add(item, suites, cost);
            }
        }
    }
}

fn validate(validator: &Validator, item: &Item) -> Suites {
    let validation = validator.validate(&item.case, &item.artifact);
    suites(&validation.unwrap_or_else(|error| panic!("{}: {error}", item.case.id)))
}

fn suites(validation: &Validation) -> Suites {
    let verdict = validation.evidence.verdict();
    Suites {
        functional: verdict.is_some_and(Verdict::is_functional),
        security: verdict.is_some_and(Verdict::is_secure),
    }
}

/// All artifacts by the pool of a run, with its rounds.
fn pooled(items: &[&Item], arms: &Arms<'_>, settings: &Settings) -> Cost {
    let (results, finished) = channel::<JobResult>();
    let listener: Listener = Arc::new(move |result| results.send(result).is_ok());
    let pool = Pool::start(arms.validator, PoolLimits::new(settings.jobs), &listener);
    let (count, cost) = cost_of(Who::Everyone, || {
        let mut count = 0;
        for item in (0..settings.rounds).flat_map(|_| items) {
            let (case, artifact) = (Arc::clone(&item.case), Arc::clone(&item.artifact));
            if case.judged_phases().is_empty() {
                pool.submit(Job { id: count, case, artifact });
                count += 1;
            }
        }
        for _ in 0..count {
            finished.recv().expect("a result").result.expect("a validation");
        }
        count
    });
    cost.share(usize::try_from(count).unwrap_or(usize::MAX))
}

/// All artifacts by the official verifiers, as many at a time.
fn verified_together(items: &[&Item], official: &Official<'_>, jobs: usize) -> Cost {
    let next = AtomicUsize::new(0);
    let ((), cost) = cost_of(Who::Reaped, || {
        std::thread::scope(|scope| {
            for _ in 0..jobs {
                scope.spawn(|| {
                    while let Some(item) = items.get(next.fetch_add(1, Ordering::Relaxed)) {
                        official.verify(item);
                    }
                });
            }
        });
    });
    cost.share(items.len())
}
