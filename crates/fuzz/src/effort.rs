//! How many inputs are tried, and which.

use std::fmt::Debug;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::time::{SystemTime, UNIX_EPOCH};

use proptest::strategy::Strategy;
use proptest::test_runner::{Config, RngAlgorithm, TestError, TestRng, TestRunner};

/// How many inputs of a target the gate tries.
const CASES: u32 = 250;

/// So many are tried to make an input that fails smaller.
const SMALLER: u32 = 4_000;

/// The bounds of a run.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Effort {
    cases: u32,
    seed: u64,
}

impl Effort {
    /// That of the gate, unless the environment asks for another.
    pub(crate) fn of_environment() -> Effort {
        let cases = number("ASSAY_FUZZ_CASES");
        let seed = number("ASSAY_FUZZ_SEED").unwrap_or_else(|| match cases {
            // The gate fails for what was changed, and for nothing else.
            None => 0,
            Some(_) => drawn(),
        });
        let cases = cases.map_or(CASES, |cases| u32::try_from(cases).unwrap_or(u32::MAX));
        Effort { cases, seed }
    }

    pub(crate) fn a_few(self) -> Effort {
        Effort { cases: 8, ..self }
    }

    /// Holds a property against drawn values. It panics with the smallest one found that
    /// it does not hold for.
    pub(crate) fn run<S: Strategy>(self, name: &str, values: &S, property: impl Fn(S::Value)) {
        let config = Config {
            cases: self.cases,
            max_shrink_iters: SMALLER,
            failure_persistence: None,
            ..Config::default()
        };
        let mut runner = TestRunner::new_with_rng(config, self.random(name));
        let outcome = runner.run(values, |value| {
            property(value);
            Ok(())
        });
        match outcome {
            Ok(()) => {}
            Err(TestError::Fail(why, value)) => self.fail(name, &why.to_string(), &value),
            Err(TestError::Abort(why)) => panic!("{name}: {why}"),
        }
    }

    fn fail(self, name: &str, why: &str, value: &impl Debug) -> ! {
        let Effort { cases, seed } = self;
        panic!(
            "{name}: {why}\nfor {value:?}\nkeep it as a seed (docs/fuzzing.md); \
             it comes again with ASSAY_FUZZ_CASES={cases} ASSAY_FUZZ_SEED={seed}"
        );
    }

    /// Targets draw different inputs from one seed.
    fn random(self, name: &str) -> TestRng {
        let mut hasher = DefaultHasher::new();
        name.hash(&mut hasher);
        let seed = [self.seed.to_le_bytes(), hasher.finish().to_le_bytes()].concat();
        TestRng::from_seed(RngAlgorithm::XorShift, &seed)
    }
}

/// The number that a variable of the environment holds. It panics if that is not a number, because
/// a long run that was asked for must not silently be a short one.
pub(crate) fn number(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} is {text:?}; give a whole number")))
}

/// A number that is another one in each run.
fn drawn() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    now.as_secs() << 20 | u64::from(now.subsec_micros())
}
