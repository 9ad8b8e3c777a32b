//! Dice, the activation of the Deep Interest Network (arXiv:1706.06978, section 5.3)

use ndarray::ArrayViewD;

use super::batch_stats::BatchStats;
use super::points::add_grad;
use crate::{Backward, OpGrads, ParamId, Real, Scratch, Var};
use dien_kernels::elementwise::standardized_sigmoid;
use dien_kernels::map::map_columns;
use dien_kernels::sums::sum_columns;

const EPSILON: f64 = 1e-8;

/// y = p x + (1 − p) α x with p = σ((x − E)/√(Var + 1e-8)), for each column of `[n, m]`.
///
/// In training E and Var (biased) are the batch's, a gradient flows through them, and the running statistics
/// move by 0.1 towards E and the unbiased variance ([`Tape::update`](crate::Tape::update)). Evaluation and a
/// batch of one use the running statistics and leave them.
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
        let statistics = BatchStats::new("dice", x, [self.mean, self.var], EPSILON);
        let alpha = tape.param(self.alpha);
        let m = x.shape()[1];
        assert!(alpha.shape() == [m], "dice: input {:?}, alpha {:?}", x.shape(), alpha.shape());
        let mut p = tape.pool().scratch(x.len());
        standardized_sigmoid(x.data(), &statistics.mean[..m], &statistics.rstd[..m], &mut p);
        let mut y = tape.pool().stale(x.shape());
        let value = |[x, p]: [T; 2], [a]: [T; 1]| [x * (a + p * (T::one() - a))];
        map_columns(value, m, [x.data(), &p], [alpha.data()], y.as_slice_mut().expect("standard layout"));
        tape.record(&[x, alpha], y, Saved { statistics, p })
    }
}

struct Saved<T: Real> {
    statistics: BatchStats<T>,
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
        let sums =
            sum_columns::<T, _, 3, 3, 3>(terms, io.pool().values(), m, [dy, x, &self.p], [a, mean, rstd]);
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

#[cfg(test)]
mod tests {
    use super::super::testing::params;
    use super::*;
    use crate::check::{Check, mix};
    use crate::{Mode, ParamKind, ParamStore, Pool, Tape};
    use ndarray::{Array1, Array2, ArrayD, Axis};

    /// An input `0` `[n, m]` and a Dice of `m` columns.
    fn setup(n: usize, m: usize) -> (ParamStore<f64>, ParamId, Dice) {
        let mut params = params(&[&[n, m], &[m]]);
        let ids: Vec<ParamId> = params.ids().collect();
        let number = |i: usize| 0.5 + i as f64 / 7.0;
        let running = |_| ArrayD::from_shape_fn(vec![m], |i| number(i[0]));
        let [mean, var] = ["mean", "var"].map(|name| params.add(name, ParamKind::Buffer, running(name)));
        (params, ids[0], Dice { alpha: ids[1], mean, var })
    }

    #[test]
    fn gradients_in_training_and_evaluation() {
        for (n, m) in [(6, 3), (2, 3), (1, 3), (0, 3), (5, 20)] {
            let (params, x, dice) = setup(n, m);
            for mode in [Mode::Train { seed: 0 }, Mode::EvalWithGrad] {
                let check = Check::default().mode(mode).each_element();
                if let Err(mismatch) = check.run(&params, |tape| mix(dice.forward(tape.param(x)))) {
                    panic!("[{n}, {m}] {mode:?}: {mismatch}");
                }
            }
        }
    }

    /// The equation, literally.
    fn literal(x: &Array2<f64>, alpha: &Array1<f64>, mean: &Array1<f64>, var: &Array1<f64>) -> Array2<f64> {
        Array2::from_shape_fn(x.dim(), |(i, j)| {
            let p = 1.0 / (1.0 + (-(x[[i, j]] - mean[j]) / (var[j] + 1e-8).sqrt()).exp());
            p * x[[i, j]] + (1.0 - p) * alpha[j] * x[[i, j]]
        })
    }

    #[test]
    fn values_and_running_statistics() {
        let (params, x, dice) = setup(4, 3);
        let of = |id| params.value(id).to_owned().into_dimensionality().expect("[m]");
        let (alpha, mean, var): (Array1<f64>, Array1<f64>, Array1<f64>) =
            (of(dice.alpha), of(dice.mean), of(dice.var));
        let data: Array2<f64> = params.value(x).to_owned().into_dimensionality().expect("[n, m]");
        let (batch_mean, batch_var) =
            (data.mean_axis(Axis(0)).expect("four rows"), data.var_axis(Axis(0), 0.0));
        let pool = Pool::new();
        let run = |mode| {
            let tape = Tape::new(&params, &pool, mode);
            (dice.forward(tape.param(x)).view().to_owned(), tape.take_updates())
        };
        let (y, updates) = run(Mode::Train { seed: 0 });
        let expected = literal(&data, &alpha, &batch_mean, &batch_var).into_dyn();
        approx::assert_abs_diff_eq!(y, expected, epsilon = 1e-12);
        let moved = [
            (dice.mean, &mean * 0.9 + batch_mean * 0.1),
            (dice.var, &var * 0.9 + batch_var * (0.1 * 4.0 / 3.0)),
        ];
        for ((id, value), (expected_id, expected)) in updates.into_iter().zip(moved) {
            assert_eq!(id, expected_id);
            approx::assert_abs_diff_eq!(value, expected.into_dyn(), epsilon = 1e-15);
        }
        let (by_batch, updates) = run(Mode::EvalBatchStats);
        assert!(by_batch == y && updates.is_empty(), "the batch's statistics, and none move");
        let (y, updates) = run(Mode::Eval);
        approx::assert_abs_diff_eq!(y, literal(&data, &alpha, &mean, &var).into_dyn(), epsilon = 1e-12);
        assert!(updates.is_empty());
    }

    #[test]
    fn a_batch_of_one_uses_the_running_statistics() {
        let (params, x, dice) = setup(1, 3);
        let pool = Pool::new();
        let run = |mode| {
            let tape = Tape::new(&params, &pool, mode);
            (dice.forward(tape.param(x)).data().to_vec(), tape.take_updates())
        };
        assert_eq!(run(Mode::Train { seed: 0 }), run(Mode::Eval));
    }
}
