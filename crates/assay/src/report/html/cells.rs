//! What the script of a report computes scores from: successes by subject, scenario and
//! case (`data/cells.js`).

use std::collections::{BTreeMap, BTreeSet};

use assay_core::Scenario;
use assay_core::record::CaseSummary;
use assay_core::score::{Resampling, Weights};
use serde_json::{Value, json};

use super::filters::cwes;
use super::reported_run::{Entry, ReportedRun};

/// The name by which the script asks for it.
pub(super) const PATH: &str = "data/cells.js";

/// A case, by id and digest: runs may have other versions of a case.
type Key<'a> = (&'a str, &'a str);

pub(super) fn data(
    runs: &[ReportedRun],
    entries: &[Entry<'_>],
    weights: &Weights,
    resampling: Resampling,
) -> Value {
    let mut cases: BTreeMap<Key<'_>, &CaseSummary> = BTreeMap::new();
    for case in runs.iter().flat_map(|run| &run.data.info.cases) {
        cases.insert((&case.id, &case.digest), case);
    }
    // In order of their ids, as the intervals of the program draw them.
    let places: BTreeMap<Key<'_>, usize> =
        cases.keys().enumerate().map(|(place, key)| (*key, place)).collect();
    let cwes = cwes(runs);
    let cells: Vec<Value> = entries.iter().map(|entry| of_subject(entry, &places)).collect();
    let scenarios = scenarios(runs);
    json!({
        "seed": resampling.seed,
        "resamples": resampling.resamples,
        "scenarios": scenarios.iter().map(|scenario| {
            json!({ "name": scenario, "weight": weights.of_scenario(*scenario) })
        }).collect::<Vec<_>>(),
        "cases": cases.values().map(|case| json!({
            "language": case.language,
            "severity": case.severity,
            "cwe": case.cwe.iter().filter_map(|it| cwes.iter().position(|cwe| cwe == it)).collect::<Vec<_>>(),
            "weight": weights.of_severity(case.severity),
        })).collect::<Vec<_>>(),
        "withheld": entries.iter().map(|it| it.score().card.withheld.is_some()).collect::<Vec<_>>(),
        "cells": cells,
    })
}

/// Those of every benchmark that an attempt is of; all if there is no attempt.
fn scenarios(runs: &[ReportedRun]) -> Vec<Scenario> {
    let attempted: BTreeSet<&str> =
        runs.iter().flat_map(ReportedRun::scenarios).map(|it| it.benchmark().name).collect();
    let is_there = |it: &Scenario| attempted.is_empty() || attempted.contains(it.benchmark().name);
    Scenario::all().filter(is_there).collect()
}

/// Of each scenario: a case's place, and how many of its attempts were judged, passed all that
/// was asked, and worked.
fn of_subject(entry: &Entry<'_>, places: &BTreeMap<Key<'_>, usize>) -> Value {
    let mut counts: BTreeMap<(Scenario, usize), [usize; 3]> = BTreeMap::new();
    for (number, case) in entry.run.data.info.cases.iter().enumerate() {
        let Some(place) = places.get(&(case.id.as_str(), case.digest.as_str())) else { continue };
        for attempt in entry.run.attempts_by(number, entry.subject) {
            let Some(verdict) = attempt.outcome.verdict() else { continue };
            let counts = counts.entry((attempt.key.scenario, *place)).or_default();
            counts[0] += 1;
            counts[1] += usize::from(verdict.is_success());
            counts[2] += usize::from(verdict.is_functional());
        }
    }
    let mut scenarios: BTreeMap<&str, Vec<[usize; 4]>> = BTreeMap::new();
    for ((scenario, place), [judged, successes, functional]) in counts {
        let cells = scenarios.entry(scenario.as_str()).or_default();
        cells.push([place, judged, successes, functional]);
    }
    json!(scenarios)
}
