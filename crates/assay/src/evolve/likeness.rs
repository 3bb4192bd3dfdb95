//! How alike two scenarios are: the same, the same but for layout and letter case, or to a measured
//! degree.

use crate::shingles::words;

/// How alike an evolved scenario is to its seed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Likeness {
    /// Byte for byte.
    Same,
    /// But for layout and letter case.
    SameWords,
    /// The share of words in the longest sequence that both have in this order, in [0, 1].
    Measured(f64),
}

impl Likeness {
    pub(super) fn of(seed: &str, evolved: &str) -> Likeness {
        if seed.trim() == evolved.trim() {
            return Likeness::Same;
        }
        if normalised(seed) == normalised(evolved) {
            return Likeness::SameWords;
        }
        Likeness::Measured(similarity(seed, evolved))
    }

    /// As a number; 1 is the same.
    pub(super) fn share(self) -> f64 {
        match self {
            Likeness::Same | Likeness::SameWords => 1.0,
            Likeness::Measured(share) => share,
        }
    }
}

/// The words of a text in lower case, however they are laid out.
pub(super) fn normalised(text: &str) -> String {
    words(text).map(str::to_lowercase).collect::<Vec<_>>().join(" ")
}

/// Twice the length of the longest common subsequence of words, by the words of both together.
#[expect(clippy::cast_precision_loss, reason = "texts are not so long")]
fn similarity(one: &str, other: &str) -> f64 {
    let (one, other): (Vec<&str>, Vec<&str>) = (words(one).collect(), words(other).collect());
    let all = one.len() + other.len();
    if all == 0 {
        return 1.0;
    }
    // The row before and this one of the table of lengths.
    let (mut before, mut row) = (vec![0_usize; other.len() + 1], vec![0; other.len() + 1]);
    for word in &one {
        for (place, known) in other.iter().enumerate() {
            row[place + 1] = match word == known {
                true => before[place] + 1,
                false => before[place + 1].max(row[place]),
            };
        }
        std::mem::swap(&mut before, &mut row);
    }
    2.0 * before[other.len()] as f64 / all as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn likeness_is_exact_normalised_or_measured() {
        let seed = "int main(void) {\n    // read\n}\n";
        let check = |evolved: &str, expect| assert_eq!(Likeness::of(seed, evolved), expect);
        check("int main(void) {\n    // read\n}", Likeness::Same);
        check("INT main( void )\n{ //   Read\n }", Likeness::SameWords);
        check("int main(void) {\n    // write\n}\n", Likeness::Measured(0.9));
        check("", Likeness::Measured(0.0));
        assert_eq!(similarity("a b c d", "b x c"), 2.0 * 2.0 / 7.0);
    }
}
