//! [`Split`]: which examples are trained with, and which are held out.

use assay_core::files::sha256;
/// A side of a split.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Side {
    Train,
    HeldOut,
}

/// What share of scenarios is held out. Every example of a scenario is on the same side, in every
/// export with the same seed, whatever else is exported.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Split {
    /// In [0, 1).
    pub held_out: f64,
    pub seed: u64,
}

impl Side {
    pub const ALL: [Side; 2] = [Side::Train, Side::HeldOut];

    pub fn as_str(self) -> &'static str {
        match self {
            Side::Train => "train",
            Side::HeldOut => "held-out",
        }
    }
}

impl Split {
    /// The side of a scenario: by a digest of its name and the seed.
    pub fn side(self, scenario: &str) -> Side {
        let digest = sha256(format!("{}\n{scenario}", self.seed).as_bytes());
        let first = u32::from_str_radix(&digest[..8], 16).unwrap_or_default();
        match f64::from(first) / u32::MAX as f64 >= self.held_out {
            true => Side::Train,
            false => Side::HeldOut,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_of_scenarios_is_held_out_and_always_the_same_ones() {
        let split = Split { held_out: 0.2, seed: 3 };
        let names: Vec<String> = (0..2_000).map(|number| format!("case-{number}")).collect();
        let held_out = names.iter().filter(|it| split.side(it) == Side::HeldOut).count();
        assert!((340..460).contains(&held_out), "{held_out}");
        let again = |it: &&String| split.side(it) == Split { held_out: 0.2, seed: 3 }.side(it);
        assert!(names.iter().all(|it| again(&it)));
        let other = Split { held_out: 0.2, seed: 4 };
        assert!(names.iter().any(|it| split.side(it) != other.side(it)));
        assert!(names.iter().all(|it| Split { held_out: 0.0, seed: 1 }.side(it) == Side::Train));
    }
}
