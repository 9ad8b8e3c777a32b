//! Which positions name which row: what a gather's backward pass adds up.

use std::sync::Arc;

use crate::{Pool, Real};

/// Below this many ids a comparison sort is as fast as counting.
const RADIX_FROM: usize = 512;
const RADIX_BITS: u32 = 11;

/// The positions of each distinct id in a list of ids.
///
/// A gather's gradient is, for each distinct id, the sum of the gradients at its positions: see
/// [`OpGrads::add_row_sums`](crate::OpGrads::add_row_sums). The order of a sum is that of the positions, so
/// its bits depend on nothing else.
#[derive(Clone, Debug, Default)]
pub struct IdGroups {
    /// The distinct ids, ascending.
    pub unique: Vec<u32>,
    /// `unique[i]` stands at `positions[starts[i]..starts[i + 1]]`; one more entry than there are ids.
    pub starts: Vec<u32>,
    /// Positions in the list, ascending for each id.
    pub positions: Vec<u32>,
    /// `id << 32 | position`, and as much to sort into.
    keys: [Vec<u64>; 2],
}

impl IdGroups {
    /// Sorts `ids`; linear in their number, whatever the number of rows.
    pub fn new(ids: &[u32]) -> Self {
        let mut order = IdGroups::default();
        order.sort(ids.iter().copied().zip(0..));
        order
    }

    /// Sorts `ids` with buffers of the pool, for an op to keep.
    pub fn shared<T: Real>(pool: &Pool<T>, ids: &[u32]) -> Arc<IdGroups> {
        pool.shared(|order: &mut IdGroups| order.sort(ids.iter().copied().zip(0..)))
    }

    /// Sorts ids, each with its position, which ascend; in place of what was sorted before, whose buffers it
    /// uses again.
    pub fn sort(&mut self, ids: impl IntoIterator<Item = (u32, u32)>) {
        let [keys, other] = &mut self.keys;
        keys.clear();
        keys.extend(ids.into_iter().map(|(id, position)| u64::from(id) << 32 | u64::from(position)));
        debug_assert!(keys.is_sorted_by_key(|&key| key as u32), "positions ascend");
        sort_by_id(keys, other);
        self.unique.clear();
        self.starts.clear();
        self.positions.clear();
        for (i, &key) in keys.iter().enumerate() {
            let id = (key >> 32) as u32;
            if self.unique.last() != Some(&id) {
                self.unique.push(id);
                self.starts.push(i as u32);
            }
            self.positions.push(key as u32);
        }
        self.starts.push(keys.len() as u32);
    }

    /// Where `unique[i]` stands in the list, ascending.
    pub fn positions_of(&self, i: usize) -> &[u32] {
        &self.positions[self.starts[i] as usize..self.starts[i + 1] as usize]
    }
}

/// Sorts `id << 32 | position`, given with ascending positions.
fn sort_by_id(keys: &mut Vec<u64>, other: &mut Vec<u64>) {
    if keys.is_sorted() {
        return;
    }
    if keys.len() < RADIX_FROM {
        return keys.sort_unstable();
    }
    // Counting sort by digits of the id, lowest first; it is stable, so positions stay ascending.
    let largest = keys.iter().map(|key| (key >> 32) as u32).max().unwrap_or(0);
    let digits = (u32::BITS - largest.leading_zeros()).div_ceil(RADIX_BITS);
    other.clear();
    other.resize(keys.len(), 0);
    for digit in 0..digits {
        let digit_of = |key: u64| (key >> (32 + digit * RADIX_BITS)) as usize & ((1 << RADIX_BITS) - 1);
        let mut next = [0u32; 1 << RADIX_BITS];
        keys.iter().for_each(|&key| next[digit_of(key)] += 1);
        let mut sum = 0;
        next.iter_mut().for_each(|n| sum += std::mem::replace(n, sum));
        for &key in &*keys {
            let slot = &mut next[digit_of(key)];
            other[*slot as usize] = key;
            *slot += 1;
        }
        std::mem::swap(keys, other);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn positions_of_each_id_ascend(
            ids in prop::collection::vec(prop_oneof![0u32..40, any::<u32>()], 0..1500)
        ) {
            let order = IdGroups::new(&ids);
            let mut expected = std::collections::BTreeMap::<u32, Vec<u32>>::new();
            ids.iter().zip(0..).for_each(|(&id, i)| expected.entry(id).or_default().push(i));
            prop_assert!(order.unique.iter().eq(expected.keys()));
            for (i, positions) in expected.values().enumerate() {
                prop_assert_eq!(order.positions_of(i), &positions[..]);
            }
        }
    }

    #[test]
    fn sorts_again_in_place() {
        let mut order = IdGroups::new(&(0..2000).map(|i| i * 7919 % 5000).collect::<Vec<_>>());
        order.sort([(7, 0), (3, 10), (7, 20)]);
        assert_eq!((&order.unique[..], &order.starts[..]), (&[3, 7][..], &[0, 1, 3][..]));
        assert_eq!(order.positions, [10, 0, 20]);
    }
}
