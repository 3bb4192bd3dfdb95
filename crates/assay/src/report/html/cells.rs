//! What the script of a report computes scores, counts and plots of a part of the cases from: what
//! became of the attempts of each subject, scenario and case (`data/cells.js`).

use std::collections::{BTreeMap, BTreeSet};

use assay_core::record::CaseSummary;
use assay_core::score::Weights;
use assay_core::{Cost, Scenario, Verdict};
use serde_json::{Value, json};

use super::badge;
use super::filters::cwes;
use super::reported_run::{Entry, ReportedRun};
use crate::printable::Visible;
use crate::store::AttemptSummary;

/// The name by which the script asks for it.
pub(super) const PATH: &str = "data/cells.js";

/// A case, by id and digest: runs may have other versions of a case.
type Key<'a> = (&'a str, &'a str);

/// The cases of all runs by their places, in order of their ids.
pub(super) struct Places<'a>(BTreeMap<Key<'a>, (usize, &'a CaseSummary)>);

impl<'a> Places<'a> {
    pub(super) fn of(runs: &'a [ReportedRun]) -> Places<'a> {
        let mut cases: BTreeMap<Key<'_>, (usize, &CaseSummary)> = BTreeMap::new();
        for case in runs.iter().flat_map(|run| &run.data.info.cases) {
            cases.insert((&case.id, &case.digest), (0, case));
        }
        for (place, case) in cases.values_mut().enumerate() {
            case.0 = place;
        }
        Places(cases)
    }

    /// Where a case stands among all.
    pub(super) fn place(&self, case: &CaseSummary) -> Option<usize> {
        self.0.get(&(case.id.as_str(), case.digest.as_str())).map(|(place, _)| *place)
    }
}

pub(super) fn data(runs: &[ReportedRun], entries: &[Entry<'_>], weights: &Weights) -> Value {
    let places = Places::of(runs);
    let cwes = cwes(runs);
    let case = |case: &CaseSummary| {
        let of_case = case.cwe.iter().filter_map(|it| cwes.iter().position(|cwe| cwe == it));
        json!({
            "id": Visible::line(&case.id).to_string(),
            "title": Visible::line(&case.title).to_string(),
            "language": case.language,
            "severity": case.severity,
            "cwe": of_case.collect::<Vec<_>>(),
            "weight": weights.of_severity(case.severity),
        })
    };
    json!({
        "verdicts": Verdict::ALL.map(|verdict| json!({
            "label": badge::label(verdict),
            "class": badge::class(verdict),
            "success": verdict.is_success(),
            "functional": verdict.is_functional(),
        })),
        "scenarios": scenarios(runs).iter().map(|scenario| {
            json!({ "name": scenario, "weight": weights.of_scenario(*scenario) })
        }).collect::<Vec<_>>(),
        "cases": places.0.values().map(|(_, it)| case(it)).collect::<Vec<_>>(),
        "subjects": entries.iter().map(|it| of_subject(it, &it.label(runs), &places)).collect::<Vec<_>>(),
    })
}

/// Those of every benchmark that an attempt is of; all if there is no attempt.
fn scenarios(runs: &[ReportedRun]) -> Vec<Scenario> {
    let attempted: BTreeSet<&str> =
        runs.iter().flat_map(ReportedRun::scenarios).map(|it| it.benchmark().name).collect();
    let is_there = |it: &Scenario| attempted.is_empty() || attempted.contains(it.benchmark().name);
    Scenario::all().filter(is_there).collect()
}

/// What became of the attempts at a case in a scenario.
#[derive(Debug, Clone, Copy, Default)]
struct Cell {
    errored: usize,
    unjudged: usize,
    /// Judged otherwise than by a verdict on code, and how many of them were right.
    said: [usize; 2],
    output_tokens: u64,
    cost: Option<Cost>,
    verdicts: [usize; Verdict::ALL.len()],
}

impl Cell {
    fn add(&mut self, attempt: &AttemptSummary) {
        let outcome = &attempt.outcome;
        match (outcome.verdict(), outcome.judgement()) {
            (Some(verdict), _) => {
                let place = Verdict::ALL.iter().position(|it| *it == verdict);
                self.verdicts[place.unwrap_or_default()] += 1;
            }
            (None, Some(assay_core::Judgement::NotAsked(_))) => {}
            (None, Some(judgement)) => {
                self.said[0] += 1;
                self.said[1] += usize::from(judgement.is_success());
            }
            (None, None) if outcome.is_unjudged() => self.unjudged += 1,
            (None, None) => self.errored += 1,
        }
        self.output_tokens += attempt.tokens.output;
        if let Some(cost) = attempt.cost {
            self.cost = Some(self.cost.unwrap_or(Cost::ZERO) + cost);
        }
    }

    /// A list of numbers: the case's place, errored, unjudged, said, rightly said, tokens, cost in
    /// billionths, and each verdict.
    fn list(&self, place: usize) -> Value {
        let mut list = vec![
            json!(place),
            json!(self.errored),
            json!(self.unjudged),
            json!(self.said[0]),
            json!(self.said[1]),
            json!(self.output_tokens),
            json!(self.cost.map(Cost::nanos)),
        ];
        list.extend(self.verdicts.iter().map(|number| json!(number)));
        list.into()
    }
}

fn of_subject(entry: &Entry<'_>, label: &str, places: &Places<'_>) -> Value {
    let mut counts: BTreeMap<(Scenario, usize), Cell> = BTreeMap::new();
    let mut open = BTreeSet::new();
    for (number, case) in entry.run.data.info.cases.iter().enumerate() {
        let Some(place) = places.place(case) else { continue };
        if entry.run.is_open(number) {
            open.insert(place);
        }
        for attempt in entry.run.attempts_by(number, entry.subject) {
            counts.entry((attempt.key.scenario, place)).or_default().add(attempt);
        }
    }
    let mut scenarios: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
    for ((scenario, place), cell) in counts {
        scenarios.entry(scenario.as_str()).or_default().push(cell.list(place));
    }
    json!({
        "name": Visible::line(label).to_string(),
        "withheld": entry.score().card.withheld.is_some(),
        // Cases that wait for judges count in no score.
        "open": open,
        "cells": scenarios,
    })
}
