//! [`Shingles`]: what a text is made of, so that texts that are nearly alike can be found among many
//! (Broder, "On the Resemblance and Containment of Documents", 1997).

use std::collections::{BTreeSet, HashMap};
use std::hash::{DefaultHasher, Hasher as _};

/// Words of a shingle.
const WORDS: usize = 5;

/// Bands of a signature and the rows of each: of texts whose shingles are half the same, the least
/// resemblance that can be asked for, 986 of 1,000 share a band; from seven tenths on, all but one
/// in 500,000 do.
const BANDS: usize = 32;
const ROWS: usize = 3;

/// The shingles of a text: hashes of all runs of five words, however they are laid out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Shingles(BTreeSet<u64>);

impl Shingles {
    /// `None` of a text that is too short to be told from others.
    pub(crate) fn of(text: &str) -> Option<Shingles> {
        let words: Vec<&str> = words(text).collect();
        let hashes: BTreeSet<u64> = words.windows(WORDS).map(|words| hash(&words)).collect();
        (hashes.len() >= WORDS * 2).then_some(Shingles(hashes))
    }

    /// How much of both is the same (Jaccard's coefficient).
    #[expect(clippy::cast_precision_loss, reason = "texts are not so long")]
    pub(crate) fn resemblance(&self, other: &Shingles) -> f64 {
        let shared = self.0.intersection(&other.0).count();
        shared as f64 / (self.0.len() + other.0.len() - shared) as f64
    }

    /// One key a band; texts that resemble one another have one in common.
    pub(crate) fn bands(&self) -> [u64; BANDS] {
        let least =
            |seed: usize| self.0.iter().map(|it| mixed(*it, seed)).min().unwrap_or_default();
        std::array::from_fn(|band| {
            let rows: [u64; ROWS] = std::array::from_fn(|row| least(band * ROWS + row));
            hash(&(band, rows))
        })
    }
}

/// Texts by what they share with others that resemble them.
#[derive(Debug, Default)]
pub(crate) struct Bands(HashMap<u64, Vec<usize>>);

impl Bands {
    /// Adds a text under the place that it has among those of whoever asks.
    pub(crate) fn add(&mut self, place: usize, shingles: &Shingles) {
        for band in shingles.bands() {
            self.0.entry(band).or_default().push(place);
        }
    }

    /// The places of texts that may resemble this one, and of hardly any other.
    pub(crate) fn near(&self, shingles: &Shingles) -> BTreeSet<usize> {
        let bands = shingles.bands();
        bands.iter().filter_map(|band| self.0.get(band)).flatten().copied().collect()
    }
}

/// Names, numbers and single signs.
pub(crate) fn words(text: &str) -> impl Iterator<Item = &str> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    text.split(char::is_whitespace).flat_map(move |part| {
        let mut rest = part;
        std::iter::from_fn(move || {
            let first = rest.chars().next()?;
            let end = match is_word(first) {
                true => rest.find(|c| !is_word(c)).unwrap_or(rest.len()),
                false => first.len_utf8(),
            };
            let (word, after) = rest.split_at(end);
            rest = after;
            Some(word)
        })
    })
}

fn hash(value: &impl std::hash::Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

/// Another order of all hashes for each seed (Steele, Lea and Flood, 2014).
fn mixed(value: u64, seed: usize) -> u64 {
    let mut z = value ^ (seed as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "int read_all(int fd, char *to, size_t most) {\n  size_t got = 0;\n  while (got < most) {\n    ssize_t n = read(fd, to + got, most - got);\n    if (n <= 0) return -1;\n    got += n;\n  }\n  return 0;\n}\n";

    #[test]
    fn layout_is_nothing_and_words_are_all() {
        let text = Shingles::of(TEXT).expect("long enough");
        let spread = TEXT.replace(' ', "\n\t ");
        assert_eq!(Some(text.clone()), Shingles::of(&spread));
        let renamed = Shingles::of(&TEXT.replace("got", "filled")).expect("long enough");
        assert!(text.resemblance(&renamed) < 0.6);
        let longer = format!("{TEXT}\nint main(void) {{ return read_all(0, 0, 0); }}\n");
        let longer = Shingles::of(&longer).expect("long enough");
        assert!(text.resemblance(&longer) > 0.75, "{}", text.resemblance(&longer));
        assert_eq!(Shingles::of("return 0;"), None);
    }

    #[test]
    fn what_resembles_shares_a_band() {
        let text = Shingles::of(TEXT).expect("long enough");
        let near = TEXT.replace("return -1", "return -2");
        let near = Shingles::of(&near).expect("long enough");
        assert!(text.resemblance(&near) > 0.8);
        assert!(text.bands().iter().zip(near.bands()).any(|(a, b)| *a == b));
        let far = Shingles::of("def parse(text):\n    rows = text.split('\\n')\n    return [row.split(',') for row in rows if row]\n").expect("long enough");
        assert!(text.bands().iter().zip(far.bands()).all(|(a, b)| *a != b));
    }
}
