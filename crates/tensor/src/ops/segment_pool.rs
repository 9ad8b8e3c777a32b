//! The sum or mean of each segment of a ragged array: segment `i` is `offsets[i]..offsets[i + 1]`.

use ndarray::ArrayViewD;

use super::offsets::{check_offsets, for_lists};
use super::points::add_grad;
use crate::{Backward, OpGrads, Real, Var};
use dien_kernels::inline::{each, fill};
use dien_kernels::par::for_rows;

/// The sum of each segment of `x` `[n]` or `[n, m]`: `[segments]` or `[segments, m]`. An empty segment gives
/// zeros.
///
/// # Panics
/// If the offsets do not run from 0 to n without going down.
#[track_caller]
pub fn segment_sum<'t, T: Real>(x: Var<'t, T>, offsets: &[u32]) -> Var<'t, T> {
    pool(x, offsets, false)
}

/// The mean of each segment of `x` `[n]` or `[n, m]`: `[segments]` or `[segments, m]`. An empty segment gives
/// zeros.
///
/// # Panics
/// If the offsets do not run from 0 to n without going down.
#[track_caller]
pub fn segment_mean<'t, T: Real>(x: Var<'t, T>, offsets: &[u32]) -> Var<'t, T> {
    pool(x, offsets, true)
}

#[track_caller]
fn pool<'t, T: Real>(x: Var<'t, T>, offsets: &[u32], mean: bool) -> Var<'t, T> {
    let mut shape = x.shape().to_vec();
    let [n, ..] = shape[..] else { panic!("{}: expected [n, …], found a scalar", name(mean)) };
    check_offsets(name(mean), offsets, n);
    shape[0] = offsets.len() - 1;
    let width = shape[1..].iter().product();
    let (tape, data) = (x.tape(), x.data());
    let mut y = tape.pool().stale(&shape);
    for_rows(width, y.as_slice_mut().expect("standard layout"), &|i, sum| {
        let (start, end) = (offsets[i] as usize, offsets[i + 1] as usize);
        fill(sum, T::zero());
        for row in data[start * width..end * width].chunks_exact(width) {
            each(sum, [row], |s, [x]| *s += x);
        }
        let share = share::<T>(mean, end - start);
        sum.iter_mut().for_each(|s| *s *= share);
    });
    let offsets = if tape.records() { offsets.to_vec() } else { Vec::new() };
    tape.record(&[x], y, Pool { offsets, width, mean })
}

fn name(mean: bool) -> &'static str {
    if mean { "segment_mean" } else { "segment_sum" }
}

/// What the sum of `n` rows is multiplied with.
fn share<T: Real>(mean: bool, n: usize) -> T {
    if mean { T::of(1.0 / n.max(1) as f64) } else { T::one() }
}

struct Pool {
    offsets: Vec<u32>,
    width: usize,
    mean: bool,
}

impl<T: Real> Backward<T> for Pool {
    fn name(&self) -> &'static str {
        name(self.mean)
    }

    fn backward(&self, dy: ArrayViewD<'_, T>, io: &mut OpGrads<'_, T>) {
        let (dy, width) = (dy.to_slice().expect("standard layout"), self.width);
        add_grad(io, 0, |dx| {
            for_lists(&self.offsets, width, dx, &|i, rows| {
                let share = share::<T>(self.mean, rows.len() / width.max(1));
                for row in rows.chunks_exact_mut(width.max(1)) {
                    each(row, [&dy[i * width..]], |x, [g]| *x = g * share);
                }
            });
        });
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{check, of, value};
    use super::*;
    use ndarray::array;

    const OFFSETS: [u32; 6] = [0, 0, 3, 4, 4, 7];

    #[test]
    fn gradients() {
        for shape in [&[7][..], &[7, 3]] {
            check([shape], |[x]| segment_sum(x, &OFFSETS));
            check([shape], |[x]| segment_mean(x, &OFFSETS));
        }
        check([&[0, 3]], |[x]| segment_mean(x, &[0, 0, 0]));
    }

    #[test]
    fn values() {
        let x = || [of(array![[1.0, 1.0], [2.0, 3.0], [3.0, 5.0]])];
        let sum = value(x(), |[x]| segment_sum(x, &[0, 2, 2, 3]));
        assert_eq!(sum, of(array![[3.0, 4.0], [0.0, 0.0], [3.0, 5.0]]));
        let mean = value(x(), |[x]| segment_mean(x, &[0, 2, 2, 3]));
        assert_eq!(mean, of(array![[1.5, 2.0], [0.0, 0.0], [3.0, 5.0]]));
    }
}
