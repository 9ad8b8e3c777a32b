//! A few steps of a chunk, whose gradients are multiplied by the weights and into their gradients at once.

use std::ops::Range;

use super::layout::{DEFERRED, VECTOR};
use crate::{LANES, Packed};

/// The last of the blocks `start..end` of a chunk whose active lanes find room side by side.
pub(super) fn last_group(packed: &Packed, start: usize, end: usize) -> Range<usize> {
    let (mut first, mut at) = (0, end);
    while at > start && first + LANES <= DEFERRED {
        at -= 1;
        first = next_first(first, packed.active(at));
    }
    at..end
}

/// The blocks of a group, the last one first, each with its first lane among the group's.
pub(super) fn with_first_lane(
    packed: &Packed,
    group: Range<usize>,
) -> impl Iterator<Item = (usize, usize)> + use<'_> {
    let mut next = 0;
    group.rev().map(move |block| {
        let first = next;
        next = next_first(first, packed.active(block));
        (block, first)
    })
}

/// How many lanes a group has, those between its steps included.
pub(super) fn lanes(packed: &Packed, group: Range<usize>) -> usize {
    with_first_lane(packed, group).last().map_or(0, |(block, first)| first + packed.active(block))
}

/// Where the next step's lanes begin: at whole vectors.
#[inline(always)]
fn next_first(first: usize, active: usize) -> usize {
    (first + active).next_multiple_of(VECTOR)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_have_every_block_once_and_room_for_a_whole_step_each() {
        let lengths: Vec<u32> = (0..90).map(|i| i * i % 53).collect();
        let packed = Packed::from_lengths(&lengths);
        for chunk in 0..packed.chunks() {
            let blocks = packed.chunk(chunk);
            let mut end = blocks.end;
            while end > blocks.start {
                let group = last_group(&packed, blocks.start, end);
                assert!(!group.is_empty() && group.end == end);
                let mut taken = 0;
                for (block, first) in with_first_lane(&packed, group.clone()) {
                    assert!(first >= taken && first % VECTOR == 0 && first + LANES <= DEFERRED);
                    taken = first + packed.active(block);
                }
                assert_eq!(lanes(&packed, group.clone()), taken);
                assert!(group.start == blocks.start || taken.next_multiple_of(VECTOR) + LANES > DEFERRED);
                end = group.start;
            }
        }
        assert_eq!((last_group(&packed, 0, 0), lanes(&packed, 0..0)), (0..0, 0));
    }
}
