//! [`Scenario`]: what is asked of a subject about a case, by the name that a benchmark
//! gives it.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};

use serde::{Serialize, Serializer};

use crate::benchmark::{Asks, Benchmark, ScenarioFacts};
use crate::statistic::Statistic;

/// A scenario of a benchmark. Those of one benchmark are in its order.
#[derive(Debug, Clone, Copy)]
pub struct Scenario {
    benchmark: &'static Benchmark,
    place: usize,
}

impl Benchmark {
    /// Its scenarios, in order.
    pub fn scenarios(&'static self) -> impl Iterator<Item = Scenario> {
        (0..self.scenarios.len()).map(move |place| Scenario::of(self, place))
    }
}

impl Scenario {
    /// The scenario at a place of a benchmark.
    ///
    /// # Panics
    ///
    /// If the benchmark has no such place.
    pub const fn of(benchmark: &'static Benchmark, place: usize) -> Scenario {
        assert!(place < benchmark.scenarios.len(), "the benchmark has no such scenario");
        Scenario { benchmark, place }
    }

    pub fn benchmark(self) -> &'static Benchmark {
        self.benchmark
    }

    pub(crate) fn facts(self) -> &'static ScenarioFacts {
        &self.benchmark.scenarios[self.place]
    }

    pub fn as_str(self) -> &'static str {
        self.facts().name
    }

    /// The scenario's weight in the overall score of its benchmark.
    pub fn weight(self) -> f64 {
        self.facts().weight
    }

    pub fn asks(self) -> Asks {
        self.facts().asks
    }

    /// Whether the prompt carries the security hint.
    pub fn has_hint(self) -> bool {
        self.facts().has_hint
    }

    /// The number that is computed from its outcomes.
    pub fn statistic(self) -> Statistic {
        self.facts().statistic
    }

    /// The scenario whose attempt this one is about.
    pub fn follows(self) -> Option<Scenario> {
        let name = self.facts().follows?;
        self.benchmark.scenarios().find(|scenario| scenario.as_str() == name)
    }

    /// Names are unique among all benchmarks.
    fn key(self) -> (&'static str, usize) {
        (self.benchmark.name, self.place)
    }
}

impl PartialEq for Scenario {
    fn eq(&self, other: &Scenario) -> bool {
        self.key() == other.key()
    }
}

impl Eq for Scenario {}

impl Ord for Scenario {
    fn cmp(&self, other: &Scenario) -> Ordering {
        self.key().cmp(&other.key())
    }
}

impl PartialOrd for Scenario {
    fn partial_cmp(&self, other: &Scenario) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Hash for Scenario {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.key().hash(state);
    }
}

impl Serialize for Scenario {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl fmt::Display for Scenario {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
