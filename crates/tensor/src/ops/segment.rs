//! Softmax of each segment of a ragged array: segment `i` is `offsets[i]..offsets[i + 1]`.

use ndarray::ArrayViewD;

use super::offsets::{check_offsets, for_lists};
use super::points::{add_grad, normal};
use crate::{Backward, OpGrads, Real, Var};
use dien_kernels::elementwise::{exp_shifted, softmax_terms};
use dien_kernels::map::map;

/// Softmax of each segment of `x` `[n]` or `[n, 1]`: the same shape. A segment may be empty. A share below
/// the normal numbers is 0, as is that of −∞.
///
/// # Panics
/// If `x` has another shape, or the offsets do not run from 0 to n without going down.
#[track_caller]
pub fn segment_softmax<'t, T: Real>(x: Var<'t, T>, offsets: &[u32]) -> Var<'t, T> {
    softmax(x, offsets, false)
}

/// The logarithm of [`segment_softmax`], computed as x − max − log Σ e^(x − max).
///
/// # Panics
/// If `x` has another shape, or the offsets do not run from 0 to n without going down.
#[track_caller]
pub fn segment_log_softmax<'t, T: Real>(x: Var<'t, T>, offsets: &[u32]) -> Var<'t, T> {
    softmax(x, offsets, true)
}

#[track_caller]
fn softmax<'t, T: Real>(x: Var<'t, T>, offsets: &[u32], log: bool) -> Var<'t, T> {
    let (n, name) = (x.len(), name(log));
    assert!(x.shape() == [n] || x.shape() == [n, 1], "{name}: expected [n] or [n, 1], found {:?}", x.shape());
    check_offsets(name, offsets, n);
    let (tape, data) = (x.tape(), x.data());
    let mut y = tape.pool().stale(x.shape());
    for_lists(offsets, 1, y.as_slice_mut().expect("standard layout"), &|i, y| {
        let x = &data[offsets[i] as usize..offsets[i + 1] as usize];
        let max = x.iter().fold(T::neg_infinity(), |max, &x| max.max(x));
        softmax_terms(x, max, y);
        let sum = y.iter().fold(T::zero(), |sum, &e| sum + e);
        if log {
            let shift = max + sum.ln();
            map(|[x]: [T; 1], _: [T; 0]| [x - shift], [x], y);
        } else {
            let share = sum.recip();
            y.iter_mut().for_each(|y| *y = normal(*y * share));
        }
    });
    let offsets = if tape.records() { offsets.to_vec() } else { Vec::new() };
    tape.record(&[x], y, Softmax { offsets, log })
}

fn name(log: bool) -> &'static str {
    if log { "segment_log_softmax" } else { "segment_softmax" }
}

struct Softmax {
    offsets: Vec<u32>,
    log: bool,
}

impl<T: Real> Backward<T> for Softmax {
    fn name(&self) -> &'static str {
        name(self.log)
    }

    fn backward(&self, dy: ArrayViewD<'_, T>, io: &mut OpGrads<'_, T>) {
        let (dy, y) = (dy.to_slice().expect("standard layout"), io.output_data());
        add_grad(io, 0, |dx| {
            for_lists(&self.offsets, 1, dx, &|i, dx| {
                let list = self.offsets[i] as usize..self.offsets[i + 1] as usize;
                let (dy, y) = (&dy[list.clone()], &y[list]);
                if self.log {
                    let sum = dy.iter().fold(T::zero(), |sum, &g| sum + g);
                    // dx = dy − e^y Σ dy
                    exp_shifted(y, T::zero(), dx);
                    dx.iter_mut().zip(dy).for_each(|(dx, &g)| *dx = g - *dx * sum);
                } else {
                    let sum = dy.iter().zip(y).fold(T::zero(), |sum, (&g, &y)| sum + g * y);
                    map(|[g, y]: [T; 2], _: [T; 0]| [y * (g - sum)], [dy, y], dx);
                }
            });
        });
    }
}

#[cfg(test)]
mod tests {
    use super::super::softmax as softmax_along;
    use super::super::testing::{check, of, value};
    use super::*;
    use crate::{Mode, ParamStore, Pool, Tape};
    use ndarray::{ArrayD, array};

    fn array1(x: Vec<f32>) -> ArrayD<f32> {
        ArrayD::from_shape_vec(vec![x.len()], x).expect("as many")
    }

    const OFFSETS: [u32; 6] = [0, 0, 3, 4, 4, 7];

    #[test]
    fn gradients() {
        for shape in [&[7][..], &[7, 1]] {
            check([shape], |[x]| segment_softmax(x, &OFFSETS));
            check([shape], |[x]| segment_log_softmax(x, &OFFSETS));
        }
        check([&[0]], |[x]| segment_softmax(x, &[0, 0]));
        check([&[0]], |[x]| segment_log_softmax(x, &[0]));
    }

    #[test]
    fn values() {
        let x = || [of(array![1e3, 1e3, -1e3, 5.0, 0.0, 2f64.ln(), 3f64.ln()])];
        let y = value(x(), |[x]| segment_softmax(x, &OFFSETS));
        let expected = of(array![0.5, 0.5, 0.0, 1.0, 1.0 / 6.0, 2.0 / 6.0, 3.0 / 6.0]);
        approx::assert_abs_diff_eq!(y, expected, epsilon = 1e-15);
        let log = value(x(), |[x]| segment_log_softmax(x, &OFFSETS));
        assert_eq!(log[2], -2000.0 - 2f64.ln());
        approx::assert_abs_diff_eq!(log[6], 0.5f64.ln(), epsilon = 1e-15);
    }

    /// In `f32`, whose exponentials end at e^−87.
    #[test]
    fn far_scores_have_no_share_and_a_nan_takes_all() {
        let (params, pool) = (ParamStore::<f32>::new(), Pool::new());
        let tape = Tape::new(&params, &pool, Mode::Eval);
        let scores = array![0.0, -86.9, -87.5, -1e4, f32::NEG_INFINITY, 0.0, 0.0, 1.0, f32::NAN, 2.0];
        let y = segment_softmax(tape.constant(scores.into_dyn()), &[0, 7, 10]);
        let (first, second) = y.data().split_at(7);
        assert_eq!(first[1..5], [0.0; 4], "below the normal numbers, or of −∞");
        assert_eq!([first[0], first[5], first[6]], [1.0 / 3.0; 3]);
        assert!(second.iter().all(|y| y.is_nan()), "{second:?}");
        let row = |x: Vec<f32>| softmax_along(tape.constant(array1(x)), 0).data().to_vec();
        assert_eq!(row(vec![0.0, -88.0, -1e4, f32::NEG_INFINITY]), [1.0, 0.0, 0.0, 0.0]);
    }

    #[test]
    #[should_panic(expected = "segment_softmax: offset 2 is 1 after 2")]
    fn offsets_are_checked() {
        value([of(array![1.0, 2.0, 3.0])], |[x]| segment_softmax(x, &[0, 2, 1, 3]));
    }
}
