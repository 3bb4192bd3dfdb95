//! The seeds of rounds. A server that honours a seed answers a question alike whenever it
//! is asked with it, so that rounds under one seed are one answer many times.

use serde_json::{Map, Value};

/// The seed of a round, from 1, or of a judge's sample: the set one in the first, and one
/// more in each that follows. It stays within the bits that the set one lies in, as a
/// server may take no more.
pub(super) fn of_round(seed: u64, round: u32) -> u64 {
    let steps = u64::from(round.saturating_sub(1));
    let bits = [31, 32, 63].into_iter().find(|bits| seed < 1 << bits);
    let next = seed.wrapping_add(steps);
    bits.map_or(next, |bits| next & ((1 << bits) - 1))
}

/// What seeds are called, where the user puts one into a request.
const NAMES: [&str; 3] = ["seed", "random_seed", "sampling_seed"];

/// Whether there is a seed among the members of a request.
pub(super) fn is_in(members: &Map<String, Value>) -> bool {
    members.iter().any(|(name, value)| match value {
        Value::Object(inner) => is_in(inner),
        value => NAMES.contains(&name.as_str()) && !value.is_null(),
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn each_round_has_a_seed_of_its_own_within_the_same_bits() {
        let edges = [0, 7, (1 << 31) - 1, 1 << 31, (1 << 32) - 1, (1 << 63) - 1, u64::MAX];
        for seed in edges {
            let seeds: BTreeSet<u64> = (1..=100).map(|round| of_round(seed, round)).collect();
            assert_eq!(seeds.len(), 100, "{seed}");
            assert_eq!(of_round(seed, 1), seed);
            let bits = [31, 32, 63, 64].into_iter().find(|bits| u128::from(seed) < 1 << bits);
            let most = 1_u128 << bits.expect("64 bits hold it");
            assert!(seeds.iter().all(|it| u128::from(*it) < most), "{seed}");
        }
        assert_eq!([1, 2, 3].map(|round| of_round(7, round)), [7, 8, 9]);
    }
}
