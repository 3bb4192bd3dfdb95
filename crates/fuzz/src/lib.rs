//! Fuzzing with a stable compiler, inside of the tests: seeds that are kept in the
//! repository, what mutation makes of them, and properties that hold for all of it.
//!
//! A test states a [`Target`], whose seeds are the files of `tests/seeds/<name>` of its
//! crate, and a property that panics where it does not hold. The number of inputs is
//! bounded, and they are the same in every run of the gate; `ASSAY_FUZZ_CASES` asks for
//! more of them, drawn anew each time, and `ASSAY_FUZZ_SEED` for those of an earlier run.
//! An input that fails is made smaller and written to a file, to become a seed.

mod effort;
mod long;
mod mutation;
mod seeds;

use std::fmt;
use std::sync::Arc;

pub use proptest;
use proptest::strategy::{Just, Strategy};

use effort::Effort;
use mutation::mutated;
use seeds::Seed;

/// The target of this name, with the seeds of the crate that the test is in.
#[macro_export]
macro_rules! target {
    ($name:literal) => {
        $crate::Target::new(env!("CARGO_MANIFEST_DIR"), $name)
    };
}

/// A parser, its seeds, and typical words of its input.
#[derive(Debug)]
pub struct Target {
    name: &'static str,
    seeds: Arc<[Seed]>,
    words: Arc<[Vec<u8>]>,
}

impl Target {
    /// Reads the seeds of a target. It panics where there are none.
    pub fn new(crate_folder: &str, name: &'static str) -> Target {
        let seeds = seeds::read(crate_folder, name);
        Target { name, seeds: seeds.into(), words: Arc::new([]) }
    }

    /// What mutation puts into an input, beside pieces of seeds.
    #[must_use]
    pub fn words<W: AsRef<[u8]>>(mut self, words: &[W]) -> Target {
        self.words = words.iter().map(|word| word.as_ref().to_vec()).collect();
        self
    }

    /// Checks a property with every seed and its mutations.
    pub fn check(&self, property: impl Fn(&[u8])) {
        self.check_with(&Just(()), |bytes, ()| property(bytes));
    }

    /// The same for a parser of text: what is no UTF-8 is read as U+FFFD.
    pub fn check_text(&self, property: impl Fn(&str)) {
        self.check(|bytes| property(&String::from_utf8_lossy(bytes)));
    }

    /// The same for a property of an input and of something else that is drawn for it.
    pub fn check_with<S: Strategy>(&self, others: &S, property: impl Fn(&[u8], S::Value)) {
        let effort = Effort::of_environment();
        for seed in &*self.seeds {
            let input = Just(Input(seed.content.clone()));
            let name = format!("{}, seed {}", self.name, seed.name);
            // Some draws of what goes with it are enough, as it comes again mutated.
            effort.a_few().run(&name, &(input, others), |(input, other)| {
                property(&input.0, other);
            });
        }
        let inputs = mutated(Arc::clone(&self.seeds), Arc::clone(&self.words));
        effort.run(self.name, &(inputs, others), |(input, other)| property(&input.0, other));
    }

    /// Hands over long inputs that say the same again and again, in which work that grows
    /// faster than its input shows: such an input takes minutes, not milliseconds, when
    /// `ASSAY_FUZZ_BYTES` asks for a million bytes.
    pub fn check_long(&self, property: impl Fn(&[u8])) {
        long::check(self.name, &self.words, &self.seeds, property);
    }
}

/// Holds a property against values that are drawn, as often as the environment says.
pub fn hold<S: Strategy>(name: &str, values: &S, property: impl Fn(S::Value)) {
    Effort::of_environment().run(name, values, property);
}

/// An input of a parser, shown as it would be written in a test.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Input(pub(crate) Vec<u8>);

impl fmt::Debug for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "b\"{}\"", self.0.escape_ascii())
    }
}
