//! What the elementwise ops share in the backward pass.

use crate::{OpGrads, Pool, Real, Scratch};

/// Adds what `write` computes to the gradient of `input`, if anybody wants it; `write` gets a stale buffer.
pub(super) fn add_grad<T: Real>(io: &mut OpGrads<'_, T>, input: usize, write: impl FnOnce(&mut [T])) {
    if io.wants(input) {
        let mut dx = io.pool().stale(io.input(input).shape());
        write(dx.as_slice_mut().expect("standard layout"));
        io.add(input, dx);
    }
}

/// A share of a softmax: 0 if it is below the normal numbers, of which arithmetic takes a hundred times as
/// long.
#[inline]
pub(super) fn normal<T: Real>(share: T) -> T {
    if share < T::min_positive_value() { T::zero() } else { share }
}

/// `values`, or the single one, for each of `m` columns.
pub(super) fn per_column<T: Real>(values: &[T], pool: &Pool<T>, m: usize) -> Scratch<T> {
    let mut spread = pool.scratch(m);
    spread.iter_mut().zip(values.iter().cycle()).for_each(|(s, &x)| *s = x);
    spread
}

/// The gradient of [`per_column`]: the sums of the columns, or of all if `y` is one number.
pub(super) fn add_up<T: Real>(columns: &[T], y: &mut [T]) {
    if y.len() == columns.len() {
        y.copy_from_slice(columns);
    } else {
        y[0] = columns.iter().fold(T::zero(), |sum, &s| sum + s);
    }
}
