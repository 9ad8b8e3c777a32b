//! The one order in which the parts of a sum are added up.

use crate::Number;
use crate::inline::{copy, each};
use crate::par::for_chunks;
use crate::simd::{Kernel, Simd, dispatch};

/// Columns that are added up at a time: what the tree holds of them stays in the first cache.
const COLUMNS: usize = 512;

/// Adds up parts of `size` numbers each, which stand one after the other, into the first part.
///
/// They meet in a binary tree that their number alone fixes: of n parts the first 2ᵏ, the largest power of
/// two below n, are one side, the others the other. So the sum of any aligned 2ᵏ parts is a node of the tree
/// whatever comes after them, and no bit depends on who added which parts up.
///
/// ```
/// let mut parts = [1.0f32, 10.0, 2.0, 20.0, 3.0, 30.0];
/// dien_kernels::reduce::sum_parts(&mut parts, 2);
/// assert_eq!(parts[..2], [6.0, 60.0]);
/// ```
///
/// # Panics
/// If the length is not a multiple of `size`.
#[track_caller]
pub fn sum_parts<T: Number>(parts: &mut [T], size: usize) {
    if size == 0 || parts.len() <= size {
        return assert!(parts.is_empty() || parts.len() == size, "a part of {} numbers", parts.len());
    }
    let (sum, rest) = parts.split_at_mut(size);
    assert!(rest.len().is_multiple_of(size), "parts of {size} numbers, {} left over", rest.len() % size);
    let rest = &*rest;
    for_chunks(COLUMNS, sum, &|start, sum| {
        add_after(Columns { rest, size, start }, (0, 1 + rest.len() / size), sum)
    });
}

/// Some columns of all parts but the first.
#[derive(Clone, Copy)]
struct Columns<'a, T> {
    rest: &'a [T],
    size: usize,
    start: usize,
}

/// Adds to `sum`, which has the part `first`, those after it, before `end`.
fn add_after<T: Number>(columns: Columns<'_, T>, (first, end): (usize, usize), sum: &mut [T]) {
    let n = end - first;
    if n < 2 {
        return;
    }
    let middle = first + n.next_power_of_two() / 2;
    add_after(columns, (first, middle), sum);
    let right = &columns.rest[(middle - 1) * columns.size + columns.start..][..sum.len()];
    if end - middle == 1 {
        return dispatch(Add { sum, x: right });
    }
    let mut other = [T::zero(); COLUMNS];
    let other = &mut other[..sum.len()];
    copy(right, other);
    add_after(columns, (middle, end), other);
    dispatch(Add { sum, x: other });
}

struct Add<'a, T> {
    sum: &'a mut [T],
    x: &'a [T],
}

impl<T: Number> Kernel<T> for Add<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self) {
        each(self.sum, [self.x], |sum, [x]| *sum += x);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The tree as it is defined, one number a part.
    fn tree(parts: &[f32]) -> f32 {
        match parts {
            [] => 0.0,
            [x] => *x,
            _ => {
                let (a, b) = parts.split_at(parts.len().next_power_of_two() / 2);
                tree(a) + tree(b)
            }
        }
    }

    #[test]
    fn parts_meet_in_the_tree() {
        for (n, size) in [(1, 3), (2, 1), (3, 700), (7, 513), (8, 512), (33, 20), (64, 1500)] {
            let parts: Vec<f32> = (0..n * size).map(|i| (i as f32 * 0.37).sin() * 1e3).collect();
            let mut sum = parts.clone();
            sum_parts(&mut sum, size);
            for j in 0..size {
                let column: Vec<f32> = (0..n).map(|i| parts[i * size + j]).collect();
                assert_eq!(sum[j].to_bits(), tree(&column).to_bits(), "column {j} of {n} parts");
            }
            assert_eq!(sum[size..], parts[size..], "the other parts stay");
        }
        sum_parts::<f32>(&mut [], 5);
    }

    #[test]
    fn a_nan_reaches_its_column_alone() {
        let mut parts = vec![1.0f32; 5 * 600];
        parts[3 * 600 + 590] = f32::NAN;
        sum_parts(&mut parts, 600);
        assert!((0..600).all(|j| if j == 590 { parts[j].is_nan() } else { parts[j] == 5.0 }));
    }
}
