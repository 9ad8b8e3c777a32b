//! Dice, the activation of the Deep Interest Network (arXiv:1706.06978, section 5.3)

use ndarray::ArrayViewD;

use super::points::{Point, add_grad, map_columns};
use super::statistics::Statistics;
use super::sums::sum_columns;
use crate::simd::{Simd, math};
use crate::{Backward, OpGrads, ParamId, Real, Scratch, Var};

const EPSILON: f64 = 1e-8;

/// y = p x + (1 − p) α x with p = σ((x − E)/√(Var + 1e-8)), for each column of `[n, m]`.
///
/// In training E and Var (biased) are the batch's, a gradient flows through them, and the running statistics move by
/// 0.1 towards E and the unbiased variance ([`Tape::update`](crate::Tape::update)). Evaluation, probes and a batch of
/// one use the running statistics and leave them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dice {
    /// α, `[m]`.
    pub alpha: ParamId,
    /// Running mean, a [`Buffer`](crate::ParamKind::Buffer) `[m]`; starts at 0.
    pub mean: ParamId,
    /// Running variance, a [`Buffer`](crate::ParamKind::Buffer) `[m]`; starts at 1.
    pub var: ParamId,
}

impl Dice {
    /// Activates `x` `[n, m]`.
    ///
    /// # Panics
    /// If the shapes do not agree.
    #[track_caller]
    pub fn forward<'t, T: Real>(&self, x: Var<'t, T>) -> Var<'t, T> {
        let tape = x.tape();
        let statistics = Statistics::of("dice", x, [self.mean, self.var], EPSILON);
        let alpha = tape.param(self.alpha);
        let m = x.shape()[1];
        assert!(alpha.shape() == [m], "dice: input {:?}, alpha {:?}", x.shape(), alpha.shape());
        let mut p = tape.pool().scratch(x.len());
        map_columns(Gate, m, [x.data()], [&statistics.mean, &statistics.rstd], &mut p);
        let mut y = tape.pool().stale(x.shape());
        let value = |[x, p]: [T; 2], [a]: [T; 1]| [x * (a + p * (T::one() - a))];
        map_columns(value, m, [x.data(), &p], [alpha.data()], y.as_slice_mut().expect("standard layout"));
        tape.record(&[x, alpha], y, Saved { statistics, p })
    }
}

/// p = σ((x − E) / √(Var + ε))
#[derive(Clone, Copy)]
struct Gate;

impl<T: Real> Point<T, 1, 2, 1> for Gate {
    #[inline(always)]
    fn at<S: Simd>(self, [x]: [T; 1], [mean, rstd]: [T; 2]) -> [T; 1] {
        [math::sigmoid::<T, S>((x - mean) * rstd)]
    }
}

struct Saved<T: Real> {
    statistics: Statistics<T>,
    /// The gate, `[n, m]`.
    p: Scratch<T>,
}

impl<T: Real> Backward<T> for Saved<T> {
    fn name(&self) -> &'static str {
        "dice"
    }

    fn backward(&self, dy: ArrayViewD<'_, T>, io: &mut OpGrads<'_, T>) {
        let (n, m) = (dy.shape()[0], dy.shape()[1]);
        let one = T::one();
        let (dy, x, a) = (dy.to_slice().expect("standard layout"), io.input_data(0), io.input_data(1));
        let (mean, rstd) = (&self.statistics.mean[..m], &self.statistics.rstd[..m]);
        // The gradient of the gate's argument s = (x − E) rstd.
        let ds = move |dy: T, x: T, p: T, a: T| dy * x * (one - a) * p * (one - p);
        let terms = |[dy, x, p]: [T; 3], [a, mean, rstd]: [T; 3]| {
            let ds = ds(dy, x, p, a);
            [ds, ds * (x - mean) * rstd, dy * x * (one - p)]
        };
        let sums = sum_columns::<T, 3, 3, 3>(terms, io.pool(), m, [dy, x, &self.p], [a, mean, rstd]);
        let (sum_ds, sum_ds_s) = (&sums[..m], &sums[m..2 * m]);
        // As in batch normalisation: through s itself, less what E and Var take if they are the batch's.
        let share = if self.statistics.of_batch { T::of(1.0 / n as f64) } else { T::zero() };
        let dx = |[dy, x, p]: [T; 3], [a, mean, rstd, sum, sum_s]: [T; 5]| {
            let through_s = ds(dy, x, p, a) - share * (sum + (x - mean) * rstd * sum_s);
            [dy * (a + p * (one - a)) + rstd * through_s]
        };
        let columns = [a, mean, rstd, sum_ds, sum_ds_s];
        add_grad(io, 0, |y| map_columns(dx, m, [dy, x, &self.p], columns, y));
        add_grad(io, 1, |y| y.copy_from_slice(&sums[2 * m..3 * m]));
    }
}
