//! [`Capture`]: the beginning and the end of a stream, within a fixed size.

use std::collections::VecDeque;

use crate::Captured;

/// Keeps the first and the last half of `capacity` bytes of a stream.
#[derive(Debug)]
pub(super) struct Capture {
    head: Vec<u8>,
    tail: VecDeque<u8>,
    half: usize,
    dropped: u64,
    total: u64,
}

impl Capture {
    pub(super) fn new(capacity: u64) -> Capture {
        Capture {
            head: Vec::new(),
            tail: VecDeque::new(),
            half: usize::try_from(capacity / 2).unwrap_or(usize::MAX),
            dropped: 0,
            total: 0,
        }
    }

    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.total += bytes.len() as u64;
        let (first, rest) = bytes.split_at(bytes.len().min(self.half - self.head.len()));
        self.head.extend_from_slice(first);
        // Of a piece longer than the tail only its end can stay.
        let (gone, rest) = rest.split_at(rest.len().saturating_sub(self.half));
        self.tail.extend(rest);
        let surplus = self.tail.len().saturating_sub(self.half);
        self.tail.drain(..surplus);
        self.dropped += (gone.len() + surplus) as u64;
    }

    /// How many bytes were pushed.
    pub(super) fn total(&self) -> u64 {
        self.total
    }

    pub(super) fn finish(self) -> Captured {
        let mut bytes = self.head;
        bytes.extend(self.tail);
        Captured { bytes, dropped: self.dropped }
    }
}

#[cfg(test)]
mod tests {
    use super::Capture;

    #[test]
    fn capture_keeps_both_ends_and_counts_the_rest() {
        let check = |pieces: &[&str], capacity: u64, expect: &str, dropped: u64| {
            let mut capture = Capture::new(capacity);
            pieces.iter().for_each(|piece| capture.push(piece.as_bytes()));
            let captured = capture.finish();
            assert_eq!(String::from_utf8_lossy(&captured.bytes), expect, "{pieces:?}");
            assert_eq!(captured.dropped, dropped, "{pieces:?}");
        };
        check(&[], 4, "", 0);
        check(&["abcd"], 4, "abcd", 0);
        check(&["a", "b", "c", "d"], 4, "abcd", 0);
        check(&["abcdefgh"], 4, "abgh", 4);
        check(&["abc", "de", "fgh"], 4, "abgh", 4);
        check(&["abc"], 0, "", 3);
    }
}
