//! What becomes of seeds: bytes that are changed, pieces that are lost, doubled or taken
//! from another seed, and words of the target's texts.

use std::sync::Arc;

use proptest::collection::vec;
use proptest::prelude::any;
use proptest::prop_oneof;
use proptest::sample::Index;
use proptest::strategy::Strategy;

use crate::Input;
use crate::seeds::Seed;

/// No input is longer.
const MOST_BYTES: usize = 32 << 10;

/// The most changes that are made to one seed.
const MOST_CHANGES: usize = 6;

/// The most bytes of a piece that is lost, moved or doubled.
const MOST_OF_A_PIECE: usize = 64;

/// One change of an input.
#[derive(Debug, Clone)]
enum Mutation {
    Flip {
        at: Index,
        bit: u8,
    },
    Set {
        at: Index,
        byte: u8,
    },
    Remove {
        at: Index,
        length: usize,
    },
    /// Ends the input here.
    Truncate {
        at: Index,
    },
    Duplicate {
        at: Index,
        length: usize,
        times: usize,
    },
    Move {
        from: Index,
        length: usize,
        to: Index,
    },
    /// Puts in a word of the target.
    Word {
        word: Index,
        at: Index,
        times: usize,
    },
    /// Puts in bytes that are no word.
    Bytes {
        bytes: Vec<u8>,
        at: Index,
    },
    /// Goes on as another seed does from a place in that.
    Splice {
        seed: Index,
        from: Index,
        at: Index,
    },
}

fn mutation() -> impl Strategy<Value = Mutation> {
    let place = any::<Index>;
    let length = || 1..MOST_OF_A_PIECE;
    prop_oneof![
        2 => (place(), 0_u8..8).prop_map(|(at, bit)| Mutation::Flip { at, bit }),
        1 => (place(), any::<u8>()).prop_map(|(at, byte)| Mutation::Set { at, byte }),
        3 => (place(), length()).prop_map(|(at, length)| Mutation::Remove { at, length }),
        1 => place().prop_map(|at| Mutation::Truncate { at }),
        2 => (place(), length(), 1_usize..4)
            .prop_map(|(at, length, times)| Mutation::Duplicate { at, length, times }),
        1 => (place(), length(), place())
            .prop_map(|(from, length, to)| Mutation::Move { from, length, to }),
        5 => (place(), place(), 1_usize..4)
            .prop_map(|(word, at, times)| Mutation::Word { word, at, times }),
        1 => (vec(any::<u8>(), 1..6), place())
            .prop_map(|(bytes, at)| Mutation::Bytes { bytes, at }),
        2 => (place(), place(), place())
            .prop_map(|(seed, from, at)| Mutation::Splice { seed, from, at }),
    ]
}

/// Seeds with some changes each. An input that fails is made smaller by leaving changes
/// out.
pub(crate) fn mutated(seeds: Arc<[Seed]>, words: Arc<[Vec<u8>]>) -> impl Strategy<Value = Input> {
    (any::<Index>(), vec(mutation(), 1..=MOST_CHANGES)).prop_map(move |(seed, mutations)| {
        let mut bytes = seed.get(&seeds).content.clone();
        for mutation in mutations {
            mutation.apply(&mut bytes, &seeds, &words);
        }
        bytes.truncate(MOST_BYTES);
        Input(bytes)
    })
}

impl Mutation {
    fn apply(self, bytes: &mut Vec<u8>, seeds: &[Seed], words: &[Vec<u8>]) {
        let length_of_all = bytes.len();
        // A place may be the end, where something can be put but nothing is.
        let place = |at: Index| at.index(length_of_all + 1);
        let byte_at = |at: Index| (length_of_all > 0).then(|| at.index(length_of_all));
        let piece = |at: Index, length: usize| {
            let start = at.index(length_of_all + 1);
            start..(start + length).min(length_of_all)
        };
        match self {
            Mutation::Flip { at, bit } => {
                if let Some(at) = byte_at(at) {
                    bytes[at] ^= 1 << bit;
                }
            }
            Mutation::Set { at, byte } => {
                if let Some(at) = byte_at(at) {
                    bytes[at] = byte;
                }
            }
            Mutation::Remove { at, length } => {
                bytes.drain(piece(at, length));
            }
            Mutation::Truncate { at } => bytes.truncate(place(at)),
            Mutation::Duplicate { at, length, times } => {
                let piece = piece(at, length);
                let copies = bytes[piece.clone()].repeat(times);
                bytes.splice(piece.end..piece.end, copies);
            }
            Mutation::Move { from, length, to } => {
                let moved: Vec<u8> = bytes.drain(piece(from, length)).collect();
                let to = to.index(bytes.len() + 1);
                bytes.splice(to..to, moved);
            }
            Mutation::Word { word, at, times } => {
                if !words.is_empty() {
                    let at = place(at);
                    bytes.splice(at..at, word.get(words).repeat(times));
                }
            }
            Mutation::Bytes { bytes: more, at } => {
                let at = place(at);
                bytes.splice(at..at, more);
            }
            Mutation::Splice { seed, from, at } => {
                let other = &seed.get(seeds).content;
                bytes.truncate(place(at));
                bytes.extend_from_slice(&other[from.index(other.len() + 1)..]);
            }
        }
    }
}
