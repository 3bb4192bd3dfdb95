//! Where code stands in a text, for those who must not take a part of it for anything else.

use std::ops::Range;

use super::block::Blocks;
use super::fence::fences;

/// The places of code in a text: the contents of files, and fenced blocks.
#[derive(Debug)]
pub(super) struct CodePlaces {
    /// Code with a beginning and an end, in order, none in another.
    whole: Vec<Range<usize>>,
    /// Where code begins that does not end before the text does.
    open: Option<usize>,
}

impl CodePlaces {
    pub(super) fn of(text: &str) -> CodePlaces {
        let (mut places, mut open) = (Vec::new(), None);
        let mut take = |place: Range<usize>, is_cut_off: bool| {
            if !is_cut_off {
                places.push(place);
            } else if place.end == text.len() {
                let first: Option<usize> = open;
                open = Some(first.map_or(place.start, |first| first.min(place.start)));
            }
        };
        let items = Blocks::of(text).blocks.into_iter().flat_map(|block| block.items);
        items.for_each(|item| take(item.at, item.is_cut_off));
        fences(text).into_iter().for_each(|fence| take(fence.at, fence.is_cut_off));
        places.sort_by_key(|place| place.start);
        let mut whole: Vec<Range<usize>> = Vec::new();
        for place in places {
            match whole.last_mut() {
                Some(last) if place.start < last.end => last.end = last.end.max(place.end),
                _ => whole.push(place),
            }
        }
        CodePlaces { whole, open }
    }

    /// Whether a place lies within code that has an end.
    pub(super) fn encloses(&self, at: usize) -> bool {
        let after = self.whole.partition_point(|place| place.start <= at);
        after > 0 && at < self.whole[after - 1].end
    }

    /// Whether a place lies within code that has none.
    pub(super) fn leaves_open(&self, at: usize) -> bool {
        self.open.is_some_and(|open| open <= at)
    }

    /// Whether code begins in a part of the text.
    pub(super) fn begins_in(&self, part: Range<usize>) -> bool {
        let first = self.whole.partition_point(|place| place.start < part.start);
        let whole = self.whole.get(first).map(|place| place.start);
        whole.into_iter().chain(self.open).any(|start| part.contains(&start))
    }
}
