//! Batch normalisation of columns, Ioffe and Szegedy 2015 (arXiv:1502.03167)

use ndarray::ArrayViewD;

use super::batch_stats::BatchStats;
use super::points::add_grad;
use crate::{Backward, OpGrads, ParamId, Real, Var};
use dien_kernels::map::map_columns;
use dien_kernels::sums::sum_columns;

const EPSILON: f64 = 1e-5;

/// y = γ (x − E)/√(Var + 1e-5) + β for each column of `[n, m]`.
///
/// In training E and Var (biased) are the batch's, a gradient flows through them, and the running statistics
/// move by 0.1 towards E and the unbiased variance ([`Tape::update`](crate::Tape::update)). Evaluation
/// and a batch of one use the running statistics and leave them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchNorm {
    /// γ, `[m]`; starts at 1.
    pub weight: ParamId,
    /// β, `[m]`; starts at 0.
    pub bias: ParamId,
    /// Running mean, a [`Buffer`](crate::ParamKind::Buffer) `[m]`; starts at 0.
    pub mean: ParamId,
    /// Running variance, a [`Buffer`](crate::ParamKind::Buffer) `[m]`; starts at 1.
    pub var: ParamId,
}

impl BatchNorm {
    /// Normalises `x` `[n, m]`.
    ///
    /// # Panics
    /// If the shapes do not agree.
    #[track_caller]
    pub fn forward<'t, T: Real>(&self, x: Var<'t, T>) -> Var<'t, T> {
        let tape = x.tape();
        let statistics = BatchStats::new("batch_norm", x, [self.mean, self.var], EPSILON);
        let (weight, bias) = (tape.param(self.weight), tape.param(self.bias));
        let m = x.shape()[1];
        for param in [weight, bias] {
            let (shape, name) = (param.shape(), param.name());
            assert!(shape == [m], "batch_norm: input {:?}, {name} {shape:?}", x.shape());
        }
        let mut y = tape.pool().stale(x.shape());
        let p = [&statistics.mean[..m], &statistics.rstd[..m], weight.data(), bias.data()];
        let value = |[x]: [T; 1], [mean, rstd, w, b]: [T; 4]| [(x - mean) * rstd * w + b];
        map_columns(value, m, [x.data()], p, y.as_slice_mut().expect("standard layout"));
        tape.record(&[x, weight, bias], y, Normalise(statistics))
    }
}

struct Normalise<T: Real>(BatchStats<T>);

impl<T: Real> Backward<T> for Normalise<T> {
    fn name(&self) -> &'static str {
        "batch_norm"
    }

    fn backward(&self, dy: ArrayViewD<'_, T>, io: &mut OpGrads<'_, T>) {
        let (n, m) = (dy.shape()[0], dy.shape()[1]);
        let (dy, x, w) = (dy.to_slice().expect("standard layout"), io.input_data(0), io.input_data(1));
        let (mean, rstd) = (&self.0.mean[..m], &self.0.rstd[..m]);
        // Σ dy and Σ dy x̂: the gradients of bias and weight, and what E and Var pass on.
        let terms = |[dy, x]: [T; 2], [mean, rstd]: [T; 2]| [dy, dy * (x - mean) * rstd];
        let sums = sum_columns::<T, _, 2, 2, 2>(terms, io.pool().values(), m, [dy, x], [mean, rstd]);
        let (db, dw) = sums[..2 * m].split_at(m);
        // dx = γ/σ (dy − mean(dy) − x̂ mean(dy x̂)); the means only if E and Var are the batch's.
        let share = if self.0.of_batch { T::of(1.0 / n as f64) } else { T::zero() };
        let p = [mean, rstd, w, db, dw];
        let dx = |[dy, x]: [T; 2], [mean, rstd, w, db, dw]: [T; 5]| {
            [w * rstd * (dy - share * (db + (x - mean) * rstd * dw))]
        };
        add_grad(io, 0, |y| map_columns(dx, m, [dy, x], p, y));
        add_grad(io, 1, |y| y.copy_from_slice(dw));
        add_grad(io, 2, |y| y.copy_from_slice(db));
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::params;
    use super::*;
    use crate::check::{Check, assert_close, mix};
    use crate::{Mode, ParamKind, ParamStore, Pool, Tape};
    use ndarray::{Array2, ArrayD, Axis};

    fn setup(n: usize, m: usize) -> (ParamStore<f64>, ParamId, BatchNorm) {
        let mut params = params(&[&[n, m], &[m], &[m]]);
        let ids: Vec<ParamId> = params.ids().collect();
        let running = ArrayD::from_shape_fn(vec![m], |i| 0.5 + i[0] as f64 / 7.0);
        let [mean, var] = ["mean", "var"].map(|name| params.add(name, ParamKind::Buffer, running.clone()));
        (params, ids[0], BatchNorm { weight: ids[1], bias: ids[2], mean, var })
    }

    #[test]
    fn gradients_in_training_and_evaluation() {
        for (n, m) in [(6, 3), (1, 3), (0, 3), (5, 20)] {
            let (params, x, norm) = setup(n, m);
            for mode in [Mode::Train { seed: 0 }, Mode::EvalWithGrad] {
                let check = Check::default().mode(mode).each_element();
                if let Err(mismatch) = check.run(&params, |tape| mix(norm.forward(tape.param(x)))) {
                    panic!("[{n}, {m}] {mode:?}: {mismatch}");
                }
            }
        }
    }

    #[test]
    fn normalises_by_the_batch_in_training_and_by_the_running_statistics_else() {
        let (params, x, norm) = setup(5, 3);
        let pool = Pool::new();
        let tape = Tape::new(&params, &pool, Mode::Train { seed: 0 });
        let y = norm.forward(tape.param(x)).view().to_owned();
        let unit = (y - params.value(norm.bias)) / params.value(norm.weight);
        for column in unit.axis_iter(Axis(1)) {
            assert!(column.sum().abs() < 1e-12 && (column.var(0.0) - 1.0).abs() < 1e-3);
        }
        let updates = tape.take_updates();
        let data: Array2<f64> = params.value(x).to_owned().into_dimensionality().expect("[n, m]");
        let var = &params.value(norm.var) * 0.9 + data.var_axis(Axis(0), 1.0).into_dyn() * 0.1;
        approx::assert_abs_diff_eq!(updates[1].1, var, epsilon = 1e-14);
        let tape = Tape::new(&params, &pool, Mode::Eval);
        let y = norm.forward(tape.param(x)).view().to_owned();
        let std = params.value(norm.var).mapv(|v| (v + 1e-5).sqrt());
        let expected = (&data.into_dyn() - &params.value(norm.mean)) / std * params.value(norm.weight);
        approx::assert_abs_diff_eq!(y, expected + params.value(norm.bias), epsilon = 1e-12);
        assert!(tape.take_updates().is_empty());
    }

    #[test]
    #[should_panic(expected = "batch_norm: input [2, 3], another mean [4]")]
    fn shapes_must_agree() {
        let (mut params, x, norm) = setup(2, 3);
        let mean = params.add("another mean", ParamKind::Buffer, ArrayD::zeros(vec![4]));
        let pool = Pool::new();
        let tape = Tape::new(&params, &pool, Mode::Eval);
        BatchNorm { mean, ..norm }.forward(tape.param(x));
    }

    /// Means of 100 and 0 in one step: (0 · 0.9 + 100 · 0.1) · 0.9 + 0 · 0.1 = 9, as in PyTorch.
    #[test]
    fn a_norm_that_is_used_twice_moves_its_statistics_twice() {
        let mut params = ParamStore::<f64>::new();
        let mut add = |name: &str, kind, x: f64| params.add(name, kind, ArrayD::from_elem(vec![1], x));
        let (weight, bias) = (add("weight", ParamKind::Dense, 1.0), add("bias", ParamKind::Dense, 0.0));
        let (mean, var) = (add("mean", ParamKind::Buffer, 0.0), add("var", ParamKind::Buffer, 1.0));
        let norm = BatchNorm { weight, bias, mean, var };
        let pool = Pool::new();
        let tape = Tape::new(&params, &pool, Mode::Train { seed: 0 });
        for [a, b] in [[99.0, 101.0], [-3.0, 3.0]] {
            norm.forward(tape.constant(ndarray::array![[a], [b]].into_dyn()));
        }
        let updates = tape.take_updates();
        drop(tape);
        params.apply(updates);
        // Unbiased variances: 2 and 18.
        let expected = [9.0, (0.9 + 0.2) * 0.9 + 1.8];
        assert_close(&[params.data(mean)[0], params.data(var)[0]], &expected, 1e-14, "mean and variance");
    }
}
