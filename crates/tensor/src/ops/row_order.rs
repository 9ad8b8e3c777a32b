//! Which positions name which row: what a gather's backward pass adds up.

use super::points::for_rows;
use crate::{Pool, Real, Scratch};

/// Below this many ids a comparison sort is as fast as counting.
const RADIX_FROM: usize = 512;
const RADIX_BITS: u32 = 11;

/// The positions of each distinct id in a list of ids.
///
/// A gather's gradient is, for each distinct id, the sum of the gradients at its positions: see
/// [`sum`](Self::sum). The order of a sum is that of the positions, so its bits depend on nothing else.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RowOrder {
    /// The distinct ids, ascending.
    pub unique: Vec<u32>,
    /// `unique[i]` stands at `positions[starts[i]..starts[i + 1]]`; one more entry than there are ids.
    pub starts: Vec<u32>,
    /// Positions in the list, ascending for each id.
    pub positions: Vec<u32>,
}

impl RowOrder {
    /// Sorts `ids`; linear in their number.
    pub fn new(ids: &[u32]) -> Self {
        let keys = sorted_keys(ids);
        let mut order = RowOrder {
            unique: Vec::with_capacity(ids.len()),
            starts: Vec::with_capacity(ids.len() + 1),
            positions: Vec::with_capacity(ids.len()),
        };
        for (i, key) in keys.into_iter().enumerate() {
            let id = (key >> 32) as u32;
            if order.unique.last() != Some(&id) {
                order.unique.push(id);
                order.starts.push(i as u32);
            }
            order.positions.push(key as u32);
        }
        order.starts.push(ids.len() as u32);
        order
    }

    /// Where `unique[i]` stands in the list, ascending.
    pub fn positions_of(&self, i: usize) -> &[u32] {
        &self.positions[self.starts[i] as usize..self.starts[i + 1] as usize]
    }

    /// For each distinct id the sum of the rows at its positions: `[unique.len(), width]`, row-major.
    ///
    /// `add(position, sum)` adds the row at `position` to `sum`.
    pub fn sum<T: Real>(
        &self,
        pool: &Pool<T>,
        width: usize,
        add: impl Fn(usize, &mut [T]) + Send + Sync,
    ) -> Scratch<T> {
        let mut sums = pool.scratch(self.unique.len() * width);
        for_rows(width, &mut sums, &|i, sum| {
            sum.fill(T::zero());
            self.positions_of(i).iter().for_each(|&position| add(position as usize, sum));
        });
        sums
    }
}

/// `id << 32 | position`, ascending.
fn sorted_keys(ids: &[u32]) -> Vec<u64> {
    let mut keys: Vec<u64> = ids.iter().zip(0u64..).map(|(&id, i)| u64::from(id) << 32 | i).collect();
    if ids.len() < RADIX_FROM {
        keys.sort_unstable();
        return keys;
    }
    // Counting sort by digits of the id, lowest first; it is stable, so positions stay ascending.
    let largest = ids.iter().copied().max().unwrap_or(0);
    let digits = (u32::BITS - largest.leading_zeros()).div_ceil(RADIX_BITS);
    let mut other = vec![0; keys.len()];
    for digit in 0..digits {
        let digit_of = |key: u64| (key >> (32 + digit * RADIX_BITS)) as usize & ((1 << RADIX_BITS) - 1);
        let mut next = [0u32; 1 << RADIX_BITS];
        keys.iter().for_each(|&key| next[digit_of(key)] += 1);
        let mut sum = 0;
        next.iter_mut().for_each(|n| sum += std::mem::replace(n, sum));
        for &key in &keys {
            let slot = &mut next[digit_of(key)];
            other[*slot as usize] = key;
            *slot += 1;
        }
        std::mem::swap(&mut keys, &mut other);
    }
    keys
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn positions_of_each_id_ascend(ids in prop::collection::vec(prop_oneof![0u32..40, any::<u32>()], 0..1500)) {
            let order = RowOrder::new(&ids);
            let mut expected = std::collections::BTreeMap::<u32, Vec<u32>>::new();
            ids.iter().zip(0..).for_each(|(&id, i)| expected.entry(id).or_default().push(i));
            prop_assert!(order.unique.iter().eq(expected.keys()));
            for (i, positions) in expected.values().enumerate() {
                prop_assert_eq!(order.positions_of(i), &positions[..]);
            }
        }
    }

    #[test]
    fn sums_are_those_of_the_positions() {
        let rows = [[1.0, 2.0], [10.0, 20.0], [100.0, 200.0]];
        let order = RowOrder::new(&[7, 3, 7]);
        let add =
            |position: usize, sum: &mut [f64]| sum.iter_mut().zip(rows[position]).for_each(|(s, x)| *s += x);
        assert_eq!(order.sum(&Pool::new(), 2, add)[..], [10.0, 20.0, 101.0, 202.0]);
    }
}
