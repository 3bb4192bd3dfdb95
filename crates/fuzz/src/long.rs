//! Long inputs that repeat themselves.

use std::time::{Duration, Instant};

use crate::effort::number;
use crate::seeds::Seed;

/// How long the inputs of the gate are: enough to run, too little to wait for.
const BYTES: usize = 4 << 10;

/// What takes longer than this is named, where long inputs were asked for.
const SLOW: Duration = Duration::from_secs(2);

/// Hands over each seed and each word, repeated, and words in pairs: in turns, and each
/// many times before the other. The gate pairs each word with the next one alone.
pub(crate) fn check(name: &str, words: &[Vec<u8>], seeds: &[Seed], property: impl Fn(&[u8])) {
    let asked = number("ASSAY_FUZZ_BYTES").map(|bytes| usize::try_from(bytes).unwrap_or(BYTES));
    let most = asked.unwrap_or(BYTES);
    let run = |input: &[u8], what: &str| {
        let begun = Instant::now();
        property(input);
        if asked.is_some() && begun.elapsed() > SLOW {
            say_slow(name, what, begun.elapsed());
        }
    };
    for seed in seeds {
        run(&repeated(&seed.content, most), &format!("seed {}", seed.name));
    }
    let pairs_with = if asked.is_some() { words.len() } else { 1 };
    for (place, word) in words.iter().enumerate() {
        run(&repeated(word, most), &shown(word));
        for other in words.iter().cycle().skip(place + 1).take(pairs_with) {
            let pair = [word.as_slice(), other].concat();
            run(&repeated(&pair, most), &shown(&pair));
            let halves = [repeated(word, most / 2), repeated(other, most / 2)].concat();
            run(&halves, &format!("{} before {}", shown(word), shown(other)));
        }
    }
}

fn shown(word: &[u8]) -> String {
    format!("{:.60}", word.escape_ascii().to_string())
}

fn repeated(piece: &[u8], most: usize) -> Vec<u8> {
    match piece.len() {
        0 => Vec::new(),
        length => piece.repeat((most / length).max(1)),
    }
}

#[expect(clippy::print_stderr, reason = "it is for whoever asked for a long run")]
fn say_slow(name: &str, what: &str, took: Duration) {
    eprintln!("{name}: {what}, repeated, took {took:?}");
}
