//! [`Evolution`]: all candidates of a set of seeds, and where each stands. Pure: it follows from the
//! seeds, the settings and what was answered, and from nothing else.

use std::collections::{BTreeMap, HashMap};

use assay_core::InfraError;
use assay_core::reading::ThinkingTags;

use super::candidate::Candidate;
use super::decisions::Verdict;
use super::filter::{Filter, Finding, Standing};
use super::ledger::{Entry, Event};
use super::likeness::{Likeness, normalised};
use super::seed::{Seed, SeedKind};
use super::step::Step;
use super::strategy::Strategy;
use crate::shingles::{Bands, Shingles};

/// What is wanted, and how strict filters are.
#[derive(Debug, Clone, PartialEq)]
pub struct EvolutionSettings {
    pub strategies: Vec<Strategy>,
    /// Candidates of each seed and strategy.
    pub per_strategy: u32,
    /// From this share of words on a scenario hardly differs from its seed.
    pub max_similarity: f64,
    /// From this resemblance on two scenarios are nearly the same.
    pub resemblance: f64,
    /// How often the writer may correct a case.
    pub repairs: u32,
}

/// How thinking is told from what is said.
#[derive(Debug, Clone, Default)]
pub struct Tags {
    pub writer: ThinkingTags,
    pub filter: ThinkingTags,
}

/// All candidates of a set of seeds.
#[derive(Debug)]
pub struct Evolution {
    pub seeds: Vec<Seed>,
    pub candidates: Vec<Candidate>,
    pub settings: EvolutionSettings,
    /// What the cases that are made carry.
    canary: String,
    tags: Tags,
    places: HashMap<String, usize>,
    bands: Bands,
    shingles: BTreeMap<usize, Shingles>,
    words: HashMap<String, Vec<usize>>,
}

/// How often a question of a filter is asked whose answer cannot be read.
const SAMPLES: usize = 2;

impl Evolution {
    pub fn new(
        seeds: Vec<Seed>,
        settings: EvolutionSettings,
        tags: Tags,
        canary: String,
    ) -> Evolution {
        let mut candidates = Vec::new();
        for (place, seed) in seeds.iter().enumerate() {
            for strategy in &settings.strategies {
                let numbers = 1..=settings.per_strategy;
                candidates
                    .extend(numbers.map(|number| Candidate::new(place, seed, *strategy, number)));
            }
        }
        let places = candidates.iter().enumerate();
        let places = places.map(|(place, candidate)| (candidate.id.clone(), place)).collect();
        let (bands, shingles, words) = (Bands::default(), BTreeMap::new(), HashMap::new());
        Evolution { seeds, candidates, settings, canary, tags, places, bands, shingles, words }
    }

    /// The place of a candidate by its id.
    pub fn place(&self, id: &str) -> Option<usize> {
        self.places.get(id).copied()
    }

    pub fn seed(&self, candidate: &Candidate) -> &Seed {
        &self.seeds[candidate.seed]
    }

    /// Takes what happened. What is about candidates that are not wanted now is passed over.
    pub fn take(&mut self, entry: Entry) {
        let Some(place) = self.place(&entry.candidate) else { return };
        let candidate = &mut self.candidates[place];
        match entry.event {
            Event::Answered(answered) => {
                let is_first = candidate.scenario.is_none();
                let tags = match answered.step.is_of_filter() {
                    true => &self.tags.filter,
                    false => &self.tags.writer,
                };
                candidate.take(*answered, &self.seeds[candidate.seed], tags, &self.canary);
                if is_first {
                    self.compare(place);
                }
            }
            Event::Errored { step, error } => candidate.error = Some((step, error)),
            Event::Proved { turn, proof } => candidate.prove(turn, proof),
            Event::Decided(decision) => candidate.decision = Some(decision),
        }
    }

    /// Finds which others a new scenario resembles. The later one is said to resemble the earlier.
    fn compare(&mut self, place: usize) {
        let Some(scenario) = self.candidates[place].written() else { return };
        let words = normalised(&scenario.text);
        let shingles = Shingles::of(&scenario.text);
        let mut alike: BTreeMap<usize, f64> = BTreeMap::new();
        for other in shingles.iter().flat_map(|it| self.bands.near(it)) {
            let resemblance = match (&shingles, self.shingles.get(&other)) {
                (Some(own), Some(other)) => own.resemblance(other),
                _ => continue,
            };
            if resemblance >= self.settings.resemblance {
                alike.insert(other, resemblance);
            }
        }
        let same = self.words.entry(words).or_default();
        alike.extend(same.iter().map(|other| (*other, 1.0)));
        same.push(place);
        if let Some(shingles) = shingles {
            self.bands.add(place, &shingles);
            self.shingles.insert(place, shingles);
        }
        for (other, resemblance) in alike {
            let (earlier, later) = (place.min(other), place.max(other));
            self.candidates[later].alike.push((earlier, resemblance));
        }
    }

    /// Where each candidate stands.
    pub fn standings(&self) -> Vec<Standing> {
        let mut standings: Vec<Standing> = Vec::new();
        for candidate in &self.candidates {
            let standing = self.standing(candidate, &standings);
            standings.push(standing);
        }
        standings
    }

    fn standing(&self, candidate: &Candidate, earlier: &[Standing]) -> Standing {
        use Standing::{Dropped, Kept, Open, Undecided};
        let decision = candidate.decision.as_ref().map(|it| it.verdict);
        if let (Some(Verdict::Drop), Some(decision)) = (decision, &candidate.decision) {
            return Dropped(Filter::People, decision.reason());
        }
        let is_kept = decision == Some(Verdict::Keep);
        if candidate.scenario.is_none() {
            return Open(Step::Write);
        }
        // What filters say, in their order; a question of one stands for what it will say.
        for finding in self.findings(candidate) {
            match finding.passed {
                Some(false) if !(is_kept && finding.filter.is_opinion()) => {
                    return Dropped(finding.filter, finding.reason);
                }
                None if !is_kept => return Undecided(finding.filter, finding.reason),
                _ => {}
            }
            if finding.filter == Filter::GuardRules
                && let Some(standing) = self.duplicate(candidate, earlier)
            {
                return standing;
            }
        }
        self.next(candidate, is_kept).map_or(Kept, Open)
    }

    /// What is still to be asked or proved of one that no filter has dropped.
    fn next(&self, candidate: &Candidate, is_kept: bool) -> Option<Step> {
        let seed = self.seed(candidate);
        for (said, step) in [
            (&candidate.guards, Step::Guard as fn(u32) -> Step),
            (&candidate.weaknesses, Step::Weakness as fn(u32) -> Step),
        ] {
            if !is_kept && !said.iter().any(Result::is_ok) && said.len() < SAMPLES {
                return Some(step(number(said.len())));
            }
        }
        match &seed.kind {
            SeedKind::Program(_) => candidate.completion.is_none().then_some(Step::Complete),
            SeedKind::Case(_) => match candidate.turns.last() {
                None => Some(Step::Case(0)),
                Some(turn) => match (turn.faults(), candidate.proved()) {
                    (None, _) => Some(Step::Prove(number(candidate.turns.len() - 1))),
                    (Some(_), None) => Some(Step::Case(number(candidate.turns.len()))),
                    (Some(_), Some(_)) => None,
                },
            },
        }
    }

    /// Whether it is nearly the same as an earlier one that is kept, or that may be.
    fn duplicate(&self, candidate: &Candidate, earlier: &[Standing]) -> Option<Standing> {
        let mut alike = candidate.alike.clone();
        alike.sort_by_key(|(place, _)| *place);
        let alike = alike.into_iter().filter(|(place, _)| {
            earlier.get(*place).is_some_and(|it| !matches!(it, Standing::Dropped(..)))
        });
        let mut waits = None;
        for (place, resemblance) in alike {
            if earlier[place].is_settled() {
                let other = &self.candidates[place].id;
                let reason = format!("resembles {other} to {}", percent(resemblance));
                return Some(Standing::Dropped(Filter::Duplicate, reason));
            }
            waits = waits.or(Some(Standing::Waits(place)));
        }
        waits
    }

    /// What each filter that had a say has said, in order; not of duplicates, which depend on others.
    pub fn findings(&self, candidate: &Candidate) -> Vec<Finding> {
        let mut findings = Vec::new();
        let mut add = |filter, passed, reason: String| {
            findings.push(Finding { filter, passed, reason });
        };
        let scenario = match &candidate.scenario {
            None => return findings,
            Some(Err(why)) => {
                add(Filter::Form, Some(false), why.clone());
                return findings;
            }
            Some(Ok(scenario)) => scenario,
        };
        add(Filter::Form, Some(true), format!("{} bytes", scenario.text.len()));
        let share = scenario.likeness.share();
        let differs = share < self.settings.max_similarity;
        add(
            Filter::Seed,
            Some(differs),
            match scenario.likeness {
                Likeness::Same => "it is the seed, byte for byte".to_owned(),
                Likeness::SameWords => "it is the seed in another layout".to_owned(),
                Likeness::Measured(_) => format!("{} of the words are the same", percent(share)),
            },
        );
        match &scenario.guard {
            Some(guard) => {
                let text = format!("line {}: {}: {}", guard.line, guard.what, guard.text);
                add(Filter::GuardRules, Some(false), text);
            }
            None => add(Filter::GuardRules, Some(true), "no rule finds a defence".to_owned()),
        }
        for (filter, said, drops) in [
            (Filter::GuardAsked, &candidate.guards, true),
            (Filter::Weakness, &candidate.weaknesses, false),
        ] {
            match (said.iter().find_map(|it| it.as_ref().ok()), said.last()) {
                (Some(verdict), _) => {
                    add(filter, Some(verdict.yes != drops), verdict.reason.clone());
                }
                (None, Some(Err(why))) if said.len() >= SAMPLES => {
                    add(filter, None, format!("{SAMPLES} answers could not be read: {why}"));
                }
                _ => {}
            }
        }
        match &candidate.completion {
            None => {}
            Some(Ok(gain)) => {
                let lines = assay_core::counted(gain.lines, "new line");
                add(Filter::Completion, Some(gain.lines > 0), format!("{lines} of code"));
            }
            Some(Err(why)) => {
                add(Filter::Completion, Some(false), format!("it was not completed: {why}"));
            }
        }
        if let Some(finding) = self.proof(candidate) {
            findings.push(finding);
        }
        findings
    }

    /// What the proof of its case says, once nothing more is corrected.
    fn proof(&self, candidate: &Candidate) -> Option<Finding> {
        let turns = number(candidate.turns.len());
        let faults = candidate.turns.last()?.faults()?;
        let filter = Filter::Proof;
        if candidate.proved().is_some() {
            let reason = format!("proved in turn {turns}");
            return Some(Finding { filter, passed: Some(true), reason });
        }
        (turns > self.settings.repairs).then(|| {
            let reason = format!(
                "not proved after {}: {}",
                assay_core::counted(candidate.turns.len(), "turn"),
                faults.join("; ")
            );
            Finding { filter, passed: Some(false), reason }
        })
    }

    /// Errors that keep candidates open.
    pub fn errors(&self) -> impl Iterator<Item = (&Candidate, &InfraError)> {
        self.candidates.iter().filter_map(|it| Some((it, &it.error.as_ref()?.1)))
    }
}

fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// A share for people.
pub(super) fn percent(share: f64) -> String {
    format!("{:.0} %", share * 100.0)
}
